"""Keys, vkeys, key files and envelopes."""

import base64
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from sovereign.errors import InputError, SignatureError, UsageError, VerificationError
from sovereign.signing import (
    PAYLOAD_TYPES,
    Ed25519Signer,
    Ed25519Verifier,
    Purpose,
    check_one_purpose,
    envelope_payload_type,
    generate_signer,
    load_signer,
    load_verifier,
    pae,
    parse_vkey,
    sign_envelope,
    verify_envelope,
    write_key_file,
)

DSSE = json.loads((Path(__file__).parents[2] / "vectors" / "log" / "dsse.json").read_text())["helloworld"]
POLICY = "application/vnd.sovereign.policy+yaml"


@pytest.fixture
def policy_signer() -> Ed25519Signer:
    """A policy key."""
    return generate_signer("policy-2026", Purpose.POLICY)


# -- vkeys -----------------------------------------------------------------------------------------------------------


def test_vkey_round_trips() -> None:
    """What a key prints is what is read; plus signs in base64 do not divide it."""
    for seed in range(40):  # some of forty public keys have a plus sign in base64
        key = Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)
        verifier = Ed25519Signer.from_private_key(key, name="a.example/b", purpose=Purpose.LOG).verifier
        assert parse_vkey(verifier.vkey) == verifier


@pytest.mark.parametrize(
    "change",
    [
        lambda v: v.replace("+", "", 1),
        lambda v: "other" + v,
        lambda v: v[:-4],
        lambda v: v + "=",
        lambda v: v + "\n",
        lambda v: v.upper(),
        lambda v: v.replace("+A", "+B", 1),
        lambda v: "+" + v,
        lambda v: "a b" + v,
        lambda _: "",
        lambda v: v.split("+")[0] + "+zzzzzzzz+" + v.split("+", 2)[2],
    ],
    ids=range(11),
)
def test_changed_vkey_is_refused(change: Callable[[str], str], policy_signer: Ed25519Signer) -> None:
    """A vkey whose parts do not belong together is refused."""
    with pytest.raises(UsageError) as refusal:
        parse_vkey(change(policy_signer.verifier.vkey))
    assert refusal.value.code == "SOV-C255"


def test_one_key_for_two_purposes_is_refused(policy_signer: Ed25519Signer) -> None:
    """The key counts, not its name."""
    verifier = policy_signer.verifier
    same = Ed25519Verifier(name="another-name", public_key=verifier.public_key)
    check_one_purpose([(Purpose.POLICY, verifier), (Purpose.POLICY, same)])
    with pytest.raises(UsageError, match="two purposes") as refusal:
        check_one_purpose([(Purpose.POLICY, verifier), (Purpose.WAIVER, same)])
    assert refusal.value.code == "SOV-C253"


def test_private_key_is_not_shown(policy_signer: Ed25519Signer) -> None:
    """The text form of a signer, which may reach a log, has no private part."""
    assert "private" not in repr(policy_signer).lower()


def test_import_is_light() -> None:
    """Importing the room loads neither cryptography nor pydantic nor yaml."""
    code = "import sys, sovereign.signing; print([m for m in ('cryptography','pydantic','yaml') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


# -- key files -------------------------------------------------------------------------------------------------------


@pytest.fixture
def key_file(tmp_path: Path) -> tuple[Path, Ed25519Signer]:
    """A log key in a file."""
    signer = generate_signer("audit.example/l", Purpose.LOG)
    path = tmp_path / "keys" / "log.key"
    write_key_file(path, signer)
    return path, signer


def test_key_file_round_trips(key_file: tuple[Path, Ed25519Signer]) -> None:
    """A written key is read again; the file is private, and openssl reads its PEM block."""
    path, signer = key_file
    loaded = load_signer(path, purpose=Purpose.LOG)
    assert loaded.verifier == signer.verifier
    assert loaded.sign(b"x") == signer.sign(b"x")
    assert load_verifier(path) == (Purpose.LOG, signer.verifier)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    done = subprocess.run(["openssl", "pkey", "-in", str(path), "-pubout", "-outform", "DER"], capture_output=True)  # noqa: PLW1510  the assertion below says more
    assert done.stdout.endswith(signer.verifier.public_key), done.stderr


def test_key_file_is_never_overwritten(key_file: tuple[Path, Ed25519Signer]) -> None:
    """A second key under one name is refused, and the first stays."""
    path, signer = key_file
    with pytest.raises(UsageError) as refusal:
        write_key_file(path, signer)
    assert refusal.value.code == "SOV-C256"
    assert load_signer(path, purpose=Purpose.LOG).verifier == signer.verifier


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o601])
def test_key_open_to_others_is_refused(mode: int, key_file: tuple[Path, Ed25519Signer]) -> None:
    """Any right of group or others refuses the key."""
    key_file[0].chmod(mode)
    with pytest.raises(UsageError) as refusal:
        load_signer(key_file[0], purpose=Purpose.LOG)
    assert refusal.value.code == "SOV-C251"


def test_key_of_another_purpose_is_refused(key_file: tuple[Path, Ed25519Signer]) -> None:
    """A log key signs no policy."""
    with pytest.raises(UsageError) as refusal:
        load_signer(key_file[0], purpose=Purpose.POLICY, environ={})
    assert refusal.value.code == "SOV-C252"


@pytest.mark.parametrize("purpose", [Purpose.POLICY, Purpose.WAIVER])
def test_policy_and_waiver_keys_are_refused_under_ci(purpose: Purpose, tmp_path: Path) -> None:
    """Who changes the pipeline could sign with them; on a person's machine they load."""
    path = tmp_path / "k"
    write_key_file(path, generate_signer("head", purpose))
    with pytest.raises(UsageError) as refusal:
        load_signer(path, purpose=purpose, environ={"CI": "true"})
    assert refusal.value.code == "SOV-C254"
    assert load_signer(path, purpose=purpose, environ={}).purpose is purpose


def test_link_pipe_and_missing_key_are_refused(key_file: tuple[Path, Ed25519Signer], tmp_path: Path) -> None:
    """A link, a named pipe and a missing file are no keys; none of them blocks."""
    (tmp_path / "link").symlink_to(key_file[0])
    os.mkfifo(tmp_path / "pipe", 0o600)
    for name in ("link", "pipe", "missing", "."):
        with pytest.raises(UsageError) as refusal:
            load_signer(tmp_path / name, purpose=Purpose.LOG)
        assert refusal.value.code == "SOV-C250"


def test_changed_header_is_refused(key_file: tuple[Path, Ed25519Signer]) -> None:
    """A header that is not true of the key is refused: no key serves a second purpose by an edit of its label alone."""
    path, _ = key_file
    other = generate_signer("audit.example/l", Purpose.LOG).verifier.vkey
    original = path.read_text()
    for old, new in [
        ("name: audit.example/l", "name: audit.example/m"),
        ("version 1", "version 2"),
        ("purpose: log", "purpose: logs"),
        ("purpose: log\n", ""),
        (original.split("vkey: ")[1].split("\n")[0], other),
        ("-----END PRIVATE KEY-----\n", "-----END PRIVATE KEY-----\ntrailing\n"),
    ]:
        path.write_text(original.replace(old, new))
        with pytest.raises(UsageError) as refusal:
            load_signer(path, purpose=Purpose.LOG)
        assert refusal.value.code == "SOV-C250"


# -- envelopes -------------------------------------------------------------------------------------------------------


def test_pae_vector() -> None:
    """The published encoding, and the Ed25519 signature over it."""
    message = pae(DSSE["payloadType"], DSSE["payload"].encode())
    assert message == DSSE["pae"].encode()
    key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(DSSE["ed25519_seed"]))
    assert base64.b64encode(key.sign(message)).decode() == DSSE["ed25519_sig"]


def test_pae_counts_bytes() -> None:
    """Lengths are bytes, not characters."""
    assert pae("t", "ä".encode()) == b"DSSEv1 1 t 2 \xc3\xa4"


def test_envelope_round_trips(policy_signer: Ed25519Signer) -> None:
    """A signed policy gives back exactly its bytes and its signer."""
    envelope = sign_envelope(b"id: x\n", POLICY, policy_signer)
    stranger = generate_signer("s", Purpose.POLICY).verifier
    verified = verify_envelope(envelope, [stranger, policy_signer.verifier], purpose=Purpose.POLICY)
    assert (verified.payload, verified.payload_type) == (b"id: x\n", POLICY)
    assert verified.signers == (policy_signer.verifier,)
    assert envelope_payload_type(envelope) == POLICY


def test_payload_types_belong_to_one_purpose() -> None:
    """No payload type may be signed by keys of two purposes."""
    types = [kind for kinds in PAYLOAD_TYPES.values() for kind in kinds]
    assert len(types) == len(set(types))


@pytest.mark.parametrize("purpose", [Purpose.LOG, Purpose.WITNESS, Purpose.TOKEN, Purpose.WAIVER, Purpose.ATTEST])
def test_key_signs_only_its_purpose(purpose: Purpose) -> None:
    """A key of another purpose signs no policy."""
    with pytest.raises(UsageError) as refusal:
        sign_envelope(b"", POLICY, generate_signer("k", purpose))
    assert refusal.value.code == "SOV-C252"


def test_envelope_of_another_purpose_is_refused(policy_signer: Ed25519Signer) -> None:
    """A policy envelope is no waiver, even if the key is listed for both by mistake."""
    envelope = sign_envelope(b"x", POLICY, policy_signer)
    with pytest.raises(VerificationError) as refusal:
        verify_envelope(envelope, [policy_signer.verifier], purpose=Purpose.WAIVER)
    assert refusal.value.code == "SOV-V006"


def test_changed_envelope_is_refused(policy_signer: Ed25519Signer) -> None:
    """Payload, type and signature are bound together; no key at all verifies nothing."""
    document: dict[str, Any] = json.loads(sign_envelope(b"id: x\n", POLICY, policy_signer))
    changes: list[dict[str, Any]] = [
        {"payload": base64.b64encode(b"id: y\n").decode()},
        {"payloadType": "application/vnd.sovereign.policy+rego"},
        {"signatures": [{"sig": base64.b64encode(bytes(64)).decode()}]},
        {"signatures": [{"keyid": document["signatures"][0]["keyid"], "sig": "AAAA"}]},
    ]
    for change in changes:
        with pytest.raises(SignatureError):
            verify_envelope(json.dumps(document | change).encode(), [policy_signer.verifier], purpose=Purpose.POLICY)
    with pytest.raises(SignatureError):
        verify_envelope(json.dumps(document).encode(), [], purpose=Purpose.POLICY)


def test_key_id_is_a_hint_only(policy_signer: Ed25519Signer) -> None:
    """A wrong or missing keyid, unknown fields and a stranger's signature change nothing; URL-safe base64 is read."""
    document: dict[str, Any] = json.loads(sign_envelope(b"\xff\xfe\xfb", POLICY, policy_signer))
    signature = base64.b64decode(document["signatures"][0]["sig"])
    document["payload"] = base64.urlsafe_b64encode(b"\xff\xfe\xfb").decode()
    document["signatures"] = [
        {"keyid": "wrong", "sig": base64.b64encode(bytes(64)).decode()},
        {"sig": base64.urlsafe_b64encode(signature).decode(), "more": 1},
    ]
    document["unknown"] = {}
    data = json.dumps(document).encode()
    assert verify_envelope(data, [policy_signer.verifier], purpose=Purpose.POLICY).payload == b"\xff\xfe\xfb"


@pytest.mark.parametrize(
    "envelope",
    [
        b"",
        b"[]",
        b"{}",
        b'{"payload": "QQ==", "payloadType": "t", "signatures": []}',
        b'{"payload": "QR==", "payloadType": "t", "signatures": [{"sig": "QQ=="}]}',
        b'{"payload": "QQ", "payloadType": "t", "signatures": [{"sig": "QQ=="}]}',
        b'{"payload": "Q Q==", "payloadType": "t", "signatures": [{"sig": "QQ=="}]}',
        b'{"payload": "-+==", "payloadType": "t", "signatures": [{"sig": "QQ=="}]}',
        b'{"payload": 1, "payloadType": "t", "signatures": [{"sig": "QQ=="}]}',
        b'{"payload": "QQ==", "payloadType": "t", "signatures": [{"keyid": "QQ=="}]}',
        b'{"payload": "QQ==", "payload": "QUE=", "payloadType": "t", "signatures": [{"sig": "QQ=="}]}',
    ],
    ids=range(11),
)
def test_what_is_no_envelope_is_refused(envelope: bytes, policy_signer: Ed25519Signer) -> None:
    """Missing fields, sloppy base64 and duplicate keys are refused before any signature is looked at."""
    with pytest.raises(InputError):
        verify_envelope(envelope, [policy_signer.verifier], purpose=Purpose.POLICY)


def test_published_signature_covers_the_encoding() -> None:
    """The P-256 signature of the specification verifies over our encoding: it is what others sign."""
    raw = base64.b64decode(DSSE["p256_sig"])
    signature = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    numbers = ec.EllipticCurvePublicNumbers(int(DSSE["p256_x"]), int(DSSE["p256_y"]), ec.SECP256R1())
    message = pae(DSSE["payloadType"], DSSE["payload"].encode())
    numbers.public_key().verify(signature, message, ec.ECDSA(hashes.SHA256()))
