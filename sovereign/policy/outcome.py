"""One rule's answer (language.md, 2.3; XACML 3.0 calls `undecided` indeterminate)."""

from enum import StrEnum
from typing import Final

__all__ = ["Outcome", "worst"]


class Outcome(StrEnum):
    """What a rule answers; `advice` is the answer of a rule that only warns or observes."""

    DENY = "deny"
    UNDECIDED = "undecided"
    WAIVED = "waived"
    PERMIT = "permit"
    NOT_APPLICABLE = "not_applicable"
    ADVICE = "advice"

    @property
    def blocks(self) -> bool:
        """Whether this answer alone makes the effect deny."""
        return self is Outcome.DENY or self is Outcome.UNDECIDED


_ORDER: Final = (
    Outcome.DENY,
    Outcome.UNDECIDED,
    Outcome.WAIVED,
    Outcome.PERMIT,
    Outcome.ADVICE,
    Outcome.NOT_APPLICABLE,
)


def worst(outcomes: "list[Outcome]") -> Outcome:
    """Return the first of deny, undecided, waived, permit that is among `outcomes`; not_applicable for none."""
    return min(outcomes, key=_ORDER.index, default=Outcome.NOT_APPLICABLE)
