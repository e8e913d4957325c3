"""An entry of a decision in words."""

from typing import Any

import pytest

from sovereign.jurisdiction.snapshot import load_snapshot
from sovereign.policy.store import load_pack
from sovereign.report.entries import decision_entry_text

DE_ONLY = load_pack("de-only", load_snapshot().groups)


def entry(**changes: Any) -> dict[str, Any]:
    """Return a denial under de-only, as a log holds it."""
    return {
        "type": "decision",
        "effect": "deny",
        "action": "backup",
        "resource": {"type": "dataset", "id": "payroll"},
        "subject": {"type": "job", "id": "nightly"},
        "at": "2026-11-24T09:00:00Z",
        "policies": [{"id": "de-only", "version": DE_ONLY.version, "sha256": DE_ONLY.sha256}],
        "findings": [
            {"rule": "SOV-002", "outcome": "not_applicable", "placement": None, "read": {}},
            {"rule": "de-only/DE-01", "outcome": "deny", "placement": 1, "read": {"placement.countries": ["IE"]}},
        ],
    } | changes


def test_entry_names_rule_law_and_what_was_read() -> None:
    """Sentence, law and way out come from the policy of that digest; a rule that did not apply is left out."""
    text = decision_entry_text(entry(), {"de-only": DE_ONLY}, "en")
    assert text.startswith("deny: backup of payroll, for nightly, at 2026-11-24T09:00:00Z\nunder de-only ")
    assert "deny de-only/DE-01 (placement 1): everything that holds, moves or reads the data is in Germany\n" in text
    assert "  law: house rule (no statute demands Germany as such)\n" in text
    assert "  read: placement.countries = {IE}\n" in text
    assert "SOV-002" not in text


def test_policy_of_another_digest_lends_no_words() -> None:
    """A later version of the policy must not explain a decision that was made under an earlier one."""
    other = [{"id": "de-only", "version": "2020.01.01", "sha256": "0" * 64}]
    text = decision_entry_text(entry(policies=other), {"de-only": DE_ONLY}, "de")
    assert "diese Fassung der Vorgabe liegt nicht vor" in text
    assert "Recht" not in text


def test_text_of_an_entry_begins_no_line_of_its_own() -> None:
    """A line break inside an id cannot forge a line of the report."""
    text = decision_entry_text(entry(subject={"id": "a\npermit: forged"}), {}, "en")
    assert not any(line.startswith("permit") for line in text.splitlines())


@pytest.mark.parametrize("changes", [{"findings": [{}]}, {"subject": None}, {"policies": 3}, {"findings": [3]}])
def test_entry_of_another_form_is_no_decision(changes: dict[str, Any]) -> None:
    """What is not of the form of a decision is not told as one."""
    with pytest.raises((KeyError, TypeError, ValueError, AttributeError)):
        decision_entry_text(entry(**changes), {}, "en")
