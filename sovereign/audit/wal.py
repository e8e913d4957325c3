"""The write-ahead log's frames and segments: bytes and reading; `writer.py` appends.

1. A frame is `u32 magic || u32 length || u32 crc32(u64 seq || payload) || u64 seq || payload`, big-endian. 2. A segment
is `wal/<seq of its first frame, 20 digits>.wal`; frames follow each other without gap in number or place. 3. The first
bytes that are no whole, right frame end the segment: a torn tail. 4. The magic is not zero, so a region that the disk
left zero never parses.
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sovereign.audit.entry import LARGEST_ENTRY
from sovereign.errors import AuditError

__all__ = ["HEADER_BYTES", "MAGIC", "WalReader", "encode_frame", "list_segments", "scan", "segment_path"]

MAGIC: Final = 0x53565731  # "SVW1"
_HEADER: Final = struct.Struct(">IIIQ")
_SEQ: Final = struct.Struct(">Q")
HEADER_BYTES: Final = _HEADER.size
_SUFFIX: Final = ".wal"
_DIGITS: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One whole frame: its entry, and the place after it."""

    payload: bytes
    end: int


def encode_frame(seq: int, payload: bytes) -> bytes:
    """Return the frame of entry `seq`."""
    crc = zlib.crc32(payload, zlib.crc32(_SEQ.pack(seq)))
    return _HEADER.pack(MAGIC, len(payload), crc, seq) + payload


def scan(data: bytes, first: int, start: int = 0) -> Iterator[Frame]:
    """Yield the frames from byte `start`, numbered from `first`, up to the first that is not whole and right."""
    seq, position = first, start
    while position + HEADER_BYTES <= len(data):
        magic, length, crc, number = _HEADER.unpack_from(data, position)
        end = position + HEADER_BYTES + length
        if magic != MAGIC or number != seq or not 0 < length <= LARGEST_ENTRY or end > len(data):
            return
        payload = data[position + HEADER_BYTES : end]
        if zlib.crc32(payload, zlib.crc32(_SEQ.pack(seq))) != crc:
            return
        yield Frame(payload=payload, end=end)
        seq, position = seq + 1, end


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

    def read(self, stop: int) -> Iterator[bytes]:
        """Yield the entries from the current place up to number `stop`, exclusive.

        Raises:
            AuditError: the log does not hold them (SOV-V010).
        """
        while self._seq < stop:
            before = self._seq
            yield from self._read_segment(stop)
            if self._seq == before:
                raise AuditError(
                    f"the write-ahead log lacks entry {self._seq}",
                    hint="keep the directory as evidence and go on in a new log: `sovereign audit new`",
                )

    def _read_segment(self, stop: int) -> Iterator[bytes]:
        first = self._find_segment()
        seq, start = (self._seq, self._end) if first == self._segment else (first, 0)
        for frame in scan(segment_path(self._directory, first).read_bytes(), seq, start):
            if seq == stop:
                return
            seq += 1
            if seq > self._seq:
                self._segment, self._end, self._seq = first, frame.end, seq
                yield frame.payload

    def _find_segment(self) -> int:
        """Return the last segment that starts at or before the current place."""
        firsts = [first for first in list_segments(self._directory) if first <= self._seq]
        return firsts[-1] if firsts else self._missing()

    def _missing(self) -> int:
        raise AuditError(
            f"the write-ahead log lacks entry {self._seq}",
            hint="keep the directory as evidence and go on in a new log: `sovereign audit new`",
        )
