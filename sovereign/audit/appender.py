"""Appends for tasks: one thread takes all that wait together and makes them durable with one write and one sync.

1. A task hands over its entry and waits; the event loop never waits. 2. The thread takes up to 2,048 entries of those
that wait, keeps their objects, appends them as one group, and wakes their tasks. 3. While it syncs, the next ones
gather: the slower the disk, the larger the groups. 4. Nothing is dropped and nothing queues but what a task waits for.
5. A task that is cancelled before its entry is taken appends nothing; afterwards its entry is in the log, and only the
receipt is lost.
"""

import collections
import contextlib
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sovereign._internal.forks import forget, reopen_after_fork
from sovereign.audit.receipt import Receipt
from sovereign.errors import AuditWriteError

if TYPE_CHECKING:
    import asyncio

__all__ = ["TaskAppender"]

_GROUP: Final = 2048
_IDLE_SECONDS: Final = 1.0
_OWN_FAULTS: Final = frozenset({"SOV-V013", "SOV-V014"})
"""An entry or an object that is wrong by itself; it must not fail the others of its group."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Waiting:
    entry: bytes
    objects: Mapping[str, bytes]
    future: "asyncio.Future[Receipt]"


_Outcome = tuple[_Waiting, Receipt | BaseException]


class TaskAppender:
    """Appends for the tasks of any number of event loops.

    Args:
        append_many: makes objects, then entries durable, and returns the receipts in order.
    """

    def __init__(self, append_many: Callable[[Sequence[bytes], Mapping[str, bytes]], Sequence[Receipt]]) -> None:
        self._append_many = append_many
        self._is_closed = False
        self.reopen()
        reopen_after_fork(self)

    def reopen(self) -> None:
        """Begin anew in a forked child: the thread and the tasks that wait are the parent's."""
        self._changed = threading.Condition()
        self._waiting: collections.deque[_Waiting] = collections.deque()
        self._thread: threading.Thread | None = None

    async def append(self, entry: bytes, objects: Mapping[str, bytes]) -> Receipt:
        """Return the receipt once `objects` and `entry` are durable.

        Raises:
            AuditWriteError: the entry is not durable (SOV-V011 to V014, V016).
        """
        import asyncio  # noqa: PLC0415  heavy, and only asynchronous callers come here

        future: asyncio.Future[Receipt] = asyncio.get_running_loop().create_future()
        with self._changed:
            if self._is_closed:
                raise AuditWriteError("the log is closed", hint="open it again", code="SOV-V012")
            if self._thread is None:
                thread = threading.Thread(target=self._run, name="sovereign-append", daemon=True)
                thread.start()  # may be refused, where a container has as many as it may have: then nobody waits
                self._thread = thread
            self._waiting.append(_Waiting(entry=entry, objects=objects, future=future))
            self._changed.notify()
        return await future

    def close(self) -> None:
        """Append what waits, and take no more."""
        forget(self)
        with self._changed:
            self._is_closed = True
            thread = self._thread
            self._changed.notify()
        if thread is not None:
            thread.join()

    # -- in the thread -----------------------------------------------------------------------------------------------

    def _run(self) -> None:
        while group := self._take():
            _settle_all(self._append(group))

    def _take(self) -> list[_Waiting]:
        """Return what waits; nothing when the thread is to end, which it does when idle: a new one costs little."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._is_closed, timeout=_IDLE_SECONDS)
            if not self._waiting:
                self._thread = None
            return [self._waiting.popleft() for _ in range(min(_GROUP, len(self._waiting)))]

    def _append(self, group: Sequence[_Waiting]) -> list[_Outcome]:
        alive = [waiting for waiting in group if not waiting.future.cancelled()]
        objects = {digest: content for waiting in alive for digest, content in waiting.objects.items()}
        try:
            receipts = self._append_many([waiting.entry for waiting in alive], objects)
            return list(zip(alive, receipts, strict=True))
        except AuditWriteError as error:
            if error.code in _OWN_FAULTS and len(alive) > 1:
                return [outcome for waiting in alive for outcome in self._append((waiting,))]
            return [(waiting, error) for waiting in alive]
        except Exception as error:  # noqa: BLE001  whatever it is, tasks wait for it
            return [(waiting, error) for waiting in alive]


def _settle_all(outcomes: Sequence[_Outcome]) -> None:
    """Wake the tasks, those of one loop together."""
    loops: dict[asyncio.AbstractEventLoop, list[_Outcome]] = {}
    for outcome in outcomes:
        loops.setdefault(outcome[0].future.get_loop(), []).append(outcome)
    for loop, settled in loops.items():
        with contextlib.suppress(RuntimeError):  # the loop was closed: nobody waits there
            loop.call_soon_threadsafe(_settle, settled)


def _settle(outcomes: Sequence[_Outcome]) -> None:
    for waiting, result in outcomes:
        if waiting.future.done():
            continue
        if isinstance(result, BaseException):
            waiting.future.set_exception(result)
        else:
            waiting.future.set_result(result)
