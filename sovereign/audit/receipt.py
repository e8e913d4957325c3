"""What a log gives back for an entry."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import overload

from sovereign.audit.entry import leaf_hash

__all__ = ["LogKind", "Receipt", "ReceiptState", "Receipts"]


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


class Receipts(Sequence[Receipt]):
    """The receipts of a group of entries, each made when it is asked for: whoever writes thousands reads few.

    Args:
        log_kind: which kind of log holds them.
        origin: the log's name.
        entries: in the order in which they were appended.
        indices: their positions.
    """

    __slots__ = ("_entries", "_indices", "_log_kind", "_origin")

    def __init__(self, log_kind: LogKind, origin: str, entries: Sequence[bytes], indices: Sequence[int]) -> None:
        self._log_kind = log_kind
        self._origin = origin
        self._entries = entries
        self._indices = indices

    def __len__(self) -> int:
        return len(self._entries)

    @overload
    def __getitem__(self, place: int) -> Receipt: ...

    @overload
    def __getitem__(self, place: slice) -> "Receipts": ...

    def __getitem__(self, place: int | slice) -> "Receipt | Receipts":
        if isinstance(place, slice):
            return Receipts(self._log_kind, self._origin, self._entries[place], self._indices[place])
        digest = leaf_hash(self._entries[place]).hex()
        return Receipt(log_kind=self._log_kind, origin=self._origin, index=self._indices[place], leaf_hash=digest)
