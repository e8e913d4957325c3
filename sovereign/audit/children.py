"""What a parent log says of its children: heads that it holds, and runs that it took in.

Two types of entry. `checkpoint.child` holds a child's signed checkpoint, whole, so that a public copy of the parent is
enough to see it. `run.ingested` follows right after the `checkpoint.child` that it names, and says that the whole log
of a run was verified. INVARIANT: both are one write; a crash may leave the first alone, which promises no run.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sovereign.audit.ci_identity import CiIdentity
from sovereign.audit.entry import leaf_hash
from sovereign.audit.entry_document import entry_document
from sovereign.audit.log_files import LogFiles, open_log_files
from sovereign.audit.receipt import LogKind
from sovereign.audit.verified_files import VerifiedFiles
from sovereign.audit.verify import verify_log
from sovereign.errors import SignatureError, UsageError, quoted
from sovereign.signing import Verifier, parse_vkey

__all__ = ["Child", "ChildLog", "Children", "IngestedRun", "child_keys", "is_of_type"]

_TYPES: Final = (b'"type":"checkpoint.child"', b'"type":"run.ingested"')
"""How the types stand in canonical JSON; a text with quotes would have them escaped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    """A head of a child log, as an entry of its parent holds it.

    Attributes:
        index: of the entry in the parent.
        leaf_hash: of the entry, in hexadecimal digits.
        id: of the entry.
        origin: the child's name.
        kind: run or host.
        size: number of its entries.
        root: 32 bytes.
        vkeys: the keys that signed.
        note: the signed checkpoint.
    """

    index: int
    leaf_hash: str
    id: str
    origin: str
    kind: LogKind
    size: int
    root: bytes
    vkeys: tuple[str, ...]
    note: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestedRun:
    """A run that a parent took in.

    Attributes:
        index: of its `run.ingested` in the parent.
        leaf_hash: of that entry, in hexadecimal digits.
        head: the head that was taken in with it.
        identity: as the submitter stated it.
        evidence: SHA-256 of the packed log without objects, an object of the parent.
    """

    index: int
    leaf_hash: str
    head: Child
    identity: CiIdentity | None
    evidence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildLog:
    """What a verified parent knows of one child.

    Attributes:
        verifiers: the child's keys.
        note: its last signed checkpoint; the child must extend it.
        index: of the parent's entry that says so.
        parent: the parent's name.
        identity: of a run, the CI identity as its submitter stated it; nobody verified it.
    """

    verifiers: tuple[Verifier, ...]
    note: bytes
    index: int
    parent: str
    identity: CiIdentity | None


class Children:
    """The children of one parent, gathered from its entries in order; rebuilt whenever it is needed."""

    def __init__(self) -> None:
        self.heads: dict[str, Child] = {}
        self.runs: dict[str, IngestedRun] = {}
        self._last: Child | None = None

    def take(self, index: int, data: bytes) -> None:
        """Read the parent's entry `index`; one of another type or form says nothing of a child."""
        last, self._last = self._last, None
        if not is_of_type(data):
            return
        entry = entry_document(data) or {}
        if entry.get("type") == "checkpoint.child":
            self._last = _child(index, data, entry)
            if self._last is not None:
                self.heads[self._last.origin] = self._last
        elif entry.get("type") == "run.ingested" and last is not None:
            run = _run(index, data, entry, last)
            if run is not None:
                self.runs[last.origin] = run

    def claiming(self, identity: CiIdentity) -> Iterator[IngestedRun]:
        """Yield the runs that may be the same job of the same pipeline run, by what was stated of them."""
        for run in self.runs.values():
            if run.identity is not None and run.identity.may_be(identity):
                yield run

    def arrived(self) -> Iterable[tuple[str, CiIdentity | None]]:
        """Return origin and identity of each run, each origin once."""
        return [(origin, run.identity) for origin, run in self.runs.items()]


def child_keys(
    parent: LogFiles | Path | str, verifiers: Sequence[Verifier], origin: str, *, seen: bytes | None = None
) -> ChildLog:
    """Return the keys that a parent knows for a child; the whole parent is verified first.

    A run counts once it was taken in (`run.ingested`); of a host log the parent holds the checkpoint.

    Args:
        parent: the parent log, or where it lies.
        verifiers: the parent's keys, from elsewhere than the parent.
        origin: the child's name.
        seen: a checkpoint of the parent that was seen before; it must extend it.

    Raises:
        VerificationError: the parent does not verify, as `verify_log`.
        SignatureError: it knows no such child (SOV-V004).
    """
    files = VerifiedFiles(open_log_files(parent) if isinstance(parent, Path | str) else parent)
    report = verify_log(files, verifiers, seen=seen)
    children = Children()
    for index, data in files.entries(0, report.size, size=report.size):
        children.take(index, data)
    run, head = children.runs.get(origin), children.heads.get(origin)
    found = run.head if run is not None else head if head is not None and head.kind is LogKind.HOST else None
    if found is None:
        raise SignatureError(
            f"cannot check: the parent {quoted(report.origin)} has not taken in the log {quoted(origin)}",
            code="SOV-V004",
            hint="a run log is evidence once it was ingested: `sovereign audit ingest RUN.slog --log PARENT`",
        )
    keys = tuple(parse_vkey(vkey) for vkey in found.vkeys)
    return ChildLog(
        verifiers=keys,
        note=found.note,
        index=found.index,
        parent=report.origin,
        identity=None if run is None else run.identity,
    )


def is_of_type(data: bytes) -> bool:
    """Whether an entry may be one about a child; almost all others are told apart without parsing them."""
    return any(kind in data for kind in _TYPES)


def _child(index: int, data: bytes, entry: Mapping[str, Any]) -> Child | None:
    """Return the head in a `checkpoint.child`; None if somebody else wrote it in another form."""
    match entry:
        case {
            "id": str(identifier),
            "origin": str(origin),
            "kind": "run" | "host" as kind,
            "size": int(size),
            "root": str(root),
            "vkeys": [str(), *_] as vkeys,
            "note": str(note),
        } if all(isinstance(vkey, str) and _is_vkey(vkey) for vkey in vkeys) and _is_root(root):
            return Child(
                index=index,
                leaf_hash=leaf_hash(data).hex(),
                id=identifier,
                origin=origin,
                kind=LogKind(kind),
                size=size,
                root=bytes.fromhex(root),
                vkeys=tuple(vkeys),
                note=note.encode(),
            )
        case _:
            return None


def _run(index: int, data: bytes, entry: Mapping[str, Any], head: Child) -> IngestedRun | None:
    """Return the run that a `run.ingested` right after its head says was taken in."""
    match entry:
        case {
            "origin": str(origin),
            "checkpoint": str(checkpoint),
            "evidence": {"sha256": str(evidence)},
            "identity": (dict() | None) as identity,
        } if (origin, checkpoint) == (head.origin, head.id):
            stated = None if identity is None else CiIdentity(members={k: str(v) for k, v in identity.items()})
            return IngestedRun(
                index=index, leaf_hash=leaf_hash(data).hex(), head=head, identity=stated, evidence=evidence
            )
        case _:
            return None


def _is_vkey(text: str) -> bool:
    try:
        parse_vkey(text)
    except UsageError:
        return False
    return True


def _is_root(text: str) -> bool:
    return len(text) == 64 and set(text) <= set("0123456789abcdef")  # noqa: PLR2004  32 bytes
