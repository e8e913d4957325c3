"""What a log gives back for an entry."""

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["LogKind", "Receipt", "ReceiptState"]


class LogKind(StrEnum):
    """Three kinds of log, never mixed."""

    HOST = "host"
    RUN = "run"
    PARENT = "parent"


class ReceiptState(StrEnum):
    """How much stands behind an entry, weakest first."""

    DURABLE = "durable"
    SEALED = "sealed"
    WITNESSED = "witnessed"
    TIMESTAMPED = "timestamped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """Where an entry stands.

    Attributes:
        log_kind: which kind of log holds it.
        origin: the log's name.
        index: 0-based position, final once durable.
        leaf_hash: SHA-256(0x00 || entry), 64 hexadecimal digits; for a stranger who holds the entry.
        state: durable when an append returns.
    """

    log_kind: LogKind
    origin: str
    index: int
    leaf_hash: str
    state: ReceiptState = ReceiptState.DURABLE

    @property
    def line(self) -> str:
        """The receipt in one line, for an operational log."""
        return f"{self.origin}#{self.index} {self.leaf_hash} {self.state}"
