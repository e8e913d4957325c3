"""A signature is taken away: one that can be forged is left, and the reader is to be content with it."""

import base64
from pathlib import Path

import pytest

from sovereign.audit.log import Log
from sovereign.audit.log_files import open_log_files
from sovereign.audit.proof_file import parse_proof, verify_proof
from sovereign.audit.proving import prove_entry
from sovereign.audit.receipt import LogKind
from sovereign.audit.verify import verify_log
from sovereign.audit.verify_note import open_head
from sovereign.errors import SignatureError, VerificationError
from sovereign.signing import MlDsa44Signer, Purpose, Verifier, generate_mldsa_signer, generate_signer

ORIGIN = "audit.example/hybrid"
CLASSICAL = generate_signer(ORIGIN, Purpose.LOG)
QUANTUM = generate_mldsa_signer(ORIGIN, Purpose.LOG)
BOTH: list[Verifier] = [CLASSICAL.verifier, QUANTUM.verifier]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A log whose checkpoint both keys signed."""
    directory = tmp_path / "log"
    with Log.create(directory, origin=ORIGIN, signer=CLASSICAL, cosigners=[QUANTUM], kind=LogKind.RUN) as log:
        log.append_many([b"one", b"two", b"three"])
    return directory


def parts(log: Path) -> tuple[bytes, list[bytes]]:
    """Return text, with its empty line, and signature lines of the checkpoint."""
    text, divider, lines = (log / "checkpoint").read_bytes().partition(b"\n\n")
    return text + divider, lines.splitlines(keepends=True)


def test_both_signatures_verify_by_the_verifiers_own_code(log: Path) -> None:
    """Together and alone; the report names the keys that signed."""
    for keys in (BOTH, BOTH[:1], BOTH[1:]):
        assert verify_log(log, keys).vkeys == tuple(key.vkey for key in keys)


@pytest.mark.parametrize("left", [0, 1])
def test_stripped_line_is_noticed_by_who_holds_its_key(left: int, log: Path) -> None:
    """Whoever holds both keys demands both; whoever holds the other one only cannot check; neither says verified."""
    text, lines = parts(log)
    (log / "checkpoint").write_bytes(text + lines[left])
    for keys in (BOTH, [BOTH[1 - left]]):
        with pytest.raises(SignatureError) as refusal:
            verify_log(log, keys)
        assert refusal.value.code == "SOV-V004"
    assert verify_log(log, [BOTH[left]]).size == 3


def test_stripped_line_is_noticed_in_a_proof_and_in_what_was_seen(log: Path) -> None:
    """Wherever a checkpoint is read, the same rule holds."""
    entry, proof = prove_entry(open_log_files(log), 1, BOTH)
    text, lines = parts(log)
    stripped = text + lines[0]
    with pytest.raises(SignatureError):
        verify_proof(entry, proof.replace(parse_proof(proof).note, stripped), BOTH)
    with pytest.raises(SignatureError):
        verify_log(log, BOTH, seen=stripped)


def test_no_line_can_be_changed_repeated_or_renamed(log: Path) -> None:
    """A known key's line that fails refuses the note, also where another one is right; twice is refused too."""
    text, lines = parts(log)
    blob = base64.b64decode(lines[1].split()[-1])
    variants = {
        "repeated": [*lines, lines[0]],
        "cosignature repeated": [*lines, lines[1]],
        "time changed": [lines[0], renew(lines[1], blob[:11] + bytes([blob[11] ^ 1]) + blob[12:])],
        "impossible time": [lines[0], renew(lines[1], blob[:4] + b"\xff" + blob[5:])],
        "signature changed": [lines[0], renew(lines[1], blob[:-1] + bytes([blob[-1] ^ 1]))],
        "signature shorter": [lines[0], renew(lines[1], blob[:-1])],
        "signature longer": [lines[0], renew(lines[1], blob + b"\0")],
        "time only": [lines[0], renew(lines[1], blob[:12])],
        "key id only": [lines[0], renew(lines[1], blob[:4])],
        "other type's key id": [lines[0], renew(lines[0], blob[:4] + base64.b64decode(lines[0].split()[-1])[4:])],
    }
    for changed in variants.values():
        (log / "checkpoint").write_bytes(text + b"".join(changed))
        with pytest.raises(VerificationError):
            verify_log(log, BOTH)


def renew(line: bytes, blob: bytes) -> bytes:
    """Return a signature line with other bytes."""
    return line.rpartition(b" ")[0] + b" " + base64.b64encode(blob) + b"\n"


def test_every_changed_byte_of_a_hybrid_checkpoint_is_found(log: Path) -> None:
    """Text, names, key ids, time, both signatures: whoever holds both keys notices one bit changed anywhere."""
    note = (log / "checkpoint").read_bytes()
    assert open_head(note, BOTH).size == 3
    for place in range(len(note)):
        changed = note[:place] + bytes([note[place] ^ (1 << place % 8)]) + note[place + 1 :]
        with pytest.raises(VerificationError):
            open_head(changed, BOTH)


def test_order_and_strangers_do_not_matter(log: Path) -> None:
    """Lines of unknown keys are ignored wherever they stand; a stranger under the log's name counts as nothing."""
    text, lines = parts(log)
    stranger = "— ".encode() + ORIGIN.encode() + b" " + base64.b64encode(b"abcd" + bytes(64)) + b"\n"
    (log / "checkpoint").write_bytes(text + stranger + lines[1] + lines[0] + stranger)
    assert set(verify_log(log, BOTH).vkeys) == {key.vkey for key in BOTH}
    (log / "checkpoint").write_bytes(text + stranger)
    with pytest.raises(SignatureError):
        verify_log(log, BOTH)


def test_cosignature_for_another_origin_size_or_name(log: Path) -> None:
    """What ML-DSA-44 signed of one tree is no signature of another one, nor of a checkpoint under another name."""
    text, lines = parts(log)
    for old, new in ((b"\n3\n", b"\n2\n"), (ORIGIN.encode(), b"audit.example/hybrid2")):
        (log / "checkpoint").write_bytes(text.replace(old, new) + lines[1].replace(old, new))
        with pytest.raises(VerificationError):
            verify_log(log, BOTH[1:])
    renamed = MlDsa44Signer.from_private_key(QUANTUM.private_key, name="audit.example/other", purpose=Purpose.LOG)
    (log / "checkpoint").write_bytes(text + lines[0] + lines[1])
    with pytest.raises(SignatureError):
        verify_log(log, [renamed.verifier])
