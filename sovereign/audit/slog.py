"""A run log as one file, `.slog`: what a runner hands on before it goes away.

It is a zip of `checkpoint`, `log.json`, `objects/**` and `tile/**`, and holds nothing else:

1. Of the tiles only those of the tree that the checkpoint signs; older partial ones, locks and the write-ahead log stay
behind. 2. The same log gives the same bytes: names sorted, files stored, dates those of the format's first day. 3. The
objects go in, as replay needs them, so the file is as confidential as they are, and of mode 0600.

Source: PKWARE APPNOTE 6.3, sections 4.3.7, 4.3.12 and 4.3.16; the strict form that `zip_files.py` reads.
"""

import os
import re
import stat
import struct
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

from sovereign._internal.files import OS_DISK, Disk, file_lock
from sovereign.audit.description import load_description
from sovereign.audit.directory_files import DirectoryFiles
from sovereign.audit.reading import read_entries, unverified_checkpoint
from sovereign.audit.receipt import LogKind
from sovereign.audit.tiles import WIDTH, bundle_path, tile_path, width_at
from sovereign.errors import AuditError, quoted

__all__ = ["log_paths", "pack_log", "packed_path", "zip_chunks"]

_HEADER: Final = struct.Struct("<4s5H3L2H")
_ENTRY: Final = struct.Struct("<4s2B5H3L5H2L")
_END: Final = struct.Struct("<4sHHHHLLH")
_VERSION: Final = 20
_UNIX: Final = 3
_DAY: Final = (1 << 5) | 1  # 1980-01-01, the first that the format knows
_MODE: Final = (stat.S_IFREG | 0o600) << 16
_MOST_FILES: Final = 0xFFFE
_MOST_BYTES: Final = 0xFFFF_FFFF
_OBJECT: Final = re.compile(r"objects/[0-9a-f]{64}")


def packed_path(directory: Path) -> Path:
    """Return where the packed form of a run log lies: beside its directory."""
    return directory.with_name(directory.name + ".slog")


def pack_log(directory: Path, target: Path, disk: Disk = OS_DISK) -> None:
    """Make `target` the packed form of the run log in `directory`, durably and at once; the directory stays.

    A process that packs holds the log's publish lock, so the last one that packs after a fork packs everything.

    Raises:
        UsageError: the directory holds no log (SOV-C310).
        AuditError: it is no run log, entries lie after its checkpoint, or the disk refused the file (SOV-V045).
        VerificationError: a file of it is a link, or too large (SOV-V020).
    """
    kind = load_description(directory).kind
    if kind is not LogKind.RUN:
        raise _not_packed(directory, f"it is a {kind} log", "only a run log ends; a host log is served or copied")
    try:
        lock = os.open(directory / "publish.lock", os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError as error:
        raise _failed(directory, error) from None
    try:
        with file_lock(lock):
            _pack(directory, target, disk)
    except OSError as error:
        raise _failed(directory, error) from None
    finally:
        os.close(lock)


def log_paths(size: int) -> Iterator[str]:
    """Yield the paths of the tiles and bundles that the tree of `size` entries has, and of no others."""
    for number in range(-(-size // WIDTH)):
        yield bundle_path(number, width_at(size, 0, number))
    level = 0
    while hashes := size >> (8 * level):
        for number in range(-(-hashes // WIDTH)):
            yield tile_path(level, number, width_at(size, level, number))
        level += 1


def zip_chunks(paths: Sequence[str], read: Callable[[str], bytes]) -> Iterator[bytes]:
    """Yield the bytes of a zip of `paths` in this order, each file read once and stored.

    Raises:
        ValueError: more than 65,534 files, or 4 GiB.
    """
    if len(paths) > _MOST_FILES:
        raise ValueError(f"it has more than {_MOST_FILES} files")
    offset, directory = 0, []
    for path in paths:
        data, name = read(path), path.encode("ascii")
        shared = (_VERSION, 0, 0, 0, _DAY, zlib.crc32(data), len(data), len(data))
        directory.append(
            _ENTRY.pack(b"PK\x01\x02", _VERSION, _UNIX, *shared, len(name), 0, 0, 0, 0, _MODE, offset) + name
        )
        yield _HEADER.pack(b"PK\x03\x04", *shared, len(name), 0) + name
        yield data
        offset += _HEADER.size + len(name) + len(data)
        if offset > _MOST_BYTES:
            raise ValueError(f"it has more than {_MOST_BYTES} bytes")
    index = b"".join(directory)
    yield index
    yield _END.pack(b"PK\x05\x06", 0, 0, len(paths), len(paths), len(index), offset, 0)


def _pack(directory: Path, target: Path, disk: Disk) -> None:
    _, size = unverified_checkpoint(directory)
    unsealed = sum(1 for _ in read_entries(directory, size))
    if unsealed:
        raise _not_packed(
            directory,
            f"{unsealed} entries lie after its checkpoint",
            "keep the directory as it is: the run ended before it could seal them, and its key is gone",
        )
    files = DirectoryFiles(directory)
    objects = (path for path in files.names("objects") if _OBJECT.fullmatch(path))
    paths = sorted(["checkpoint", "log.json", *log_paths(size), *objects])
    try:
        _write(disk, target, zip_chunks(paths, files.read))
    except ValueError as error:
        raise _not_packed(directory, str(error), "keep the directory as it is") from None


def _write(disk: Disk, target: Path, chunks: Iterator[bytes]) -> None:
    temporary = target.with_name(target.name + ".new")
    descriptor = disk.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        for chunk in chunks:
            view = memoryview(chunk)
            while view:
                view = view[disk.write(descriptor, bytes(view)) :]
        disk.sync_data(descriptor)
    finally:
        os.close(descriptor)
    disk.replace(temporary, target)
    disk.sync_directory(target.parent)


def _failed(directory: Path, error: OSError) -> AuditError:
    reason = (error.strerror or str(error)).lower()
    return _not_packed(directory, reason, "make room or repair the disk; the sealed log lies in the directory")


def _not_packed(directory: Path, reason: str, hint: str) -> AuditError:
    return AuditError(f"the log {quoted(str(directory))} is not packed: {reason}", code="SOV-V045", hint=hint)
