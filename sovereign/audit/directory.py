"""Whether a log may be written in a directory.

A log directory is a real directory of this user, not writable by others, not tracked by git, on a file system that
keeps locks and syncs.
"""

import os
from pathlib import Path
from typing import Final

from sovereign.audit.filesystem import check_filesystem
from sovereign.audit.receipt import LogKind
from sovereign.errors import UsageError, quoted

__all__ = ["check_directory", "check_owner", "check_untracked", "refused"]

_OTHERS_WRITE: Final = 0o022
_GIT_SECONDS: Final = 10


def check_directory(directory: Path, kind: LogKind, *, unsafe_filesystem: bool = False) -> None:
    """Return when a log may be written in `directory`, which exists.

    Args:
        directory: the log directory.
        kind: run logs are short-lived: memory is good enough for them, and they are new, so git tracks none.
        unsafe_filesystem: write also where locks and syncs may do nothing; the operator said so.

    Raises:
        UsageError: it is a link, another user's, writable by others or read-only (SOV-C302), tracked by git (SOV-C303),
            or on such a file system (SOV-C308).
    """
    check_owner(directory)
    if kind is not LogKind.RUN:
        check_untracked(directory)
    if not unsafe_filesystem:
        check_filesystem(directory, is_short_lived=kind is LogKind.RUN)


def check_owner(directory: Path) -> None:
    """Return when a directory is real, this user's, writable by this user and by nobody else.

    Raises:
        UsageError: it is not (SOV-C302).
    """
    status = directory.lstat()
    if directory.is_symlink() or not directory.is_dir():
        raise refused(directory, "is a link or no directory", "name the real directory")
    if status.st_uid != os.geteuid():
        raise refused(directory, "belongs to another user", "run the command as its owner, or make a log of your own")
    if status.st_mode & _OTHERS_WRITE:
        raise refused(directory, "can be written by others", f"chmod go-w {directory}, and verify the log")
    if not os.access(directory, os.W_OK | os.X_OK):
        raise refused(directory, "is read-only", "name a log that can be written: `--log DIR`")


def check_untracked(directory: Path) -> None:
    """Return when git tracks no file in a directory: a checkout would roll the log back.

    Raises:
        UsageError: it does, or cannot be asked (SOV-C303).
    """
    absolute = directory.resolve()
    if not any((parent / ".git").exists() for parent in (absolute, *absolute.parents)):
        return
    tracked = _tracked_files(absolute)
    if tracked is None:
        reason, hint = "lies in a git work tree, and git cannot be asked", "install git, or name a log elsewhere"
        raise UsageError(f"{quoted(str(directory))} {reason}", code="SOV-C303", hint=f"{hint}: `--log DIR`")
    if tracked:
        raise UsageError(
            f"{quoted(str(directory))} is tracked by git: a checkout would roll the log back",
            code="SOV-C303",
            hint=f"git rm -r --cached {directory}, then verify the log; or name another: `--log DIR`",
        )


def _tracked_files(directory: Path) -> bytes | None:
    """Return what git tracks in a directory; None if git gives no answer. Nothing of the tree is run."""
    import subprocess  # noqa: PLC0415  outside a work tree git is not asked

    environ = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    command = ["git", "--no-optional-locks", "-c", "core.fsmonitor=false", "-C", str(directory), "ls-files", "-z"]
    try:
        done = subprocess.run(  # noqa: S603  a fixed command; the path is one argument behind -C
            command, env=environ, capture_output=True, timeout=_GIT_SECONDS, check=False, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None


def refused(directory: Path, reason: str, hint: str) -> UsageError:
    """Return the error for a directory that is no place for a log."""
    return UsageError(f"the log directory {quoted(str(directory))} {reason}", code="SOV-C302", hint=hint)
