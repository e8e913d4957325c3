"""A decision that is in the log."""

from dataclasses import dataclass, fields

from sovereign.audit.receipt import Receipt
from sovereign.decision.model import Decision

__all__ = ["CheckedDecision", "with_receipt"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedDecision(Decision):
    """A decision with the receipt of its entry; it exists only after the entry was durable."""

    receipt: Receipt


def with_receipt(decision: Decision, receipt: Receipt) -> CheckedDecision:
    """Return the decision as it was recorded."""
    values = {item.name: getattr(decision, item.name) for item in fields(Decision)}
    return CheckedDecision(**values, receipt=receipt)
