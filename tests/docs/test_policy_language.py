"""The reference of the language names every key, status and operator, and nothing else."""

import re
from pathlib import Path

from sovereign.policy.comparisons import OPERATORS
from sovereign.policy.ir import Status
from sovereign.policy.load import POLICY_KEYS
from sovereign.policy.rules import RULE_KEYS

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "policy-language.md"


def _first_cells(head: str) -> list[str]:
    """Return the words in backticks in the first column of one table."""
    rows = PAGE.read_text(encoding="utf-8").partition(f"| {head} |")[2].partition("\n\n")[0].splitlines()[2:]
    return [word for row in rows for word in re.findall(r"`(\w+)`", row.split("|")[1])]


def test_keys_of_a_policy() -> None:
    """The table of the file is the list that the loader knows, in its order."""
    assert tuple(_first_cells("key of a policy")) == POLICY_KEYS


def test_keys_of_a_rule() -> None:
    """The table of a rule is the list that the loader knows, in its order."""
    assert tuple(_first_cells("key of a rule")) == RULE_KEYS


def test_operators() -> None:
    """Each operator stands in the table once."""
    assert sorted(_first_cells("operator")) == sorted(OPERATORS)


def test_statuses() -> None:
    """Each status is named."""
    named = PAGE.read_text(encoding="utf-8").partition("\nStatuses: ")[2].partition(". A policy")[0]
    assert re.findall(r"`(\w+)`", named) == [status.value for status in Status]
