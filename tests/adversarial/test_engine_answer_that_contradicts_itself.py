"""Attack: an engine's answer that permits and names a denial, or denies and names none."""

from typing import Any

import pytest

from sovereign.decision.engines.opa_answer import read_answer
from sovereign.errors import EngineResponseError


def _finding(outcome: str) -> dict[str, str]:
    return {"rule": "EU-01", "message": "outside", "outcome": outcome}


@pytest.mark.parametrize(
    ("permit", "outcomes"),
    [
        (True, ["deny"]),
        (True, ["undecided"]),
        (True, ["advice", "deny"]),
        (True, ["deny"] * 1000),
        (False, []),
        (False, ["advice"]),
    ],
)
def test_contradiction_is_an_error(permit: bool, outcomes: list[str]) -> None:
    """Neither half is believed; a bare `permit: false` would leave a denial without a rule."""
    document: dict[str, Any] = {"result": {"permit": permit, "findings": [_finding(outcome) for outcome in outcomes]}}
    with pytest.raises(EngineResponseError, match="contradicts itself"):
        read_answer(document, placements=0)


@pytest.mark.parametrize("outcome", ["permit", "waived", "not_applicable", "allow", "Deny", "deny ", ""])
def test_outcome_that_would_not_block_is_refused(outcome: str) -> None:
    """A word that no rule may say is not read past, so that the answer would look like a permit."""
    document = {"result": {"permit": True, "findings": [_finding(outcome)]}}
    with pytest.raises(EngineResponseError, match="the outcome"):
        read_answer(document, placements=0)


def test_truth_is_not_true() -> None:
    """Whatever Python takes for true is no permit."""
    for value in (1, 1.0, "true", "<undefined>", [0], {"permit": True}):
        with pytest.raises(EngineResponseError):
            read_answer({"result": {"permit": value, "findings": []}}, placements=0)
        with pytest.raises(EngineResponseError):
            read_answer({"result": value}, placements=0)
