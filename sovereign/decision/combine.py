"""From answers to one effect; pure (language.md, 2.5).

Permit iff at least one rule of effect deny, built-in ones not counted, is in force, and no rule, built-in ones
included, answers deny or undecided. No such rule: deny, basis `default`. A failure of an engine: deny, basis `failure`.
A permit whose duties cannot all be met is a denial.
Order plays no part.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from sovereign.decision.model import Basis, Effect, Finding
from sovereign.policy.outcome import Outcome

__all__ = ["Verdict", "combine"]

_BLOCKING = frozenset({Outcome.DENY, Outcome.UNDECIDED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Effect and basis, and what the reader is told beside them.

    Attributes:
        effect, basis: the answer, and what it rests on.
        nothing_applied: every rule in force was provably not applicable (notice SOV-A003).
        unmet: a duty that cannot be met is the only reason of the denial (notice SOV-E040).
    """

    effect: Effect
    basis: Basis
    nothing_applied: bool = False
    unmet: bool = False


def combine(
    findings: Iterable[Finding], *, rules_in_force: int, rules_applied: int, failed: bool, unmet: bool = False
) -> Verdict:
    """Return what follows from the findings.

    Args:
        findings: every answer that is not a plain permit, built-in rules included.
        rules_in_force: rules of effect deny of the loaded policies, built-in ones not counted.
        rules_applied: those of them that answered anything but not_applicable.
        failed: an engine did not answer, or not in shape.
        unmet: a duty of the permit is one that the caller cannot meet.
    """
    if failed:
        return Verdict(effect=Effect.DENY, basis=Basis.FAILURE)
    blocked = any(finding.outcome in _BLOCKING for finding in findings)
    if rules_in_force == 0:
        return Verdict(effect=Effect.DENY, basis=Basis.DEFAULT)
    if blocked or unmet:
        return Verdict(effect=Effect.DENY, basis=Basis.RULE, unmet=not blocked)
    return Verdict(effect=Effect.PERMIT, basis=Basis.RULE, nothing_applied=rules_applied == 0)
