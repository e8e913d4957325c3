"""A denial in a program says which rules, which law, and what would pass."""

from typing import TYPE_CHECKING

import pytest

from sovereign.enforce.denied import DeniedError
from sovereign.facts.model import Placement

if TYPE_CHECKING:
    from conftest import Desk

VIRGINIA = Placement(id="mirror", role="storage", provider="aws", region="us-east-1")
FRANKFURT = Placement(id="mirror", role="storage", provider="aws", region="eu-central-1")


def test_denial_names_a_change_that_passes(desk: "Desk") -> None:
    """The change that the error names is permitted when it is asked for."""
    guard = desk.guard()
    with (
        pytest.raises(DeniedError) as caught,
        guard.job(id="copy", kind="backup", purpose="research", inputs=["patients"], placements=[VIRGINIA]),
    ):
        pytest.fail("the body ran")
    assert caught.value.passes_if == "`mirror` is in aws eu-central-1 (DE)"
    assert guard.check("patients", kind="backup", purpose="research", placements=[FRANKFURT]).permits


def test_denial_names_rule_and_law(desk: "Desk") -> None:
    """Each rule that denied stands in one line with its sentence and its law, in the error and in its traceback."""
    guard = desk.guard()
    job = guard.job(id="copy", kind="backup", purpose="research", inputs=["patients"], placements=[VIRGINIA])
    with pytest.raises(DeniedError) as caught:
        job.check()
    (line,) = caught.value.reasons
    assert line.startswith("de-only/DE-01: ")
    assert "house rule" in line
    assert line in caught.value.__notes__


def test_denial_says_when_no_single_change_helps(desk: "Desk") -> None:
    """Without a passing change the error says so, in words and as None."""
    guard = desk.guard()
    job = guard.job(id="copy", kind="backup", purpose="marketing", inputs=["patients"], placements=[VIRGINIA])
    with pytest.raises(DeniedError) as caught:
        job.check()
    assert caught.value.passes_if is None
    assert "no single change" in (caught.value.hint or "")
