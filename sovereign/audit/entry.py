"""An entry as bytes: its size limit and its leaf hash. What it says is `record.py`'s business.

Source: RFC 6962 section 2.1 (leaf hash), C2SP tlog-tiles (entries of at most 65,535 bytes).
"""

import hashlib
from collections.abc import Sequence
from typing import Final

from sovereign.errors import AuditWriteError

__all__ = ["LARGEST_ENTRY", "check_entries", "leaf_hash"]

LARGEST_ENTRY: Final = 65_535  # bytes; an entry bundle holds the length in two


def leaf_hash(entry: bytes) -> bytes:
    """Return the 32-byte leaf hash SHA-256(0x00 || entry)."""
    return hashlib.sha256(b"\x00" + entry).digest()


def check_entries(entries: Sequence[bytes]) -> None:
    """Return when each of `entries` may be appended.

    Raises:
        AuditWriteError: one is empty or longer than 65,535 bytes (SOV-V013).
    """
    lengths = [len(entry) for entry in entries]
    for length in (min(lengths, default=1), max(lengths, default=1)):
        if 0 < length <= LARGEST_ENTRY:
            continue
        raise AuditWriteError(
            f"an entry has 1 to {LARGEST_ENTRY} bytes, this one has {length}",
            code="SOV-V013",
            hint="put what is large into an object and name its digest in the entry",
        )
