"""The files of a log directory: regular files reached through real folders, never through a link.

Each folder is opened relative to the one above it without following links, so that swapping one for a link while the
log is read changes nothing. The root itself may be a link: whoever names it means where it leads.
"""

import errno
import os
import stat
import weakref
from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from sovereign.audit.log_paths import is_safe_path, largest, unreadable
from sovereign.errors import UsageError, quoted

__all__ = ["DirectoryFiles"]

_FOLDERS_KEPT: Final = 16  # open at once; tiles are read in order, so nearly every file lies in one of the last
_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC  # a named pipe must not hold the reader up
_NO_FOLDER: Final = frozenset({errno.ENOTDIR, errno.ELOOP})
_CHUNK: Final = 1 << 24
_DEEPEST: Final = 15  # folders above a file; a log of 2^63 entries has 9
_SHOWN: Final = 100  # letters of a path that no log has


class DirectoryFiles:
    """A directory of this machine, read and never written."""

    def __init__(self, directory: Path) -> None:
        self._place = str(directory)
        try:
            root = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError as error:
            raise UsageError(
                f"{quoted(self._place)} is no directory that can be read: {(error.strerror or 'unreadable').lower()}",
                code="SOV-C310",
                hint="name a log directory",
            ) from None
        self._root = root
        self._folders: OrderedDict[str, int] = OrderedDict()
        weakref.finalize(self, _close, root, self._folders)

    @property
    def place(self) -> str:
        """The directory."""
        return self._place

    def read(self, path: str) -> bytes:
        """Return the bytes of a file; see `LogFiles.read`."""
        if not is_safe_path(path):
            raise unreadable(self._place, path, "its name is not that of a file of a log")
        folder = path.rpartition("/")[0]
        try:
            return self._read(path)
        except FileNotFoundError:
            if folder not in self._folders:
                raise
            self._forget(folder)  # it may have been removed and made again since it was opened
            return self._read(path)

    def exists(self, path: str) -> bool:
        """Whether a regular file is there; see `LogFiles.exists`."""
        folder, _, name = path.rpartition("/")
        try:
            status = os.stat(name, dir_fd=self._open_folder(folder), follow_symlinks=False)
        except OSError:
            return False
        return stat.S_ISREG(status.st_mode)

    def names(self, folder: str = "") -> Iterator[str]:
        """Return the paths of all files below `folder`; see `LogFiles.names`."""
        if folder.count("/") >= _DEEPEST:
            raise unreadable(self._place, folder[:_SHOWN], "it lies deeper than any folder of a log")
        try:
            # a descriptor of its own: two listings of one would share their position
            descriptor = os.open(".", _FOLDER, dir_fd=self._open_folder(folder))
        except FileNotFoundError:
            return
        below: list[str] = []
        try:
            with os.scandir(descriptor) as listing:
                for entry in listing:
                    path = f"{folder}/{entry.name}" if folder else entry.name
                    if entry.is_dir(follow_symlinks=False):
                        below.append(path)
                    elif entry.is_file(follow_symlinks=False):
                        yield path
                    else:
                        raise unreadable(self._place, path, "it is a symbolic link or a special file")
        finally:
            os.close(descriptor)
        for path in sorted(below):
            yield from self.names(path)

    def _read(self, path: str) -> bytes:
        folder, _, name = path.rpartition("/")
        try:
            descriptor = os.open(name, _FILE, dir_fd=self._open_folder(folder))
        except FileNotFoundError:
            raise
        except OSError as error:
            reason = "it is a symbolic link" if error.errno == errno.ELOOP else _reason(error)
            raise unreadable(self._place, path, reason) from None
        try:
            return self._read_whole(descriptor, path)
        finally:
            os.close(descriptor)

    def _read_whole(self, descriptor: int, path: str) -> bytes:
        status, limit = os.fstat(descriptor), largest(path)
        if not stat.S_ISREG(status.st_mode):
            raise unreadable(self._place, path, "it is no regular file")
        parts: list[bytes] = []
        left = limit + 1
        try:
            while left and (part := os.read(descriptor, min(left, _CHUNK, status.st_size + 1))):
                parts.append(part)
                left -= len(part)
        except OSError as error:
            raise unreadable(self._place, path, _reason(error)) from None
        if not left:
            raise unreadable(self._place, path, f"it has more than {limit} bytes")
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def _open_folder(self, folder: str) -> int:
        """Return the descriptor of a folder below the root."""
        if not folder:
            return self._root
        if folder in self._folders:
            self._folders.move_to_end(folder)
            return self._folders[folder]
        above, _, name = folder.rpartition("/")
        try:
            descriptor = os.open(name, _FOLDER, dir_fd=self._open_folder(above))
        except FileNotFoundError:
            self._forget(above)
            raise
        except OSError as error:
            reason = "it is a symbolic link or no folder" if error.errno in _NO_FOLDER else _reason(error)
            raise unreadable(self._place, folder, reason) from None
        if len(self._folders) >= _FOLDERS_KEPT:
            os.close(self._folders.popitem(last=False)[1])
        self._folders[folder] = descriptor
        return descriptor

    def _forget(self, folder: str) -> None:
        """Close a folder and those above it, so that the next look finds what lies there then."""
        while folder:
            if folder in self._folders:
                os.close(self._folders.pop(folder))
            folder = folder.rpartition("/")[0]


def _close(root: int, folders: OrderedDict[str, int]) -> None:
    for descriptor in (root, *folders.values()):
        os.close(descriptor)


def _reason(error: OSError) -> str:
    return (error.strerror or "it cannot be read").lower()
