"""Durable files: every change that must survive a crash goes through one `Disk`.

The seam is here, so that a test can make any single call fail, or record all of them and enumerate what a crash may
leave. Reading does not pass through it.

1. A file is durable after its own sync *and* the sync of the directory that names it. 2. A file is replaced by a
temporary file beside it, synced, renamed; readers see the old or the new one, never a part. 3. A sync that failed is
not repeated: the kernel may have dropped the pages and report success the second time.
"""

import contextlib
import errno
import fcntl
import os
import secrets
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, Protocol

__all__ = [
    "NOT_OPENED",
    "OS_DISK",
    "Disk",
    "OsDisk",
    "file_lock",
    "make_directories",
    "replace_file",
    "replace_files",
    "shown_path",
]

_TEMPORARY: Final = ".new"
NOT_OPENED: Final = frozenset({errno.EMFILE, errno.ENFILE})
"""Errors of a process that has too many files open: no sync gives them, so none has failed."""


class Disk(Protocol):
    """The calls by which files change; each raises OSError, and a failed one may have happened in part."""

    def open(self, path: Path, flags: int, mode: int) -> int:
        """Open or create a file and return its descriptor."""

    def write(self, descriptor: int, data: bytes) -> int:
        """Write at the end (O_APPEND) or the current place; return the number of bytes, possibly fewer."""

    def truncate(self, descriptor: int, size_bytes: int) -> None:
        """Cut the file."""

    def sync_data(self, descriptor: int) -> None:
        """Return when content and size of the file are durable."""

    def replace(self, source: Path, target: Path) -> None:
        """Rename atomically over `target`."""

    def make_directory(self, path: Path, mode: int) -> None:
        """Make one directory."""

    def unlink(self, path: Path) -> None:
        """Remove the name of a file."""

    def remove_directory(self, path: Path) -> None:
        """Remove an empty directory."""

    def sync_directory(self, path: Path) -> None:
        """Return when the names in a directory are durable."""


class OsDisk:
    """The operating system's files."""

    def open(self, path: Path, flags: int, mode: int) -> int:
        """Open close-on-exec, never through a symbolic link."""
        return os.open(path, flags | os.O_CLOEXEC | os.O_NOFOLLOW, mode)

    def write(self, descriptor: int, data: bytes) -> int:
        """One `write(2)`."""
        return os.write(descriptor, data)

    def truncate(self, descriptor: int, size_bytes: int) -> None:
        """One `ftruncate(2)`."""
        os.ftruncate(descriptor, size_bytes)

    def sync_data(self, descriptor: int) -> None:
        """`fdatasync(2)`; on macOS F_FULLFSYNC, because its fsync does not reach the platters."""
        full = getattr(fcntl, "F_FULLFSYNC", None)
        if full is not None:
            fcntl.fcntl(descriptor, full)
        else:
            os.fdatasync(descriptor)

    def replace(self, source: Path, target: Path) -> None:
        """One `rename(2)`."""
        source.replace(target)

    def make_directory(self, path: Path, mode: int) -> None:
        """One `mkdir(2)`."""
        path.mkdir(mode=mode)

    def unlink(self, path: Path) -> None:
        """One `unlink(2)`."""
        path.unlink()

    def remove_directory(self, path: Path) -> None:
        """One `rmdir(2)`."""
        path.rmdir()

    def sync_directory(self, path: Path) -> None:
        """`fsync(2)` of the directory."""
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


OS_DISK: Final = OsDisk()


@contextlib.contextmanager
def file_lock(descriptor: int) -> Iterator[None]:
    """Hold the exclusive `flock` of an open file; other processes and other open descriptions wait."""
    try:  # a signal handler may raise right after the lock was taken
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        fcntl.flock(descriptor, fcntl.LOCK_UN)


def replace_file(disk: Disk, path: Path, data: bytes, *, mode: int = 0o644) -> None:
    """Make `path` hold `data`, durably and at once."""
    replace_files(disk, {path: data}, root=path.parent, mode=mode)


def replace_files(
    disk: Disk, files: Mapping[Path, bytes], *, root: Path, mode: int = 0o644, is_contended: bool = False
) -> None:
    """Make each path below `root` hold its bytes; all are durable on return.

    Every directory from a file up to `root` is synced once, also one that exists: who made it may have died before.

    Args:
        disk: how files change.
        files: bytes by path.
        root: a directory above all of them, whose own name is durable.
        mode: of each file.
        is_contended: several writers may replace one path at once, with no lock: each takes a temporary name of its
            own, lest one truncates or renames what the other has not synced.
    """
    folders = dict.fromkeys(path.parent for path in files)
    for folder in folders:
        make_directories(disk, folder)
    for path, data in files.items():
        _replace(disk, path, data, mode, f".{secrets.token_hex(8)}" if is_contended else "")
    chains = ((folder, *folder.parents) for folder in folders)
    for folder in dict.fromkeys(folder for chain in chains for folder in chain if folder.is_relative_to(root)):
        disk.sync_directory(folder)


def _replace(disk: Disk, path: Path, data: bytes, mode: int, mark: str) -> None:
    temporary = path.with_name(f"{path.name}{mark}{_TEMPORARY}")
    descriptor = disk.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    try:
        try:
            _write_all(disk, descriptor, data)
            disk.sync_data(descriptor)
        finally:
            os.close(descriptor)
        disk.replace(temporary, path)
    except OSError:
        with contextlib.suppress(OSError):  # what is left of it is no evidence; the first error is the one to report
            disk.unlink(temporary)
        raise


def make_directories(disk: Disk, path: Path, *, mode: int = 0o755) -> None:
    """Make `path` and its missing parents, each name durable in its parent."""
    if path.is_dir():
        return
    make_directories(disk, path.parent, mode=mode)
    with contextlib.suppress(FileExistsError):  # another process made it meanwhile; the name still has to be durable
        disk.make_directory(path, mode)
    disk.sync_directory(path.parent)


def shown_path(path: Path) -> str:
    """Return the name of a file as text that UTF-8 can hold: bytes that are no UTF-8 become escapes."""
    return str(path).encode(errors="backslashreplace").decode()


def _write_all(disk: Disk, descriptor: int, data: bytes) -> None:
    while data:
        data = data[disk.write(descriptor, data) :]
