"""A disk that works and writes down each call, so that a test can ask what a crash would have left at any point."""

import errno
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from sovereign._internal.files import OsDisk

if TYPE_CHECKING:
    from collections.abc import Callable


class Killed(BaseException):
    """The process is gone; nothing of it runs any more."""


@dataclass(frozen=True, slots=True)
class Op:
    """One call, or one moment that the caller saw.

    Attributes:
        kind: create, write, truncate, sync, fail (a sync that failed: its pages are gone), rename, mkdir, unlink,
            rmdir, syncdir; ack (an append returned), seal (a checkpoint can be seen by readers).
        path: relative to the root; the folder of name changes.
        file: number of the file, which outlives its names.
        offset: place of a write, size of a truncation; index of the first acknowledged entry.
        data: what was written; the note of a seal.
        name: the new, removed or old name in the folder.
        target: the name after a rename.
        entries: what an append acknowledged.
    """

    kind: str
    path: str = ""
    file: int = -1
    offset: int = 0
    data: bytes = b""
    name: str = ""
    target: str = ""
    entries: tuple[bytes, ...] = ()


@dataclass(slots=True)
class Record:
    """The calls of all writers of one run, in order."""

    root: Path
    ops: list[Op] = field(default_factory=list)
    _files: dict[tuple[int, int], int] = field(default_factory=dict)
    _count: int = 0

    def add(self, kind: str, /, **fields: object) -> None:
        """Note a call."""
        self.ops.append(Op(kind, **fields))  # type: ignore[arg-type]  each caller passes fields of Op

    def new_file(self, descriptor: int) -> int:
        """Number a file that was just made; an inode number may have belonged to one that is gone."""
        status = os.fstat(descriptor)
        self._count += 1
        self._files[status.st_dev, status.st_ino] = self._count
        return self._count

    def file(self, descriptor: int) -> int:
        """Return the number of an open file."""
        status = os.fstat(descriptor)
        return self._files[status.st_dev, status.st_ino]

    def place(self, path: Path) -> tuple[str, str]:
        """Return folder and name of a path, relative to the root."""
        relative = path.relative_to(self.root)
        return relative.parent.as_posix(), relative.name

    def ack(self, first: int, entries: tuple[bytes, ...]) -> None:
        """Note that an append returned."""
        self.add("ack", offset=first, entries=entries)


class RecordingDisk(OsDisk):
    """The real files, written down.

    Attributes:
        before_sync: called once before the next sync of a segment, as another process could act there.
        shorten: a write ends after so many bytes, the next one finds the disk full; None writes whole.
        fail_sync: the next sync of a segment fails, and the kernel drops the pages.
        die_at: the process ends instead of the next sync of this folder.
    """

    def __init__(self, record: Record) -> None:
        self.record = record
        self.before_sync: Callable[[], None] | None = None
        self.shorten: int | None = None
        self.fail_sync = False
        self.die_at: str | None = None

    def open(self, path: Path, flags: int, mode: int) -> int:
        """Open, and note a file that is made or emptied."""
        is_new = not path.exists()
        descriptor = super().open(path, flags, mode)
        if is_new:
            folder, name = self.record.place(path)
            self.record.add("create", path=folder, name=name, file=self.record.new_file(descriptor))
        elif flags & os.O_TRUNC:
            self.record.add("truncate", file=self.record.file(descriptor), offset=0)
        return descriptor

    def write(self, descriptor: int, data: bytes) -> int:
        """Write, or a part of it."""
        if self.shorten is not None:
            data, self.shorten = data[: self.shorten], None
            if not data:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        offset = os.fstat(descriptor).st_size
        written = super().write(descriptor, data)
        self.record.add("write", file=self.record.file(descriptor), offset=offset, data=data[:written])
        return written

    def truncate(self, descriptor: int, size_bytes: int) -> None:
        """Cut."""
        super().truncate(descriptor, size_bytes)
        self.record.add("truncate", file=self.record.file(descriptor), offset=size_bytes)

    def sync_data(self, descriptor: int) -> None:
        """Let another one act first, then sync, or fail."""
        action, self.before_sync = self.before_sync, None
        if action is not None:
            action()
        if self.fail_sync:
            self.fail_sync = False
            self.record.add("fail", file=self.record.file(descriptor))
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        self.record.add("sync", file=self.record.file(descriptor))  # what it waits for lies on no real disk here

    def replace(self, source: Path, target: Path) -> None:
        """Rename; a new checkpoint can be read from now on."""
        super().replace(source, target)
        folder, name = self.record.place(source)
        self.record.add("rename", path=folder, name=name, target=target.name)
        if target.name == "checkpoint":
            self.record.add("seal", data=target.read_bytes())

    def make_directory(self, path: Path, mode: int) -> None:
        """Make a directory."""
        super().make_directory(path, mode)
        folder, name = self.record.place(path)
        self.record.add("mkdir", path=folder, name=name)

    def unlink(self, path: Path) -> None:
        """Remove a name."""
        super().unlink(path)
        folder, name = self.record.place(path)
        self.record.add("unlink", path=folder, name=name)

    def remove_directory(self, path: Path) -> None:
        """Remove a directory."""
        super().remove_directory(path)
        folder, name = self.record.place(path)
        self.record.add("rmdir", path=folder, name=name)

    def sync_directory(self, path: Path) -> None:
        """Make names durable, or die."""
        if path.name == self.die_at:
            self.die_at = None
            raise Killed
        self.record.add("syncdir", path=path.relative_to(self.record.root).as_posix())
