"""What a key is: a name, a purpose, a signature type, and the protocols of its two halves.

Source: C2SP signed-note v1.0.0 (key ids, vkeys, signature types).
"""

import base64
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import ClassVar, Final, Protocol

from sovereign.errors import UsageError, quoted

__all__ = [
    "PublicKey",
    "Purpose",
    "SignatureType",
    "Signer",
    "Verifier",
    "bad_vkey",
    "check_one_purpose",
    "is_key_name",
]

_LONGEST_NAME: Final = 255  # bytes; the cosignature message holds the length in one byte


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


class SignatureType(IntEnum):
    """The first byte of a public key in a vkey: what it signs, and how (C2SP signed-note, "Signature types")."""

    ED25519 = 0x01
    """The text of a note."""
    MLDSA44 = 0x06
    """A timestamped cosignature of a checkpoint, by ML-DSA-44 (FIPS 204)."""


class Verifier(Protocol):
    """The public half of a key."""

    @property
    def type(self) -> SignatureType:
        """How it signs."""

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


def is_key_name(name: str) -> bool:
    """Whether `name` may stand in a note: non-empty, no white space, no control character, no `+`, <= 255 bytes."""
    return (
        0 < len(name.encode(errors="surrogatepass")) <= _LONGEST_NAME
        and "+" not in name
        and name.isprintable()  # printable excludes every Unicode space but U+0020, controls and surrogates
        and " " not in name
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicKey:
    """A public key under a name; each kind adds how it verifies.

    Attributes:
        name: non-empty, no white space, no `+`, at most 255 bytes.
        public_key: its raw bytes, as many as its kind has.
    """

    type: ClassVar[SignatureType]
    key_bytes: ClassVar[int]

    name: str
    public_key: bytes

    def __post_init__(self) -> None:
        if not is_key_name(self.name):
            raise bad_vkey(f"{quoted(self.name)} is no key name", "a name has no white space, no plus sign")
        if len(self.public_key) != self.key_bytes:
            raise bad_vkey(
                f"a public key of type {self.type} has {self.key_bytes} bytes, not {len(self.public_key)}",
                "copy the vkey whole",
            )

    @property
    def key_id(self) -> bytes:
        """The first 4 bytes of SHA-256(name || LF || type || public key)."""
        return hashlib.sha256(self.name.encode() + b"\n" + bytes([self.type]) + self.public_key).digest()[:4]

    @property
    def vkey(self) -> str:
        """The key in one line: `name+key id+base64(type || public key)`."""
        encoded = base64.b64encode(bytes([self.type]) + self.public_key).decode()
        return f"{self.name}+{self.key_id.hex()}+{encoded}"


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


def bad_vkey(message: str, hint: str) -> UsageError:
    """Return the error for a public key that is not of the form."""
    return UsageError(message, code="SOV-C255", hint=hint)
