r"""A private key as text that a person can read the label of.

```
sovereign private key, version 1
purpose: log
name: audit.example.org/munich/host7
vkey: audit.example.org/munich/host7+0a1b2c3d+AQ...
-----BEGIN PRIVATE KEY-----
(PKCS#8: Ed25519, RFC 8410; ML-DSA-44 as its seed, RFC 9881)
-----END PRIVATE KEY-----
```

Four header lines, then one PEM block, `PRIVATE KEY` or `ENCRYPTED PRIVATE KEY`, each line ended by LF. Programs that
read PEM (`openssl pkey -in`) skip the header, which tells purpose, name and public half without a passphrase. It is
believed of an open key only after it was written back and compared, of an encrypted one after it was unlocked.
"""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sovereign.errors import UsageError, quoted
from sovereign.signing.ed25519 import Ed25519Signer
from sovereign.signing.encrypted_pem import decrypt_pem, encrypt_pem
from sovereign.signing.keys import Purpose, SignatureType, Verifier
from sovereign.signing.mldsa import MlDsa44Signer, mldsa_unsupported
from sovereign.signing.passphrase import Passphrase
from sovereign.signing.vkeys import parse_vkey

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

__all__ = ["FileSigner", "KeyText", "format_key", "parse_key_text", "unlock"]

FileSigner = Ed25519Signer | MlDsa44Signer
"""The signers whose private key a file can hold."""

_HEADER: Final = re.compile(
    r"sovereign private key, version 1\npurpose: (?P<purpose>[a-z]+)\nname: (?P<name>[^\n]+)\nvkey: (?P<vkey>[^\n]+)\n"
    r"(?P<pem>-----BEGIN (?P<label>(ENCRYPTED )?PRIVATE KEY)-----\n[A-Za-z0-9+/=\n]+-----END (?P=label)-----\n)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyText:
    """A key as its text claims it.

    Attributes:
        source: where it came from, for messages.
        purpose: what it may sign.
        verifier: its public half.
        pem: the block of the private half.
        is_encrypted: whether a passphrase is needed.
    """

    source: str
    purpose: Purpose
    verifier: Verifier
    pem: str
    is_encrypted: bool


def parse_key_text(data: bytes, *, source: str) -> KeyText:
    """Return what the bytes of a key file claim; only `unlock` tells whether it is true.

    Raises:
        UsageError: not of the form (SOV-C250).
    """
    match = _HEADER.fullmatch(data.decode("utf-8", errors="replace"))
    if match is None or match["purpose"] not in set(Purpose):
        raise _not_a_key(source, "it does not have the form of a key file")
    try:
        verifier = parse_vkey(match["vkey"])
    except UsageError as error:
        raise _not_a_key(source, error.message) from None
    if verifier.name != match["name"]:
        raise _not_a_key(source, "its name is not that of its vkey")
    return KeyText(
        source=source,
        purpose=Purpose(match["purpose"]),
        verifier=verifier,
        pem=match["pem"],
        is_encrypted=match["label"].startswith("ENCRYPTED"),
    )


def unlock(text: KeyText, passphrase: Passphrase) -> FileSigner:
    """Return the signer of a key; `passphrase` is asked only when it is encrypted.

    Raises:
        UsageError: no passphrase (SOV-C257), a wrong one (SOV-C258), the header is not true of the key or the private
            half is damaged (SOV-C250), or ML-DSA is not supported here (SOV-C259).
    """
    private_key = _load(text, passphrase)
    purpose, name = text.purpose, text.verifier.name
    signer: FileSigner
    if text.verifier.type is SignatureType.MLDSA44:
        signer = MlDsa44Signer.from_private_key(_mldsa(private_key, text), name=name, purpose=purpose)
    else:
        signer = Ed25519Signer.from_private_key(_ed25519(private_key, text), name=name, purpose=purpose)
    is_true = signer.verifier == text.verifier
    if not is_true or (not text.is_encrypted and not format_key(signer).endswith(text.pem.encode())):
        raise _not_a_key(text.source, "its header does not belong to its private key")
    return signer


def format_key(signer: FileSigner, passphrase: bytes | None = None) -> bytes:
    """Return the bytes of a key file; without a passphrase they hold the private key in clear."""
    from cryptography.hazmat.primitives.serialization import (  # noqa: PLC0415  heavy
        Encoding,
        NoEncryption,
        PrivateFormat,
    )

    if passphrase is None:
        pem = signer.private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    else:
        pem = encrypt_pem(
            signer.private_key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()), passphrase
        )
    header = (
        "sovereign private key, version 1\n"
        f"purpose: {signer.purpose}\nname: {signer.verifier.name}\nvkey: {signer.verifier.vkey}\n"
    )
    return (header + pem).encode()


def _load(text: KeyText, passphrase: Passphrase) -> "PrivateKeyTypes":
    # Heavy, and commands that show a key's age or place never unlock one.
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415
    from cryptography.hazmat.primitives.serialization import (  # noqa: PLC0415
        load_der_private_key,
        load_pem_private_key,
    )

    try:
        if not text.is_encrypted:
            return load_pem_private_key(text.pem.encode(), password=None)
        der = decrypt_pem(text.pem, passphrase(text.source))
    except UnsupportedAlgorithm:
        raise mldsa_unsupported(text.source) from None
    except ValueError as error:
        reason = str(error) if text.is_encrypted else "its private key is damaged"
        raise _not_a_key(text.source, reason) from None
    try:
        if der is not None:
            return load_der_private_key(der, password=None)
    except UnsupportedAlgorithm:
        raise mldsa_unsupported(text.source) from None
    except ValueError:
        pass  # one wrong passphrase in 256 leaves a padding that looks right
    raise UsageError(
        f"the passphrase does not open the key {quoted(text.source)}",
        code="SOV-C258",
        hint="try again with the passphrase that the key was made with; a lost one cannot be restored",
    )


def _ed25519(private_key: "PrivateKeyTypes", text: KeyText) -> "Ed25519PrivateKey":
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415  heavy

    if not isinstance(private_key, Ed25519PrivateKey):
        raise _not_a_key(text.source, "its private key is not of type Ed25519, as its header says")
    return private_key


def _mldsa(private_key: "PrivateKeyTypes", text: KeyText) -> "MLDSA44PrivateKey":
    from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey  # noqa: PLC0415  heavy

    if not isinstance(private_key, MLDSA44PrivateKey):
        raise _not_a_key(text.source, "its private key is not of type ML-DSA-44, as its header says")
    return private_key


def _not_a_key(source: str, reason: str) -> UsageError:
    return UsageError(
        f"{quoted(source)} is not a usable key file: {reason}",
        code="SOV-C250",
        hint="restore it from a backup, or make a new key: `sovereign keys new`",
    )
