"""Disks behind the writer's one seam: one that fails at a chosen call, one that leaves out the syncs."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sovereign._internal.files import OsDisk

CALLS = (
    "open",
    "write",
    "truncate",
    "sync_data",
    "replace",
    "make_directory",
    "unlink",
    "remove_directory",
    "sync_directory",
)


class FailingDisk(OsDisk):
    """The real files; one call fails, chosen by its number."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self._fail_at: int | None = None
        self._errno = errno.EIO
        self._is_full = False

    def fail_at(self, number: int | None, code: int = errno.EIO) -> None:
        """Let the call `number` from now on (0 = the next) fail; None stops failing."""
        self.calls.clear()
        self._is_full = False
        self._fail_at, self._errno = number, code

    @contextmanager
    def _call(self, name: str) -> Iterator[bool]:
        number = len(self.calls)
        self.calls.append(name)
        if number == self._fail_at:
            raise OSError(self._errno, os.strerror(self._errno))
        yield True

    def open(self, path: Path, flags: int, mode: int) -> int:
        """Count, fail if it is this one's turn, else do it."""
        with self._call("open"):
            return super().open(path, flags, mode)

    def write(self, descriptor: int, data: bytes) -> int:
        """Count, fail if it is this one's turn, else do it."""
        if self._is_full:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        if len(self.calls) == self._fail_at and self._errno == errno.ENOSPC:
            self.calls.append("write")
            self._is_full = True
            return super().write(descriptor, data[: len(data) // 2])  # a full disk takes a part, then nothing
        with self._call("write"):
            return super().write(descriptor, data)

    def truncate(self, descriptor: int, size_bytes: int) -> None:
        """Count, fail if it is this one's turn, else do it."""
        with self._call("truncate"):
            super().truncate(descriptor, size_bytes)

    def sync_data(self, descriptor: int) -> None:
        """Count, fail if it is this one's turn, else do it."""
        with self._call("sync_data"):
            super().sync_data(descriptor)

    def replace(self, source: Path, target: Path) -> None:
        """Count, fail if it is this one's turn, else do it."""
        with self._call("replace"):
            super().replace(source, target)

    def make_directory(self, path: Path, mode: int) -> None:
        """Count, fail if it is this one's turn, else do it."""
        with self._call("make_directory"):
            super().make_directory(path, mode)

    def unlink(self, path: Path) -> None:
        """Count, fail if it is this one's turn, else do it."""
        with self._call("unlink"):
            super().unlink(path)

    def remove_directory(self, path: Path) -> None:
        """Count, fail if it is this one's turn, else do it."""
        with self._call("remove_directory"):
            super().remove_directory(path)

    def sync_directory(self, path: Path) -> None:
        """Count, fail if it is this one's turn, else do it."""
        with self._call("sync_directory"):
            super().sync_directory(path)


class UnsyncedDisk(OsDisk):
    """Real files without durability: for building a large log of which nothing is promised."""

    def sync_data(self, descriptor: int) -> None:
        """Do nothing."""

    def sync_directory(self, path: Path) -> None:
        """Do nothing."""
