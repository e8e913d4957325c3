"""Ed25519 and ML-DSA-44 side by side: what is signed, and what a reader demands."""

import base64
import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from sovereign.audit.checkpoint import Checkpoint
from sovereign.audit.cosignature import cosigned_at
from sovereign.audit.known_logs import KnownLogs
from sovereign.audit.log import Log
from sovereign.audit.note import parse_note
from sovereign.audit.receipt import LogKind
from sovereign.audit.tree_head import open_checkpoint, open_signed_checkpoint, sign_checkpoint
from sovereign.errors import SignatureError, UsageError, VerificationError
from sovereign.signing import (
    MlDsa44Signer,
    Purpose,
    SignatureType,
    Signer,
    generate_mldsa_signer,
    generate_signer,
    parse_vkey,
)

ORIGIN = "audit.example/hybrid"
NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
ED25519 = generate_signer(ORIGIN, Purpose.LOG)
MLDSA = generate_mldsa_signer(ORIGIN, Purpose.LOG)
BOTH = [ED25519.verifier, MLDSA.verifier]
TREE = Checkpoint(origin=ORIGIN, size=7, root=bytes(32))
VECTORS = Path(__file__).parents[2] / "vectors" / "log"
VECTOR: dict[str, Any] = json.loads((VECTORS / "cosignatures.json").read_text())["C2"]


def lines_of(note: bytes) -> list[bytes]:
    """Return the signature lines of a note."""
    return note.partition(b"\n\n")[2].splitlines(keepends=True)


def test_published_cosignature() -> None:
    """The published cosignature verifies under the key of the published seed, and not for another size."""
    key = MLDSA44PrivateKey.from_seed_bytes(bytes.fromhex(VECTOR["seed"]))
    signer = MlDsa44Signer.from_private_key(key, name=VECTOR["name"], purpose=Purpose.LOG)
    assert hashlib.sha256(signer.verifier.vkey.encode()).hexdigest() == VECTOR["vkey_sha256"]
    assert parse_vkey(signer.verifier.vkey) == signer.verifier
    text = f"{VECTOR['name']}\n{VECTOR['size']}\n{VECTOR['root']}\n"
    line = f"\n— {VECTOR['name']} {VECTOR['signature']}\n"
    found = open_checkpoint((text + line).encode(), [signer.verifier])
    assert (found.size, base64.b64encode(found.root).decode()) == (1, VECTOR["root"])
    with pytest.raises(SignatureError, match="does not verify"):
        open_checkpoint((text.replace("\n1\n", "\n2\n") + line).encode(), [signer.verifier])


def test_both_lines_verify_and_bear_the_time() -> None:
    """A hybrid note opens with both keys; the ML-DSA line says when; it has the length that the format states."""
    note = sign_checkpoint(TREE, [ED25519, MLDSA], now=NOW)
    assert open_signed_checkpoint(note, BOTH).signers == tuple(BOTH)
    signature = parse_note(note).signatures[1].signature
    assert (len(signature), cosigned_at(signature)) == (2428, int(NOW.timestamp()))


@pytest.mark.parametrize("kept", [0, 1])
def test_stripped_line_is_noticed_by_who_holds_the_key(kept: int) -> None:
    """With both keys in hand one line is not enough; with one key the other line is a stranger's."""
    note = sign_checkpoint(TREE, [ED25519, MLDSA], now=NOW)
    stripped = note.partition(b"\n\n")[0] + b"\n\n" + lines_of(note)[kept]
    with pytest.raises(SignatureError, match="signature, and you hold such a key") as caught:
        open_checkpoint(stripped, BOTH)
    assert caught.value.code == "SOV-V004"
    assert open_checkpoint(stripped, [BOTH[kept]]) == TREE
    assert open_checkpoint(note, [BOTH[kept]]) == TREE


def test_every_part_of_a_cosignature_is_signed() -> None:
    """Another origin, size, root or time refuses the note, also when the Ed25519 line is made anew for it."""
    line = lines_of(sign_checkpoint(TREE, [ED25519, MLDSA], now=NOW))[1]
    for changed in (
        Checkpoint(origin=ORIGIN, size=8, root=TREE.root),
        Checkpoint(origin=ORIGIN, size=7, root=b"\x01" + bytes(31)),
    ):
        with pytest.raises(SignatureError, match="does not verify"):
            open_checkpoint(sign_checkpoint(changed, [ED25519], now=NOW) + line, BOTH)
    name, encoded = line.decode().removeprefix("— ").split()
    raw = bytearray(base64.b64decode(encoded))
    for place in (4, 11, 12, 1000, len(raw) - 1):
        forged = raw.copy()
        forged[place] ^= 1
        other = f"— {name} {base64.b64encode(forged).decode()}\n".encode()
        with pytest.raises(SignatureError):
            open_checkpoint(sign_checkpoint(TREE, [ED25519], now=NOW) + other, BOTH)


def test_keys_are_no_notes_of_each_other() -> None:
    """A cosignature under the key id of the other type, a repeated line, a cut one: all refuse the note."""
    note = sign_checkpoint(TREE, [ED25519, MLDSA], now=NOW)
    first, second = lines_of(note)
    head = note.partition(b"\n\n")[0] + b"\n\n"
    raw = base64.b64decode(second.split()[-1])
    crossed = f"— {ORIGIN} {base64.b64encode(ED25519.verifier.key_id + raw[4:]).decode()}\n".encode()
    cut = f"— {ORIGIN} {base64.b64encode(raw[:8]).decode()}\n".encode()
    for lines, error in (
        ((crossed, second), SignatureError),
        ((first, cut), SignatureError),
        ((first, second, second), VerificationError),
    ):
        with pytest.raises(error):
            open_checkpoint(head + b"".join(lines), BOTH)


def test_log_is_cosigned_from_its_first_checkpoint(tmp_path: Path) -> None:
    """A hybrid log names both keys, signs every checkpoint with both, and is remembered with both."""
    known = KnownLogs(tmp_path / "state")
    log = Log.create(tmp_path / "log", origin=ORIGIN, signer=ED25519, cosigners=[MLDSA], kind=LogKind.RUN, known=known)
    assert open_checkpoint((tmp_path / "log" / "checkpoint").read_bytes(), BOTH).size == 0
    log.append(b"a")
    log.close()
    assert log.verifiers == tuple(BOTH)
    assert open_checkpoint((tmp_path / "log" / "checkpoint").read_bytes(), BOTH).size == 1
    found = known.find(ORIGIN)
    assert found is not None
    assert found.verifiers == tuple(BOTH)
    with pytest.raises(UsageError, match="known with another key"):
        Log.open(tmp_path / "log", ED25519, known=known)
    Log.open(tmp_path / "log", ED25519, cosigners=[MLDSA], known=known).close()


STRANGE: dict[str, tuple[Signer, list[Signer]]] = {
    "another origin": (ED25519, [generate_mldsa_signer("audit.example/other", Purpose.LOG)]),
    "another purpose": (ED25519, [generate_mldsa_signer(ORIGIN, Purpose.POLICY)]),
    "the same key": (ED25519, [ED25519]),
    "no Ed25519 key": (MLDSA, []),
}


@pytest.mark.parametrize("name", STRANGE)
def test_cosigner_that_does_not_belong(name: str, tmp_path: Path) -> None:
    """A cosigner has the log's origin, the purpose log, and is another key; the first key is Ed25519."""
    signer, cosigners = STRANGE[name]
    with pytest.raises(UsageError):
        Log.create(tmp_path / "log", origin=ORIGIN, signer=signer, cosigners=cosigners, kind=LogKind.RUN)
    assert not (tmp_path / "log").exists()


def test_types_have_the_numbers_of_the_format() -> None:
    """The type byte is what stands in a vkey."""
    assert [verifier.type for verifier in BOTH] == [SignatureType.ED25519, SignatureType.MLDSA44] == [1, 6]
    for verifier in BOTH:
        assert base64.b64decode(verifier.vkey.split("+", 2)[2])[0] == verifier.type
