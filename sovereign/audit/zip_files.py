"""The files of a log in a zip or `.slog` file, which is read so that it has one reading only.

Programs differ in how they read a zip: by its directory at the end, or by the headers before each file. So everything
here must say the same twice, and every byte must belong to something:

1. The end record stands at the very end, without a comment; one disk; no zip64. 2. The directory stands right before
it, and names each file once, also for systems that do not tell capitals apart; no file is a folder of another. 3. From
the first byte on, each file follows the one before it, without a gap. 4. Header and directory entry agree in every
field both have. 5. A file is stored or deflated, never encrypted, never a link, without a second name in an extra
field. 6. Its length and CRC-32 are those stated; no file is larger than a log has.

Source: PKWARE APPNOTE 6.3, sections 4.3 and 4.4.
"""

import os
import stat
import struct
import weakref
import zlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sovereign.audit.log_paths import is_safe_path, largest, unreadable
from sovereign.errors import UsageError, VerificationError, quoted

__all__ = ["ZipFiles"]

_END: Final = struct.Struct("<4sHHHHLLH")  # signature, disks and counts, length and start of the directory, comment
_ENTRY: Final = struct.Struct("<4s2B5H3L5H2L")  # as APPNOTE 4.3.12
_HEADER: Final = struct.Struct("<4s5H3L2H")  # as APPNOTE 4.3.7
_LARGEST_TOTAL: Final = 1 << 32  # bytes, unpacked
_LARGEST_DIRECTORY: Final = 1 << 25  # bytes: 65,534 names of 200 letters, with times, have fewer
_ALLOWED_FLAGS: Final = 0x0806  # how well it was deflated, and that the name is UTF-8
_STORED, _DEFLATED = 0, 8
_NEWEST_VERSION: Final = 20  # what stored and deflated files and folders need
_TIMES_AND_OWNERS: Final = frozenset({0x5455, 0x5855, 0x7875})  # extra fields of Info-ZIP that name nothing else
_DOS_FOLDER: Final = 0x10  # in the attributes' lower half


@dataclass(frozen=True, slots=True)
class _Member:
    """Where a file lies: begin of its bytes and their number, packed and unpacked, method and CRC-32."""

    start: int
    packed: int
    size: int
    method: int
    crc: int


class ZipFiles:
    """A zip file of this machine, held open, so that it stays the same one.

    Args:
        path: where it lies.
        place: what it is called in messages; its path if left out.
    """

    def __init__(self, path: Path, *, place: str | None = None) -> None:
        self._place = str(path) if place is None else place
        try:
            self._descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError as error:
            raise UsageError(
                f"{quoted(self._place)} cannot be read: {(error.strerror or 'unreadable').lower()}", code="SOV-C310"
            ) from None
        weakref.finalize(self, os.close, self._descriptor)
        self._members = self._read_directory()

    @property
    def place(self) -> str:
        """The path of the zip, or what it is called."""
        return self._place

    def read(self, path: str) -> bytes:
        """Return the bytes of a file; see `LogFiles.read`."""
        member = self._members.get(path)
        if member is None:
            raise FileNotFoundError(path)
        data = self._at(member.start, member.packed)
        if member.method == _DEFLATED:
            data = self._inflated(path, data, member.size)
        if len(data) != member.size or zlib.crc32(data) != member.crc:
            raise unreadable(self._place, path, "it has not the length and checksum that the zip states")
        return data

    def exists(self, path: str) -> bool:
        """Whether the zip has a file; see `LogFiles.exists`."""
        return path in self._members

    def names(self, folder: str = "") -> Iterator[str]:
        """Return the paths of all files below `folder`; see `LogFiles.names`."""
        prefix = f"{folder}/" if folder else ""
        return (path for path in self._members if path.startswith(prefix))

    def _read_directory(self) -> dict[str, _Member]:
        start, entries = self._read_end()
        data = self._at(start, os.fstat(self._descriptor).st_size - _END.size - start)
        members: dict[str, _Member] = {}
        folders: set[str] = set()
        position = next_file = 0
        for _ in range(entries):
            name, length, member, next_file = self._read_entry(data, position, next_file)
            position += length
            if name in members:
                raise self._refused(f"{quoted(name)} stands in it twice")
            if name.endswith("/"):
                folders.add(name.removesuffix("/"))
            else:
                members[name] = member
        if position != len(data) or next_file != start:
            raise self._refused("it has bytes that belong to no file")
        if sum(member.size for member in members.values()) > _LARGEST_TOTAL:
            raise self._refused(f"unpacked it has more than {_LARGEST_TOTAL} bytes")
        self._check_names(members.keys(), folders)
        return members

    def _read_end(self) -> tuple[int, int]:
        """Return where the directory starts, and how many files it has."""
        size = os.fstat(self._descriptor).st_size
        try:
            end = _END.unpack(self._at(max(0, size - _END.size), min(size, _END.size)))
        except struct.error:
            raise self._refused("it is cut short") from None
        signature, disk, first_disk, here, entries, length, start, comment = end
        if signature != b"PK\x05\x06" or disk or first_disk or comment or here != entries:
            raise self._refused("it does not end with a plain record of one disk, or something follows its end")
        is_large = length > _LARGEST_DIRECTORY or entries == 0xFFFF  # noqa: PLR2004  the mark of zip64
        if start + length != size - _END.size or is_large:
            raise self._refused("its directory does not stand right before its end, or it names too many files")
        return start, entries

    def _read_entry(self, data: bytes, position: int, expected: int) -> tuple[str, int, _Member, int]:
        """Return name, length of the entry, where the file lies, and where the next one must start."""
        try:
            fields = _ENTRY.unpack_from(data, position)
        except struct.error:
            raise self._refused("its directory is cut short") from None
        signature, _, _, *shared = fields[:12]
        name_length, extra_length, comment, disk, _, attributes, start = fields[11:]
        head = position + _ENTRY.size
        raw, extra = data[head : head + name_length], data[head + name_length : head + name_length + extra_length]
        name = raw.decode("ascii", errors="replace")
        if signature != b"PK\x01\x02" or comment or disk or start != expected or len(extra) != extra_length:
            raise self._refused("its directory is not of the plain form, or a file does not follow the one before it")
        self._check_kind(name, attributes)
        self._check_extra(name, extra)
        _, flags, method, _, _, crc, packed, size = shared[:8]
        if flags & ~_ALLOWED_FLAGS or method not in (_STORED, _DEFLATED) or shared[0] > _NEWEST_VERSION:
            raise self._refused(f"{quoted(name)} is encrypted, streamed, or packed by a method other than deflate")
        is_folder = name.endswith("/")
        if size > (0 if is_folder else largest(name)) or packed > (
            size if method == _STORED else size + size // 100 + 64
        ):
            raise self._refused(f"{quoted(name)} has a length that no such file of a log has")
        if method == _STORED and packed != size:
            raise self._refused(f"{quoted(name)} is stored and has two lengths")
        begin = self._check_header(start, shared[:8], raw)
        member = _Member(start=begin, packed=packed, size=size, method=method, crc=crc)
        return name, _ENTRY.size + name_length + extra_length, member, begin + packed

    def _check_header(self, start: int, shared: list[int], raw: bytes) -> int:
        """Return where a file's bytes begin, when its own header says what the directory says."""
        try:
            signature, *fields, name_length, extra_length = _HEADER.unpack(self._at(start, _HEADER.size))
        except struct.error:
            raise self._refused("a file is cut short") from None
        named = self._at(start + _HEADER.size, name_length + extra_length)
        if signature != b"PK\x03\x04" or fields != shared or named[:name_length] != raw:
            raise self._refused("a file's own header and the directory say different things of it")
        self._check_extra(raw.decode("ascii", errors="replace"), named[name_length:])
        return int(start + _HEADER.size + name_length + extra_length)

    def _check_kind(self, name: str, attributes: int) -> None:
        """Return when nothing calls it a link, of whatever system it says it is: programs believe several."""
        is_folder = name.endswith("/")
        wanted = stat.S_IFDIR if is_folder else stat.S_IFREG
        is_otherwise = stat.S_IFMT(attributes >> 16) not in (0, wanted) or (attributes & _DOS_FOLDER and not is_folder)
        if not is_safe_path(name.removesuffix("/")) or is_otherwise:
            raise self._refused(f"{quoted(name)} is no relative path of plain letters, or a link")

    def _check_extra(self, name: str, extra: bytes) -> None:
        """Return unless an extra field could rename, lengthen or encrypt the file."""
        position = 0
        while position + 4 <= len(extra):
            kind, length = struct.unpack_from("<HH", extra, position)
            if kind not in _TIMES_AND_OWNERS:
                break
            position += 4 + length
        if position != len(extra):
            raise self._refused(f"{quoted(name)} has an extra field that is not plain")

    def _check_names(self, files: Collection[str], folders: Collection[str]) -> None:
        """Return unless two names are one file or folder somewhere, or a file is a folder too."""
        below = {*files, *(f"{folder}/" for folder in folders)}
        above = {*folders, *(path[:place] for path in below for place, letter in enumerate(path) if letter == "/")}
        every = [*files, *above]
        if len({path.lower() for path in every}) != len(every):
            raise self._refused("two of its names are one file on some systems, or one is the folder of another")

    def _inflated(self, path: str, data: bytes, size: int) -> bytes:
        unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
        try:
            result = unpacker.decompress(data, size + 1)
        except zlib.error:
            raise unreadable(self._place, path, "it is not deflated as the zip states") from None
        if not unpacker.eof or unpacker.unused_data:
            raise unreadable(self._place, path, "it is not deflated as the zip states")
        return result

    def _at(self, start: int, length: int) -> bytes:
        try:
            return os.pread(self._descriptor, length, start)
        except OSError as error:
            raise self._refused((error.strerror or "it cannot be read").lower()) from None

    def _refused(self, reason: str) -> VerificationError:
        return VerificationError(
            f"the zip {quoted(self._place)} is not read: {reason}",
            code="SOV-V020",
            hint="pack it again with stored or deflated files, or unpack it and name the directory",
        )
