"""Attacks on proofs: a node sold as a leaf, wrong lengths, short hashes, an empty old tree with any root."""

import pytest

from sovereign.audit.entry import leaf_hash
from sovereign.audit.merkle import EMPTY_ROOT, root_of
from sovereign.audit.proof import consistency_proof, inclusion_proof, verify_consistency, verify_inclusion
from sovereign.errors import ConsistencyError, ProofError

LEAVES = [leaf_hash(b"%d" % i) for i in range(8)]
ROOTS = [root_of(LEAVES[:n]) for n in range(9)]


def subtrees(height: int, index: int) -> bytes:
    """Return the root of a perfect subtree."""
    return root_of(LEAVES[index << height : (index + 1) << height])


def test_node_is_no_leaf() -> None:
    """The bytes of an inner node, presented as an entry, are not included where the node stands."""
    forged = leaf_hash(b"\x01" + LEAVES[0] + LEAVES[1])
    with pytest.raises(ProofError):
        verify_inclusion(forged, 0, [subtrees(1, 1)], size=4, root=ROOTS[4])


def test_inclusion_proof_of_another_form() -> None:
    """Longer, shorter, reordered, changed, with a hash of 31 bytes, for another index or depth: none verifies.

    A size of equal shape around the leaf verifies by design of the check: size and root come from one checkpoint.
    """
    proof = list(inclusion_proof(subtrees, 5, 8))
    verify_inclusion(LEAVES[5], 5, proof, size=8, root=ROOTS[8])
    forged = [
        [],
        proof[:-1],
        [*proof, ROOTS[8]],
        proof[::-1],
        [proof[0], proof[1], bytes(32)],
        [proof[0][:31], *proof[1:]],
        [proof[0] + b"\x00", *proof[1:]],
    ]
    for hashes in forged:
        with pytest.raises(ProofError):
            verify_inclusion(LEAVES[5], 5, hashes, size=8, root=ROOTS[8])
    for index, size in ((4, 8), (13, 8), (-3, 8), (5, 16), (5, 5), (5, 0)):
        with pytest.raises(ProofError):
            verify_inclusion(LEAVES[5], index, proof, size=size, root=ROOTS[8])


def test_consistency_proof_of_another_form() -> None:
    """Longer, shorter, reordered, changed, short, for other sizes or roots: none verifies."""
    proof = list(consistency_proof(subtrees, 6, 8))
    verify_consistency(6, ROOTS[6], 8, ROOTS[8], proof)
    for hashes in ([], proof[:-1], [*proof, bytes(32)], proof[::-1], [proof[0][:31], *proof[1:]]):
        with pytest.raises(ConsistencyError):
            verify_consistency(6, ROOTS[6], 8, ROOTS[8], hashes)
    for old, new in ((5, 8), (7, 8), (8, 6), (-6, 8), (0, 8)):
        with pytest.raises(ConsistencyError):
            verify_consistency(old, ROOTS[6], new, ROOTS[8], proof)
    with pytest.raises(ConsistencyError):
        verify_consistency(6, bytes(32), 8, ROOTS[8], proof)


def test_empty_tree_with_any_root() -> None:
    """An old size of zero is consistent with everything only under the root of the empty tree."""
    verify_consistency(0, EMPTY_ROOT, 8, ROOTS[8], [])
    verify_consistency(0, EMPTY_ROOT, 0, EMPTY_ROOT, [])
    for old, old_root, new, new_root in (
        (0, bytes(32), 8, ROOTS[8]),
        (0, bytes(32), 0, EMPTY_ROOT),
        (8, ROOTS[7], 8, ROOTS[8]),
    ):
        with pytest.raises(ConsistencyError):
            verify_consistency(old, old_root, new, new_root, [])
