"""The Merkle tree: leaf hashes, and roots of ranges of them. Pure.

1. leaf = SHA-256(0x00 || entry). 2. node = SHA-256(0x01 || left || right). 3. A tree of n > 1 leaves is split at the
largest power of two below n. 4. The empty tree's root is SHA-256 of nothing. 5. An odd node is never duplicated.

Source: RFC 6962 section 2.1.
"""

import hashlib
from collections.abc import Sequence
from functools import reduce
from typing import Final

__all__ = ["EMPTY_ROOT", "fold", "leaf_hashes", "node_hash", "peaks_of", "perfect_root", "root_of"]

EMPTY_ROOT: Final = hashlib.sha256(b"").digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the 32-byte hash of an inner node."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def leaf_hashes(entries: Sequence[bytes]) -> list[bytes]:
    """Return the leaf hash SHA-256(0x00 || entry) of each entry."""
    sha256 = hashlib.sha256
    return [sha256(b"\x00" + entry).digest() for entry in entries]


def root_of(leaves: Sequence[bytes]) -> bytes:
    """Return the root of the tree over `leaves`, each a 32-byte hash."""
    return fold(peaks_of(leaves))


def peaks_of(leaves: Sequence[bytes]) -> list[bytes]:
    """Return the roots of the perfect subtrees over `leaves`, from left (largest) to right (smallest)."""
    peaks: list[bytes] = []
    start = 0
    while start < len(leaves):
        width = 1 << ((len(leaves) - start).bit_length() - 1)
        peaks.append(perfect_root(leaves[start : start + width]))
        start += width
    return peaks


def perfect_root(leaves: Sequence[bytes]) -> bytes:
    """Return the root over a number of leaves that is a power of two."""
    sha256 = hashlib.sha256
    while len(leaves) > 1:
        pairs = zip(leaves[::2], leaves[1::2], strict=True)
        leaves = [sha256(b"\x01" + left + right).digest() for left, right in pairs]
    return leaves[0]


def fold(peaks: Sequence[bytes]) -> bytes:
    """Return the root that perfect subtrees, given from left (largest) to right (smallest), add up to."""
    if not peaks:
        return EMPTY_ROOT
    return reduce(lambda right, left: node_hash(left, right), reversed(peaks))
