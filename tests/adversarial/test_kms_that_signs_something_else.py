"""A key service signs with another key, over another message, or hands out an old signature: nothing is written."""

import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sovereign.audit.log import Log
from sovereign.audit.receipt import LogKind
from sovereign.audit.verify import verify_log
from sovereign.errors import SignatureError
from sovereign.signing import Ed25519Verifier, Purpose
from sovereign.signing.command import CommandSigner

ORIGIN = "audit.example/kms"
SEED, OTHER = bytes(range(32)), bytes(32)
PUBLIC = Ed25519PrivateKey.from_private_bytes(SEED).public_key().public_bytes_raw()

PROGRAM = f"""#!{sys.executable}
import pathlib, sys
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex("{SEED.hex()}"))
message = sys.stdin.buffer.read()
here = pathlib.Path(__file__).parent
mode = (here / "mode").read_text()
if mode == "another key":
    key = Ed25519PrivateKey.from_private_bytes(bytes(32))
if mode == "another message":
    message = message.replace(b"1", b"2")
signature = key.sign(message)
if mode == "an old signature":
    signature = (here / "old").read_bytes()
if mode == "a flipped bit":
    signature = bytes([signature[0] ^ 1]) + signature[1:]
if mode == "honest":
    (here / "old").write_bytes(signature)
sys.stdout.buffer.write(signature)
"""


@pytest.mark.parametrize("mode", ["another key", "another message", "an old signature", "a flipped bit"])
def test_signature_that_is_not_ours_is_never_written(mode: str, tmp_path: Path) -> None:
    """The checkpoint stays the last true one, the entry stays durable, and an honest signature seals it later."""
    (tmp_path / "sign").write_text(PROGRAM)
    (tmp_path / "sign").chmod(0o700)
    (tmp_path / "mode").write_text("honest")
    verifier = Ed25519Verifier(name=ORIGIN, public_key=PUBLIC)
    signer = CommandSigner(purpose=Purpose.LOG, verifier=verifier, command=(str(tmp_path / "sign"),), environ={})
    log = Log.create(tmp_path / "log", origin=ORIGIN, signer=signer, kind=LogKind.RUN)
    before = (tmp_path / "log" / "checkpoint").read_bytes()
    (tmp_path / "mode").write_text(mode)
    log.append(b"an entry")
    with pytest.raises(SignatureError) as caught:
        log.close()
    assert caught.value.code == "SOV-V031"
    assert (tmp_path / "log" / "checkpoint").read_bytes() == before
    report = verify_log(tmp_path / "log", [verifier])
    assert (report.size, report.unsealed) == (0, 1)
    (tmp_path / "mode").write_text("honest")
    Log.open(tmp_path / "log", signer).close()
    assert verify_log(tmp_path / "log", [verifier]).size == 1
