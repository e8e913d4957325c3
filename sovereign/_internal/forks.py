"""What a forked child must not share with its parent: held mutexes, and descriptors that carry a lock.

A `flock` belongs to the open file description, which parent and child share; a mutex that another thread of the parent
held stays locked for ever in the child.
"""

import os
import weakref
from typing import Final, Protocol

__all__ = ["Reopenable", "forget", "reopen_after_fork"]


class Reopenable(Protocol):
    """Something with descriptors and mutexes."""

    def reopen(self) -> None:
        """Replace both, and raise nothing; called in the child's only thread, before anything else runs there."""


_open: Final["weakref.WeakSet[Reopenable]"] = weakref.WeakSet()


def reopen_after_fork(thing: Reopenable) -> None:
    """Have `thing.reopen()` called in every forked child, as long as `thing` lives."""
    _open.add(thing)


def forget(thing: Reopenable) -> None:
    """Leave `thing` alone in forked children from now on; it is closed."""
    _open.discard(thing)


def _reopen_all() -> None:
    for thing in tuple(_open):
        thing.reopen()


if hasattr(os, "register_at_fork"):  # Windows does not fork
    os.register_at_fork(after_in_child=_reopen_all)
