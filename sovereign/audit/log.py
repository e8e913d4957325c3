"""A log directory, open for appending: what guards and gates hold in their hands.

`append` returns when the entry is durable. `publish` seals what is durable under a signed checkpoint; `close` does so
too. A log is refused when it is smaller than, or contradicts, what this user saw of it before.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, Self

from sovereign._internal.clock import Clock, system_clock
from sovereign._internal.files import OS_DISK, Disk, make_directories, replace_file
from sovereign.audit.appender import TaskAppender
from sovereign.audit.checkpoint import Checkpoint
from sovereign.audit.description import Description, format_description, load_description
from sovereign.audit.directory import check_directory
from sovereign.audit.entry import leaf_hash
from sovereign.audit.known_logs import KnownLogs
from sovereign.audit.objects import Objects
from sovereign.audit.opening import (
    check_clock,
    check_extends,
    check_known,
    check_seen,
    check_signers,
    divide_leaving,
    kept_key,
    load_checkpoint,
    usable,
    wrong_key,
)
from sovereign.audit.publisher import Publisher, create_published, load_head
from sovereign.audit.reading import read_entries
from sovereign.audit.receipt import LogKind, Receipt, Receipts
from sovereign.audit.trail import NO_OBJECTS
from sovereign.audit.wal import WalReader
from sovereign.audit.writer import WalWriter, create_wal
from sovereign.errors import AuditError, UsageError, quoted
from sovereign.signing import Purpose, Signer, Verifier, generate_signer, is_key_name

__all__ = ["Log"]

_ATOMIC_GROUP: Final = 2048  # entries in one write; larger groups hold up other processes


class Log:
    """One transparency log, open for appending; a `Trail`. Safe among threads, processes and forks.

    Use `create`, `create_run` or `open`; the constructor expects what they checked.
    """

    def __init__(
        self,
        directory: Path,
        description: Description,
        signers: Sequence[Signer],
        *,
        floor: int,
        known: KnownLogs | None,
        clock: Clock,
        disk: Disk,
    ) -> None:
        self._directory = directory
        self._description = description
        self._verifiers = tuple(signer.verifier for signer in signers)
        self._known = known
        self._clock = clock
        self._writer = WalWriter(directory, disk, floor=floor)
        self._publisher: Publisher | None = Publisher(directory, signers, disk, clock=clock)
        self._objects = Objects(directory, disk)
        self._tasks = TaskAppender(self.append_many)

    # -- making and opening ------------------------------------------------------------------------------------------

    @classmethod
    def create(
        cls,
        directory: Path,
        *,
        origin: str,
        signer: Signer,
        kind: LogKind,
        cosigners: Sequence[Signer] = (),
        known: KnownLogs | None = None,
        clock: Clock = system_clock,
        unsafe_filesystem: bool = False,
        disk: Disk = OS_DISK,
    ) -> Self:
        """Make a new log in a directory that is empty or does not exist, and open it.

        The empty tree is signed at once, so that a missing checkpoint is always damage. `log.json` is written last: a
        directory without it is no log.

        Args:
            directory: its parents are made too.
            origin: the log's name; also the name of its key.
            signer: an Ed25519 key of purpose log that signed nothing else.
            kind: host, run or parent.
            cosigners: further keys of the same origin that sign every checkpoint too: one of ML-DSA-44, and during a
                rotation the key before.
            known: the user's memory of logs; None remembers nothing.
            clock: the current time.
            unsafe_filesystem: write also where locks and syncs may do nothing; the operator said so.
            disk: how files change.

        Raises:
            UsageError: the place is refused (SOV-C302, C303, C308) or not empty (SOV-C309), the origin is not the key's
                (SOV-C305), or has a log already (SOV-C304).
        """
        signers = (signer, *cosigners)
        check_signers(signers, origin)
        if known is not None and known.find(origin) is not None:
            raise kept_key(directory, f"the origin {quoted(origin)} has a log already")
        description = Description(
            origin=origin, kind=kind, vkeys=tuple(s.verifier.vkey for s in signers), created=clock()
        )
        try:
            make_directories(disk, directory, mode=0o755)
            if any(path.name != "lost+found" for path in directory.iterdir()):
                raise UsageError(
                    f"{quoted(str(directory))} is not empty",
                    code="SOV-C309",
                    hint="open the log that is there, or name an empty directory",
                )
            check_directory(directory, kind, unsafe_filesystem=unsafe_filesystem)
            create_wal(directory, disk)
            create_published(directory, origin, signers, disk, now=description.created)
            replace_file(disk, directory / "log.json", format_description(description))
        except OSError as error:
            raise UsageError(
                f"no log can be made in {quoted(str(directory))}: {(error.strerror or str(error)).lower()}",
                code="SOV-C302",
                hint="name a directory that this user may write",
            ) from None
        log = cls(directory, description, signers, floor=0, known=known, clock=clock, disk=disk)
        return log._begin()

    @classmethod
    def create_run(
        cls, directory: Path, prefix: str = "local", *, clock: Clock = system_clock, disk: Disk = OS_DISK
    ) -> Self:
        """Make the log of one run: origin `<prefix>/run/<uuid>`, its key in memory only, forgotten by `close`.

        Raises:
            UsageError: as `create`.
        """
        import uuid  # noqa: PLC0415  only a new log needs it

        origin = f"{prefix}/run/{uuid.uuid4()}"
        if not is_key_name(origin):
            raise wrong_key(f"{quoted(prefix)} cannot begin an origin", "use a name without white space and plus sign")
        signer = generate_signer(origin, Purpose.LOG)
        return cls.create(directory, origin=origin, signer=signer, kind=LogKind.RUN, clock=clock, disk=disk)

    @classmethod
    def open(
        cls,
        directory: Path,
        signer: Signer,
        *,
        cosigners: Sequence[Signer] = (),
        known: KnownLogs | None = None,
        seen: bytes | None = None,
        clock: Clock = system_clock,
        unsafe_filesystem: bool = False,
        disk: Disk = OS_DISK,
    ) -> Self:
        """Open an existing log: replay the write-ahead log, cut a torn tail, compare with what was seen before.

        The arguments are those of `create`, and `seen`: a signed checkpoint that somebody kept elsewhere; the log must
        extend it. A copy that was restored on a new machine, where nobody remembers the log, is found so.

        Raises:
            UsageError: the place is refused (SOV-C302, C303, C308).
            UsageError: no log, or a kept key and an empty directory (SOV-C304, C310), another key's log (SOV-C305), or
                a clock before the last entry or checkpoint (SOV-C307).
            ForkError: the log shrank or was rewritten (SOV-V003).
            AuditError: it is damaged (SOV-V010).
        """
        with usable(directory):
            if not directory.is_dir() or not any(directory.iterdir()):
                raise kept_key(directory, f"{quoted(str(directory))} holds no log, but the key is kept")
            description = load_description(directory)
            check_directory(directory, description.kind, unsafe_filesystem=unsafe_filesystem)
            signers = (signer, *cosigners)
            check_signers(signers, description.origin)
            if signer.verifier.vkey != description.vkeys[0]:
                was = signer.verifier.vkey in description.vkeys
                reason = "has another key since it was rotated" if was else "is the log of another key"
                raise wrong_key(f"{quoted(str(directory))} {reason}", "name the key of this log")
            verifiers = [s.verifier for s in signers]
            memory = known.find(description.origin) if known is not None else None  # before the head, which may grow
            head = load_head(directory, load_checkpoint(directory, verifiers, description.origin))
            check_known(directory, head, verifiers, memory, clock())
            check_seen(directory, head, verifiers, seen)
            log = cls(directory, description, signers, floor=head.size, known=known, clock=clock, disk=disk)
            return log._begin()

    # -- what it is --------------------------------------------------------------------------------------------------

    @property
    def kind(self) -> LogKind:
        """Which kind of log it is."""
        return self._description.kind

    @property
    def origin(self) -> str:
        """The log's name."""
        return self._description.origin

    @property
    def verifier(self) -> Verifier:
        """The public half of the log's Ed25519 key; what a verifier has to be given."""
        return self._verifiers[0]

    @property
    def verifiers(self) -> tuple[Verifier, ...]:
        """The public halves of all its keys, the Ed25519 key first."""
        return self._verifiers

    @property
    def directory(self) -> Path:
        """Where it lies."""
        return self._directory

    @property
    def size(self) -> int:
        """The number of entries of all processes, sealed or not; not all need be durable yet."""
        return self._writer.recover()

    # -- appending ---------------------------------------------------------------------------------------------------

    def append(self, entry: bytes, objects: Mapping[str, bytes] = NO_OBJECTS) -> Receipt:
        """Make `objects` durable, then `entry`, and return its receipt.

        Args:
            entry: 1 to 65,535 bytes.
            objects: by SHA-256 in hexadecimal digits; what is kept already is not written again.

        Raises:
            AuditWriteError: the entry is not durable; the action must not start (SOV-V011 to V014).
        """
        if objects:
            self._objects.keep(objects)
        index = self._writer.append((entry,))
        return Receipt(log_kind=self.kind, origin=self.origin, index=index, leaf_hash=leaf_hash(entry).hex())

    def append_many(self, entries: Sequence[bytes], objects: Mapping[str, bytes] = NO_OBJECTS) -> Receipts:
        """Append entries in order; those of other writers may lie between groups of 2,048.

        Raises:
            AuditWriteError: not all are durable; those before the failure may be in the log.
        """
        self._objects.keep(objects)
        entries = tuple(entries)
        indices: list[int] = []
        for start in range(0, len(entries), _ATOMIC_GROUP):
            group = entries[start : start + _ATOMIC_GROUP]
            first = self._writer.append(group)
            indices += range(first, first + len(group))
        return Receipts(self.kind, self.origin, entries, indices)

    async def aappend(self, entry: bytes, objects: Mapping[str, bytes] = NO_OBJECTS) -> Receipt:
        """As `append`, without holding up the event loop: tasks that wait together share one write and one sync.

        One that is cancelled may still append.
        """
        return await self._tasks.append(entry, objects)

    def holds(self, digest: str) -> bool:
        """Whether the object of this SHA-256 is kept, intact and durable."""
        return self._objects.holds(digest)

    # -- sealing -----------------------------------------------------------------------------------------------------

    def publish(self) -> Checkpoint:
        """Seal every entry that any process appended before, and return the signed tree head.

        Raises:
            AuditError: not sealed; entries stay durable (SOV-V010, V015).
            ForkError: the directory holds two trees, or is a copy of a log that went on elsewhere (SOV-V003).
        """
        if self._publisher is None:
            raise AuditError("the log is closed", code="SOV-V015", hint="open it again")
        self._compare_with_memory()
        checkpoint = self._publisher.publish(self._writer)
        self._remember()
        return checkpoint

    def close(self) -> None:
        """Seal what was appended and let go of files and key; nothing happens the second time.

        Raises:
            AuditError: not sealed; entries stay durable, and the next one who opens the log seals them.
        """
        if self._publisher is None:
            return
        self._tasks.close()
        try:
            if not self._writer.has_failed:  # entries that were acknowledged are safe; no more is known of the disk
                self.publish()
        finally:
            self._release()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # -- inside ------------------------------------------------------------------------------------------------------

    def _release(self) -> None:
        """Close files; the publisher alone held the signer, so a run log's key has no holder left."""
        self._tasks.close()
        publisher, self._publisher = self._publisher, None
        if publisher is not None:
            publisher.close()
        self._writer.close()

    def _compare_with_memory(self) -> None:
        """Refuse to seal in one copy of a log when another was sealed since; the head is read after the memory."""
        seen = self._known.find(self.origin) if self._known is not None else None
        if seen is not None:
            head = load_head(self._directory, load_checkpoint(self._directory, self._verifiers, self.origin))
            check_extends(self._directory, head, seen.checkpoint)

    def _remember(self) -> None:
        if self._known is not None:
            note = (self._directory / "checkpoint").read_bytes()
            lasting, leaving = divide_leaving(self._verifiers)
            self._known.remember(lasting, note, now=self._clock(), leaving=leaving)

    def _begin(self) -> Self:
        """Replay, remember, return; files are let go of when either fails."""
        try:
            self._replay()
            self._remember()
        except BaseException:
            self._release()
            raise
        return self

    def _replay(self) -> None:
        """Read what the write-ahead log holds beyond the seal; every number must be there."""
        last: bytes | None = None
        try:
            for entries in WalReader(self._directory / "wal", self._writer.floor).read(self._writer.recover()):
                last = entries[-1]
        except (AuditError, FileNotFoundError):
            if not self._is_sealed_further():
                raise
            return self._replay()
        if last is None:
            last = next((entry.data for entry in read_entries(self._directory, max(self._writer.floor - 1, 0))), None)
        check_clock(last, self._clock())
        return None

    def _is_sealed_further(self) -> bool:
        """Whether another process sealed meanwhile, and dropped segments that were about to be read; go on there."""
        head = load_head(self._directory, load_checkpoint(self._directory, self._verifiers, self.origin))
        before, self._writer.floor = self._writer.floor, head.size
        return head.size > before
