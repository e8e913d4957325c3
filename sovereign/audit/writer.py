"""Makes entries durable: one write under a lock between processes, one sync for many threads outside it.

1. Mutex, then flock. 2. Find the tail: the cached one, else read the last segment and cut what is torn. 3. One write of
all frames; if it falls short, cut back. 4. Unlock. 5. Sync, outside the lock: one thread at a time, for all
threads that wrote before. 6. Return. Between 1 and 2 the directory has to be the one that was opened: a writer
whose directory was moved away, or replaced by a copy, would append to files that nobody reads.

INVARIANT: an acknowledged entry is followed on disk by no gap: one sync covers the whole segment, and a segment is
synced, and the next one's name durable, before the next one's first frame.
INVARIANT: after a failed sync nothing more is written or acknowledged, by any process, until the machine restarts: the
kernel may have dropped the pages and would report success the second time.
INVARIANT: KeyboardInterrupt, or what another signal handler raises, may come after any call and leaves no lock held. So
a lock is taken inside the `try` that gives it back, and not in a `__enter__` of our own; mutexes are plain ones.
"""

import contextlib
import os
import threading
from collections.abc import Callable, Sequence
from fcntl import LOCK_EX, LOCK_UN, flock
from pathlib import Path
from typing import Final, NoReturn

from sovereign._internal.files import NOT_OPENED, Disk
from sovereign._internal.forks import forget, reopen_after_fork
from sovereign.audit.entry import check_entries
from sovereign.audit.tail import (
    POISON_OFFSET,
    RECORD_BYTES,
    TAIL_BYTES,
    Tail,
    boot_id,
    decode_tail,
    encode_poison,
    encode_tail,
    is_poisoned,
)
from sovereign.audit.wal import damaged, encode_frames, list_segments, recover_segment, segment_path
from sovereign.errors import AuditWriteError, quoted

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
        self._identity = _identity(os.fstat(self._lock))
        reopen_after_fork(self)

    def _open(self) -> None:
        self._mutex = threading.Lock()
        self._sync_mutex = threading.Lock()
        self._failure: OSError | str | None = None
        self._written = 0
        self._durable = 0
        self._segment = -1
        self._segment_path = ""
        self._segment_identity = (0, 0)
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
                or before (SOV-V012), or the directory is no longer the one that was opened (SOV-V016).
        """
        check_entries(payloads)
        first = self._locked(lambda: self._place(payloads))
        self._wait_durable(first + len(payloads))
        return first

    def recover(self) -> int:
        """Find the tail, cut what is torn, and return the number of the next entry; all before it may be read.

        Raises:
            AuditError: the write-ahead log is damaged (SOV-V010).
            AuditWriteError: as `append`.
        """
        return self._locked(self._find_end)

    def barrier(self) -> int:
        """Return the number of the next entry once all entries before it, of any process, are durable.

        Raises:
            AuditError: as `recover`.
            AuditWriteError: as `append`.
        """
        end = self.recover()
        self._wait_durable(end)
        return end

    def check_in_place(self) -> None:
        """Return when the path of the log still leads to the directory that was opened.

        Raises:
            AuditWriteError: it was moved away or replaced (SOV-V016).
        """
        if _stat(self._directory / "lock") != self._identity:
            raise _replaced(self._directory)

    def close(self) -> None:
        """Wait for a sync under way and let go of the files; nothing can be appended afterwards."""
        forget(self)
        with self._mutex, self._sync_mutex:
            self._failure = self._failure or "the log is closed"
            descriptors = (self._lock, self._descriptor)
            self._lock = self._descriptor = -1
            for descriptor in descriptors:
                if descriptor >= 0:
                    os.close(descriptor)

    # -- under mutex and flock ---------------------------------------------------------------------------------------

    def _locked(self, work: Callable[[], int]) -> int:
        """Return what `work` returns; it holds the mutex, then the lock between processes."""
        with self._mutex:
            self._refuse_after_failure()
            try:
                try:
                    flock(self._lock, LOCK_EX)
                    return work()
                finally:
                    flock(self._lock, LOCK_UN)
            except OSError as error:
                raise _not_written(error) from None

    def _place(self, payloads: Sequence[bytes]) -> int:
        """Write the entries behind the tail and return the number of the first."""
        tail = self._roll_if_full(self._locate())
        frames = encode_frames(tail.next, payloads)
        self._write(tail, frames)
        end = tail.next + len(payloads)
        self._remember(Tail(segment=tail.segment, offset=tail.offset + len(frames), next=end))
        return tail.next

    def _find_end(self) -> int:
        tail = self._locate()
        self._remember(tail)
        return tail.next

    def _locate(self) -> Tail:
        """Return the tail, its segment open; cuts a torn end."""
        boot = boot_id()
        record = os.pread(self._lock, RECORD_BYTES, 0)
        if is_poisoned(record, boot):
            self._failure = "another process failed to make entries durable"
            self._refuse_after_failure()
        cached = decode_tail(record, boot)
        if cached is not None and cached.segment == self._segment and self._open_size() == cached.offset:
            return cached
        self.check_in_place()
        return self._recover(cached)

    def _open_size(self) -> int:
        """Return the size of the open segment; -1 if its file is gone.

        Raises:
            AuditWriteError: its path leads to another file than the open one (SOV-V016).
        """
        try:
            status = os.lstat(self._segment_path)
        except FileNotFoundError:
            return -1
        if (status.st_dev, status.st_ino) != self._segment_identity:
            raise _replaced(self._directory)
        return status.st_size

    def _recover(self, cached: Tail | None) -> Tail:
        segments = list_segments(self._wal)
        if not segments:
            raise damaged("it has no segment")
        first = segments[-1]
        self._use(first)
        data = segment_path(self._wal, first).read_bytes()
        tail = recover_segment(data, first, floor=self.floor, cached=cached)
        if len(data) > tail.offset:
            self._cut(tail.offset)
        self._sync_names()  # who began the segment may have died before its name was durable
        return tail

    def _roll_if_full(self, tail: Tail) -> Tail:
        if tail.offset < SEGMENT_BYTES:
            return tail
        self._wait_durable(tail.next)
        # Who dies right after making the segment has told nobody: no one may go on in the former one meanwhile.
        os.pwrite(self._lock, bytes(TAIL_BYTES), 0)
        path = segment_path(self._wal, tail.next)
        os.close(self._disk.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600))
        self._sync_names()
        self._use(tail.next)
        return Tail(segment=tail.next, offset=0, next=tail.next)

    def _sync_names(self) -> None:
        """Make the names of the segments durable."""
        try:
            self._disk.sync_directory(self._wal)
        except OSError as error:
            if error.errno in NOT_OPENED:  # it was not even asked; the next one who comes asks again
                raise
            self._failure = error
            self._poison()

    def _use(self, segment: int) -> None:
        """Have the segment open; the former one was synced by whoever rolled it."""
        if segment == self._segment:
            return
        path = segment_path(self._wal, segment)
        try:
            descriptor = self._disk.open(path, os.O_WRONLY | os.O_APPEND, 0)
        except OSError as error:
            raise _not_written(error) from None
        self._segment_path, self._segment_identity = str(path), _identity(os.fstat(descriptor))
        with self._sync_mutex:
            former, self._segment, self._descriptor = self._descriptor, segment, descriptor
            if former >= 0:
                os.close(former)

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
            self._failure = error
            self._poison()

    def _remember(self, tail: Tail) -> None:
        # A record that is old or half written does not fit the segment's size or its checksum: it is not believed.
        with contextlib.suppress(OSError):
            os.pwrite(self._lock, encode_tail(tail, boot_id()), 0)
        self._written = tail.next  # read only to choose how much one sync covers

    # -- the sync, outside the locks ---------------------------------------------------------------------------------

    def _wait_durable(self, end: int) -> None:
        """Return when all entries before number `end` are durable.

        Whoever holds the mutex syncs for all threads that wrote before; those that waited for it find nothing to do.
        One sync at a time: the kernel tells a failure once per descriptor, to whichever call comes first.
        """
        with self._sync_mutex:
            if self._durable >= end:
                return
            self._refuse_after_failure()
            covered = max(self._written, end)
            try:
                self._disk.sync_data(self._descriptor)
            except OSError as error:
                self._failure = error
                self._poison()  # at once: until then another process could open the segment and hear nothing
            self._durable = covered

    def _poison(self) -> NoReturn:
        """Mark the log for every process of this boot, and refuse."""
        self._mark_poisoned()
        self._refuse_after_failure()
        raise AssertionError(self._failure)  # not reached: the line above raises

    def _mark_poisoned(self) -> None:
        with contextlib.suppress(OSError):  # this process refuses in any case
            os.pwrite(self._lock, encode_poison(boot_id()), POISON_OFFSET)

    def _refuse_after_failure(self) -> None:
        if self._failure is not None:
            reason = _reason(self._failure) if isinstance(self._failure, OSError) else self._failure
            raise AuditWriteError(
                f"the log {quoted(str(self._directory))} takes no more entries: {reason}",
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
            if _identity(os.fstat(self._lock)) != self._identity:
                failure = failure or "its directory was replaced"
        except OSError as error:
            failure = failure or error
        self._failure = failure


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()


def _not_written(error: OSError) -> AuditWriteError:
    return AuditWriteError(
        f"the entry is not durable: {_reason(error)}",
        hint="make room or repair the disk, then run the command again; nothing was released",
    )


def _replaced(directory: Path) -> AuditWriteError:
    return AuditWriteError(
        f"the log {quoted(str(directory))} is no longer the directory that was opened",
        code="SOV-V016",
        hint="put the directory back that was moved away; a copy never goes on beside it",
    )


def _identity(status: os.stat_result) -> tuple[int, int]:
    """Return what makes a file this one, whatever its path."""
    return status.st_dev, status.st_ino


def _stat(path: Path) -> tuple[int, int] | None:
    """Return the identity of the file at `path`, not followed through a link; None if there is none."""
    try:
        return _identity(os.lstat(path))
    except FileNotFoundError:
        return None
