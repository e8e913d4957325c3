"""Asks pymerkle about roots and inclusion: one JSON case a line on standard input, one verdict a line.

pymerkle knows no signatures. A case `tree` holds all entries; a case `inclusion` holds an entry, its index, size and
root of the tree, and the hashes from leaf to root. Bytes are base64.
"""

import base64
import json
import sys
from typing import Any

from pymerkle import InmemoryTree, InvalidProof, verify_inclusion
from pymerkle.hasher import MerkleHasher
from pymerkle.proof import InclusionProof


def root(case: dict[str, Any]) -> str:
    """Return the root over all entries."""
    tree = InmemoryTree(algorithm="sha256")
    for entry in case["entries"]:
        tree.append_entry(base64.b64decode(entry))
    return f"{len(case['entries'])} {tree.get_state().hex()}"


def inclusion(case: dict[str, Any]) -> str:
    """Return what the proof shows: size, root, index, leaf.

    pymerkle counts leaves from one, puts the leaf itself before the hashes, and wants the sides of a proof written
    down, which it derives again and compares.
    """
    from pymerkle.core import _inclusion_path_layout  # noqa: PLC0415  it has no public name for the sides

    index, size = case["index"], case["size"]
    if not 0 <= index < size:
        raise InvalidProof("no such leaf")
    leaf = MerkleHasher("sha256").hash_buff(base64.b64decode(case["entry"]))
    sides, _ = _inclusion_path_layout(index + 1, size)
    path = [leaf, *(base64.b64decode(h) for h in case["hashes"])]
    proof = InclusionProof("sha256", security=True, size=size, index=index + 1, rule=sides, path=path)
    verify_inclusion(leaf, base64.b64decode(case["root"]), proof, index=index + 1, size=size, algorithm="sha256")
    return f"{size} {base64.b64decode(case['root']).hex()} {index} {leaf.hex()}"


def main() -> None:
    """Answer each line with `ok` and what was shown, or `no` and why it was refused."""
    for line in sys.stdin:
        case = json.loads(line)
        try:
            sys.stdout.write(f"ok {root(case) if case['kind'] == 'tree' else inclusion(case)}\n")
        except InvalidProof as error:
            sys.stdout.write(f"no {error}\n")


main()
