"""A private key under a passphrase: PKCS#8 `EncryptedPrivateKeyInfo`, in the one form that is written here.

PBES2 with PBKDF2-HMAC-SHA-256 and AES-256-CBC (RFC 8018, RFC 5958), 600,000 rounds (OWASP, Password Storage Cheat
Sheet, 2023); `cryptography` itself would take 2,048, which a graphics card tries a million times a second. Any tool
that reads PKCS#8 reads it (`openssl pkey`). Reading accepts this form only, with 100,000 to 2,000,000 rounds: a
file cannot make its reader compute for hours, nor hide that it is hardly encrypted.
"""

import base64
import os
import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers import Cipher
    from cryptography.hazmat.primitives.ciphers.modes import CBC

__all__ = ["decrypt_pem", "encrypt_pem"]

_ROUNDS: Final = 600_000
_FEWEST: Final = 100_000
_MOST: Final = 2_000_000
_LINE: Final = 64
_LONG_FORM: Final = 0x80
"""From here on a DER length has a second byte."""

_LABEL: Final = "ENCRYPTED PRIVATE KEY"
# DER of PBES2 { PBKDF2 { salt(16), rounds(3 bytes), HMAC-SHA-256 }, AES-256-CBC { iv(16) } }; lengths never vary.
_PBES2: Final = bytes.fromhex("06092a864886f70d01050d")
_PBKDF2: Final = bytes.fromhex("06092a864886f70d01050c")
_SHA256: Final = bytes.fromhex("300c06082a864886f70d02090500")
_AES: Final = bytes.fromhex("060960864801650304012a")
_FORM: Final = re.compile(
    re.escape(bytes.fromhex("3060") + _PBES2 + bytes.fromhex("30533032") + _PBKDF2 + bytes.fromhex("30250410"))
    + rb"(?P<salt>.{16})\x02\x03(?P<rounds>.{3})"
    + re.escape(_SHA256 + bytes.fromhex("301d") + _AES + bytes.fromhex("0410"))
    + rb"(?P<iv>.{16})",
    re.DOTALL,
)


def encrypt_pem(der: bytes, passphrase: bytes) -> str:
    """Return the PEM block of a PKCS#8 private key in DER, encrypted with a new salt."""
    from cryptography.hazmat.primitives.padding import PKCS7  # noqa: PLC0415  heavy

    salt, iv = os.urandom(16), os.urandom(16)
    padder = PKCS7(128).padder()
    padded = padder.update(der) + padder.finalize()
    cipher = _cipher(passphrase, salt, _ROUNDS, iv).encryptor()
    body = cipher.update(padded) + cipher.finalize()
    document = _sequence(_algorithm(salt, _ROUNDS, iv) + b"\x04" + _length(len(body)) + body)
    return _pem(document)


def decrypt_pem(pem: str, passphrase: bytes) -> bytes | None:
    """Return the PKCS#8 bytes in a block, or None when the passphrase does not fit.

    Raises:
        ValueError: the block does not have the form that `encrypt_pem` writes, or its rounds are out of bounds.
    """
    document = _read_pem(pem)
    match = _FORM.search(document, 2)
    if match is None:
        raise ValueError("its encryption is not of the form that is written here")
    rounds = int.from_bytes(match["rounds"], "big")
    if not _FEWEST <= rounds <= _MOST:
        raise ValueError(f"its passphrase is stretched {rounds} times, not {_FEWEST} to {_MOST} times")
    rest = document[match.end() :]
    body = rest[2:] if len(rest) < _LONG_FORM else rest[3:]
    algorithm = _algorithm(match["salt"], rounds, match["iv"])
    if _sequence(algorithm + b"\x04" + _length(len(body)) + body) != document or len(body) % 16 or not body:
        raise ValueError("its encryption is not of the form that is written here")
    return _unpadded(_cipher(passphrase, match["salt"], rounds, match["iv"]), body)


def _unpadded(cipher: "Cipher[CBC]", body: bytes) -> bytes | None:
    from cryptography.hazmat.primitives.padding import PKCS7  # noqa: PLC0415  heavy

    decryptor = cipher.decryptor()
    padded = decryptor.update(body) + decryptor.finalize()
    unpadder = PKCS7(128).unpadder()
    try:
        return unpadder.update(padded) + unpadder.finalize()
    except ValueError:
        return None


def _cipher(passphrase: bytes, salt: bytes, rounds: int, iv: bytes) -> "Cipher[CBC]":
    from cryptography.hazmat.primitives.ciphers import Cipher  # noqa: PLC0415  heavy
    from cryptography.hazmat.primitives.ciphers.algorithms import AES  # noqa: PLC0415  heavy
    from cryptography.hazmat.primitives.ciphers.modes import CBC  # noqa: PLC0415  heavy
    from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415  heavy
    from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC  # noqa: PLC0415  heavy

    key = PBKDF2HMAC(algorithm=SHA256(), length=32, salt=salt, iterations=rounds).derive(passphrase)
    return Cipher(AES(key), CBC(iv))


def _algorithm(salt: bytes, rounds: int, iv: bytes) -> bytes:
    stretch = b"\x04\x10" + salt + b"\x02\x03" + rounds.to_bytes(3, "big") + _SHA256
    parameters = _sequence(_PBKDF2 + _sequence(stretch)) + _sequence(_AES + b"\x04\x10" + iv)
    return _sequence(_PBES2 + _sequence(parameters))


def _sequence(content: bytes) -> bytes:
    return b"\x30" + _length(len(content)) + content


def _length(size: int) -> bytes:
    """Return a DER length; nothing here is longer than 255 bytes."""
    return bytes([size]) if size < _LONG_FORM else bytes([0x81, size])


def _pem(document: bytes) -> str:
    text = base64.b64encode(document).decode()
    lines = "\n".join(text[start : start + _LINE] for start in range(0, len(text), _LINE))
    return f"-----BEGIN {_LABEL}-----\n{lines}\n-----END {_LABEL}-----\n"


def _read_pem(pem: str) -> bytes:
    try:
        document = base64.b64decode("".join(pem.splitlines()[1:-1]), validate=True)
    except ValueError:
        raise ValueError("its PEM block is damaged") from None
    if not document or len(document) > 0xFF or _pem(document) != pem:  # noqa: PLR2004  as `_length`
        raise ValueError("its PEM block is damaged")
    return document
