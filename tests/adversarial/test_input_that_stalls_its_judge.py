"""Attack: a request so large that explaining its denial takes longer than anybody waits for a gate.

What would pass is found by deciding again. That work grows with the failing placements, so it is bounded.
"""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from simulators.command import request, run

from sovereign.analysis.passes_if import find_change
from sovereign.decision.engines.native import NativeEngine
from sovereign.decision.model import Decision
from sovereign.decision.point import DecisionPoint
from sovereign.decision.request import read_request
from sovereign.jurisdiction.snapshot import load_snapshot
from sovereign.policy.store import load_pack

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
SNAPSHOT = load_snapshot()
MOST_DECISIONS = 2000  # sixteen placements, each tried at every kind of place of the catalogue


class CountingPoint(DecisionPoint):
    """A decision point that counts the placements it was asked about."""

    asked = 0

    def decide(self, prepared: Any, **options: Any) -> Decision:
        """Count, and decide."""
        self.asked += len(prepared.request.context.placements)
        return super().decide(prepared, **options)


def _request(failing: int, passing: int) -> dict[str, Any]:
    places = ["US"] * failing + ["DE"] * passing
    return request(*({"id": str(n), "role": "storage", "countries": [code]} for n, code in enumerate(places)))


@pytest.mark.parametrize(
    ("failing", "passing", "finds"), [(16, 0, True), (17, 0, False), (16, 400, True), (400, 0, False)]
)
def test_search_for_a_change_is_bounded(failing: int, passing: int, *, finds: bool) -> None:
    """Its work does not grow with the placements that pass, nor without end with those that fail."""
    point = CountingPoint(
        [load_pack("eu-only", SNAPSHOT.groups)],
        snapshot=SNAPSHOT,
        load_pack=lambda name: load_pack(name, SNAPSHOT.groups),
        engine=NativeEngine(),
    )
    prepared = point.prepare(read_request(_request(failing, passing), source="request.json"), at=NOW)
    decision = point.decide(prepared, at=NOW)
    point.asked = 0
    change = find_change(point, prepared.request, decision, at=NOW)
    assert (change is not None) == finds
    assert point.asked <= MOST_DECISIONS + failing + passing


def test_thousands_of_failing_places_are_answered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command ends with its denial, recorded, and says that no single change helps."""
    monkeypatch.chdir(tmp_path)
    Path("request.json").write_text(json.dumps(_request(2000, 0)))
    ran = run("check", "request.json", "--policy", "eu-only", "--format", "json")
    (result,) = ran.document["results"]
    denied = [finding for finding in result["findings"] if finding["outcome"] == "deny"]
    assert (ran.code, result["receipt"]["state"], len(denied)) == (1, "durable", 2000)
    assert all(finding["no_change_helps"] for finding in denied)
