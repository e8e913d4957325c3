"""Verifying a child with nothing but its parent's key."""

import json
from pathlib import Path

import pytest
from simulators.run_logs import Parent, entry, write_branches, write_run

from sovereign.audit.children import child_keys
from sovereign.audit.errors import ForkError
from sovereign.audit.ingest import Ingest
from sovereign.audit.log import Log
from sovereign.audit.receipt import LogKind
from sovereign.audit.submitted import received
from sovereign.audit.verify import verify_log
from sovereign.audit.zip_files import ZipFiles
from sovereign.errors import ProofError, SignatureError
from sovereign.signing import Purpose, generate_signer

ORIGIN = "local/run/4f6f3a1e-8f0f-4c2e-9a55-0f6f6a0d9b11"


@pytest.fixture
def parent(tmp_path: Path) -> Parent:
    """An empty parent."""
    return Parent.make(tmp_path / "parent")


def test_run_verifies_with_its_parents_key(parent: Parent, tmp_path: Path) -> None:
    """The parent knows the run's key and its last head."""
    packed = write_run(tmp_path / "run")
    taken = parent.take(packed)
    child = child_keys(parent.directory, parent.verifiers, taken.origin)
    assert verify_log(ZipFiles(packed), child.verifiers, seen=child.note).seen_size == taken.size


def test_public_copy_of_the_parent_is_enough(parent: Parent, tmp_path: Path) -> None:
    """Heads stand in the entries, so checkpoint and tiles suffice; objects stay with the parent."""
    taken = parent.take(write_run(tmp_path / "run"))
    for path in ("checkpoint", *(str(p.relative_to(parent.directory)) for p in parent.directory.glob("tile/**/*"))):
        target = tmp_path / "public" / path
        if (parent.directory / path).is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes((parent.directory / path).read_bytes())
    assert child_keys(tmp_path / "public", parent.verifiers, taken.origin).verifiers


def test_earlier_state_of_a_run_is_found(parent: Parent, tmp_path: Path) -> None:
    """Who shows a shorter log than the parent took in shows not all of it."""
    short, long = write_branches(tmp_path, ORIGIN, [entry(0)], [entry(0), entry(1)])
    child = child_keys(parent.directory, parent.verifiers, parent.take(long).origin)
    with pytest.raises(ForkError):
        verify_log(ZipFiles(short), child.verifiers, seen=child.note)


def test_head_alone_makes_no_run(parent: Parent) -> None:
    """What a torn write leaves, or an operator enters by hand, is not a run that was taken in."""
    signer = generate_signer(ORIGIN, Purpose.LOG)
    head = {
        "type": "checkpoint.child",
        "id": "0" * 32,
        "origin": ORIGIN,
        "kind": "run",
        "size": 1,
        "root": "0" * 64,
        "vkeys": [signer.verifier.vkey],
        "note": "",
    }
    run = {
        "type": "run.ingested",
        "origin": ORIGIN,
        "checkpoint": "1" * 32,
        "evidence": {"sha256": "0" * 64},
        "identity": None,
    }
    with parent.open() as log:
        log.append_many([json.dumps(each, separators=(",", ":")).encode() for each in (head, run)])
    with pytest.raises(SignatureError, match="has not taken in") as caught:
        child_keys(parent.directory, parent.verifiers, ORIGIN)
    assert caught.value.code == "SOV-V004"


def test_unsealed_entries_of_the_parent_count_for_nothing(parent: Parent, tmp_path: Path) -> None:
    """A run is evidence once the parent has signed that it took it in."""
    with parent.open() as log, Ingest(log) as into, received(write_run(tmp_path / "run")) as submitted:
        taken = into.take_run(submitted)
        with pytest.raises(SignatureError):
            child_keys(parent.directory, parent.verifiers, taken.origin)
    assert child_keys(parent.directory, parent.verifiers, taken.origin).index == 0


def test_parent_is_verified_first(parent: Parent, tmp_path: Path) -> None:
    """A changed parent, or one of another key, makes no key known."""
    taken = parent.take(write_run(tmp_path / "run"))
    with pytest.raises(SignatureError):
        child_keys(parent.directory, [generate_signer("audit.example/parent", Purpose.LOG).verifier], taken.origin)
    bundle = parent.directory / "tile/entries/000.p/2"
    flipped = bytearray(bundle.read_bytes())
    flipped[10] ^= 1
    bundle.write_bytes(flipped)
    with pytest.raises(ProofError):
        child_keys(parent.directory, parent.verifiers, taken.origin)


def test_host_log_verifies_with_its_parents_key(parent: Parent, tmp_path: Path) -> None:
    """Of a host log the parent holds the head; the log goes on and extends it."""
    origin = "audit.example/host"
    signer = generate_signer(origin, Purpose.LOG)
    with Log.create(tmp_path / "host", origin=origin, signer=signer, kind=LogKind.HOST, unsafe_filesystem=True) as log:
        log.append(b"one")
        log.publish()
        parent.take_checkpoint((tmp_path / "host" / "checkpoint").read_bytes(), [signer.verifier])
        log.append(b"two")
    child = child_keys(parent.directory, parent.verifiers, origin)
    assert verify_log(tmp_path / "host", child.verifiers, seen=child.note).seen_size == 1
