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
    """

    default_code: ClassVar[str] = "SOV-E001"

    def __init__(self, decision: CheckedDecision) -> None:
        blocking = sorted({f.rule for f in decision.findings if f.outcome.blocks})
        reasons = blocking or [notice.message for notice in decision.notices] or [f"basis {decision.basis.value}"]
        message = f"{decision.outcome.value}: {', '.join(reasons)}"
        super().__init__(
            message,
            hint=f"entry {decision.receipt.index} of log {decision.receipt.origin} holds what was read; "
            f"`sovereign explain entry:{decision.receipt.index}` tells it",
        )
        self.decision = decision
