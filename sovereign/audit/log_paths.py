"""What a file of a log may be called, and how large it may be; before anything of it is read.

Sources: C2SP tlog-tiles v0.1.0 (tiles of 256 hashes, entries of at most 65,535 bytes), signed-note v1.0.0.
"""

import re
from typing import Final

from sovereign.errors import VerificationError, quoted

__all__ = ["is_safe_path", "largest", "unreadable"]

_SMALL: Final = 64_000  # bytes: checkpoint, head, tiles of hashes, all of which have less
_BUNDLE: Final = 256 * (2 + 65_535)  # bytes: 256 of the longest entries
_DESCRIPTION: Final = 1 << 20  # bytes: what a log says about itself
_LARGE: Final = 1 << 28  # bytes: segments of the write-ahead log, objects
_LONGEST_PATH: Final = 200  # letters; an object's has 72
_PATH: Final = re.compile(r"[A-Za-z0-9_.-]+(?:/[A-Za-z0-9_.-]+){0,15}", re.ASCII)  # a bundle of 2^63 has 10 parts


def largest(path: str) -> int:
    """Return how many bytes the file of a log at `path` has at most."""
    if path.startswith("tile/entries/"):
        return _BUNDLE
    if path == "log.json":
        return _DESCRIPTION
    return _SMALL if path.startswith("tile/") or path in ("checkpoint", "head") else _LARGE


def is_safe_path(path: str) -> bool:
    """Whether `path` is relative, stays below its root, and means the same on every system."""
    is_plain = len(path) <= _LONGEST_PATH and _PATH.fullmatch(path) is not None
    return is_plain and all(part.strip(".") for part in path.split("/"))


def unreadable(place: str, path: str, reason: str) -> VerificationError:
    """Return the error for a file that is there and must not be read, or cannot be."""
    return VerificationError(
        f"{quoted(path)} of the log {quoted(place)} is not read: {reason}",
        code="SOV-V020",
        hint="a log consists of regular files of limited size; fetch it again from its keeper or mirror",
    )
