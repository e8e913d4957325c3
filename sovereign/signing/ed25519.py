"""Ed25519: signs the text of a note, and DSSE envelopes.

Source: RFC 8032; C2SP signed-note v1.0.0, type 0x01.
"""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from sovereign.errors import SignatureError, quoted
from sovereign.signing.keys import PublicKey, Purpose, SignatureType

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

__all__ = ["Ed25519Signer", "Ed25519Verifier", "generate_signer"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ed25519Verifier(PublicKey):
    """An Ed25519 public key under a name: 32 bytes."""

    type: ClassVar = SignatureType.ED25519
    key_bytes: ClassVar = 32

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
