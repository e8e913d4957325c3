"""A right proof is shown with another entry: a permit beside the proof of a denial."""

from pathlib import Path

import pytest

from sovereign.audit.errors import EntryError
from sovereign.audit.log import Log
from sovereign.audit.log_files import open_log_files
from sovereign.audit.proof_file import ProofFile, format_proof, parse_proof, verify_proof
from sovereign.audit.proving import prove_entry
from sovereign.audit.reading import find_entry
from sovereign.audit.receipt import LogKind
from sovereign.errors import ProofError, SignatureError, UsageError, VerificationError
from sovereign.signing import Ed25519Signer, Purpose, generate_signer

DENY = b'{"effect":"deny","id":"17"}'
PERMIT = b'{"effect":"permit","id":"18"}'


@pytest.fixture
def signer() -> Ed25519Signer:
    """The log's key."""
    return generate_signer("audit.example/proofs", Purpose.LOG)


@pytest.fixture
def log(tmp_path: Path, signer: Ed25519Signer) -> Path:
    """A log that denied 17 and permitted 18."""
    with Log.create(tmp_path / "log", origin=signer.verifier.name, signer=signer, kind=LogKind.RUN) as log:
        log.append_many([DENY, PERMIT, b"other", DENY + b" ", PERMIT])
    return tmp_path / "log"


def test_proof_of_one_entry_proves_no_other(log: Path, signer: Ed25519Signer) -> None:
    """Every proof of the log is wrong for every other bytes, also those of an entry of the same log."""
    entries = [DENY, PERMIT, b"other", DENY + b" ", PERMIT]
    proofs = [prove_entry(open_log_files(log), i, [signer.verifier])[1] for i in range(5)]
    for index, proof in enumerate(proofs):
        for entry in {*entries, DENY.replace(b"deny", b"permit"), b""}:
            if entry == entries[index]:
                assert verify_proof(entry, proof, [signer.verifier]).index == index
            else:
                with pytest.raises(ProofError):
                    verify_proof(entry, proof, [signer.verifier])


def test_index_is_part_of_what_is_proved(log: Path, signer: Ed25519Signer) -> None:
    """Two entries of equal bytes have two proofs, and the index of neither can be exchanged."""
    _, proof = prove_entry(open_log_files(log), 1, [signer.verifier])
    parsed = parse_proof(proof)
    for index in (0, 2, 3, 4, 5, 2**62):
        moved = format_proof(ProofFile(index=index, hashes=parsed.hashes, note=parsed.note))
        with pytest.raises(ProofError):
            verify_proof(PERMIT, moved, [signer.verifier])


def test_entry_found_by_its_id_is_the_one_that_is_proved(log: Path, signer: Ed25519Signer) -> None:
    """A server that shows the denial where the permit stands, until its number is known, proves nothing by that."""
    files = open_log_files(log)
    assert prove_entry(files, 0, [signer.verifier], identifier="17")[0] == DENY
    for index, identifier in ((1, "17"), (2, "17"), (3, "17")):  # another id, no JSON, not canonical
        with pytest.raises(EntryError, match="another id") as caught:
            prove_entry(files, index, [signer.verifier], identifier=identifier)
        assert caught.value.index == index


def test_inner_node_is_no_entry(log: Path, signer: Ed25519Signer) -> None:
    """The two children of a node, sold as an entry with the upper part of a proof."""
    parsed = parse_proof(prove_entry(open_log_files(log), 0, [signer.verifier])[1])
    tile = (log / "tile/0/000.p/5").read_bytes()
    forged = format_proof(ProofFile(index=0, hashes=parsed.hashes[1:], note=parsed.note))
    for node in (tile[:64], b"\x01" + tile[:64]):
        with pytest.raises(ProofError):
            verify_proof(node, forged, [signer.verifier])


def test_proof_from_another_log(log: Path, signer: Ed25519Signer, tmp_path: Path) -> None:
    """A log made to measure, under the same name with another key, or under another name with its own."""
    for name, code in ((signer.verifier.name, "SOV-V004"), ("audit.example/other", "SOV-V004")):
        forger = generate_signer(name, Purpose.LOG)
        directory = tmp_path / code / name.replace("/", "-")
        directory.parent.mkdir(exist_ok=True)
        with Log.create(directory, origin=name, signer=forger, kind=LogKind.RUN) as other:
            other.append(PERMIT.replace(b"18", b"17"))
        entry, proof = prove_entry(open_log_files(directory), 0, [forger.verifier])
        with pytest.raises(SignatureError) as refusal:
            verify_proof(entry, proof, [signer.verifier])
        assert refusal.value.code == code


def test_checkpoint_of_another_size(log: Path, signer: Ed25519Signer) -> None:
    """Proof and checkpoint of the same log at two sizes do not fit each other."""
    _, before = prove_entry(open_log_files(log), 0, [signer.verifier])
    with Log.open(log, signer) as grown:
        grown.append_many([b"more"] * 4)
    _, after = prove_entry(open_log_files(log), 0, [signer.verifier])
    mixed = format_proof(ProofFile(index=0, hashes=parse_proof(before).hashes, note=parse_proof(after).note))
    with pytest.raises(VerificationError):
        verify_proof(DENY, mixed, [signer.verifier])


def test_id_of_two_entries_names_neither(log: Path) -> None:
    """Whoever keeps the log wrote the id a second time; bytes of two readings have no id."""
    assert find_entry(log, "17") == 0
    with pytest.raises(UsageError) as refusal:
        find_entry(log, "18")
    assert (refusal.value.code, "1, 4" in refusal.value.message) == ("SOV-C321", True)
