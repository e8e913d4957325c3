"""The verifier's own reading of the write-ahead log, one segment at a time, from left to right.

1. Segments are `wal/<20 digits>.wal`, named by their first entry; each begins where the one before it ends. 2. A frame
is magic, length, CRC-32, number, entry. 3. Only the last segment may end with bytes that are no whole frame, and none
of them may be a whole frame behind a damaged one: no crash of a writer leaves that. 4. Frames of sealed entries must be
those entries again; the others are unsealed. 5. A writer may be at work: segments go when they are sealed.
"""

import re
import struct
import zlib
from collections.abc import Iterator, Sequence
from typing import Final

from sovereign.audit.errors import EntryError
from sovereign.audit.log_files import LogFiles
from sovereign.audit.verify_tree import leaf

__all__ = ["WalkedWal"]

_FRAME: Final = struct.Struct(">IIIQ")  # magic, length, CRC-32 of number and entry, number
_MAGIC: Final = 0x53565731
_LARGEST_ENTRY: Final = 65_535
_SEGMENT: Final = re.compile(r"wal/([0-9]{20})\.wal")


class WalkedWal:
    """The frames of a write-ahead log, walked beside the tree.

    Attributes:
        has_lost: a segment went while the log was read, which a publisher at work does.
    """

    def __init__(self, files: LogFiles, notices: list[str]) -> None:
        self._files = files
        self._notices = notices
        listed = files.names("wal")
        self._names = sorted(name for name in listed or () if _SEGMENT.fullmatch(name))
        if not self._names:
            notices.append("no write-ahead log is here: what came after the checkpoint cannot be seen")
        self.has_lost = False
        self._frames = self._walk()
        self._next = next(self._frames, None)

    def check_sealed(self, first: int, leaves: Sequence[bytes]) -> None:
        """Compare the frames of the entries from `first` on with their leaf hashes, and go past them.

        Raises:
            EntryError: another entry, a damaged frame that others follow, or a gap.
        """
        end = first + len(leaves)
        while self._next is not None and self._next[0] < end:
            index, entry, path, offset = self._next
            if index >= first and leaf(entry) != leaves[index - first]:
                reason = "the write-ahead log holds another entry than the tree"
                raise EntryError(reason, index=index, path=path, offset=offset)
            self._next = next(self._frames, None)

    def count_unsealed(self, size: int) -> tuple[int, int | None]:
        """Return how many frames follow `size` entries, and the number of the first; None if there is none."""
        first, count = None if self._next is None else self._next[0], 0
        while self._next is not None:
            count += self._next[0] >= size
            self._next = next(self._frames, None)
        return count, first

    def _walk(self) -> Iterator[tuple[int, bytes, str, int]]:
        """Yield number, entry, path of the segment and offset of each frame."""
        expected: int | None = None
        for name in self._names:
            first = int(name[4:24])
            if expected is not None and first != expected:
                raise EntryError("the write-ahead log lacks it", index=expected, path=name)
            try:
                data = self._files.read(name)
            except FileNotFoundError:
                self.has_lost, expected = True, None
                continue
            index, end = first, 0
            for index, entry, start, end in _frames(data, first):  # noqa: B007  `end` is where the last whole one ended
                yield index, entry, name, start
            expected = index + 1 if end else first
            if end < len(data):
                _check_torn(data, end, index=expected, path=name, is_last=name == self._names[-1])
                self._notices.append(f"the write-ahead log ends with {len(data) - end} bytes that are no whole frame")


def _frames(data: bytes, first: int) -> Iterator[tuple[int, bytes, int, int]]:
    """Yield number, entry, begin and end of each whole frame."""
    position, index = 0, first
    while position + _FRAME.size <= len(data):
        magic, length, crc, number = _FRAME.unpack_from(data, position)
        start, end = position + _FRAME.size, position + _FRAME.size + length
        payload = data[start:end]
        is_whole = magic == _MAGIC and number == index and 0 < length <= _LARGEST_ENTRY and end <= len(data)
        if not is_whole or zlib.crc32(payload, zlib.crc32(number.to_bytes(8, "big"))) != crc:
            return
        yield index, payload, position, end
        position, index = end, index + 1


def _check_torn(data: bytes, end: int, *, index: int, path: str, is_last: bool) -> None:
    """Refuse what no crash of a writer leaves: a damaged frame with a whole one, or a whole segment, behind it."""
    magic = _MAGIC.to_bytes(4, "big")
    position = data.find(magic, end + 1)
    while is_last and position >= 0:
        is_last = not _is_frame(data, position)
        position = data.find(magic, position + 1)
    if not is_last:
        raise EntryError("its frame in the write-ahead log is damaged", index=index, path=path, offset=end)


def _is_frame(data: bytes, position: int) -> bool:
    """Whether a whole frame of any number stands there."""
    if position + _FRAME.size > len(data):
        return False
    _, length, crc, number = _FRAME.unpack_from(data, position)
    start, end = position + _FRAME.size, position + _FRAME.size + length
    if not 0 < length <= _LARGEST_ENTRY or end > len(data):
        return False
    return bool(zlib.crc32(data[start:end], zlib.crc32(number.to_bytes(8, "big"))) == crc)
