"""Makes entries durable: one write under a lock between processes, one sync for many threads outside it.

1. Mutex, then flock. 2. Find the tail: the cached one, else read the last segment and cut what is torn. 3. One write of
all frames; if it falls short, cut back. 4. Unlock. 5. Sync, outside the lock: whoever finds no sync under way syncs for
all threads that wrote before. 6. Return.

INVARIANT: an acknowledged entry is followed on disk by no gap: one sync covers the whole segment, and a segment is
synced, and the next one's name durable, before the next one's first frame.
INVARIANT: after a failed sync nothing more is written or acknowledged, by any process, until the machine restarts: the
kernel may have dropped the pages and would report success the second time.
"""

import contextlib
import os
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NoReturn

from sovereign._internal.files import Disk, file_lock
from sovereign._internal.forks import forget, reopen_after_fork
from sovereign.audit.entry import check_entries
from sovereign.audit.tail import TAIL_BYTES, Tail, boot_id, decode_tail, encode_tail
from sovereign.audit.wal import encode_frames, list_segments, scan, segment_path
from sovereign.errors import AuditError, AuditWriteError, quoted

__all__ = ["SEGMENT_BYTES", "WalWriter", "create_wal"]

SEGMENT_BYTES: Final = 8 << 20
"""A segment of this size or more is followed by a new one."""


def create_wal(directory: Path, disk: Disk) -> None:
    """Make lock file, folder and first segment of a new log."""
    wal = directory / "wal"
    disk.make_directory(wal, 0o700)
    for path in (directory / "lock", segment_path(wal, 0)):
        os.close(disk.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    disk.sync_directory(wal)
    disk.sync_directory(directory)


class WalWriter:
    """Appends to the write-ahead log of one directory; safe among threads, processes and forks.

    Attributes:
        floor: number of entries known to have been durable; a write-ahead log that ends before them is damaged, and
            is not cut.
    """

    def __init__(self, directory: Path, disk: Disk, *, floor: int) -> None:
        self.floor = floor
        self._directory = directory
        self._wal = directory / "wal"
        self._disk = disk
        self._open()
        reopen_after_fork(self)

    def _open(self) -> None:
        self._mutex = threading.Lock()
        self._state = threading.Condition()
        self._is_syncing = False
        self._failure: str | None = None
        self._written = 0
        self._durable = 0
        self._segment = -1
        self._descriptor = -1
        self._lock = -1
        self._lock = self._disk.open(self._directory / "lock", os.O_RDWR, 0)

    @property
    def has_failed(self) -> bool:
        """Whether nothing can be appended any more."""
        return self._failure is not None

    def append(self, payloads: Sequence[bytes]) -> int:
        """Make the entries durable and return the number of the first.

        Raises:
            AuditWriteError: an entry is too large (SOV-V013), the disk refused it (SOV-V011), or a sync failed now
                or before (SOV-V012).
        """
        check_entries(payloads)
        with self._locked():
            tail = self._roll_if_full(self._locate())
            frames = encode_frames(tail.next, payloads)
            self._write(tail, frames)
            end = tail.next + len(payloads)
            self._remember(Tail(segment=tail.segment, offset=tail.offset + len(frames), next=end))
        self._wait_durable(end)
        return tail.next

    def recover(self) -> int:
        """Find the tail, cut what is torn, and return the number of the next entry; all before it may be read.

        Raises:
            AuditError: the write-ahead log is damaged (SOV-V010).
            AuditWriteError: as `append`.
        """
        with self._locked():
            tail = self._locate()
            self._remember(tail)
        return tail.next

    def barrier(self) -> int:
        """Return the number of the next entry once all entries before it, of any process, are durable.

        Raises:
            AuditError: as `recover`.
            AuditWriteError: as `append`.
        """
        end = self.recover()
        self._wait_durable(end)
        return end

    def close(self) -> None:
        """Wait for a sync under way and let go of the files; nothing can be appended afterwards."""
        forget(self)
        with self._mutex, self._state:
            self._state.wait_for(lambda: not self._is_syncing)
            self._failure = self._failure or "the log is closed"
            for descriptor in (self._lock, self._descriptor):
                if descriptor >= 0:
                    os.close(descriptor)
            self._lock = self._descriptor = -1

    # -- under mutex and flock ---------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        """Hold the mutex, then the lock between processes."""
        with self._mutex:
            self._refuse_after_failure()
            try:
                with file_lock(self._lock):
                    yield
            except OSError as error:
                raise _not_written(error) from None

    def _locate(self) -> Tail:
        """Return the tail, its segment open; cuts a torn end."""
        cached = decode_tail(os.pread(self._lock, TAIL_BYTES, 0), boot_id())
        if cached is not None and cached.is_poisoned:
            self._fail("another process failed to make entries durable")
        if cached is not None and self._is_last(cached):
            self._use(cached.segment)
            if os.fstat(self._descriptor).st_size == cached.offset:
                return cached
        return self._recover(cached)

    def _is_last(self, tail: Tail) -> bool:
        """Whether no segment follows: who began one may have died before it said so in the lock file."""
        has_successor = tail.next != tail.segment and segment_path(self._wal, tail.next).exists()
        return not has_successor and segment_path(self._wal, tail.segment).exists()

    def _recover(self, cached: Tail | None) -> Tail:
        segments = list_segments(self._wal)
        if not segments:
            raise _damaged("it has no segment")
        first = segments[-1]
        self._use(first)
        data = segment_path(self._wal, first).read_bytes()
        frames = scan(data, first)
        following, good = first + len(frames.payloads), frames.end
        # What another process wrote in this boot is in the page cache: a crash of that process cannot take it away.
        if cached is not None and (first, good) < (cached.segment, cached.offset):
            raise _damaged(f"entry {following} is not what was written")
        if following < self.floor:
            raise _damaged(f"it ends before entry {following}, and {self.floor} entries are sealed")
        if len(data) > good:
            self._cut(good)
        return Tail(segment=first, offset=good, next=following)

    def _roll_if_full(self, tail: Tail) -> Tail:
        if tail.offset < SEGMENT_BYTES:
            return tail
        try:
            self._disk.sync_data(self._descriptor)
            path = segment_path(self._wal, tail.next)
            os.close(self._disk.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600))
            self._disk.sync_directory(self._wal)
        except OSError as error:
            self._poison(error)
        self._use(tail.next)
        return Tail(segment=tail.next, offset=0, next=tail.next)

    def _use(self, segment: int) -> None:
        """Have the segment open; the former one was synced by whoever rolled it."""
        if segment == self._segment:
            return
        try:
            descriptor = self._disk.open(segment_path(self._wal, segment), os.O_WRONLY | os.O_APPEND, 0)
        except OSError as error:
            raise _not_written(error) from None
        with self._state:
            self._state.wait_for(lambda: not self._is_syncing)
            if self._descriptor >= 0:
                os.close(self._descriptor)
            self._segment, self._descriptor = segment, descriptor

    def _write(self, tail: Tail, frames: bytes) -> None:
        try:
            written = self._disk.write(self._descriptor, frames)
            if written == len(frames):
                return
            error = OSError(0, "no space left on device")
        except OSError as caught:
            error = caught
        self._cut(tail.offset)
        raise _not_written(error)

    def _cut(self, size_bytes: int) -> None:
        """Cut the segment and make the cut durable: bytes behind a later tail could parse again after a crash."""
        try:
            self._disk.truncate(self._descriptor, size_bytes)
            self._disk.sync_data(self._descriptor)
        except OSError as error:
            self._poison(error)

    def _remember(self, tail: Tail) -> None:
        # A record that is old or half written does not fit the segment's size or its checksum: it is not believed.
        with contextlib.suppress(OSError):
            os.pwrite(self._lock, encode_tail(tail, boot_id()), 0)
        with self._state:
            self._written = tail.next

    # -- the sync, outside the locks ---------------------------------------------------------------------------------

    def _wait_durable(self, end: int) -> None:
        """Return when all entries before number `end` are durable."""
        with self._state:
            self._state.wait_for(lambda: self._durable >= end or not self._is_syncing)
            if self._durable >= end:
                return
            self._refuse_after_failure()
            self._is_syncing = True
            written, descriptor = self._written, self._descriptor
        failure: OSError | None = None
        try:
            self._disk.sync_data(descriptor)
        except OSError as error:
            failure = error
        with self._state:
            self._is_syncing = False
            if failure is None:
                self._durable = written
            else:
                self._failure = _reason(failure)
            self._state.notify_all()
        if failure is not None:
            self._poison_from_outside(failure)

    def _poison_from_outside(self, error: OSError) -> NoReturn:
        with self._mutex, contextlib.suppress(OSError), file_lock(self._lock):
            self._poison(error)
        self._fail(_reason(error))

    def _poison(self, error: OSError) -> NoReturn:
        """Mark the log for every process of this boot, and refuse."""
        poisoned = Tail(segment=max(self._segment, 0), offset=0, next=0, is_poisoned=True)
        with contextlib.suppress(OSError):  # the refusal below stands in any case
            os.pwrite(self._lock, encode_tail(poisoned, boot_id()), 0)
        self._fail(_reason(error))

    def _fail(self, reason: str) -> NoReturn:
        self._failure = reason
        self._refuse_after_failure()
        raise AssertionError(reason)  # not reached: the line above raises

    def _refuse_after_failure(self) -> None:
        if self._failure is not None:
            raise AuditWriteError(
                f"the log {quoted(str(self._directory))} takes no more entries: {self._failure}",
                code="SOV-V012",
                hint="check the disk and restart the machine; entries that were acknowledged are safe",
            )

    def reopen(self) -> None:
        """Open files and locks anew: a child shares the flock of its parent's descriptors, and its held mutexes."""
        failure = self._failure
        for descriptor in (self._lock, self._descriptor):
            with contextlib.suppress(OSError):  # a thread of the parent may just have closed it
                os.close(descriptor)
        try:
            self._open()
        except OSError as error:
            failure = failure or _reason(error)
        self._failure = failure


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()


def _not_written(error: OSError) -> AuditWriteError:
    return AuditWriteError(
        f"the entry is not durable: {_reason(error)}",
        hint="make room or repair the disk, then run the command again; nothing was released",
    )


def _damaged(reason: str) -> AuditError:
    return AuditError(
        f"the write-ahead log is damaged: {reason}",
        hint="keep the directory as evidence and go on in a new log: `sovereign audit new`",
    )
