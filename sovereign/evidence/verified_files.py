"""The files of a log between the moment they are verified and the moment they are used: the same, or refused.

A replay reads each entry a second time. Whoever can change files meanwhile could show the verifier one log and the
replay another; so every bundle that was verified is remembered by its digest, and no other is taken for it.
"""

import hashlib
from collections.abc import Iterator
from typing import Final

from sovereign.audit.log_files import LogFiles
from sovereign.audit.tiles import WIDTH, bundle_path, split_bundle
from sovereign.errors import ProofError

__all__ = ["VerifiedFiles"]

_BUNDLES: Final = "tile/entries/"


class VerifiedFiles:
    """Files of a log for `verify_log`, and afterwards its sealed entries as they were verified.

    Args:
        files: the log, wherever it lies.
    """

    def __init__(self, files: LogFiles) -> None:
        self._files = files
        self._digests: dict[str, bytes] = {}  # 32 bytes for 256 entries

    @property
    def place(self) -> str:
        """Where the log lies."""
        return self._files.place

    def read(self, path: str) -> bytes:
        """Return the bytes of a file; see `LogFiles.read`.

        Raises:
            ProofError: it is a bundle of entries, and no longer the one that was read before (SOV-V001).
        """
        data = self._files.read(path)
        if path.startswith(_BUNDLES):
            digest = hashlib.sha256(data).digest()
            if self._digests.setdefault(path, digest) != digest:
                raise ProofError(
                    f"{path} changed while the log was read",
                    hint="somebody writes below the checkpoint; copy the log, then verify the copy",
                )
        return data

    def exists(self, path: str) -> bool:
        """Whether a file is there."""
        return self._files.exists(path)

    def names(self, folder: str = "") -> Iterator[str] | None:
        """Return the paths of all files below `folder`; see `LogFiles.names`."""
        return self._files.names(folder)

    def entries(self, start: int, stop: int, *, size: int) -> Iterator[tuple[int, bytes]]:
        """Yield index and bytes of the entries `[start, stop)` of a log that was verified up to `size`.

        Raises:
            ProofError: a bundle is not the one that was verified (SOV-V001).
        """
        stop = min(stop, size)
        for number in range(start // WIDTH, -(-stop // WIDTH)) if start < stop else ():
            width = min(WIDTH, size - number * WIDTH)
            bundle = split_bundle(self.read(self._verified(number, width)))[:width]
            for index, data in enumerate(bundle, number * WIDTH):
                if start <= index < stop:
                    yield index, data

    def _verified(self, number: int, width: int) -> str:
        """Return the path under which a bundle was verified: as a partial one, or the full one behind it."""
        for path in (bundle_path(number, width), bundle_path(number)):
            if path in self._digests:
                return path
        raise ProofError(f"{bundle_path(number)} was not verified", hint="verify the log before it is replayed")
