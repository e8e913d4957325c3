"""Takes run logs, and the checkpoints of host logs, into a parent log.

1. A submitted file is copied first; what is verified, hashed and kept is the copy. 2. It is verified as a whole
(`run_log.py`) before the parent is looked at. 3. Under a lock the parent's entries are read: what is in it already is
answered with its receipt, what contradicts it is refused with both heads, and appends nothing. 4. Otherwise two entries
follow in one write, the run's head and what was taken in; the log's evidence and its objects are durable before them.

INVARIANT: a refusal writes no entry, so nobody fills the parent with what it does not take.
"""

import os
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Self

from sovereign._internal.canonical import sha256_hex
from sovereign._internal.clock import Clock, system_clock
from sovereign._internal.files import file_lock
from sovereign.audit.child_heads import check_extends, check_key, forked, not_next
from sovereign.audit.children import Child, Children, IngestedRun
from sovereign.audit.ci_identity import Announcement, CiIdentity, Missing, missing_runs
from sovereign.audit.entry import LARGEST_ENTRY
from sovereign.audit.log import Log
from sovereign.audit.log_files import LogFiles
from sovereign.audit.opening import unusable
from sovereign.audit.reading import read_entries
from sovereign.audit.receipt import LogKind, Receipt
from sovereign.audit.record import Recorded, Recorder, record_event
from sovereign.audit.run_log import is_run_origin, not_taken
from sovereign.audit.submitted import Submitted
from sovereign.audit.tree_head import open_signed_checkpoint
from sovereign.audit.verify import verify_log
from sovereign.audit.verify_beginnings import Beginning
from sovereign.audit.zip_files import ZipFiles
from sovereign.errors import UsageError, VerificationError, quoted
from sovereign.signing import Verifier

__all__ = ["Ingest", "Taken"]

_EVIDENCE_TYPE: Final = "application/vnd.sovereign.slog"


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What the parent has of a child now.

    Attributes:
        origin: the child's name.
        size: number of its entries.
        is_new: whether entries were written for it now.
        receipt: of the parent's entry, the same each time.
    """

    origin: str
    size: int
    is_new: bool
    receipt: Receipt


class Ingest:
    """A parent log, open to take in children.

    Args:
        parent: of kind parent, open for appending; the caller closes it.
        clock: for `recorded_at`.
        trust: the bytes of the trust file, which every run must name then; None takes runs under any or none.
        announced: what the CI system says has been.

    Raises:
        UsageError: the log is no parent (SOV-C340), or its directory cannot be written (SOV-C302).
    """

    def __init__(
        self,
        parent: Log,
        *,
        clock: Clock = system_clock,
        trust: bytes | None = None,
        announced: Sequence[Announcement] = (),
    ) -> None:
        if parent.kind is not LogKind.PARENT:
            raise UsageError(
                f"the log {quoted(parent.origin)} is a {parent.kind} log: only a parent takes in others",
                code="SOV-C340",
                hint="make one: `sovereign audit new --kind parent --origin NAME --log DIR`",
            )
        self._parent = parent
        self._clock = clock
        self._recorder = Recorder(trust=None if trust is None else sha256_hex(trust))
        self._trust = MappingProxyType({} if trust is None else {sha256_hex(trust): trust})
        self._announced = tuple(announced)
        self._children = Children()
        self._read = 0
        lock = parent.directory / "ingest.lock"
        try:
            self._lock = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise unusable(parent.directory, error) from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._lock)

    def take_run(self, submitted: Submitted, identity: CiIdentity | None = None) -> Taken:
        """Take a verified run into the parent, durably, or find that it is there.

        Args:
            submitted: the run.
            identity: the pipeline run that the submitter states; nobody has verified it.

        Raises:
            VerificationError: another key or kind (SOV-V040), another trust file (SOV-V041), another identity or
                another log for this one (SOV-V042), or shorter than what the parent holds (SOV-V044).
            ForkError: it contradicts what the parent holds (SOV-V003).
            AuditWriteError: the entries are not durable.
        """
        self._check_trust(submitted)
        with file_lock(self._lock):
            self._refresh()
            known = self._compare(submitted)
            identity = self._identity(submitted.run.origin, identity)
            if known is not None:
                return self._there(known.head, known.index, known.leaf_hash)
            head, run = self._record_run(submitted, identity)
            _check_readable(head, submitted.run.origin)
            objects = {**self._trust, **run.objects}
            receipts = self._parent.append_many((head.entry, run.entry), objects)
        size = submitted.run.checkpoint.size
        return Taken(origin=submitted.run.origin, size=size, is_new=True, receipt=receipts[1])

    def take_checkpoint(
        self, note: bytes, verifiers: Sequence[Verifier], place: LogFiles | Path | str | None = None
    ) -> Taken:
        """Enter the signed checkpoint of a host log, durably, or find that it is there.

        Args:
            note: the checkpoint.
            verifiers: keys of that log which the caller trusts.
            place: where the log lies; then all of it is verified, and that it extends the checkpoint entered before.

        Raises:
            SignatureError: no such key signed it (SOV-V002, SOV-V004).
            VerificationError: it is that of a run (SOV-V040), shorter than what the parent holds, or not shown to
                extend that (SOV-V044).
            ForkError: it contradicts what the parent holds, or the log (SOV-V003).
            AuditWriteError: the entry is not durable.
        """
        signed = open_signed_checkpoint(note, verifiers)
        head = signed.checkpoint
        if is_run_origin(head.origin):
            raise not_taken(head.origin, "it is the log of a run", "a run is taken in whole: submit its .slog file")
        with file_lock(self._lock):
            self._refresh()
            known = self._children.heads.get(head.origin)
            if known is not None and (known.size, known.root) == (head.size, head.root):
                return self._there(known, known.index, known.leaf_hash)
            if known is not None:
                check_extends(known, head, note, is_shown=place is not None)
            if place is not None:
                verify_log(place, verifiers, seen=note, beginnings=() if known is None else (_beginning(known),))
            fields = _head_fields(LogKind.HOST, note, head.origin, head.size, head.root, known)
            fields |= {"vkeys": [v.vkey for v in signed.signers], "verified": "log" if place else "signature"}
            entry = self._event("checkpoint.child", fields, secrets.token_hex(16))
            _check_readable(entry, head.origin)
            receipt = self._parent.append(entry.entry, self._trust)
        return Taken(origin=head.origin, size=head.size, is_new=True, receipt=receipt)

    def missing(self) -> tuple[Missing, ...]:
        """Return the announced runs that are not in the parent."""
        with file_lock(self._lock):
            self._refresh()
        return tuple(missing_runs(self._announced, self._children.arrived()))

    # -- under the lock ----------------------------------------------------------------------------------------------

    def _refresh(self) -> None:
        """Read the entries that came since; the parent itself is the only memory of what was taken in."""
        for entry in read_entries(self._parent.directory, self._read):
            self._children.take(entry.index, entry.data)
            self._read = entry.index + 1

    def _compare(self, submitted: Submitted) -> IngestedRun | None:
        """Return the run if it is there as it is; None if it is new, or longer than what is there."""
        run = submitted.run
        head, known = self._children.heads.get(run.origin), self._children.runs.get(run.origin)
        if head is None:
            return None
        check_key(head, run.verifier, submitted.place)
        if head.size > run.checkpoint.size:
            self._refuse_shorter(submitted, known)
        if head.root != _root_at(submitted.files, run.checkpoint.size, head.size):
            raise forked(head, run.note)
        return known if known is not None and known.head.size == run.checkpoint.size else None

    def _refuse_shorter(self, submitted: Submitted, known: IngestedRun | None) -> None:
        """Refuse a log that is shorter than what was taken in: part of it, or a fork of it."""
        run = submitted.run
        if known is not None and known.head.size > run.checkpoint.size:
            kept = self._parent.directory / "objects" / known.evidence
            if kept.is_file() and _root_at(ZipFiles(kept), known.head.size, run.checkpoint.size) != run.checkpoint.root:
                raise forked(known.head, run.note)
        raise not_next(
            run.origin,
            f"it has {run.checkpoint.size} entries, and more were taken in before",
            "submit the .slog file that the run left at its end; an earlier copy adds nothing",
        )

    def _check_trust(self, submitted: Submitted) -> None:
        required = self._recorder.trust
        if required is not None and submitted.run.trust != required:
            raise VerificationError(
                f"the run log {quoted(submitted.place)} was written under another trust file: "
                f"{submitted.run.trust or 'none'}, not {required}",
                code="SOV-V041",
                hint="the gate of this run did not read the trust file that is named here",
            )

    def _identity(self, origin: str, stated: CiIdentity | None) -> CiIdentity | None:
        """Return the identity of a run: the one it was taken in under, which stays, else what is stated now."""
        known = self._children.runs.get(origin)
        if known is not None and stated not in (None, known.identity):
            raise _claimed_twice(
                f"the run {quoted(origin)} was taken in as {quoted(str(known.identity or 'no CI run'))}, "
                f"and is now said to be {quoted(str(stated))}"
            )
        if known is None and stated is not None:
            self._check_claim(origin, stated)
        return stated if known is None else known.identity

    def _check_claim(self, origin: str, stated: CiIdentity) -> None:
        """Return when no other run claims this identity, or so many were announced."""
        others = [run.head.origin for run in self._children.claiming(stated)]
        allowed = max((a.runs for a in self._announced if a.fits(origin, stated)), default=1)
        if len(others) >= allowed:
            names = ", ".join(quoted(other) for other in (*others, origin))
            raise _claimed_twice(f"{names} claim to be one CI run, {quoted(str(stated))}")

    # -- entries -----------------------------------------------------------------------------------------------------

    def _record_run(self, submitted: Submitted, identity: CiIdentity | None) -> tuple[Recorded, Recorded]:
        run, head = submitted.run, submitted.run.checkpoint
        before = self._children.heads.get(run.origin)
        fields = _head_fields(LogKind.RUN, run.note, head.origin, head.size, head.root, before)
        fields |= {"vkeys": [run.verifier.vkey], "verified": "log"}
        identifier, evidence = secrets.token_hex(16), sha256_hex(run.evidence)
        taken = {
            "origin": run.origin,
            "checkpoint": identifier,
            "slog_sha256": submitted.sha256,
            "slog_bytes": submitted.size_bytes,
            "evidence": {"sha256": evidence, "bytes": len(run.evidence), "media_type": _EVIDENCE_TYPE},
            "objects": len(run.objects),
            "entries": head.size,
            "first_recorded_at": run.first_recorded_at,
            "last_recorded_at": run.last_recorded_at,
            "run_trust": run.trust,
            "identity": None if identity is None else dict(identity.members),
            "stated_by": None if identity is None else "submitter",
        }
        objects = {**run.objects, evidence: run.evidence}
        return (
            self._event("checkpoint.child", fields, identifier),
            self._event("run.ingested", taken, secrets.token_hex(16), objects),
        )

    def _event(
        self,
        kind: str,
        fields: Mapping[str, Any],
        identifier: str,
        objects: Mapping[str, bytes] = MappingProxyType({}),
    ) -> Recorded:
        now = self._clock()
        return record_event(kind, fields, objects, recorder=self._recorder, recorded_at=now, identifier=identifier)

    def _there(self, head: Child, index: int, leaf_hash: str) -> Taken:
        receipt = Receipt(log_kind=self._parent.kind, origin=self._parent.origin, index=index, leaf_hash=leaf_hash)
        return Taken(origin=head.origin, size=head.size, is_new=False, receipt=receipt)


def _head_fields(
    kind: LogKind, note: bytes, origin: str, size: int, root: bytes, before: Child | None
) -> dict[str, Any]:
    return {
        "origin": origin,
        "kind": kind.value,
        "size": size,
        "root": root.hex(),
        "note": note.decode(),
        "extends": None if before is None else before.size,
    }


def _beginning(known: Child) -> Beginning:
    return Beginning(size=known.size, root=known.root, document=known.note)


def _check_readable(head: Recorded, origin: str) -> None:
    """Return when the head will be found in its entry: what the parent does not find again could be forked under it."""
    found = Children()
    found.take(0, head.entry)
    if len(head.entry) > LARGEST_ENTRY or origin not in found.heads:
        raise not_taken(
            origin,
            "its checkpoint is too long for an entry of the parent",
            "fetch the checkpoint from the log itself; signatures of strangers can be left out",
        )


def _root_at(files: ZipFiles, size: int, smaller: int) -> bytes:
    """Return the root of the first `smaller` entries of a verified log of `size` entries."""
    from sovereign.audit.proof import root_at  # noqa: PLC0415  most runs are new
    from sovereign.audit.tiles import stored_subtree  # noqa: PLC0415  as above

    return root_at(stored_subtree(files.read, size), smaller)


def _claimed_twice(message: str) -> VerificationError:
    return VerificationError(
        message,
        code="SOV-V042",
        hint="find out which one the pipeline made; several logs of one run are announced: `--announced FILE`",
    )
