"""Attack: whoever holds the log's key takes a denial out of the result document of a run of the gate."""

import json
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from simulators.command import bucket_plan, run

from sovereign._internal.canonical import canonical, sha256_hex
from sovereign.audit.log import Log
from sovereign.evidence.outcome import Replayed, ReplayOutcome
from sovereign.evidence.replay import verify_and_replay

Change = Callable[[dict[str, Any], dict[str, Any]], None]


@pytest.fixture
def judged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[dict[str, Any], dict[str, Any], Path]:
    """Return entry and result document of a run that permits one bucket and denies another, and its objects."""
    monkeypatch.chdir(tmp_path)
    for name, region in (("home", "eu-central-1"), ("away", "us-east-1")):
        Path(f"{name}.json").write_text(bucket_plan(region))
    run("gate", "home.json", "away.json", "--policy", "de-only")
    shown = run("audit", "show", "--format", "json").document["entries"]
    entry = next(item["entry"] for item in shown if item["entry"]["type"] == "gate_run")
    objects = next(tmp_path.rglob("objects"))
    return entry, json.loads((objects / entry["result"]["sha256"]).read_bytes()), objects


def _replayed(judged: tuple[dict[str, Any], dict[str, Any], Path], change: Change, log: Path) -> Replayed | None:
    """Return what a replay says of the run after the change; None for the same. All digests and proofs are right."""
    entry, document, objects = deepcopy(judged[0]), deepcopy(judged[1]), judged[2]
    change(entry, document)
    body = canonical(document)
    entry["result"] |= {"sha256": sha256_hex(body), "bytes": len(body)}
    kept = {path.name: path.read_bytes() for path in objects.iterdir()} | {sha256_hex(body): body}
    with Log.create_run(log) as made:
        made.append(canonical(entry), kept)
    _, report = verify_and_replay(log, [made.verifier])
    assert report.holds is (not report.not_same)
    return report.not_same[0] if report.not_same else None


def _nothing(entry: dict[str, Any], document: dict[str, Any]) -> None:
    """Leave all as it was."""


def _drop(entry: dict[str, Any], document: dict[str, Any]) -> None:
    del document["results"][1]


def _drop_and_count_again(entry: dict[str, Any], document: dict[str, Any]) -> None:
    _drop(entry, document)
    document["summary"]["deny"] = 0


def _drop_from_the_document_alone(entry: dict[str, Any], document: dict[str, Any]) -> None:
    _drop_and_count_again(entry, document)
    document.update(verdict="permit", exit=0)


def _permit(entry: dict[str, Any], document: dict[str, Any]) -> None:
    for told in (entry, document):
        told.update(verdict="permit", exit=0)
        told["summary"] |= {"permit": 2, "deny": 0}
    document["results"][1].update(verdict="permit")


def _permit_without_findings(entry: dict[str, Any], document: dict[str, Any]) -> None:
    _permit(entry, document)
    document["results"][1].update(findings=[])


def _ask_about_nothing(entry: dict[str, Any], document: dict[str, Any]) -> None:
    _permit(entry, document)
    document["results"][1].update(verdict="not_applicable", findings=[], candidates=[])
    for told in (entry, document):
        told["summary"] |= {"permit": 1, "not_applicable": 1}


def _leave_the_policy_out(entry: dict[str, Any], document: dict[str, Any]) -> None:
    _permit_without_findings(entry, document)
    document["inputs"][1]["policies"] = []


def _move_the_place_beside_what_is_shown(entry: dict[str, Any], document: dict[str, Any]) -> None:
    _permit_without_findings(entry, document)
    document["results"][1]["placements"][0]["further"] = {"region": "eu-central-1"}


def _show_a_country_that_the_region_has_not(entry: dict[str, Any], document: dict[str, Any]) -> None:
    _permit_without_findings(entry, document)
    document["results"][1]["placements"][0]["countries"] = ["DE"]


def _finding(entry: dict[str, Any], document: dict[str, Any]) -> None:
    del document["results"][1]["findings"][0]


def _read(entry: dict[str, Any], document: dict[str, Any]) -> None:
    document["results"][1]["findings"][0]["read"]["placement.countries"] = ["DE"]


def _exit(entry: dict[str, Any], document: dict[str, Any]) -> None:
    entry["exit"] = document["exit"] = 0


def _under_older_law(entry: dict[str, Any], document: dict[str, Any]) -> None:
    entry.update(at="2025-11-24T09:00:00Z", known="2025-11-24T09:00:00Z")


def _without_a_date(entry: dict[str, Any], document: dict[str, Any]) -> None:
    del entry["recorded_at"]


def _under_a_milder_tag(entry: dict[str, Any], document: dict[str, Any]) -> None:
    document["default_tag"] |= {"classification": "public", "categories": [], "status": "synthetic"}


def _with_a_claim(entry: dict[str, Any], document: dict[str, Any]) -> None:
    entry["engine"]["version"] = "0.0.9"
    document["default_tag"]["allowed_locations"] = ["US", "DE"]


def _policy_of_another_name(entry: dict[str, Any], document: dict[str, Any]) -> None:
    for told in (entry, document):
        told["policies"][0]["id"] = "eu-strict"
    for item in document["inputs"]:
        item["policies"] = ["eu-strict"]


def _policy_of_another_version(entry: dict[str, Any], document: dict[str, Any]) -> None:
    for told in (entry, document):
        told["policies"][0]["version"] = "2031.01.01"


def _another_input(entry: dict[str, Any], document: dict[str, Any]) -> None:
    entry["inputs"][1]["sha256"] = "0" * 64


def test_document_as_it_was_written_follows(
    judged: tuple[dict[str, Any], dict[str, Any], Path], tmp_path: Path
) -> None:
    """The same steps without a change are the same: what is found below is found for the change."""
    assert _replayed(judged, _nothing, tmp_path / "log") is None


@pytest.mark.parametrize(
    ("change", "members"),
    [
        (_drop, {"summary.deny", "verdict"}),
        (_drop_and_count_again, {"summary", "verdict"}),
        (_drop_from_the_document_alone, {"summary", "verdict", "exit"}),
        (_permit, {"verdict"}),
        (_permit_without_findings, {"verdict", "findings"}),
        (_ask_about_nothing, {"candidates"}),
        (_leave_the_policy_out, {"verdict"}),
        (_show_a_country_that_the_region_has_not, {"verdict", "findings"}),
        (_finding, {"findings"}),
        (_read, {"findings.read"}),
        (_exit, {"exit"}),
        (_another_input, {"inputs"}),
        (_under_a_milder_tag, {"default_tag"}),
        (_with_a_claim, {"default_tag"}),
        (_policy_of_another_name, {"policies"}),
        (_policy_of_another_version, {"policies"}),
        (_under_older_law, {"at"}),
        (_without_a_date, set()),
    ],
)
def test_what_was_left_out_is_named(
    judged: tuple[dict[str, Any], dict[str, Any], Path], tmp_path: Path, change: Change, members: set[str]
) -> None:
    """Results against summary, summary against entry, and each result against its own placements."""
    found = _replayed(judged, change, tmp_path / "log")
    assert found is not None
    assert found.outcome is ReplayOutcome.DIFFERS
    assert members <= {difference.member for difference in found.differences}


def test_rule_and_resource_of_the_denial_are_named(
    judged: tuple[dict[str, Any], dict[str, Any], Path], tmp_path: Path
) -> None:
    """An officer reads which resource, what was recorded, what follows, and by which rule."""
    found = _replayed(judged, _permit, tmp_path / "log")
    assert found is not None
    verdict = next(difference for difference in found.differences if difference.member == "verdict")
    assert (verdict.resource, verdict.recorded, verdict.follows) == ("aws_s3_bucket.main", "permit", "deny")
    assert verdict.rule is not None
    assert "de-only/DE-01" in verdict.rule


def test_a_place_is_shown_once(judged: tuple[dict[str, Any], dict[str, Any], Path], tmp_path: Path) -> None:
    """A second region beside the one that a reader sees is no form of a result."""
    found = _replayed(judged, _move_the_place_beside_what_is_shown, tmp_path / "log")
    assert found is not None
    assert found.outcome is ReplayOutcome.DIFFERS
