"""Findings that wait for one fact, told once: under an undecided SOV-000 stand the rules that need the same fact.

For reading only. Each finding stays its own in every document, in the entry, and in the decision.
"""

from collections.abc import Iterable

from sovereign.decision.model import Finding
from sovereign.policy.outcome import Outcome

__all__ = ["together"]

_FACTS = "SOV-000"


def together(findings: Iterable[Finding]) -> list[tuple[Finding, tuple[Finding, ...]]]:
    """Return each finding that blocks with those that wait for the same fact: of its placement, or of the whole."""
    blocking = [finding for finding in findings if finding.outcome.blocks]
    open_facts = {f.placement: f for f in blocking if f.rule == _FACTS and f.outcome is Outcome.UNDECIDED}
    waiting: dict[int, list[Finding]] = {}
    alone = []
    for finding in blocking:
        fact = open_facts.get(finding.placement) or open_facts.get(None)
        if fact is None or finding.rule == _FACTS or finding.outcome is not Outcome.UNDECIDED:
            alone.append(finding)
        else:
            waiting.setdefault(id(fact), []).append(finding)
    return [(finding, tuple(waiting.get(id(finding), ()))) for finding in alone]
