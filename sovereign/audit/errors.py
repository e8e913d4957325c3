"""Errors that carry evidence: which entry is wrong, which two tree heads cannot both be true.

```
VerificationError
├── ProofError        EntryError: the first entry that is not what the tree holds
└── ConsistencyError  ForkError: both heads
```
"""

from typing import Final

from sovereign.errors import ConsistencyError, ProofError

__all__ = ["KEEP", "EntryError", "ForkError"]

KEEP: Final = "keep the directory as it is, and compare it with its mirror or backup"
"""What to do with a log that is wrong."""


class EntryError(ProofError):
    """An entry is not the one that the log committed to.

    Attributes:
        index: 0-based position of the first such entry.
        path: the file of the log that shows it; None where the absence of one does.
        offset: bytes before the entry, or before its hash, in that file; None where the whole file is meant.
    """

    def __init__(self, reason: str, *, index: int, path: str | None = None, offset: int | None = None) -> None:
        super().__init__(f"entry {index} is not what was sealed: {reason}", hint=KEEP)
        self.index = index
        self.path = path
        self.offset = offset


class ForkError(ConsistencyError):
    """Two tree heads of one log cannot both be true.

    Attributes:
        seen: the checkpoint known from before: the whole note where it was at hand, else its three lines.
        found: what the log says now: the whole note, or the three lines that were recomputed.
    """

    def __init__(self, message: str, *, seen: str, found: str, hint: str) -> None:
        super().__init__(message, hint=hint)
        self.seen = seen
        self.found = found
