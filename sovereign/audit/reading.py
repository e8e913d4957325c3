"""Reads entries for showing them; what is read here is not verified (`verify.py` does that)."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sovereign.audit.checkpoint import parse_checkpoint
from sovereign.audit.entry import leaf_hash
from sovereign.audit.note import parse_note
from sovereign.audit.tiles import WIDTH, bundle_path, read_part, split_bundle, width_at
from sovereign.audit.wal import list_segments, scan, segment_path
from sovereign.errors import AuditError, quoted

__all__ = ["StoredEntry", "read_entries", "unverified_checkpoint"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredEntry:
    """An entry as it lies in a log directory.

    Attributes:
        index: 0-based position.
        data: its bytes.
        is_sealed: whether the checkpoint covers it.
    """

    index: int
    data: bytes
    is_sealed: bool

    @property
    def leaf_hash(self) -> str:
        """SHA-256(0x00 || data), in hexadecimal digits."""
        return leaf_hash(self.data).hex()


def unverified_checkpoint(directory: Path) -> tuple[str, int]:
    """Return origin and size that the checkpoint of a directory claims.

    Raises:
        AuditError: it cannot be read (SOV-V010).
        VerificationError: it is not of the form (SOV-V005).
    """
    try:
        data = (directory / "checkpoint").read_bytes()
    except OSError:
        raise AuditError(
            f"{quoted(str(directory))} has no checkpoint", hint="name the directory that holds `checkpoint` and `tile/`"
        ) from None
    checkpoint = parse_checkpoint(parse_note(data).text)
    return checkpoint.origin, checkpoint.size


def read_entries(directory: Path, start: int = 0, stop: int | None = None) -> Iterator[StoredEntry]:
    """Yield the entries [start, stop) in order, sealed ones first, then what the write-ahead log holds after them.

    Args:
        directory: the log.
        start: first index.
        stop: index after the last; None reads to the end. Beyond the end is no error.

    Raises:
        AuditError: a bundle is missing or cut short (SOV-V010).
    """
    _, size = unverified_checkpoint(directory)
    end = size if stop is None else min(stop, size)
    for number in range(start // WIDTH, -(-end // WIDTH)):
        for index, data in _bundle(directory, number, size):
            if start <= index < end:
                yield StoredEntry(index=index, data=data, is_sealed=True)
    for index, data in _unsealed(directory, max(start, size)):
        if stop is not None and index >= stop:
            return
        yield StoredEntry(index=index, data=data, is_sealed=False)


def _bundle(directory: Path, number: int, size: int) -> Iterator[tuple[int, bytes]]:
    width = width_at(size, 0, number)
    data = read_part(lambda path: (directory / path).read_bytes(), bundle_path(number, width), bundle_path(number))
    return enumerate(split_bundle(data)[:width], number * WIDTH)


def _unsealed(directory: Path, start: int) -> Iterator[tuple[int, bytes]]:
    """Yield what the write-ahead log holds from `start` on; a copy for an auditor has none."""
    wal = directory / "wal"
    for first in list_segments(wal) if wal.is_dir() else ():
        try:
            data = segment_path(wal, first).read_bytes()
        except FileNotFoundError:
            continue  # sealed and removed by a publisher since it was listed
        for index, payload in enumerate(scan(data, first).payloads, first):
            if index == start:
                yield index, payload
                start += 1
