"""Reads entries for showing them; what is read here is not verified (`verify.py` does that)."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sovereign.audit.checkpoint import parse_checkpoint
from sovereign.audit.entry import leaf_hash
from sovereign.audit.entry_document import entry_document
from sovereign.audit.log_files import LogFiles, open_log_files
from sovereign.audit.note import parse_note
from sovereign.audit.tiles import WIDTH, bundle_path, read_part, split_bundle, width_at
from sovereign.audit.wal import scan
from sovereign.errors import AuditError, UsageError, quoted

__all__ = ["StoredEntry", "find_entry", "read_entries", "unverified_checkpoint"]

_SEGMENT: Final = re.compile(r"wal/[0-9]{20}\.wal")
_SHOWN: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredEntry:
    """An entry as it lies in a log.

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


def unverified_checkpoint(place: LogFiles | Path | str) -> tuple[str, int]:
    """Return origin and size that the checkpoint of a log claims.

    Args:
        place: a directory, a zip or `.slog` file, an address, or the files of one of these.

    Raises:
        AuditError: there is no checkpoint (SOV-V010).
        VerificationError: it is not of the form (SOV-V005), or cannot be read (SOV-V020, SOV-V021).
        UsageError: no log is there at all (SOV-C310, SOV-C320).
    """
    files = _files(place)
    try:
        data = files.read("checkpoint")
    except FileNotFoundError:
        raise AuditError(
            f"{quoted(files.place)} has no checkpoint", hint="name the directory that holds `checkpoint` and `tile/`"
        ) from None
    checkpoint = parse_checkpoint(parse_note(data).text)
    return checkpoint.origin, checkpoint.size


def read_entries(place: LogFiles | Path | str, start: int = 0, stop: int | None = None) -> Iterator[StoredEntry]:
    """Yield the entries [start, stop) in order, sealed ones first, then what the write-ahead log holds after them.

    Args:
        place: the log, as for `unverified_checkpoint`.
        start: first index.
        stop: index after the last; None reads to the end. Beyond the end is no error.

    Raises:
        AuditError: a bundle is missing or cut short, or there is no checkpoint (SOV-V010).
        VerificationError: a file is not of the form, or cannot be read (SOV-V005, SOV-V020, SOV-V021).
    """
    files = _files(place)
    _, size = unverified_checkpoint(files)
    end = size if stop is None else min(stop, size)
    for number in range(start // WIDTH, -(-end // WIDTH)):
        for index, data in _bundle(files, number, size):
            if start <= index < end:
                yield StoredEntry(index=index, data=data, is_sealed=True)
    for index, data in _unsealed(files, max(start, size)):
        if stop is not None and index >= stop:
            return
        yield StoredEntry(index=index, data=data, is_sealed=False)


def find_entry(place: LogFiles | Path | str, identifier: str) -> int | None:
    """Return the index of the sealed entry whose `id` is `identifier`, a decision's; None if there is none.

    Raises:
        UsageError: several have it: an id is made once, so whoever keeps the log wrote one of them later (SOV-C321).
        AuditError, VerificationError: as `read_entries`.
    """
    needle = f'"id":{json.dumps(identifier)}'.encode()
    found = [
        entry.index
        for entry in read_entries(place)
        if entry.is_sealed and needle in entry.data and (entry_document(entry.data) or {}).get("id") == identifier
    ]
    if len(found) > 1:
        raise UsageError(
            f"{len(found)} entries have the id {quoted(identifier)}: {', '.join(map(str, found[:_SHOWN]))}",
            code="SOV-C321",
            hint="name the entry by its number, and ask whoever keeps the log: an id is made once",
        )
    return found[0] if found else None


def _files(place: LogFiles | Path | str) -> LogFiles:
    return open_log_files(place) if isinstance(place, (str, Path)) else place


def _bundle(files: LogFiles, number: int, size: int) -> Iterator[tuple[int, bytes]]:
    width = width_at(size, 0, number)
    data = read_part(files.read, bundle_path(number, width), bundle_path(number))
    return enumerate(split_bundle(data)[:width], number * WIDTH)


def _unsealed(files: LogFiles, start: int) -> Iterator[tuple[int, bytes]]:
    """Yield what the write-ahead log holds from `start` on; a copy for an auditor has none."""
    for path in sorted(path for path in files.names("wal") or () if _SEGMENT.fullmatch(path)):
        first = int(path[4:24])
        try:
            data = files.read(path)
        except FileNotFoundError:
            continue  # sealed and removed by a publisher since it was listed
        for index, payload in enumerate(scan(data, first).payloads, first):
            if index == start:
                yield index, payload
                start += 1
