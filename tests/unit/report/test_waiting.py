"""Findings that wait for one fact are told once, and none is lost."""

from sovereign.decision.model import Finding
from sovereign.policy.outcome import Outcome
from sovereign.report.waiting import together

FACT = Finding(rule="SOV-000", outcome=Outcome.UNDECIDED, placement=0)
WHOLE = Finding(rule="SOV-000", outcome=Outcome.UNDECIDED)
RULE = Finding(rule="eu-only/EU-01", outcome=Outcome.UNDECIDED, placement=0)
DENIAL = Finding(rule="eu-only/EU-01", outcome=Outcome.DENY, placement=1)


def test_rules_of_the_same_placement_stand_under_its_fact() -> None:
    """An undecided rule stands under the missing fact of its placement."""
    assert together([FACT, RULE]) == [(FACT, (RULE,))]


def test_rules_stand_under_the_fact_of_the_whole_request() -> None:
    """Without one of its own placement, it stands under what the whole request lacks, such as a tag."""
    assert together([WHOLE, RULE]) == [(WHOLE, (RULE,))]


def test_denials_stand_alone() -> None:
    """A denial never hides under a missing fact."""
    assert together([WHOLE, DENIAL]) == [(WHOLE, ()), (DENIAL, ())]


def test_without_a_missing_fact_every_rule_stands_alone() -> None:
    """A rule that is undecided for a reason of its own is told in full."""
    assert together([RULE, DENIAL]) == [(RULE, ()), (DENIAL, ())]


def test_what_does_not_block_is_not_told() -> None:
    """Advice and rules that do not apply are no part of a denial."""
    assert together([Finding(rule="a/A", outcome=Outcome.ADVICE)]) == []
