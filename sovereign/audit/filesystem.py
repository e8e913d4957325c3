"""Which file system a directory lies on, and whether a log may.

Locks between processes and syncs must do what they say. Known good ones are listed; what is not known is refused,
among it every network and user-space file system.
"""

import re
from pathlib import Path
from typing import Final

from sovereign.errors import UsageError, quoted

__all__ = ["check_filesystem", "filesystem_of"]

_DURABLE: Final = frozenset({"bcachefs", "btrfs", "ext2", "ext3", "ext4", "f2fs", "jfs", "overlay", "xfs", "zfs"})
_IN_MEMORY: Final = frozenset({"ramfs", "tmpfs"})
_MOUNTINFO: Final = Path("/proc/self/mountinfo")
_PARTS: Final = ("wal", "objects", "tile")
"""Folders of a log: each can be a mount of its own, or a link to elsewhere."""
_ESCAPE: Final = re.compile(r"\\([0-7]{3})")
_MOUNT_POINT: Final = 4  # field of a line of mountinfo, from 0


def check_filesystem(directory: Path, *, is_short_lived: bool) -> None:
    """Return when a log in `directory` survives what it must.

    Args:
        directory: it exists.
        is_short_lived: a run log is packed at its end, so a file system in memory is good enough.

    Raises:
        UsageError: it lies on a file system that is not known to keep locks and syncs (SOV-C308).
    """
    if not _MOUNTINFO.exists():
        return  # macOS: no such table; its local file systems keep both
    table = _MOUNTINFO.read_text(errors="surrogateescape")
    for place in (directory, *filter(Path.exists, map(directory.joinpath, _PARTS))):
        _check_place(place, table, is_short_lived=is_short_lived)


def _check_place(place: Path, table: str, *, is_short_lived: bool) -> None:
    kind, options = filesystem_of(place.resolve(), table)
    is_volatile = kind == "overlay" and "volatile" in options
    if (kind in _DURABLE and not is_volatile) or (is_short_lived and kind in _IN_MEMORY):
        return
    raise UsageError(
        f"{quoted(str(place))} lies on {'a volatile ' if is_volatile else ''}{quoted(kind)}, "
        "which is not known to keep what was synced",
        code="SOV-C308",
        hint="put the log on a local disk (ext4, xfs, btrfs, zfs)",
    )


def filesystem_of(path: Path, mountinfo: str) -> tuple[str, frozenset[str]]:
    """Return type and superblock options of the mount that holds an absolute, resolved path.

    Of two mounts at one place the later one hides the earlier. Source: proc_pid_mountinfo(5).
    """
    best: tuple[int, str, frozenset[str]] = (-1, "unknown", frozenset())
    for line in mountinfo.splitlines():
        left, divider, right = line.partition(" - ")
        fields, tail = left.split(" "), right.split(" ")
        if not divider or len(fields) <= _MOUNT_POINT or len(tail) < 3:  # noqa: PLR2004  type, source, options
            continue
        mount = Path(_ESCAPE.sub(lambda match: chr(int(match[1], 8)), fields[_MOUNT_POINT]))
        if path.is_relative_to(mount) and len(mount.parts) >= best[0]:
            best = (len(mount.parts), tail[0], frozenset(tail[2].split(",")))
    return best[1:]
