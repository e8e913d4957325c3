"""The denial as an exception; it carries the decision and the receipt.

It is no OSError: loops that retry on I/O errors would swallow it and try again until something permits.
"""

from typing import ClassVar

from sovereign.enforce.checked import CheckedDecision
from sovereign.errors import SovereignError

__all__ = ["DeniedError"]


class DeniedError(SovereignError):
    """The action was not permitted and did not start.

    Attributes:
        decision: the answer, with its receipt.
        reasons: one line for each rule that denied or waits for a fact: its name, its sentence, its law.
        passes_if: a change that was decided again and permitted; None if no single change of place or purpose helps.
    """

    default_code: ClassVar[str] = "SOV-E001"

    def __init__(
        self, decision: CheckedDecision, *, reasons: tuple[str, ...] = (), passes_if: str | None = None
    ) -> None:
        blocking = sorted({f.rule for f in decision.findings if f.outcome.blocks})
        shown = blocking or [notice.message for notice in decision.notices] or [f"basis {decision.basis.value}"]
        change = f"permitted if {passes_if}" if passes_if else "no single change of place or purpose helps"
        super().__init__(
            f"{decision.outcome.value}: {', '.join(shown)}",
            hint=f"{change}; entry {decision.receipt.index} of log {decision.receipt.origin} holds what was read, "
            f"`sovereign explain entry:{decision.receipt.index}` tells it",
        )
        for reason in reasons:
            self.add_note(reason)
        self.decision = decision
        self.reasons = reasons
        self.passes_if = passes_if
