"""Attack: whoever holds the log's key writes a permit that no policy gave. Each proof of it is right."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from simulators.asking import a_body, a_point, one_rule, pack
from simulators.recording import Book

from sovereign._internal.canonical import canonical
from sovereign._internal.clock import parse_utc
from sovereign.audit.verify import verify_log
from sovereign.cli.audit.replay import replay_text
from sovereign.decision.document import request_document
from sovereign.decision.engines.protocol import RemoteAnswer, RemoteFinding
from sovereign.decision.request import read_request
from sovereign.evidence.outcome import Reason, ReplayOutcome

VIRGINIA = {"role": "storage", "provider": "aws", "region": "us-east-1"}
MUNICH = {"role": "storage", "provider": "stackit", "region": "eu01"}


def _to_permit(entry: dict[str, Any]) -> None:
    entry.update(effect="permit", basis="rule", findings=[])


def _keeping_findings(entry: dict[str, Any]) -> None:
    entry["effect"] = "permit"


def _of_other_words(entry: dict[str, Any]) -> None:
    entry.update(effect="Permit", findings=[])


def test_signed_lie_verifies_and_is_found_by_replay(tmp_path: Path) -> None:
    """The log is intact, its last entry does not follow: the replay names effect, both sides and the rule."""
    book = Book(tmp_path / "log")
    assert not book.record(a_body([VIRGINIA])).permits
    book.forge(_to_permit)
    report = book.replay()
    assert verify_log(book.directory, [book.log.verifier]).size == 4
    (lie,) = report.not_same
    assert (lie.index, lie.outcome, report.holds) == (3, ReplayOutcome.DIFFERS, False)
    effect = lie.differences[0]
    assert (effect.member, effect.recorded, effect.follows) == ("effect", "permit", "deny")
    assert effect.rule is not None
    assert "de-only/DE-01" in effect.rule


@pytest.mark.parametrize("change", [_keeping_findings, _of_other_words])
def test_entry_that_contradicts_itself_needs_no_object(tmp_path: Path, change: Callable[[Any], None]) -> None:
    """A permit beside a denial, and a word that is no effect, are found also when the request was erased."""
    book = Book(tmp_path / "log")
    book.record(a_body([VIRGINIA]))
    book.forge(change)
    for path in (book.directory / "objects").iterdir():
        path.unlink()
    assert book.last().outcome is ReplayOutcome.DIFFERS


def test_permit_under_the_request_of_another(tmp_path: Path) -> None:
    """A request that was rightly permitted does not stand in for another subject, dataset, action or instant."""
    book = Book(tmp_path / "log")
    book.record(a_body([MUNICH]))
    changes: list[dict[str, Any]] = [
        {"subject": {"type": "job", "id": "somebody-else"}},
        {"resource": {"type": "dataset", "id": "another"}},
        {"action": "export"},
        {"at": "2026-11-24T09:00:01Z", "known": "2026-11-24T09:00:01Z", "recorded_at": "2026-11-24T09:00:01Z"},
        {"known": "2026-11-24T09:00:01Z"},
        {"valid_until": "2026-11-24T09:59:59Z"},
        {"valid_until": "2026-12-24T09:00:00Z"},
        {"obligations": ["notify"]},
        {"waivers": ["w-1"]},
    ]
    for change in changes:
        book.forge(lambda entry, change=change: entry.update(change), index=2)  # type: ignore[misc]  # bound at once
    report = book.replay()
    assert [found.index for found in report.not_same] == list(range(3, 3 + len(changes)))
    assert {found.outcome for found in report.not_same} == {ReplayOutcome.DIFFERS}


def test_permit_under_a_weaker_policy_of_the_same_name(tmp_path: Path) -> None:
    """The policy that an entry names by digest must be the one that it names by id and version."""
    book = Book(tmp_path / "log")
    book.record(a_body([VIRGINIA]))
    lax = one_rule("must: {data.status: {one_of: [personal]}}", name="lax")
    digest = book.keep(lax.source_bytes)
    version = pack("de-only").version

    def change(entry: dict[str, Any]) -> None:
        _to_permit(entry)
        entry["policies"] = [{"id": "de-only", "version": version, "sha256": digest}]

    book.forge(change)
    found = book.last()
    assert found.outcome is ReplayOutcome.DIFFERS
    assert "policies" in {difference.member for difference in found.differences}


def test_policy_that_a_tag_or_a_trust_file_demands_is_left_out(tmp_path: Path) -> None:
    """Without the pack of its tag, or without a policy that the trust file always demands, no permit follows."""
    lax = one_rule("must: {data.status: {one_of: [personal]}}", name="lax")
    always = f"trust: 1\nowner: platform\npolicies:\n  always: [{{id: de-only, sha256: {pack('de-only').sha256}}}]\n"
    book = Book(tmp_path / "log", a_point(lax, pack("de-only")), trust=always.encode())
    tag = {"classification": "restricted", "categories": ["health"], "status": "personal", "packs": ["de-only"]}
    book.record(a_body([VIRGINIA], tag=tag))
    book.record(a_body([VIRGINIA]))

    def change(entry: dict[str, Any]) -> None:
        _to_permit(entry)
        entry["policies"] = [row for row in entry["policies"] if row["id"] == "lax"]

    book.forge(change, index=-2)
    book.forge(change, index=-2)
    *_, by_tag, by_trust = book.replay().not_same
    assert "SOV-004" in {difference.rule for difference in by_tag.differences}
    assert [(d.member, d.rule, d.recorded) for d in by_trust.differences if d.rule == "de-only"] == [
        ("policies", "de-only", None)
    ]


def test_permit_from_what_counts_only_with_a_signature(tmp_path: Path) -> None:
    """Under a trust file a claim about keys in the recorded request is not believed by the replay either."""
    custody = one_rule("for_each: {over: placements}\nmust: {placement.key_custody: {one_of: [customer_only]}}")
    book = Book(tmp_path / "log", a_point(custody), trust=b"trust: 1\nowner: platform\n")
    book.record(a_body([{**MUNICH, "key_custody": "customer_only"}]))
    book.forge(lambda _: None)
    assert book.last().outcome is ReplayOutcome.DIFFERS


class _Remote:
    name = "opa"
    package = "residency"

    def evaluate(self, _: object) -> RemoteAnswer:
        return RemoteAnswer(permit=False, findings=(RemoteFinding(rule="EU-01", message="no", outcome="deny"),))


def test_remote_engine_is_no_cover_for_a_lie(tmp_path: Path) -> None:
    """A remote engine only adds denials: a permit that the native engine denies is found, whoever is named."""
    book = Book(tmp_path / "log", a_point(pack("de-only"), remote=_Remote()))
    body = a_body([VIRGINIA])
    book.record_request(read_request(body, source="r"), document=body)
    book.forge(_to_permit)
    book.forge(lambda entry: entry.update(engine={"name": "a better one", "version": "9"}))
    honest, lie, other = book.replay().not_same
    assert (honest.outcome, honest.reason) == (ReplayOutcome.CANNOT, Reason.REMOTE_ENGINE)
    assert (lie.outcome, other.outcome) == (ReplayOutcome.DIFFERS, ReplayOutcome.DIFFERS)


def test_decision_that_was_backdated_under_older_law(tmp_path: Path) -> None:
    """A decision is about the clock's instant; one about last year, recorded today, does not follow from any clock."""
    book = Book(tmp_path / "log")
    book.record(a_body([MUNICH]))
    request = read_request(a_body([MUNICH]), source="r")
    old = "2025-11-24T09:00:00Z"
    digest = book.keep_request(request_document(request, at=parse_utc(old), known=parse_utc(old)))
    book.forge(lambda entry: entry.update(at=old, known=old, request=digest, valid_until="2025-11-24T10:00:00Z"))
    found = book.last()
    assert [difference.member for difference in found.differences] == ["at"]


def test_entry_with_two_readings(tmp_path: Path) -> None:
    """Two effects in one entry, and bytes that are no entry, say nothing: they are named, and the log does not hold."""
    book = Book(tmp_path / "log")
    book.record(a_body([MUNICH]))
    book.log.append(b'{"type":"decision","v":1,"effect":"deny","effect":"permit"}')
    book.log.append(canonical({"type": "decision", "v": 1}))
    book.log.append(b'{"type": "decision"}')
    report = book.replay()
    assert [found.reason for found in report.not_same] == [Reason.NO_ENTRY, Reason.ILL_FORMED, Reason.NO_ENTRY]
    assert not report.holds


def test_trust_file_that_an_entry_no_longer_names_is_missed(tmp_path: Path) -> None:
    """Without one less was demanded, so the verdict may follow: the reader is told how many name none."""
    book = Book(tmp_path / "log", trust=b"trust: 1\nowner: platform\n")
    book.record(a_body([MUNICH]))
    book.forge(lambda entry: entry.update(trust=None))
    report = book.replay()
    assert (report.counts[ReplayOutcome.SAME], report.without_trust) == (2, 1)
    assert any("none named by 1 verdicts" in line for line in replay_text(report, "en"))
