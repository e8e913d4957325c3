"""Seals what is durable: write-ahead log -> full tiles and bundles -> partial ones -> head -> checkpoint, last.

Any process may publish, one at a time, under `publish.lock`. The head file is the promise that a tree head may have
been signed: it is durable before the signature exists.
INVARIANT: nothing is signed below the head's size, and no second root for its size.
INVARIANT: what is signed was synced before it was hashed, so a crash in between leads to the same root again.
"""

import contextlib
import errno
import fcntl
import itertools
import os
import threading
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from sovereign._internal.clock import Clock
from sovereign._internal.files import NOT_OPENED, Disk, replace_file
from sovereign._internal.forks import forget, reopen_after_fork
from sovereign.audit.checkpoint import Checkpoint, format_checkpoint, parse_checkpoint
from sovereign.audit.description import load_description
from sovereign.audit.errors import ForkError
from sovereign.audit.file_batches import FileBatches
from sovereign.audit.opening import load_checkpoint
from sovereign.audit.tiles import GrowingTree
from sovereign.audit.tree_head import sign_checkpoint
from sovereign.audit.wal import WalReader, list_segments, segment_path
from sovereign.audit.writer import WalWriter
from sovereign.errors import AuditError, quoted
from sovereign.signing import Signer

__all__ = ["Publisher", "create_published", "load_head"]

_NO_ROOM: Final = NOT_OPENED | {errno.ENOSPC, errno.EDQUOT}
"""Errors that pass when room is made: the next attempt writes every file anew, and the head only after all of them."""


def create_published(
    directory: Path, origin: str, signers: Sequence[Signer], disk: Disk, *, now: datetime
) -> Checkpoint:
    """Make publish lock, head and the checkpoint of the empty tree of a new log."""
    empty = Checkpoint(origin=origin, size=0, root=GrowingTree().root())
    os.close(disk.open(directory / "publish.lock", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    replace_file(disk, directory / "head", format_checkpoint(empty).encode(), mode=0o600)
    replace_file(disk, directory / "checkpoint", sign_checkpoint(empty, signers, now=now))
    return empty


def load_head(directory: Path, checkpoint: Checkpoint) -> Checkpoint:
    """Return the largest tree head that may have been signed.

    Raises:
        AuditError: the head file is missing or not of the form (SOV-V010).
        ForkError: it is smaller than the checkpoint, or has another root (SOV-V003).
    """
    try:
        text = (directory / "head").read_bytes().decode("ascii")
        head = parse_checkpoint(text)
    except (OSError, ValueError):
        raise AuditError("the log has no head file", hint="it was copied in part; go on in a new log") from None
    if head.origin != checkpoint.origin or head.size < checkpoint.size:
        raise _fork(checkpoint, head)
    if head.size == checkpoint.size and head.root != checkpoint.root:
        raise _fork(checkpoint, head)
    return head


class Publisher:
    """Seals the entries of one log directory."""

    def __init__(self, directory: Path, signers: Sequence[Signer], disk: Disk, *, clock: Clock) -> None:
        self._directory = directory
        self._signers = signers
        self._clock = clock
        self._disk = disk
        self._tree: GrowingTree | None = None
        self._reader = WalReader(directory / "wal", 0)
        self._has_failed = False
        self._open()
        reopen_after_fork(self)

    def _open(self) -> None:
        self._mutex = threading.Lock()
        self._lock = -1
        self._lock = self._disk.open(self._directory / "publish.lock", os.O_RDWR, 0)

    def publish(self, writer: WalWriter) -> Checkpoint:
        """Seal every entry that is in the write-ahead log now, and return the checkpoint.

        Raises:
            AuditError: the log is damaged or the disk failed; entries stay durable, unsealed (SOV-V010, SOV-V015).
            ForkError: the directory holds two tree heads that cannot both be true (SOV-V003).
        """
        with self._mutex:
            if self._has_failed:
                raise _not_sealed("an earlier attempt of this process failed")
            try:
                try:  # no `with`, as in the writer: a lock that an interrupt leaves held stops every process
                    fcntl.flock(self._lock, fcntl.LOCK_EX)
                    return self._publish(writer)
                finally:
                    fcntl.flock(self._lock, fcntl.LOCK_UN)
            except OSError as error:
                self._has_failed = error.errno not in _NO_ROOM  # never retry after a sync that may have failed
                raise _not_sealed((error.strerror or str(error)).lower()) from None

    def close(self) -> None:
        """Let go of the lock file."""
        forget(self)
        with self._mutex:
            self._has_failed = True
            if self._lock >= 0:
                os.close(self._lock)
            self._lock = -1

    def reopen(self) -> None:
        """Open the lock file anew, as its lock would be shared with the parent."""
        with contextlib.suppress(OSError):  # a thread of the parent may just have closed it
            os.close(self._lock)
        try:
            self._open()
        except OSError:
            self._has_failed = True

    def _publish(self, writer: WalWriter) -> Checkpoint:
        verifiers = [signer.verifier for signer in self._signers]
        if load_description(self._directory).vkeys[0] != verifiers[0].vkey:
            raise _not_sealed("the log changed its key meanwhile", "open the log again, with the key that it has now")
        signed = load_checkpoint(self._directory, verifiers, verifiers[0].name)
        head = load_head(self._directory, signed)
        tree, self._tree = self._catch_up(head), None  # kept again only when all went well
        completed = self._grow(tree, writer.barrier())
        sealed = Checkpoint(origin=head.origin, size=tree.size, root=tree.root())
        if sealed != head:
            writer.check_in_place()
            self._swap_head(head, sealed)
        if sealed != signed:
            writer.check_in_place()
            if sealed == head:  # who replaced it died before it signed, and perhaps before its name was durable
                self._disk.sync_directory(self._directory)
            note = sign_checkpoint(sealed, self._signers, now=self._clock())
            replace_file(self._disk, self._directory / "checkpoint", note)
        writer.floor = sealed.size
        self._drop(completed, sealed.size)
        self._tree = tree
        return sealed

    def _catch_up(self, head: Checkpoint) -> GrowingTree:
        """Return the stored tree of the head, from memory when no other process published since."""
        if self._tree is not None and self._tree.size == head.size:
            tree = self._tree
        else:
            tree = GrowingTree.load(lambda path: (self._directory / path).read_bytes(), head.size)
            self._reader = WalReader(self._directory / "wal", head.size)
        if tree.root() != head.root:
            raise _fork(head, Checkpoint(origin=head.origin, size=tree.size, root=tree.root()))
        return tree

    def _grow(self, tree: GrowingTree, end: int) -> list[str]:
        """Add the entries up to `end` and write every file of the larger tree; return the paths that became full."""
        completed: list[str] = []
        start = tree.size
        with contextlib.closing(FileBatches(self._directory, self._disk)) as files:
            for entries in self._reader.read(end):
                for path, data in tree.extend(entries):
                    files.add(path, data)
                    completed.append(path)
            if tree.size > start:
                for path, data in tree.partials():
                    files.add(path, data)
            files.finish()
        return completed

    def _swap_head(self, expected: Checkpoint, new: Checkpoint) -> None:
        """Replace the head if it still is what was read; a file system whose locks do nothing is noticed here."""
        if (self._directory / "head").read_bytes() != format_checkpoint(expected).encode():
            raise AuditError(
                "two processes publish at once: the file system does not keep locks",
                hint="move the log to a local file system",
            )
        replace_file(self._disk, self._directory / "head", format_checkpoint(new).encode(), mode=0o600)

    def _drop(self, completed: Sequence[str], sealed: int) -> None:
        """Remove what the checkpoint made superfluous: partials of full files, segments that lie wholly below it.

        A crash may leave any of them; they are equal to what is kept, so a failure to remove them is none.
        """
        wal = self._directory / "wal"
        firsts = list_segments(wal)
        with contextlib.suppress(OSError):
            for first, following in itertools.pairwise(firsts):
                if following <= sealed:
                    self._disk.unlink(segment_path(wal, first))
                    self._disk.sync_directory(wal)  # one by one, lest a crash leaves an older without a newer
            for path in completed:
                folder = self._directory / f"{path}.p"
                if folder.is_dir():
                    for partial in folder.iterdir():
                        self._disk.unlink(partial)
                    self._disk.remove_directory(folder)


def _fork(seen: Checkpoint, found: Checkpoint) -> ForkError:
    return ForkError(
        f"the log {quoted(seen.origin)} holds two trees that cannot both be true",
        seen=format_checkpoint(seen),
        found=format_checkpoint(found),
        hint="keep the directory as evidence and go on in a new log: `sovereign audit new`",
    )


def _not_sealed(
    reason: str, hint: str = "repair the disk; the next command that opens the log seals them"
) -> AuditError:
    return AuditError(f"the entries are durable, but not sealed: {reason}", code="SOV-V015", hint=hint)
