"""Verifies a log from its bytes alone. Shares no code with the writer: own parsing, hashing and walk.

It promises: below a checkpoint signed by keys that the caller trusts, every entry is the one that was committed to;
any flipped bit, dropped, swapped or repeated entry is found, and the first wrong one is named. It does not promise that
the checkpoint is the newest, or the only one: for that, give the checkpoint that was `seen` before. What lies after the
checkpoint is counted as unsealed, and only its framing is checked. A log that is written meanwhile is verified as of
the checkpoint that was read first. Memory does not grow with the log.

Sources: C2SP signed-note v1.0.0, tlog-checkpoint v1.0.0, tlog-cosignature, tlog-tiles v0.1.0; RFC 6962 section 2.1.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sovereign.audit.errors import KEEP, EntryError
from sovereign.audit.log_files import LogFiles, open_log_files
from sovereign.audit.verify_beginnings import Beginning, WalkedBeginnings
from sovereign.audit.verify_beside import NamedObjects, check_leftovers, check_objects
from sovereign.audit.verify_note import SignedHead, open_head
from sovereign.audit.verify_private import check_description, check_head
from sovereign.audit.verify_tree import WIDTH, WalkedTree, check_bundle
from sovereign.audit.verify_wal import WalkedWal
from sovereign.errors import ProofError, SignatureError, UsageError, quoted
from sovereign.signing import Verifier

__all__ = ["LogReport", "verify_log"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LogReport:
    """What was verified.

    Attributes:
        origin: the log's name.
        size: number of sealed entries, each verified.
        root: 32 bytes.
        vkeys: the keys that signed the checkpoint, of those given.
        seen_size: size of the earlier checkpoint that this one was shown to extend; None if none was given.
        unsealed: entries after the checkpoint; well framed, but nobody has committed to them.
        notices: what was found beside the evidence and counts as nothing.
    """

    origin: str
    size: int
    root: bytes
    vkeys: tuple[str, ...]
    seen_size: int | None
    unsealed: int
    notices: tuple[str, ...]


def verify_log(
    place: LogFiles | Path | str,
    verifiers: Sequence[Verifier],
    *,
    seen: bytes | None = None,
    beginnings: Sequence[Beginning] = (),
) -> LogReport:
    """Check the whole of a log against its checkpoint, and report.

    Args:
        place: a directory, a zip or `.slog` file, an address, or the files of one of these. It holds `checkpoint` and
            `tile/`; `wal/`, `head`, `log.json` and `objects/` are checked if present.
        verifiers: the log's keys, from elsewhere than the log.
        seen: a signed checkpoint that was seen before; this one must extend it.
        beginnings: further heads that it must extend, known from elsewhere.

    Raises:
        EntryError: an entry is not what was committed to; names the first, and where it stands (SOV-V001).
        ProofError: a tile, an object or the root is not (SOV-V001).
        SignatureError: a signature fails (SOV-V002), or given keys did not sign: cannot check (SOV-V004).
        ForkError: it does not extend `seen` or one of `beginnings`; holds both notes (SOV-V003).
        VerificationError: the checkpoint is not of the form (SOV-V005), a file must not be read (SOV-V020), or an
            address does not hand it out (SOV-V021).
        UsageError: no checkpoint is there (SOV-C310), or the address is of no such kind (SOV-C320).
    """
    files = open_log_files(place) if isinstance(place, (str, Path)) else place
    notices: list[str] = []

    # (1) The checkpoint: strictly of the form, signed by keys that the caller trusts and that are named as its origin.
    # All that follows is about this tree, whatever a writer adds meanwhile.
    note = _read_checkpoint(files)
    head = open_head(note, verifiers)

    # (2) The earlier checkpoint, signed by the same keys, and other heads that are known. Whether this one extends them
    # is known after the walk.
    earlier = () if seen is None else (_open_earlier(seen, head, verifiers),)
    extended = WalkedBeginnings((*earlier, *beginnings), head, note)

    # (3) What the log says about itself must not contradict the checkpoint.
    check_description(files, head)
    check_head(files, head, note, notices)

    # (4) Every bundle against its level-0 tile, from left to right: the first wrong entry is named here. Beside it the
    # frames of the write-ahead log, which must be the sealed entries again; and every higher tile, as it is finished,
    # against the roots of the tiles below it.
    wal, objects, tree = WalkedWal(files, notices), NamedObjects(files), WalkedTree(files)
    last: list[bytes] = []  # leaf hashes of the last bundle, if it is not full
    extended.look(tree, 0, ())
    for number in range(-(-head.size // WIDTH)):
        first, width = number * WIDTH, min(WIDTH, head.size - number * WIDTH)
        bundle, leaves = check_bundle(files, number, width)
        wal.check_sealed(first, leaves)
        objects.look(bundle)
        extended.look(tree, first, leaves)
        if width == WIDTH:
            tree.add_full(leaves)
        else:
            last = leaves

    # (5) The unfinished higher tiles, and the root over all entries, which is the signed one.
    tree.check_partial_tiles()
    root = tree.root(last)
    if root != head.root:
        raise ProofError(
            f"the {head.size} entries have the root {root.hex()}, the checkpoint says {head.root.hex()}", hint=KEEP
        )

    # (6) The earlier tree is a prefix: its root follows from the same entries.
    extended.check()

    # (7) Other files under tile/, and the objects.
    check_leftovers(files, head.size, notices)
    check_objects(files, objects, notices)

    # (8) What lies after the checkpoint is unsealed, and follows it without a gap, unless it was sealed meanwhile.
    unsealed, first_unsealed = wal.count_unsealed(head.size)
    is_gap = first_unsealed not in (None, head.size)
    if is_gap:
        _check_growing(files, head, note, verifiers)
    if is_gap or wal.has_lost:
        notices.append("the log was sealed while it was read: how much is unsealed is not known")
        unsealed = 0
    return LogReport(
        origin=head.origin,
        size=head.size,
        root=root,
        vkeys=head.vkeys,
        seen_size=earlier[0].size if earlier else None,
        unsealed=unsealed,
        notices=tuple(notices),
    )


def _read_checkpoint(files: LogFiles) -> bytes:
    try:
        return files.read("checkpoint")
    except FileNotFoundError:
        raise UsageError(
            f"{quoted(files.place)} holds no checkpoint", code="SOV-C310", hint="name a log: what holds `checkpoint`"
        ) from None


def _open_earlier(seen: bytes, head: SignedHead, verifiers: Sequence[Verifier]) -> Beginning:
    """Return the head in the checkpoint seen before, unless it is of another log."""
    earlier = open_head(seen, verifiers)
    if earlier.origin != head.origin:
        raise SignatureError(
            f"the checkpoint seen before is of {quoted(earlier.origin)}, this log is {quoted(head.origin)}",
            code="SOV-V004",
            hint="compare the log and the checkpoint that were named",
        )
    return Beginning(size=earlier.size, root=earlier.root, document=seen)


def _check_growing(files: LogFiles, head: SignedHead, note: bytes, verifiers: Sequence[Verifier]) -> None:
    """Return when a later checkpoint says that entries were sealed since `note` was read.

    Raises:
        EntryError: none does, so that the entry after the checkpoint is lost (SOV-V001).
    """
    later = _read_checkpoint(files)
    if later == note or open_head(later, verifiers).size <= head.size:
        raise EntryError("neither the tree nor the write-ahead log holds it", index=head.size)
