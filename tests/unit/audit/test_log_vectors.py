"""Public vectors of notes, trees, tiles and proofs, and those that follow from them."""

import base64
import hashlib
import json
import zlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sovereign.audit.checkpoint import Checkpoint
from sovereign.audit.entry import leaf_hash
from sovereign.audit.merkle import EMPTY_ROOT, leaf_hashes, node_hash, root_of
from sovereign.audit.note import check_signatures, parse_note
from sovereign.audit.proof import (
    consistency_proof,
    inclusion_proof,
    root_at,
    verify_consistency,
    verify_inclusion,
)
from sovereign.audit.tiles import GrowingTree, stored_subtree
from sovereign.audit.tree_head import open_checkpoint, sign_checkpoint
from sovereign.audit.wal import encode_frames
from sovereign.signing import Ed25519Signer, Purpose, parse_vkey

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
VECTORS = Path(__file__).parents[2] / "vectors" / "log"


def load(name: str) -> dict[str, Any]:
    """Return the vectors in a file."""
    return json.loads((VECTORS / name).read_text())


NOTES, MERKLE, TILES = load("notes.json"), load("merkle.json"), load("tiles.json")
LEAVES = [bytes.fromhex(h) for h in MERKLE["leaf_hashes"]]
ROOTS = [bytes.fromhex(h) for h in MERKLE["roots"]]


def named(text: str) -> bytes:
    """Return a hash that a proof names: a leaf, a root or an inner node."""
    if text[0] == "[":
        return bytes.fromhex(MERKLE["nodes"][text])
    return (LEAVES if text[0] == "L" else ROOTS)[int(text[1:])]


def subtrees(height: int, index: int) -> bytes:
    """Return the root of a perfect subtree of the published entries."""
    return root_of(LEAVES[index << height : (index + 1) << height])


def seed_signer(seed: bytes, name: str) -> Ed25519Signer:
    """Return the log key of a seed."""
    return Ed25519Signer.from_private_key(Ed25519PrivateKey.from_private_bytes(seed), name=name, purpose=Purpose.LOG)


@pytest.mark.parametrize("name", sorted(NOTES))
def test_published_note_verifies(name: str) -> None:
    """A note that its authors published opens with their key, and gives back its text."""
    vector = NOTES[name]
    note = parse_note(f"{vector['text']}\n{vector['line']}".encode())
    text = note.text.encode()
    signers = check_signatures(note, [parse_vkey(vector["vkey"])], lambda key, signature: key.verify(signature, text))
    assert note.text == vector["text"]
    assert [s.vkey for s in signers] == [vector["vkey"]]


def test_published_private_key_makes_the_published_signature() -> None:
    """Signing is deterministic: the published key writes the published line."""
    vector = NOTES["N2"]
    name, _, key = vector["skey"].removeprefix("PRIVATE+KEY+").split("+", 2)
    signer = seed_signer(base64.b64decode(key)[1:], name)
    assert signer.verifier.vkey == vector["vkey"]
    signature = signer.verifier.key_id + signer.sign(vector["text"].encode())
    assert vector["line"] == f"\u2014 {name} {base64.b64encode(signature).decode()}\n"


def test_leaf_hashes_and_roots() -> None:
    """The eight published entries have the published leaf hashes and roots, from leaves and by range."""
    entries = [bytes.fromhex(e) for e in MERKLE["entries"]]
    assert leaf_hashes(entries) == [leaf_hash(entry) for entry in entries] == LEAVES
    assert ROOTS[0] == EMPTY_ROOT
    for n in range(len(entries) + 1):
        assert root_of(LEAVES[:n]) == root_at(subtrees, n) == ROOTS[n]


@pytest.mark.parametrize("vector", MERKLE["inclusion"], ids=lambda v: f"{v['index']}-of-{v['size']}")
def test_inclusion_proofs(vector: dict[str, Any]) -> None:
    """An inclusion proof is the published one, and verifies."""
    proof = tuple(named(p) for p in vector["proof"])
    assert inclusion_proof(subtrees, vector["index"], vector["size"]) == proof
    verify_inclusion(LEAVES[vector["index"]], vector["index"], proof, size=vector["size"], root=ROOTS[vector["size"]])


@pytest.mark.parametrize("vector", MERKLE["consistency"], ids=lambda v: f"{v['old']}-to-{v['new']}")
def test_consistency_proofs(vector: dict[str, Any]) -> None:
    """A consistency proof is the published one, and verifies."""
    old, new = vector["old"], vector["new"]
    proof = tuple(named(p) for p in vector["proof"])
    assert consistency_proof(subtrees, old, new) == proof
    verify_consistency(old, ROOTS[old], new, ROOTS[new], proof)


def grown(entries: list[bytes]) -> tuple[GrowingTree, dict[str, bytes]]:
    """Return the tree of the entries and every file that it needs."""
    tree, files = GrowingTree(), {}
    for entry in entries:
        files.update(tree.extend([entry]))
    files.update(tree.partials())
    return tree, files


def test_tiles_and_bundles_of_300_records() -> None:
    """The tree of 300 records is written as exactly the published files."""
    vector = TILES["T1"]
    tree, files = grown([f"record {i}".encode() for i in range(300)])
    assert tree.root().hex() == vector["root"]
    assert {path: hashlib.sha256(data).hexdigest() for path, data in files.items()} == vector["files"]
    assert files["tile/1/000.p/1"].hex() == vector["root_256"]


def test_tree_of_70000() -> None:
    """Three levels of tiles: root, earlier root, proof lengths; and a stored tree grows on like the one in memory."""
    vector = TILES["T2"]
    entries = [b'{"seq":%d,"decision":"deny","region":"eu-de"}' % i for i in range(vector["size"])]
    tree, files = grown(entries)
    root = tree.root()
    assert base64.b64encode(root).decode() == vector["root"]
    assert sorted(p for p in files if ".p/" in p and "entries" not in p) == vector["partials"]
    inner = stored_subtree(files.__getitem__, vector["size"])
    old_root = root_at(inner, 31337)
    assert base64.b64encode(old_root).decode() == vector["root_31337"]
    proof = inclusion_proof(inner, 12345, vector["size"])
    assert len(proof) == vector["inclusion_12345"]
    verify_inclusion(leaf_hash(entries[12345]), 12345, proof, size=vector["size"], root=root)
    proof = consistency_proof(inner, 31337, vector["size"])
    assert len(proof) == vector["consistency_31337"]
    verify_consistency(31337, old_root, vector["size"], root, proof)
    loaded = GrowingTree.load(files.__getitem__, vector["size"])
    assert loaded.root() == root
    assert loaded.extend([b"next"]) == tree.extend([b"next"])
    assert dict(loaded.partials()) == dict(tree.partials())


def test_proof_file_with_checkpoint() -> None:
    """The checkpoint of the proof file opens with the log's key although a witness signed too, and proves its entry."""
    head, _, note = (VECTORS / "record-299.tlog-proof").read_bytes().partition(b"\n\n")
    lines = head.decode().split("\n")
    assert lines[:2] == ["c2sp.org/tlog-proof@v1", "index 299"]
    signer = seed_signer(bytes(range(32)), "audit.example/log1")
    checkpoint = open_checkpoint(note, [signer.verifier], origin="audit.example/log1")
    assert len(parse_note(note).signatures) == 2
    proof = tuple(base64.b64decode(line) for line in lines[2:])
    verify_inclusion(leaf_hash(b"record 299"), 299, proof, size=checkpoint.size, root=checkpoint.root)
    own = Checkpoint(origin="audit.example/log1", size=300, root=bytes.fromhex(TILES["T1"]["root"]))
    assert note.startswith(sign_checkpoint(own, [signer], now=NOW))


def test_frame_checksum() -> None:
    """A frame carries the published checksum over number and payload; zeros never look like one."""
    vectors = load("frames.json")
    frame = encode_frames(0, [vectors["entry0"]["payload"].encode()])
    assert frame[8:12].hex() == vectors["entry0"]["crc"]
    assert f"{zlib.crc32(bytes(8)):08x}" == vectors["zeros"]["crc"]
    assert frame[:4] != bytes(4)


def test_every_small_proof_round_trips() -> None:
    """All inclusion and consistency proofs up to 40 entries verify; a wrong neighbour size or index does not."""
    leaves = [leaf_hash(b"%d" % i) for i in range(40)]

    def inner(height: int, index: int) -> bytes:
        return root_of(leaves[index << height : (index + 1) << height])

    roots = [root_of(leaves[:n]) for n in range(41)]
    for size in range(1, 41):
        for index in range(size):
            proof = inclusion_proof(inner, index, size)
            verify_inclusion(leaves[index], index, proof, size=size, root=roots[size])
        for old in range(size + 1):
            verify_consistency(old, roots[old], size, roots[size], consistency_proof(inner, old, size))


def test_nodes_and_leaves_are_different_domains() -> None:
    """An inner node presented as an entry has another hash."""
    assert leaf_hash(LEAVES[0] + LEAVES[1]) != node_hash(LEAVES[0], LEAVES[1])
