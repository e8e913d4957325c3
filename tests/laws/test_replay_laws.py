"""Law 5: an entry made by our own engines is decided again from its own log, and the answer is the same."""

import tempfile
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from simulators.asking import ENGINES, NOW, a_body, a_point, a_random_body, one_rule, pack, policy_of
from simulators.policies import HOSTILE
from simulators.recording import Book

from sovereign._internal.clock import parse_utc
from sovereign.decision.engines.protocol import RemoteAnswer
from sovereign.decision.request import read_request
from sovereign.errors import EngineUnavailableError, InputError
from sovereign.evidence.outcome import Reason, ReplayOutcome
from sovereign.policy.ir import Policy

SEEDS = st.integers(min_value=0, max_value=2**48)
REQUESTS = 6
EXAMPLES = settings().max_examples // 5  # each is a log of its own
HEALTH = policy_of((Path(__file__).parents[1] / "conformance" / "policies" / "health-in-germany.yaml").read_text())
RULES = (
    "must: {data.status: {one_of: [personal]}}",
    "for_each: {over: placements, roles: [storage, backup]}\nmust: {placement.countries: {all_within: [eu]}}",
    """\
when: {data.categories: {includes: health}}
for_each: {over: placements}
must: {placement.key_custody: {one_of: [customer_only, external_key_manager]}}""",
    "must: {all_of: [{job.purpose: {one_of: [research]}}, {controller.public_powers: {is: false}}]}",
)


def _policies(random: Random) -> list[Policy]:
    chosen = random.sample(RULES, random.randint(0, 2))
    own = [one_rule(body, name=f"own-{n}") for n, body in enumerate(chosen)]
    return [
        *own,
        *(pack(name) for name in random.sample(("de-only", "eu-only", "eea-gdpr"), random.randint(0, 2))),
        *([HEALTH] if random.random() < 0.3 else []),
    ]


@given(SEEDS)
@settings(deadline=None, max_examples=EXAMPLES)
def test_what_our_engines_recorded_follows_from_its_log(seed: int) -> None:
    """Random requests under random policies, packs of tags among them: effect, basis, findings and values return."""
    random = Random(seed)  # noqa: S311  makes cases, no secrets
    point = a_point(*_policies(random), backend=random.choice(list(ENGINES.values())))
    with tempfile.TemporaryDirectory() as folder:
        book = Book(Path(folder) / "log", point)
        for _ in range(REQUESTS):
            book.record(a_random_body(random))
        report = book.replay()
    assert (report.counts[ReplayOutcome.SAME], report.not_same) == (REQUESTS, ())
    assert report.holds


@given(SEEDS)
@settings(deadline=None, max_examples=EXAMPLES)
def test_hostile_values_return_as_they_were_read(seed: int) -> None:
    """Whatever stands in a tag, a job, a placement or a record: if it could be recorded, it is replayed."""
    random = Random(seed)  # noqa: S311  makes cases, no secrets
    recorded = 0
    with tempfile.TemporaryDirectory() as folder:
        book = Book(Path(folder) / "log")
        for _ in range(REQUESTS):
            body = a_random_body(random, least=1)
            _spoil(random, body)
            try:
                book.record(body)
            except (InputError, TypeError, ValueError):
                continue  # refused at the door: there is no decision and no entry
            recorded += 1
        report = book.replay()
    assert (report.counts[ReplayOutcome.SAME], report.not_same) == (recorded, ())


def _spoil(random: Random, body: dict[str, Any]) -> None:
    """Put odd values where the form of a request lets them stand."""
    for placement in body["context"]["placements"]:
        name = random.choice(("region", "provider", "role", "countries", "parties", "jurisdictions", "operator"))
        placement[name] = random.choice((*HOSTILE, [], [{}], [{"function": "x", "countries": []}]))
    tag = body["resource"]["properties"]
    if tag is not None:
        tag[random.choice(("packs", "purposes", "allowed_locations", "status", "obligations"))] = random.choice(HOSTILE)
    records = body["context"]["records"]
    records["links"] = random.choice((None, [], [{"id": value} for value in HOSTILE[:8]]))


@pytest.mark.parametrize("at", ["2025-03-29T23:30:00Z", "2026-12-31T22:59:59Z", "2027-01-01T09:00:00Z"])
def test_simulation_is_replayed_for_its_own_day(tmp_path: Path, at: str) -> None:
    """What was asked about another instant is asked about that instant again."""
    book = Book(tmp_path / "log")
    book.record(a_body([{"role": "storage", "countries": ["DE"]}]), at=parse_utc(at), known=NOW, simulated=True)
    assert book.replay().counts[ReplayOutcome.SAME] == 1


def test_packs_that_a_tag_names_are_read_from_the_log(tmp_path: Path) -> None:
    """One that applied is compiled from its object; one that did not load is missing again."""
    book = Book(tmp_path / "log")
    place = [{"role": "storage", "provider": "stackit", "region": "eu01"}]
    for packs in (["eu-only"], ["no-such-pack"], ["eu-only", "no-such-pack"], [], None):
        book.record(
            a_body(place, tag={"classification": "internal", "categories": [], "status": "synthetic", "packs": packs})
        )
    assert book.replay().counts[ReplayOutcome.SAME] == 5


def test_duties_that_were_met_and_duties_that_were_not(tmp_path: Path) -> None:
    """A permit is replayed as by one that can meet its duties, a denial for an unmet duty as by one that cannot."""
    point = a_point(one_rule("must: {data.status: {one_of: [personal]}}\nobligations: [notify]"))
    book = Book(tmp_path / "log", point)
    body = a_body([{"role": "storage", "countries": ["DE"]}])
    assert book.record(body, meets={"notify"}).permits
    assert not book.record(body).permits
    assert book.replay().counts[ReplayOutcome.SAME] == 2


class _Remote:
    name = "opa"
    package = "residency"

    def __init__(self, answer: RemoteAnswer | Exception) -> None:
        self._answer = answer

    def evaluate(self, _: object) -> RemoteAnswer:
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (RemoteAnswer(permit=True), Reason.REMOTE_ENGINE),
        (EngineUnavailableError("gone"), Reason.ENGINE_FAILED),
        (RemoteAnswer(permit=False), Reason.ENGINE_FAILED),
    ],
)
def test_remote_engine_and_failure_say_that_they_cannot_be_replayed(
    tmp_path: Path, answer: RemoteAnswer | Exception, reason: Reason
) -> None:
    """Neither is the same nor different; and a log of nothing else shows nothing."""
    point = a_point(pack("de-only"), remote=_Remote(answer))
    book = Book(tmp_path / "log", point)
    body = a_body([{"role": "storage", "provider": "stackit", "region": "eu01"}])
    book.record_request(read_request(body, source="r"), document=body)
    report = book.replay()
    assert [(r.outcome, r.reason) for r in report.not_same] == [(ReplayOutcome.CANNOT, reason)]
    assert not report.holds


def test_order_of_policies_and_of_findings_says_nothing(tmp_path: Path) -> None:
    """Findings and policies are sets: the same ones in another order are the same."""
    book = Book(tmp_path / "log", a_point(pack("eu-only"), pack("de-only")))
    book.record(a_body([{"role": "storage", "provider": "aws", "region": r} for r in ("us-east-1", "eu-west-1")]))
    book.forge(lambda entry: entry.update(findings=entry["findings"][::-1], policies=entry["policies"][::-1]))
    assert book.replay().counts[ReplayOutcome.SAME] == 2


def test_a_policy_of_two_meanings_is_not_mistaken(tmp_path: Path) -> None:
    """Two texts under one id in one log are two policies, each decided by its own bytes."""
    lax, strict = (one_rule(f"must: {{data.status: {{one_of: [{word}]}}}}") for word in ("personal", "synthetic"))
    book = Book(tmp_path / "log", a_point(lax))
    body = a_body([{"role": "storage", "countries": ["DE"]}])
    assert book.record(body).permits
    assert not book.record(body, point=a_point(replace(strict))).permits
    assert book.replay().counts[ReplayOutcome.SAME] == 2
