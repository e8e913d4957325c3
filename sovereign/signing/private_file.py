"""A file that holds a secret: owned by the user who reads it, closed to everybody else, never overwritten."""

import os
import stat
from pathlib import Path
from typing import Final

from sovereign.errors import UsageError, quoted

__all__ = ["make_private_file", "read_private_file"]

_OTHERS: Final = 0o077


def read_private_file(path: Path, *, what: str, limit: int, hint: str) -> bytes:
    """Return at most `limit` bytes of `path`; owner and mode are those of the file that was opened.

    Args:
        path: a regular file; a symbolic link is refused.
        what: how messages call it, such as `key`.
        limit: most bytes to read.
        hint: what to do when there is none.

    Raises:
        UsageError: unreadable or no file (SOV-C250), not owned by this user or open to others (SOV-C251).
    """
    try:
        # O_NONBLOCK: opening a named pipe must not wait for a writer.
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as error:
        raise UsageError(
            f"the {what} {quoted(str(path))} cannot be read: {(error.strerror or 'unreadable').lower()}",
            code="SOV-C250",
            hint=hint,
        ) from None
    try:
        _check_kept(path, os.fstat(descriptor), what)
        return os.read(descriptor, limit)
    finally:
        os.close(descriptor)


def make_private_file(path: Path, data: bytes, *, what: str) -> None:
    """Make `path` (mode 0600, its folder 0700) with `data`, durable; nothing is ever overwritten.

    Raises:
        UsageError: the file exists (SOV-C256) or cannot be written (SOV-C250).
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        raise UsageError(
            f"the {what} {quoted(str(path))} exists",
            code="SOV-C256",
            hint="choose another name; a key is replaced by rotation, never by overwriting",
        ) from None
    except OSError as error:
        raise _unwritable(path, error, what) from None
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(descriptor)
        _sync_folder(path.parent)
    except OSError as error:
        path.unlink(missing_ok=True)  # half a file would be refused for ever, and could not be written again
        raise _unwritable(path, error, what) from None


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _check_kept(path: Path, status: os.stat_result, what: str) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise UsageError(f"the {what} {quoted(str(path))} is no file", code="SOV-C250", hint="name a regular file")
    if status.st_uid != os.geteuid():
        raise UsageError(
            f"the {what} {quoted(str(path))} belongs to another user",
            code="SOV-C251",
            hint="run the command as its owner, or make one of your own",
        )
    if status.st_mode & _OTHERS:
        raise UsageError(
            f"the {what} {quoted(str(path))} is open to others (mode {stat.S_IMODE(status.st_mode):04o})",
            code="SOV-C251",
            hint=f"chmod 600 {path}; if others could read it, make a new one",
        )


def _unwritable(path: Path, error: OSError, what: str) -> UsageError:
    return UsageError(
        f"the {what} {quoted(str(path))} cannot be written: {(error.strerror or 'no reason given').lower()}",
        code="SOV-C250",
        hint="choose a folder that this user may write",
    )
