"""Encrypted keys, ML-DSA-44 keys, and passphrases."""

import base64
import subprocess
from pathlib import Path
from typing import NoReturn

import pytest
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import mldsa

from sovereign.errors import UsageError
from sovereign.signing import (
    Purpose,
    generate_mldsa_signer,
    generate_signer,
    load_any_signer,
    load_mldsa_signer,
    load_passphrase,
    load_signer,
    load_verifier,
    write_key_file,
)
from sovereign.signing.encrypted_pem import decrypt_pem, encrypt_pem
from sovereign.signing.key_text import FileSigner, format_key

SECRET = b"correct horse"


def given(source: str) -> bytes:
    """The passphrase of every key here."""
    assert source
    return SECRET


def signer_of(kind: str) -> FileSigner:
    """A log key of one type."""
    if kind == "mldsa44":
        return generate_mldsa_signer("audit.example/l", Purpose.LOG)
    return generate_signer("audit.example/l", Purpose.LOG)


@pytest.mark.parametrize("kind", ["ed25519", "mldsa44"])
@pytest.mark.parametrize("passphrase", [None, SECRET])
def test_every_kind_of_key_file_is_read_again(kind: str, passphrase: bytes | None, tmp_path: Path) -> None:
    """What is written is read, and signs as before; showing it needs no passphrase."""
    signer, path = signer_of(kind), tmp_path / "k"
    write_key_file(path, signer, passphrase=passphrase)
    assert load_verifier(path) == (Purpose.LOG, signer.verifier)
    loaded = load_any_signer(path, purpose=Purpose.LOG, passphrase=given)
    assert loaded.verifier == signer.verifier
    signer.verifier.verify(loaded.sign(b"x"), b"x")
    assert (b"ENCRYPTED" in path.read_bytes()) is (passphrase is not None)


def test_openssl_reads_an_encrypted_key(tmp_path: Path) -> None:
    """The form is PKCS#8: a key is never lost with this program."""
    signer, path = generate_signer("audit.example/l", Purpose.LOG), tmp_path / "k"
    write_key_file(path, signer, passphrase=SECRET)
    command = ["openssl", "pkey", "-in", str(path), "-passin", f"pass:{SECRET.decode()}", "-pubout", "-outform", "DER"]
    assert subprocess.run(command, capture_output=True, check=True).stdout.endswith(signer.verifier.public_key)


def test_wrong_and_missing_passphrases_are_told_apart(tmp_path: Path) -> None:
    """Whoever mistyped is told so; whoever gave none is told where it goes."""
    path = tmp_path / "k"
    write_key_file(path, generate_signer("audit.example/l", Purpose.LOG), passphrase=SECRET)
    with pytest.raises(UsageError) as missing:
        load_signer(path, purpose=Purpose.LOG, environ={})
    assert missing.value.code == "SOV-C257"
    for number in range(3):
        with pytest.raises(UsageError) as wrong:
            load_signer(path, purpose=Purpose.LOG, passphrase=lambda _, n=number: b"wrong %d" % n)
        assert wrong.value.code == "SOV-C258"


def test_passphrase_comes_from_the_file_that_the_variable_names(tmp_path: Path) -> None:
    """The variable names a file, as its own value would be shown to other processes."""
    path, secret = tmp_path / "k", tmp_path / "secret"
    write_key_file(path, generate_signer("audit.example/l", Purpose.LOG), passphrase=SECRET)
    secret.touch(mode=0o600)
    secret.write_bytes(SECRET + b"\n")
    environ = {"SOVEREIGN_KEY_PASSPHRASE_FILE": str(secret)}
    assert load_signer(path, purpose=Purpose.LOG, environ=environ).purpose is Purpose.LOG
    secret.chmod(0o644)
    with pytest.raises(UsageError) as caught:
        load_signer(path, purpose=Purpose.LOG, environ=environ)
    assert caught.value.code == "SOV-C251"


@pytest.mark.parametrize("content", [b"", b"\n", b"a\nb\n", b"a\x00b", b"a" * 1025])
def test_file_that_is_no_passphrase_is_refused(content: bytes, tmp_path: Path) -> None:
    """An empty passphrase protects nothing; a file of several lines is another file."""
    path = tmp_path / "p"
    path.touch(mode=0o600)
    path.write_bytes(content)
    with pytest.raises(UsageError) as caught:
        load_passphrase(path)
    assert caught.value.code == "SOV-C257"


def test_label_of_an_encrypted_key_is_compared_when_it_is_opened(tmp_path: Path) -> None:
    """Another public half above an encrypted key is refused at the unlocking."""
    path = tmp_path / "k"
    write_key_file(path, generate_signer("audit.example/l", Purpose.LOG), passphrase=SECRET)
    other = format_key(generate_signer("audit.example/l", Purpose.LOG)).split(b"-----BEGIN")[0]
    path.write_bytes(other + b"-----BEGIN" + path.read_bytes().split(b"-----BEGIN", 1)[1])
    with pytest.raises(UsageError, match="does not belong") as caught:
        load_signer(path, purpose=Purpose.LOG, passphrase=given)
    assert caught.value.code == "SOV-C250"


def test_keys_of_the_other_type_are_refused(tmp_path: Path) -> None:
    """An ML-DSA-44 key signs no envelope, and an Ed25519 key is no second signature."""
    for kind, load in (("mldsa44", load_signer), ("ed25519", load_mldsa_signer)):
        write_key_file(tmp_path / kind, signer_of(kind))
        with pytest.raises(UsageError) as caught:
            load(tmp_path / kind, purpose=Purpose.LOG)
        assert caught.value.code == "SOV-C252"


@pytest.mark.parametrize("rounds", [1, 2048, 99_999, 2_000_001, 0x7FFFFF, 0x800000])
def test_absurd_costs_of_a_passphrase_are_refused(rounds: int) -> None:
    """A file does not make its reader compute for hours, and is no open key in disguise."""
    pem = encrypt_pem(b"x" * 48, SECRET)
    document = bytearray(base64.b64decode("".join(pem.splitlines()[1:-1])))
    at = bytes(document).index(b"\x02\x03\x09\x27\xc0")
    document[at + 2 : at + 5] = rounds.to_bytes(3, "big")
    with pytest.raises(ValueError, match="stretched") as caught:
        decrypt_pem(_pem(bytes(document)), SECRET)
    assert str(rounds) in str(caught.value)


@pytest.mark.parametrize("size", [1, 16, 48, 54, 120])
def test_changed_encryption_is_noticed_or_gives_nothing(size: int) -> None:
    """A flipped bit in the frame is refused; the content comes back only from what was written."""
    pem = encrypt_pem(b"k" * size, SECRET)
    assert decrypt_pem(pem, SECRET) == b"k" * size
    assert decrypt_pem(pem, b"other") != b"k" * size
    document = base64.b64decode("".join(pem.splitlines()[1:-1]))
    for cut in (document[:-1], document + b"\x00", document[:99], document[:20], b""):
        with pytest.raises(ValueError, match="its"):
            decrypt_pem(_pem(cut), SECRET)


def test_openssl_writes_another_form_and_is_refused(tmp_path: Path) -> None:
    """2,048 rounds, the default of other tools, are not enough to be called encrypted."""
    signer = generate_signer("audit.example/l", Purpose.LOG)
    clear = tmp_path / "clear"
    write_key_file(clear, signer)
    done = subprocess.run(
        ["openssl", "pkcs8", "-topk8", "-in", str(clear), "-passout", "pass:x"], capture_output=True, check=True
    )
    weak = tmp_path / "weak"
    weak.touch(mode=0o600)
    weak.write_bytes(clear.read_bytes().split(b"-----BEGIN")[0] + done.stdout)
    with pytest.raises(UsageError) as caught:
        load_signer(weak, purpose=Purpose.LOG, passphrase=lambda _: b"x")
    assert caught.value.code == "SOV-C250"


def test_library_without_mldsa_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """An old library is an error with a remedy, when keys are made and when signatures are checked; never a pass."""

    def unsupported(*_: object) -> NoReturn:
        raise UnsupportedAlgorithm("ML-DSA-44 is not supported by this backend.")

    verifier = generate_mldsa_signer("audit.example/l", Purpose.LOG).verifier
    monkeypatch.setattr(mldsa.MLDSA44PrivateKey, "generate", unsupported)
    monkeypatch.setattr(mldsa.MLDSA44PublicKey, "from_public_bytes", unsupported)
    for use in (
        lambda: generate_mldsa_signer("audit.example/l", Purpose.LOG),
        lambda: verifier.verify(bytes(2420), b"x"),
    ):
        with pytest.raises(UsageError) as caught:
            use()
        assert caught.value.code == "SOV-C259"


def _pem(document: bytes) -> str:
    text = base64.b64encode(document).decode()
    lines = "\n".join(text[start : start + 64] for start in range(0, len(text), 64))
    return f"-----BEGIN ENCRYPTED PRIVATE KEY-----\n{lines}\n-----END ENCRYPTED PRIVATE KEY-----\n"
