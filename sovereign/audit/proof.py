"""Inclusion and consistency proofs: made from subtree roots, checked against tree heads. Pure.

Making a proof needs the roots of perfect subtrees only, which any tile reader gives (`Subtrees`).

Source: RFC 6962 section 2.1.1 and 2.1.2 (making), RFC 9162 sections 2.1.3.2 and 2.1.4.2 (checking).
"""

from collections.abc import Callable, Sequence

from sovereign.audit.merkle import EMPTY_ROOT, fold, node_hash
from sovereign.errors import ConsistencyError, ProofError

__all__ = ["Subtrees", "consistency_proof", "inclusion_proof", "root_at", "verify_consistency", "verify_inclusion"]

Subtrees = Callable[[int, int], bytes]
"""(height h, index i) -> root of the perfect subtree over the leaves [i * 2^h, (i + 1) * 2^h)."""


def root_at(subtrees: Subtrees, size: int) -> bytes:
    """Return the root that the tree had at `size` entries."""
    return _range(subtrees, 0, size)


def inclusion_proof(subtrees: Subtrees, index: int, size: int) -> tuple[bytes, ...]:
    """Return the sibling hashes from leaf `index` up to the root of the tree of `size`; index < size."""
    if not 0 <= index < size:
        raise ValueError("the index lies outside the tree")
    proof: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            proof.append(_range(subtrees, middle, end))
            end = middle
        else:
            proof.append(_range(subtrees, start, middle))
            start = middle
    return tuple(reversed(proof))


def consistency_proof(subtrees: Subtrees, old: int, new: int) -> tuple[bytes, ...]:
    """Return the hashes that show the tree of size `old` to be a prefix of that of size `new`; 0 <= old <= new."""
    if not 0 <= old <= new:
        raise ValueError("the old size lies beyond the new one")
    if old in (0, new):
        return ()
    proof: list[bytes] = []
    start, end, is_whole = 0, new, True
    while old != end:
        middle = start + _split(end - start)
        if old <= middle:
            proof.append(_range(subtrees, middle, end))
            end = middle
        else:
            proof.append(_range(subtrees, start, middle))
            start, is_whole = middle, False
    if not is_whole:
        proof.append(_range(subtrees, start, end))
    return tuple(reversed(proof))


def verify_inclusion(leaf: bytes, index: int, proof: Sequence[bytes], *, size: int, root: bytes) -> None:
    """Return when `leaf` (a leaf hash) stands at `index` in the tree of `size` entries and `root`.

    Raises:
        ProofError: it does not, or the proof has not the form (SOV-V001).
    """
    if not 0 <= index < size or any(len(part) != len(root) for part in (leaf, *proof)):
        raise ProofError("the inclusion proof does not fit the tree", hint="make the proof again for this checkpoint")
    position, last, result = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            raise ProofError("the inclusion proof is too long", hint="make the proof again for this checkpoint")
        if position & 1 or position == last:
            result = node_hash(sibling, result)
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            result = node_hash(result, sibling)
        position, last = position >> 1, last >> 1
    if last or result != root:
        raise ProofError(
            f"entry {index} is not in the tree of {size} entries: {result.hex()} is not {root.hex()}",
            hint="the entry or the proof was changed, or the checkpoint is of another log",
        )


def verify_consistency(old: int, old_root: bytes, new: int, new_root: bytes, proof: Sequence[bytes]) -> None:
    """Return when the tree of `old` entries is a prefix of the tree of `new` entries.

    Raises:
        ConsistencyError: it is not, or cannot be shown to be (SOV-V003).
    """
    if any(len(part) != len(EMPTY_ROOT) for part in (old_root, new_root, *proof)) or not 0 <= old <= new:
        raise _inconsistent(old, new)
    if old in (0, new):
        # An old size of zero proves nothing unless its root is that of the empty tree.
        if proof or old_root != (new_root if old == new else EMPTY_ROOT):
            raise _inconsistent(old, new)
        return
    hashes = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    if not proof or _rebuild(old, new, hashes) != (old_root, new_root):
        raise _inconsistent(old, new)


def _rebuild(old: int, new: int, hashes: Sequence[bytes]) -> tuple[bytes, bytes] | None:
    """Return the two roots that a consistency proof leads to; None if its length is wrong."""
    position, last = old - 1, new - 1
    while position & 1:
        position, last = position >> 1, last >> 1
    first = second = hashes[0]
    for sibling in hashes[1:]:
        if last == 0:
            return None
        if position & 1 or position == last:
            first, second = node_hash(sibling, first), node_hash(sibling, second)
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            second = node_hash(second, sibling)
        position, last = position >> 1, last >> 1
    return (first, second) if last == 0 else None


def _range(subtrees: Subtrees, start: int, end: int) -> bytes:
    """Return the root over [start, end), where start is a multiple of a power of two not below end - start."""
    peaks: list[bytes] = []
    while start < end:
        height = (end - start).bit_length() - 1
        peaks.append(subtrees(height, start >> height))
        start += 1 << height
    return fold(peaks)


def _split(size: int) -> int:
    """Return the largest power of two below `size`."""
    return 1 << ((size - 1).bit_length() - 1)


def _inconsistent(old: int, new: int) -> ConsistencyError:
    return ConsistencyError(
        f"the tree of {old} entries is not shown to be a prefix of the tree of {new} entries",
        hint="keep both checkpoints: together they prove a fork",
    )
