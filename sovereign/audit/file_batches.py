"""Writes many files of a log durably, in batches beside the caller's work.

Making a file and syncing it costs the disk far more than the processor; a publisher that hashes the next entries
meanwhile is limited by neither alone. Which file becomes durable first does not matter: the head is written after all.
"""

import collections
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sovereign._internal.files import Disk, replace_files

if TYPE_CHECKING:
    from concurrent.futures import Future, ThreadPoolExecutor

__all__ = ["FileBatches"]

_FILES: Final = 64
_BYTES: Final = 16 << 20
_THREADS: Final = 4


class FileBatches:
    """Takes files of one directory; after `finish` each is durable.

    Args:
        root: the directory that the paths are relative to.
        disk: how files change.
    """

    def __init__(self, root: Path, disk: Disk) -> None:
        self._root = root
        self._disk = disk
        self._files: dict[Path, bytes] = {}
        self._bytes = 0
        self._pool: ThreadPoolExecutor | None = None
        self._running: collections.deque[Future[None]] = collections.deque()

    def add(self, path: str, data: bytes) -> None:
        """Take a file; waits while too many wait to be written.

        Raises:
            OSError: an earlier one could not be written.
        """
        self._files[self._root / path] = data
        self._bytes += len(data)
        if len(self._files) >= _FILES or self._bytes >= _BYTES:
            self._start()

    def finish(self) -> None:
        """Return when every file is durable.

        Raises:
            OSError: one could not be written.
        """
        if self._files:
            replace_files(self._disk, self._files, root=self._root)
        while self._running:
            self._running.popleft().result()

    def close(self) -> None:
        """End the threads; what they are writing is written or has failed then."""
        if self._pool is not None:
            self._pool.shutdown()

    def _start(self) -> None:
        if self._pool is None:
            from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415  a publisher of few entries needs none

            self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="sovereign-tiles")
        if len(self._running) >= _THREADS:
            self._running.popleft().result()
        self._running.append(self._pool.submit(replace_files, self._disk, self._files, root=self._root))
        self._files, self._bytes = {}, 0
