"""Signers and verifiers: Ed25519 under a name, found by a key id, for one purpose.

Source: C2SP signed-note v1.0.0 (key ids, vkeys, type 0x01 = Ed25519), RFC 8032.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final, Protocol

from sovereign.errors import SignatureError, UsageError, quoted

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

__all__ = [
    "Ed25519Signer",
    "Ed25519Verifier",
    "Purpose",
    "Signer",
    "Verifier",
    "check_one_purpose",
    "generate_signer",
    "is_key_name",
    "parse_vkey",
]

_ED25519: Final = b"\x01"  # signature type of the note format
_KEY_BYTES: Final = 32
_LONGEST_NAME: Final = 255  # bytes; the cosignature message holds the length in one byte
_KEY_ID: Final = re.compile(r"[0-9a-f]{8}", re.ASCII)


class Purpose(StrEnum):
    """What a key may sign; one key, one purpose."""

    LOG = "log"
    ATTEST = "attest"
    POLICY = "policy"
    WAIVER = "waiver"
    TOKEN = "token"  # noqa: S105  a purpose, no secret
    EVIDENCE = "evidence"
    SITE = "site"
    DECLASSIFICATION = "declassification"
    DATA = "data"
    WITNESS = "witness"
    ERASURE = "erasure"
    RECOVERY = "recovery"


class Verifier(Protocol):
    """The public half of a key."""

    @property
    def name(self) -> str:
        """Who signs: for a log its origin."""

    @property
    def key_id(self) -> bytes:
        """4 bytes; an index into a set of keys, no security property."""

    @property
    def vkey(self) -> str:
        """The key in one line: `name+key id+base64(type || public key)`."""

    @property
    def public_key(self) -> bytes:
        """The raw public key."""

    def verify(self, signature: bytes, message: bytes) -> None:
        """Return when `signature` is this key's over `message`.

        Raises:
            SignatureError: it is not (SOV-V002).
        """


class Signer(Protocol):
    """The private half of a key, wherever it is kept."""

    @property
    def purpose(self) -> Purpose:
        """What the key may sign."""

    @property
    def verifier(self) -> Verifier:
        """The public half."""

    def sign(self, message: bytes) -> bytes:
        """Return the signature over `message`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ed25519Verifier:
    """An Ed25519 public key under a name.

    Attributes:
        name: non-empty, no white space, no `+`, at most 255 bytes.
        public_key: 32 bytes.
    """

    name: str
    public_key: bytes

    def __post_init__(self) -> None:
        if not is_key_name(self.name):
            raise _bad_vkey(f"{quoted(self.name)} is no key name", "a name has no white space, no plus sign")
        if len(self.public_key) != _KEY_BYTES:
            raise _bad_vkey(f"an Ed25519 public key has 32 bytes, not {len(self.public_key)}", "copy the vkey whole")

    @property
    def key_id(self) -> bytes:
        """The first 4 bytes of SHA-256(name || LF || type || public key)."""
        return hashlib.sha256(self.name.encode() + b"\n" + _ED25519 + self.public_key).digest()[:4]

    @property
    def vkey(self) -> str:
        """The key in one line."""
        return f"{self.name}+{self.key_id.hex()}+{base64.b64encode(_ED25519 + self.public_key).decode()}"

    def verify(self, signature: bytes, message: bytes) -> None:
        """Return when `signature` (64 bytes) is this key's over `message`.

        Raises:
            SignatureError: it is not (SOV-V002).
        """
        from cryptography.exceptions import InvalidSignature  # noqa: PLC0415  heavy, and most commands verify nothing
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey  # noqa: PLC0415  as above

        try:
            Ed25519PublicKey.from_public_bytes(self.public_key).verify(signature, message)
        except (InvalidSignature, ValueError):
            raise SignatureError(
                f"the signature of {quoted(self.name)} does not verify",
                hint="the text was changed after it was signed, or the key is not the one that signed it",
            ) from None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ed25519Signer:
    """An Ed25519 private key in memory; its `repr` shows the public half only."""

    purpose: Purpose
    verifier: Ed25519Verifier
    private_key: "Ed25519PrivateKey" = field(repr=False)

    def sign(self, message: bytes) -> bytes:
        """Return the 64-byte signature over `message`; deterministic (RFC 8032)."""
        return self.private_key.sign(message)

    @classmethod
    def from_private_key(cls, private_key: "Ed25519PrivateKey", *, name: str, purpose: Purpose) -> "Ed25519Signer":
        """Return the signer that uses `private_key` under `name`."""
        verifier = Ed25519Verifier(name=name, public_key=private_key.public_key().public_bytes_raw())
        return cls(purpose=purpose, verifier=verifier, private_key=private_key)


def generate_signer(name: str, purpose: Purpose) -> Ed25519Signer:
    """Return a signer with a new key from the operating system's generator, held in memory only."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415  heavy

    return Ed25519Signer.from_private_key(Ed25519PrivateKey.generate(), name=name, purpose=purpose)


def is_key_name(name: str) -> bool:
    """Whether `name` may stand in a note: non-empty, no white space, no control character, no `+`, <= 255 bytes."""
    return (
        0 < len(name.encode(errors="surrogatepass")) <= _LONGEST_NAME
        and "+" not in name
        and name.isprintable()  # printable excludes every Unicode space but U+0020, controls and surrogates
        and " " not in name
    )


def parse_vkey(text: str) -> Ed25519Verifier:
    """Return the verifier that a vkey line names.

    Raises:
        UsageError: not of the form, another key type than Ed25519, or a key id that is not the key's (SOV-C255).
    """
    parts = text.split("+", 2)  # base64 contains `+` itself: only the first two divide
    if len(parts) != 3:  # noqa: PLR2004  name, key id, key
        raise _bad_vkey(f"{quoted(text)} is no vkey", "a vkey has the form name+key id+base64")
    name, key_id, encoded = parts
    try:
        raw = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        raise _bad_vkey(f"the key in {quoted(text)} is not base64", "copy the vkey whole") from None
    if raw[:1] != _ED25519:
        raise _bad_vkey(f"the key {quoted(name)} is of a type that is not supported", "use an Ed25519 key")
    verifier = Ed25519Verifier(name=name, public_key=raw[1:])
    if not _KEY_ID.fullmatch(key_id) or verifier.vkey != text:
        raise _bad_vkey(f"the key id {quoted(key_id)} is not that of the key", "copy the vkey whole")
    return verifier


def check_one_purpose(keys: Iterable[tuple[Purpose, Verifier]]) -> None:
    """Return when no public key stands under two purposes; names do not matter, the key does.

    Raises:
        UsageError: one does (SOV-C253).
    """
    seen: dict[bytes, tuple[Purpose, str]] = {}
    for purpose, verifier in keys:
        first, name = seen.setdefault(verifier.public_key, (purpose, verifier.name))
        if first is not purpose:
            raise UsageError(
                f"one key serves two purposes: {first} as {quoted(name)} and {purpose} as {quoted(verifier.name)}",
                code="SOV-C253",
                hint="make a key for each purpose: `sovereign keys new`",
            )


def _bad_vkey(message: str, hint: str) -> UsageError:
    return UsageError(message, code="SOV-C255", hint=hint)
