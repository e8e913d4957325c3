"""The files of a log between the moment they are verified and the moment they are used: the same, or refused.

Who draws conclusions from entries reads them a second time. Whoever can change files meanwhile, or hands them out,
could show the verifier one log and the reader another; so every bundle that was verified is remembered by its digest,
and no other is taken for it.
"""

import hashlib
from collections.abc import Iterator
from typing import Final

from sovereign.audit.log_files import LogFiles
from sovereign.audit.tiles import WIDTH, bundle_path, join_bundle, split_bundle
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
                raise _changed(path)
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
            for index, data in enumerate(self._bundle(number, width), number * WIDTH):
                if start <= index < stop:
                    yield index, data

    def _bundle(self, number: int, width: int) -> tuple[bytes, ...]:
        """Return the first `width` entries of a bundle, which was verified as a partial one, or as the full one."""
        partial, full = bundle_path(number, width), bundle_path(number)
        path = partial if partial in self._digests else full
        if path not in self._digests:
            raise ProofError(f"{full} was not verified", hint="verify the log before its entries are read")
        try:
            return split_bundle(self.read(path))[:width]
        except FileNotFoundError:
            pass  # the log grew meanwhile, and a full bundle replaced the partial one
        try:
            entries = split_bundle(self._files.read(full))[:width]
        except FileNotFoundError:
            raise _changed(path) from None
        if hashlib.sha256(join_bundle(entries)).digest() != self._digests.get(partial):
            raise _changed(full)
        return entries


def _changed(path: str) -> ProofError:
    return ProofError(
        f"{path} changed while the log was read",
        hint="somebody writes below the checkpoint; copy the log, then verify the copy",
    )
