"""The Merkle tree over leaf hashes: roots of ranges, and a frontier that grows one leaf at a time. Pure.

1. node = SHA-256(0x01 || left || right). 2. A tree of n > 1 leaves is split at the largest power of two below n.
3. The empty tree's root is SHA-256 of nothing. 4. An odd node is never duplicated.

Source: RFC 6962 section 2.1.
"""

import hashlib
from collections.abc import Sequence
from functools import reduce
from typing import Final

__all__ = ["EMPTY_ROOT", "Frontier", "fold", "node_hash", "root_of"]

EMPTY_ROOT: Final = hashlib.sha256(b"").digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the 32-byte hash of an inner node."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def root_of(leaves: Sequence[bytes]) -> bytes:
    """Return the root of the tree over `leaves`, each a 32-byte hash."""
    frontier = Frontier()
    for leaf in leaves:
        frontier.append(leaf)
    return frontier.root()


def fold(peaks: Sequence[bytes]) -> bytes:
    """Return the root that perfect subtrees, given from left (largest) to right (smallest), add up to."""
    if not peaks:
        return EMPTY_ROOT
    return reduce(lambda right, left: node_hash(left, right), reversed(peaks))


class Frontier:
    """The right edge of a growing tree: the roots of its perfect subtrees from left to right."""

    __slots__ = ("_peaks", "_size")

    def __init__(self) -> None:
        self._peaks: list[bytes] = []
        self._size = 0

    def append(self, leaf: bytes) -> None:
        """Add one leaf hash at the right."""
        odd = self._size
        while odd & 1:
            leaf = node_hash(self._peaks.pop(), leaf)
            odd >>= 1
        self._peaks.append(leaf)
        self._size += 1

    @property
    def size(self) -> int:
        """The number of leaves."""
        return self._size

    @property
    def peaks(self) -> tuple[bytes, ...]:
        """The roots of the perfect subtrees, largest first."""
        return tuple(self._peaks)

    def root(self) -> bytes:
        """Return the root over all leaves so far."""
        return fold(self._peaks)
