"""A proof file shows one entry's place, to whoever has the log's key; in no other form than the format's."""

import base64
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sovereign.audit.checkpoint import Checkpoint
from sovereign.audit.errors import ForkError
from sovereign.audit.log import Log
from sovereign.audit.log_files import open_log_files
from sovereign.audit.proof_file import format_proof, parse_proof, verify_proof
from sovereign.audit.proving import prove_entry
from sovereign.audit.receipt import LogKind
from sovereign.audit.tree_head import sign_checkpoint
from sovereign.errors import ProofError, SignatureError, SovereignError, UsageError, VerificationError
from sovereign.signing import Ed25519Signer, Purpose, generate_mldsa_signer, generate_signer, parse_vkey

MakeLog = Callable[[int], Path]
VECTOR = (Path(__file__).parents[2] / "vectors" / "log" / "record-299.tlog-proof").read_bytes()
KEY = parse_vkey("audit.example/log1+640a250f+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4")
ORIGIN = "audit.example/test"


def test_published_proof_verifies() -> None:
    """The vector verifies with the log's key although a witness signed too, and is written as it was read."""
    proven = verify_proof(b"record 299", VECTOR, [KEY])
    assert (proven.origin, proven.index, proven.size) == ("audit.example/log1", 299, 300)
    assert proven.vkeys == (KEY.vkey,)
    assert proven.leaf_hash.hex() == "edeb971e38746b9b9dce8b6487fb0116d64ef7704fffb31fda427c7fd81c48da"
    assert format_proof(parse_proof(VECTOR)) == VECTOR


def test_every_changed_byte_of_a_proof_is_found() -> None:
    """Any bit of the file, but for those of a stranger's signature, changed: refused. So is every shorter file."""
    stranger = VECTOR.index("— witness".encode())
    for place in range(len(VECTOR)):
        for bit in range(8):
            changed = VECTOR[:place] + bytes([VECTOR[place] ^ (1 << bit)]) + VECTOR[place + 1 :]
            if place < stranger:
                with pytest.raises(VerificationError):
                    verify_proof(b"record 299", changed, [KEY])
    for end in range(stranger):
        with pytest.raises(VerificationError):
            verify_proof(b"record 299", VECTOR[:end], [KEY])


def test_every_changed_byte_of_an_entry_is_found() -> None:
    """The bytes count, one by one: also one more, one less, none."""
    entry = b"record 299"
    others = [entry[:i] + bytes([entry[i] ^ 1]) + entry[i + 1 :] for i in range(len(entry))]
    for other in [*others, entry + b"\n", entry[:-1], b""]:
        with pytest.raises(ProofError):
            verify_proof(other, VECTOR, [KEY])


HASH = b"oJeCE4EcZnD3TghM2hxVfAALwF5llUkBn6elkggA9lg=\n"
FORMS: dict[str, Callable[[bytes], bytes]] = {
    "extra": lambda p: p.replace(b"index", b"extra dGltZQ==\nindex", 1),
    "extra behind": lambda p: p.replace(b"299\n", b"299\nextra dGltZQ==\n", 1),
    "leading zero": lambda p: p.replace(b"index 299", b"index 0299"),
    "sign": lambda p: p.replace(b"index 299", b"index +299"),
    "underscore": lambda p: p.replace(b"index 299", b"index 2_99"),
    "other digits": lambda p: p.replace(b"index 299", "index ٢٩٩".encode()),
    "huge index": lambda p: p.replace(b"index 299", b"index " + b"9" * 5000),
    "no index": lambda p: p.replace(b"index 299\n", b""),
    "two indices": lambda p: p.replace(b"index 299", b"index 299\nindex 299"),
    "other version": lambda p: p.replace(b"@v1", b"@v2"),
    "windows lines": lambda p: p.replace(b"\n", b"\r\n"),
    "empty line in between": lambda p: p.replace(HASH, HASH + b"\n"),
    "short hash": lambda p: p.replace(HASH, base64.b64encode(bytes(31)) + b"\n"),
    "spare bits": lambda p: p.replace(b"A9lg=", b"A9lh="),
    "one hash more": lambda p: p.replace(HASH, HASH + HASH),
    "one hash less": lambda p: p.replace(HASH, b""),
    "many hashes": lambda p: p.replace(HASH, HASH * 64),
    "byte order mark": lambda p: b"\xef\xbb\xbf" + p,
    "line behind": lambda p: p + b"\n",
    "too large": lambda p: p + b"x" * 200_000,
    "empty": lambda _: b"",
    "no checkpoint": lambda p: p.partition(b"\n\n")[0] + b"\n\n",
}


@pytest.mark.parametrize("form", FORMS)
def test_proof_of_another_form_is_refused(form: str) -> None:
    """Parsed, written, compared: there is one form; an `extra` line is not carried, since nobody signed it."""
    changed = FORMS[form](VECTOR)
    assert changed != VECTOR
    with pytest.raises(VerificationError):
        verify_proof(b"record 299", changed, [KEY])


def test_extra_line_can_be_deleted() -> None:
    """The refusal says what to do, and the proof stays whole."""
    with pytest.raises(VerificationError) as refusal:
        parse_proof(FORMS["extra"](VECTOR))
    assert refusal.value.code == "SOV-V022"
    assert "delete the line" in str(refusal.value.hint)


def test_key_decides() -> None:
    """No key, a stranger's key, the witness's key: cannot check."""
    witness = parse_vkey(
        "audit.example/log1+" + generate_signer("audit.example/log1", Purpose.LOG).verifier.vkey.split("+", 1)[1]
    )
    for keys in ([], [witness], [generate_signer("other.example", Purpose.LOG).verifier]):
        with pytest.raises(SignatureError) as refusal:
            verify_proof(b"record 299", VECTOR, keys)
        assert refusal.value.code == "SOV-V004"


def test_proof_of_every_entry(make_log: MakeLog, signer: Ed25519Signer) -> None:
    """Each entry of a log gets a proof that shows its own place and no other entry."""
    files = open_log_files(make_log(300))
    for index in (0, 1, 254, 255, 256, 298, 299):
        entry, proof = prove_entry(files, index, [signer.verifier])
        assert entry == f"entry {index}".encode()
        assert verify_proof(entry, proof, [signer.verifier]).index == index
        with pytest.raises(ProofError):
            verify_proof(f"entry {index + 1}".encode(), proof, [signer.verifier])


def test_what_is_not_sealed_has_no_proof(make_log: MakeLog, signer: Ed25519Signer) -> None:
    """An index behind the checkpoint, and one below zero."""
    files = open_log_files(make_log(3))
    for index in (3, 4, -1, 2**63):
        with pytest.raises(UsageError) as refusal:
            prove_entry(files, index, [signer.verifier])
        assert refusal.value.code == "SOV-C321"


@pytest.mark.parametrize("path", ["tile/0/001.p/44", "tile/entries/001.p/44", "tile/1/000.p/1", "checkpoint"])
@pytest.mark.parametrize("damage", ["missing", "empty", "changed", "shorter"])
def test_damaged_log_gives_no_proof(path: str, damage: str, make_log: MakeLog, signer: Ed25519Signer) -> None:
    """A proof that does not verify is not handed out; every file that it needs is needed."""
    directory = make_log(300)
    file = directory / path
    data = file.read_bytes()
    changed = {"empty": b"", "changed": bytes([data[0] ^ 1]) + data[1:], "shorter": data[:-1]}.get(damage)
    if changed is None:
        file.unlink()
    else:
        file.write_bytes(changed)
    with pytest.raises(SovereignError) as refusal:
        prove_entry(open_log_files(directory), 299, [signer.verifier])
    assert refusal.value.exit_code in {2, 5}


def test_fork_against_a_checkpoint_of_the_same_size(make_log: MakeLog, signer: Ed25519Signer) -> None:
    """Two trees of one size cannot both be true; the error holds both notes."""
    entry, proof = prove_entry(open_log_files(make_log(3)), 1, [signer.verifier])
    note = parse_proof(proof).note
    other = sign_checkpoint(
        Checkpoint(origin=ORIGIN, size=3, root=bytes(32)), [signer], now=datetime(2026, 11, 24, tzinfo=UTC)
    )
    assert verify_proof(entry, proof, [signer.verifier], seen=note).size == 3
    with pytest.raises(ForkError) as fork:
        verify_proof(entry, proof, [signer.verifier], seen=other)
    assert (fork.value.seen.encode(), fork.value.found.encode()) == (other, note)


def test_hybrid_proof_is_small(tmp_path: Path) -> None:
    """At 70,000 entries, with Ed25519, ML-DSA-44 and a witness's cosignature: at most 4.5 kB, and it verifies."""
    signer, second = generate_signer(ORIGIN, Purpose.LOG), generate_mldsa_signer(ORIGIN, Purpose.LOG)
    directory = tmp_path / "log"
    with Log.create(directory, origin=ORIGIN, signer=signer, cosigners=[second], kind=LogKind.RUN) as log:
        log.append_many([b"entry %d" % i for i in range(70_000)])
    with (directory / "checkpoint").open("ab") as note:
        note.write(witness_line(directory))
    keys = [signer.verifier, second.verifier]
    entry, proof = prove_entry(open_log_files(directory), 12_345, keys)
    assert len(parse_proof(proof).hashes) == 17
    assert len(proof) <= 4_500
    assert verify_proof(entry, proof, keys).vkeys == tuple(key.vkey for key in keys)


def witness_line(directory: Path) -> bytes:
    """Return the line of a witness of type 0x04, as others add it to a checkpoint (C2SP tlog-cosignature)."""
    text = (directory / "checkpoint").read_bytes().partition(b"\n\n")[0] + b"\n"
    time = 1_767_139_200
    message = b"cosignature/v1\ntime %d\n" % time + text
    signature = Ed25519PrivateKey.generate().sign(message)
    return (
        "— witness.example/w1 ".encode() + base64.b64encode(os.urandom(4) + time.to_bytes(8, "big") + signature) + b"\n"
    )
