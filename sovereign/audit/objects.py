"""Objects: what is too large for an entry, kept beside the log under its SHA-256.

`<log>/objects/<sha256>` is private (folder 0700, files 0600), and durable before the entry that names it. An object can
be erased; whoever asks for it then hears "not kept", never "verified".
"""

import os
from collections.abc import Mapping
from pathlib import Path

from sovereign._internal.canonical import sha256_hex
from sovereign._internal.files import Disk, make_directories, replace_files
from sovereign.errors import AuditError, AuditWriteError, quoted

__all__ = ["Objects", "load_object"]


class Objects:
    """The objects of one log directory, for writing."""

    def __init__(self, directory: Path, disk: Disk) -> None:
        self._folder = directory / "objects"
        self._disk = disk
        self._durable: set[str] = set()  # synced by this process, so that a policy is not synced with each decision

    def keep(self, objects: Mapping[str, bytes]) -> None:
        """Make every object durable; one that is kept already is not written again.

        Raises:
            AuditWriteError: a digest is not that of its bytes (SOV-V014), or the disk refused one (SOV-V011).
        """
        for digest, content in objects.items():
            if sha256_hex(content) != digest:
                raise AuditWriteError(
                    f"the object {quoted(digest)} does not have this digest",
                    code="SOV-V014",
                    hint="name an object by the SHA-256 of its bytes in hexadecimal digits",
                )
        missing = {digest: content for digest, content in objects.items() if not self._is_durable(digest)}
        if not missing:
            return
        try:
            make_directories(self._disk, self._folder, mode=0o700)
            files = {self._folder / digest: content for digest, content in missing.items()}
            # Up to the log: who made the folder may have died before its name was durable.
            replace_files(self._disk, files, root=self._folder.parent, mode=0o600, is_contended=True)
        except OSError as error:
            raise AuditWriteError(
                f"an object is not durable: {(error.strerror or str(error)).lower()}",
                hint="make room or repair the disk, then run the command again; nothing was released",
            ) from None
        self._durable.update(missing)

    def holds(self, digest: str) -> bool:
        """Whether the object is kept, intact and durable; makes the name of one that another process wrote durable."""
        if self._is_durable(digest):
            return True
        try:
            load_object(self._folder.parent, digest)
            self._make_durable(digest)
        except (AuditError, OSError):
            return False
        self._durable.add(digest)
        return True

    def _is_durable(self, digest: str) -> bool:
        return digest in self._durable and (self._folder / digest).is_file()  # it may have been erased since

    def _make_durable(self, digest: str) -> None:
        descriptor = self._disk.open(self._folder / digest, os.O_RDONLY, 0)
        try:
            self._disk.sync_data(descriptor)
        finally:
            os.close(descriptor)
        self._disk.sync_directory(self._folder)
        self._disk.sync_directory(self._folder.parent)


def load_object(directory: Path, digest: str) -> bytes:
    """Return the bytes of an object of the log in `directory`.

    Raises:
        AuditError: it is not kept, or is not what its name says (SOV-V014).
    """
    try:
        content = (directory / "objects" / digest).read_bytes() if digest.isalnum() else None
    except OSError:
        content = None
    if content is None or sha256_hex(content) != digest:
        raise AuditError(
            f"the object {quoted(digest)} is {'not kept' if content is None else 'not what its name says'}",
            code="SOV-V014",
            hint="it was erased, or lies in another copy of the log; the entry that names it still verifies",
        )
    return content
