"""Proof files: what shows an entry's place in a log to somebody who has the entry, the proof and the log's key.

```
c2sp.org/tlog-proof@v1
index 299
(the hashes from the entry up to the root, base64, one a line)

(the signed checkpoint, verbatim)
```

1. The head ends at the first empty line; what follows is the checkpoint. 2. The index is a decimal number below the
checkpoint's size, the hashes are 32 bytes each, exactly as many as its place needs. 3. A line `extra …`, which the
format allows before the index, is refused: nothing signs it, and what a proof carries is soon taken for proven. Whoever
meets one can delete the line; the proof stays whole. 4. What is read is written back and compared.

The check shares no code with the writer. It does not say that the entry is true, nor that the checkpoint is the newest.

Sources: C2SP tlog-proof (v1); RFC 9162 section 2.1.3.2.
"""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sovereign.audit.errors import ForkError
from sovereign.audit.verify_note import open_head, read_base64
from sovereign.audit.verify_tree import HASH, leaf
from sovereign.errors import ProofError, VerificationError, quoted
from sovereign.signing import Verifier

__all__ = ["ProofFile", "ProvenEntry", "format_proof", "parse_proof", "verify_proof"]

_MAGIC: Final = "c2sp.org/tlog-proof@v1"
_INDEX: Final = "index "
_MOST_HASHES: Final = 63
_LARGEST: Final = 1 << 17  # bytes: a note of 64,000 bytes and 63 hashes are fewer
_DIGITS: Final = 19


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofFile:
    """A proof as read; nothing is verified.

    Attributes:
        index: 0-based position of the entry.
        hashes: the siblings from the leaf to the root, 32 bytes each.
        note: the signed checkpoint.
    """

    index: int
    hashes: tuple[bytes, ...]
    note: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvenEntry:
    """An entry that was shown to be in a log.

    Attributes:
        origin: the log's name.
        index: 0-based position.
        size: entries of the tree that the proof is for.
        root: of that tree, 32 bytes.
        leaf_hash: of the entry, 32 bytes.
        vkeys: the keys that signed the checkpoint, of those given.
    """

    origin: str
    index: int
    size: int
    root: bytes
    leaf_hash: bytes
    vkeys: tuple[str, ...]


def format_proof(proof: ProofFile) -> bytes:
    """Return the bytes of a proof file."""
    lines = [_MAGIC, f"{_INDEX}{proof.index}", *(base64.b64encode(hash_).decode() for hash_ in proof.hashes)]
    return "\n".join(lines).encode() + b"\n\n" + proof.note


def parse_proof(data: bytes) -> ProofFile:
    """Return the parts of a proof file.

    Raises:
        VerificationError: not of the form, or with an `extra` line (SOV-V022); a hash is no base64 (SOV-V005).
    """
    head, divider, note = data.partition(b"\n\n")
    if len(data) > _LARGEST or not divider or not head.isascii():
        raise _malformed("a head and a checkpoint are expected, divided by an empty line")
    magic, *lines = head.decode().split("\n")
    if magic != _MAGIC:
        raise _malformed(f"it does not begin with {_MAGIC}")
    if lines and lines[0].startswith("extra "):
        raise _malformed("it has an `extra` line, which nothing signs", hint="delete the line: the proof stays whole")
    number = lines[0].removeprefix(_INDEX) if lines else ""
    if not (number.isdigit() and len(number) <= _DIGITS) or len(lines) - 1 > _MOST_HASHES:
        raise _malformed("an index and at most 63 hashes are expected")
    proof = ProofFile(index=int(number), hashes=tuple(read_base64(line) for line in lines[1:]), note=note)
    if format_proof(proof) != data or any(len(hash_) != HASH for hash_ in proof.hashes):
        raise _malformed("a line is not in the one form that is allowed")
    return proof


def verify_proof(
    entry: bytes, proof: bytes, verifiers: Sequence[Verifier], *, seen: bytes | None = None
) -> ProvenEntry:
    """Check that the log of `verifiers` holds exactly these bytes as an entry, and say where.

    Args:
        entry: the bytes of the entry, from wherever the reader has them.
        proof: the bytes of a proof file.
        verifiers: the log's keys, from elsewhere than the proof.
        seen: a signed checkpoint that was seen before. A proof does not show that its tree extends this one, or is a
            part of it, unless both are of one size: then their roots must be equal.

    Raises:
        ForkError: they are not (SOV-V003).
        ProofError: the entry is not at the place that the proof names (SOV-V001).
        SignatureError: a signature fails (SOV-V002), or given keys did not sign: cannot check (SOV-V004).
        VerificationError: proof or checkpoint is not of the form (SOV-V022, SOV-V005).
    """
    parsed = parse_proof(proof)
    head = open_head(parsed.note, verifiers)
    if seen is not None:
        _check_seen(seen, parsed.note, verifiers)
    root = _root_above(leaf(entry), parsed.index, head.size, parsed.hashes)
    if root != head.root:
        found = "its place does not lie in the tree" if root is None else f"it leads to the root {root.hex()}"
        raise ProofError(
            f"these bytes are not entry {parsed.index} of the {head.size} of {quoted(head.origin)}: {found}",
            hint="entry and proof belong to different entries, or one of them was changed",
        )
    return ProvenEntry(
        origin=head.origin,
        index=parsed.index,
        size=head.size,
        root=head.root,
        leaf_hash=leaf(entry),
        vkeys=head.vkeys,
    )


def _root_above(result: bytes, index: int, size: int, hashes: Sequence[bytes]) -> bytes | None:
    """Return the root that a leaf hash and its siblings lead to; None if their number does not fit the place."""
    if index >= size:
        return None
    position, last = index, size - 1
    for sibling in hashes:
        if last == 0:
            return None
        if position & 1 or position == last:
            result = hashlib.sha256(b"\x01" + sibling + result).digest()
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            result = hashlib.sha256(b"\x01" + result + sibling).digest()
        position, last = position >> 1, last >> 1
    return result if last == 0 else None


def _check_seen(seen: bytes, note: bytes, verifiers: Sequence[Verifier]) -> None:
    earlier, head = open_head(seen, verifiers), open_head(note, verifiers)
    if (earlier.origin, earlier.size) == (head.origin, head.size) and earlier.root != head.root:
        raise ForkError(
            f"the log {quoted(head.origin)} was forked: two trees of {head.size} entries",
            seen=seen.decode(),
            found=note.decode(),
            hint="keep both checkpoints: together they prove the fork",
        )


def _malformed(reason: str, hint: str = "ask for the proof again: `sovereign audit prove`") -> VerificationError:
    return VerificationError(f"the proof cannot be read: {reason}", code="SOV-V022", hint=hint)
