"""Reading a file that nobody but its owner can have written, from a place that the judged change cannot reach.

1. The name is no link, and names a regular file.
2. The file and every directory above it belong to this user or to root, and nobody else may write them. A directory in
   which names are protected (sticky, like /tmp) may be writable.
3. The file lies in no directory of a judged input and in no git work tree around one. Directories are compared by
   device and inode, so that another spelling, a link or a bind mount makes no difference. All work trees around an
   input count, not the nearest: a change could bring a `.git` of its own.
4. Owner and mode are those of the opened file, and the bytes are read from it: what was checked is what is used.
"""

import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from sovereign.errors import UsageError, quoted

__all__ = ["read_guarded"]

_OTHERS_WRITE: Final = stat.S_IWGRP | stat.S_IWOTH
_ROOT: Final = 0


def read_guarded(path: Path, *, judged_paths: Iterable[Path], limit: int) -> bytes:
    """Return the bytes of the trust file `path`.

    Args:
        path: the file.
        judged_paths: files and directories under judgement; of standard input, the working directory.
        limit: most bytes to read.

    Raises:
        UsageError: unreadable or too long (SOV-C200), inside the tree under judgement (SOV-C210), a link, another
            user's, or writable by others (SOV-C211).
    """
    real = _without_link(path)
    try:
        # O_NONBLOCK: opening a named pipe must not wait for a writer.
        descriptor = os.open(real, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as file:
            _check_kept(path, os.fstat(descriptor))
            for folder in real.parents:
                _check_kept(folder, folder.stat())
            _check_outside(path, real, judged_paths)
            data = file.read(limit + 1)
    except OSError as error:
        raise _unreadable(path, (error.strerror or "unreadable").lower()) from None
    if len(data) > limit:
        raise _unreadable(path, f"it is longer than {limit} bytes")
    return data


def _without_link(path: Path) -> Path:
    """Return the file's absolute path without links in its directories; the file itself must be none."""
    if path.is_symlink():
        raise UsageError(
            f"the trust file {quoted(str(path))} is a link",
            code="SOV-C211",
            hint="name the file itself: what a link points at can be changed by whoever owns the link",
        )
    try:
        return path.parent.resolve(strict=True) / path.name
    except OSError as error:
        raise _unreadable(path, (error.strerror or "unreadable").lower()) from None


def _check_kept(path: Path, status: os.stat_result) -> None:
    is_folder = stat.S_ISDIR(status.st_mode)
    if not is_folder and not stat.S_ISREG(status.st_mode):
        raise _not_kept(path, "is no file", "name a regular file")
    if status.st_uid not in {os.geteuid(), _ROOT}:
        raise _not_kept(path, f"belongs to another user (uid {status.st_uid})", "its owner could change it")
    is_sticky = is_folder and status.st_mode & stat.S_ISVTX
    if status.st_mode & _OTHERS_WRITE and not is_sticky:
        mode = stat.S_IMODE(status.st_mode)
        raise _not_kept(path, f"may be written by others (mode {mode:04o})", f"chmod go-w {path}")


def _check_outside(path: Path, real: Path, judged_paths: Iterable[Path]) -> None:
    above = {_identity(folder) for folder in real.parents}
    for judged in judged_paths:
        for tree in _trees(judged):
            if _identity(tree) in above:
                raise UsageError(
                    f"the trust file {quoted(str(path))} lies in the tree under judgement, {quoted(str(tree))}",
                    code="SOV-C210",
                    hint="keep it where the judged change cannot reach it, such as a repository of the platform team",
                )


def _trees(judged: Path) -> Iterator[Path]:
    """Yield the directory of an input, and every git work tree around it.

    A link is judged at both its ends.
    """
    for place in {judged.absolute(), judged.resolve()}:
        folder = place if place.is_dir() else place.parent
        if folder.is_dir():
            yield folder
        yield from (above for above in (folder, *folder.parents) if (above / ".git").exists())


def _identity(folder: Path) -> tuple[int, int]:
    status = folder.stat()
    return status.st_dev, status.st_ino


def _not_kept(path: Path, reason: str, hint: str) -> UsageError:
    return UsageError(f"trust is refused: {quoted(str(path))} {reason}", code="SOV-C211", hint=hint)


def _unreadable(path: Path, reason: str) -> UsageError:
    return UsageError(
        f"the trust file {quoted(str(path))} cannot be read: {reason}",
        code="SOV-C200",
        hint="name an existing file with --trust or SOVEREIGN_TRUST; without it is no trust at all",
    )
