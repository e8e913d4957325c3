"""The vectors stand: published ones verify with the programs of others, ours are what our writer writes today."""

import base64
import filecmp
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from foreign import tally
from foreign.artefacts import Proofs, Written
from foreign.programs import Program, b64
from foreign.vector_log import COSIGNER, ENTRIES, INDEX, SIGNER, STORED, VECTORS, write

from sovereign.audit.note import parse_note
from sovereign.audit.tree_head import open_checkpoint
from sovereign.signing import MlDsa44Signer, Purpose, parse_vkey

KEYS = (SIGNER.verifier, COSIGNER.verifier)
OURS = Written(directory=STORED, entries=ENTRIES, ed25519=(SIGNER.verifier,), mldsa=COSIGNER.verifier)


def files(directory: Path) -> Iterator[str]:
    """Yield the tiles and bundles below a directory."""
    return (str(path.relative_to(directory)) for path in sorted((directory / "tile").rglob("*")) if path.is_file())


def test_our_writer_writes_the_stored_log(tmp_path: Path) -> None:
    """Tiles, bundles and the Ed25519 signature come out byte for byte; the ML-DSA one, which is hedged, verifies."""
    log = write(tmp_path)
    for name in [*files(STORED)]:
        assert filecmp.cmp(log / name, STORED / name, shallow=False), name
    text, (ed25519, _) = (note := parse_note(OURS.checkpoint)).text, note.signatures
    again = parse_note((log / "checkpoint").read_bytes())
    assert (again.text, again.signatures[0]) == (text, ed25519)
    for data in (OURS.checkpoint, (log / "checkpoint").read_bytes()):
        assert open_checkpoint(data, KEYS).size == len(ENTRIES)


def test_the_stored_log_is_the_published_tree() -> None:
    """Root and tiles are those that T1 publishes."""
    published = json.loads((VECTORS / "tiles.json").read_text())["T1"]
    assert OURS.statement.split()[2] == published["root"]
    assert [STORED.joinpath(f"{name}.vkey").read_text() for name in ("ed25519", "mldsa")] == [
        f"{k.vkey}\n" for k in KEYS
    ]
    assert STORED.joinpath(f"entry-{INDEX}.tlog-proof").read_bytes() == Proofs(OURS).file(INDEX)
    assert STORED.joinpath(f"entry-{INDEX}").read_bytes() == ENTRIES[INDEX]


def test_others_accept_the_stored_log(go: Program, sigstore: Program, noble: Program) -> None:
    """Go, sigstore and noble verify the files as they are stored."""
    keys = [key.vkey for key in KEYS]
    checkpoint = {"kind": "checkpoint", "checkpoint": b64(OURS.checkpoint)}
    proof = {"kind": "proof", "proof": b64(Proofs(OURS).file(INDEX)), "entry": b64(ENTRIES[INDEX])}
    whole = {"kind": "log", "directory": str(STORED)}
    proven = Proofs(OURS).statement(INDEX)
    assert go.ask({**case, "keys": keys} for case in (checkpoint, proof, whole)) == [
        OURS.statement,
        proven,
        OURS.statement,
    ]
    assert sigstore.ask({**case, "keys": keys[:1]} for case in (checkpoint, proof)) == [OURS.statement, proven]
    assert noble.ask([{**checkpoint, "keys": keys[1:]}]) == [OURS.statement]


def test_others_accept_a_proof_with_a_witness(go: Program, sigstore: Program) -> None:
    """The published kind of witness line, 0x04, is of no known key, and is passed over."""
    case = {
        "kind": "proof",
        "proof": b64((VECTORS / "record-299.tlog-proof").read_bytes()),
        "entry": b64(b"record 299"),
        "keys": [SIGNER.verifier.vkey],
    }
    for program in (go, sigstore):
        assert program.ask([case]) == [Proofs(OURS).statement(299)]
        tally.count(program.name, accepted=1)


@pytest.mark.parametrize("name", ["go", "noble"])
def test_others_accept_the_published_cosignature(name: str, request: pytest.FixtureRequest) -> None:
    """Go and noble verify C2, the published ML-DSA-44 cosignature, with the key that we derive from its seed."""
    from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey  # noqa: PLC0415  once

    vector = json.loads((VECTORS / "cosignatures.json").read_text())["C2"]
    key = MlDsa44Signer.from_private_key(
        MLDSA44PrivateKey.from_seed_bytes(bytes.fromhex(vector["seed"])), name=vector["name"], purpose=Purpose.LOG
    ).verifier
    assert parse_vkey(key.vkey) == key
    text = f"{vector['name']}\n{vector['size']}\n{vector['root']}\n"
    note = f"{text}\n\u2014 {vector['name']} {vector['signature']}\n".encode()
    program: Program = request.getfixturevalue(name)
    case = {"kind": "checkpoint", "checkpoint": b64(note), "keys": [key.vkey]}
    root = base64.b64decode(vector["root"]).hex()
    assert program.ask([case]) == [f"{vector['name']} {vector['size']} {root}"]
