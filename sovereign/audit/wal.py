"""The write-ahead log's frames and segments: bytes and reading; `writer.py` appends.

1. A frame is `u32 magic || u32 length || u32 crc32(u64 seq || payload) || u64 seq || payload`, big-endian. 2. A segment
is `wal/<seq of its first frame, 20 digits>.wal`; frames follow each other without gap in number or place. 3. The first
bytes that are no whole, right frame end the segment: a torn tail. 4. The magic is not zero, so a region that the disk
left zero never parses.
"""

import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sovereign.audit.entry import LARGEST_ENTRY
from sovereign.audit.tail import Tail
from sovereign.errors import AuditError

__all__ = [
    "HEADER_BYTES",
    "MAGIC",
    "WalReader",
    "damaged",
    "encode_frames",
    "list_segments",
    "recover_segment",
    "scan",
    "segment_path",
]

MAGIC: Final = 0x53565731  # "SVW1"
_HEADER: Final = struct.Struct(">IIIQ")
_SEQ: Final = struct.Struct(">Q")
HEADER_BYTES: Final = _HEADER.size
_SUFFIX: Final = ".wal"
_DIGITS: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Frames:
    """Whole frames that follow each other.

    Attributes:
        payloads: their entries.
        end: the place after the last.
    """

    payloads: list[bytes]
    end: int


def encode_frames(first: int, payloads: Sequence[bytes]) -> bytes:
    """Return the frames of entries that are numbered from `first`."""
    pack, number, crc32 = _HEADER.pack, _SEQ.pack, zlib.crc32
    parts: list[bytes] = []
    for seq, payload in enumerate(payloads, first):
        parts += (pack(MAGIC, len(payload), crc32(payload, crc32(number(seq))), seq), payload)
    return b"".join(parts)


def scan(data: bytes, first: int, start: int = 0) -> Frames:
    """Return the frames from byte `start`, numbered from `first`, up to the first that is not whole and right."""
    unpack, crc32, view = _HEADER.unpack_from, zlib.crc32, memoryview(data)
    payloads: list[bytes] = []
    seq, position, size = first, start, len(data)
    while (body := position + HEADER_BYTES) <= size:
        magic, length, crc, number = unpack(data, position)
        end = body + length
        if magic != MAGIC or number != seq or not 0 < length <= LARGEST_ENTRY or end > size:
            break
        if crc32(view[body - _SEQ.size : end]) != crc:  # the number stands right before the payload
            break
        payloads.append(data[body:end])
        seq, position = seq + 1, end
    return Frames(payloads=payloads, end=position)


def recover_segment(data: bytes, first: int, *, floor: int, cached: Tail | None) -> Tail:
    """Return where the last segment's whole frames end; what lies behind is torn, was never acknowledged, and is cut.

    A pure function of what the disk holds after a crash, so that a test can ask it about a million disks.

    Args:
        data: the whole of the last segment.
        first: number of its first frame.
        floor: number of entries that are sealed; they are acknowledged and must be there.
        cached: the tail as a process of this boot left it: what it wrote is in the page cache, and a crash of that
            process cannot take it away. None after a restart.

    Raises:
        AuditError: something that was written or sealed is missing: no torn tail, and nothing is cut (SOV-V010).
    """
    frames = scan(data, first)
    following = first + len(frames.payloads)
    if cached is not None and (first, frames.end) < (cached.segment, cached.offset):
        raise damaged(f"entry {following} is not what was written")
    if following < floor:
        raise damaged(f"it ends before entry {following}, and {floor} entries are sealed")
    return Tail(segment=first, offset=frames.end, next=following)


def segment_path(directory: Path, first: int) -> Path:
    """Return the path of the segment whose first frame is `first`."""
    return directory / f"{first:0{_DIGITS}d}{_SUFFIX}"


def list_segments(directory: Path) -> tuple[int, ...]:
    """Return the first sequence numbers of the segments in `directory`, ascending; other names are ignored."""
    names = (path.name.removesuffix(_SUFFIX) for path in directory.iterdir() if path.name.endswith(_SUFFIX))
    return tuple(sorted(int(name) for name in names if len(name) == _DIGITS and name.isascii() and name.isdigit()))


class WalReader:
    """Reads entries forward, and remembers its place between calls."""

    def __init__(self, directory: Path, start: int) -> None:
        self._directory = directory
        self._seq = start
        self._segment = -1
        self._end = 0

    def read(self, stop: int) -> Iterator[list[bytes]]:
        """Yield the entries from the current place up to number `stop`, exclusive; one list for each segment.

        Raises:
            AuditError: the log does not hold them (SOV-V010).
        """
        while self._seq < stop:
            yield self._read_segment(stop)

    def _read_segment(self, stop: int) -> list[bytes]:
        """Return the entries of one segment from the current place on, and step behind them; at least one."""
        first = self._find_segment()
        if first != self._segment:
            self._segment, self._end, seq = first, 0, first
        else:
            seq = self._seq
        with segment_path(self._directory, first).open("rb") as file:
            file.seek(self._end)
            found = scan(file.read(), seq).payloads[: stop - seq]
        entries = found[self._seq - seq :]
        if not entries:
            raise damaged(f"it lacks entry {self._seq}")
        self._seq += len(entries)
        self._end += sum(map(len, found)) + len(found) * HEADER_BYTES
        return entries

    def _find_segment(self) -> int:
        """Return the last segment that starts at or before the current place."""
        firsts = [first for first in list_segments(self._directory) if first <= self._seq]
        if not firsts:
            raise damaged(f"it lacks entry {self._seq}")
        return firsts[-1]


def damaged(reason: str) -> AuditError:
    """Return the error for a write-ahead log that no crash of ours leaves (SOV-V010)."""
    return AuditError(
        f"the write-ahead log is damaged: {reason}",
        hint="keep the directory as evidence and go on in a new log: `sovereign audit new`",
    )
