"""Writes many files of a log durably, in batches beside the caller's work.

Making a file and syncing it costs the disk far more than the processor; a publisher that hashes the next entries
meanwhile is limited by neither alone. Which file becomes durable first does not matter: the head is written after all.
"""

import collections
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from sovereign._internal.files import Disk, replace_files

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
        self._running: collections.deque[_Batch] = collections.deque()

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
        for batch in self._running:
            batch.join()

    def _start(self) -> None:
        if len(self._running) >= _THREADS:
            self._running.popleft().result()
        batch = _Batch(self._disk, self._files, self._root)
        try:
            batch.start()
            self._running.append(batch)
        except RuntimeError:  # the container has as many threads as it may have, or the interpreter is ending
            replace_files(self._disk, self._files, root=self._root)
        self._files, self._bytes = {}, 0


class _Batch(threading.Thread):
    """Writes files; `result` waits for it."""

    def __init__(self, disk: Disk, files: Mapping[Path, bytes], root: Path) -> None:
        super().__init__(name="sovereign-tiles")
        self._disk = disk
        self._files = files
        self._root = root
        self._error: Exception | None = None

    def run(self) -> None:
        try:
            replace_files(self._disk, self._files, root=self._root)
        except Exception as error:  # noqa: BLE001  raised again by `result`
            self._error = error

    def result(self) -> None:
        """Return when the files are durable; raises what kept them from it."""
        self.join()
        if self._error is not None:
            raise self._error
