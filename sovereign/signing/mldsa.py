"""ML-DSA-44: signs timestamped cosignatures of checkpoints, beside Ed25519, for the day on which that one falls.

Source: FIPS 204 (pure, empty context); C2SP tlog-cosignature, type 0x06.
"""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from sovereign.errors import SignatureError, UsageError, quoted
from sovereign.signing.keys import PublicKey, Purpose, SignatureType

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

__all__ = ["MlDsa44Signer", "MlDsa44Verifier", "generate_mldsa_signer", "mldsa_unsupported"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MlDsa44Verifier(PublicKey):
    """An ML-DSA-44 public key under a name: 1,312 bytes."""

    type: ClassVar = SignatureType.MLDSA44
    key_bytes: ClassVar = 1312

    def verify(self, signature: bytes, message: bytes) -> None:
        """Return when `signature` (2,420 bytes) is this key's over `message`.

        Raises:
            SignatureError: it is not (SOV-V002).
            UsageError: this installation cannot use ML-DSA-44 (SOV-C259).
        """
        from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm  # noqa: PLC0415  heavy, and most commands verify nothing
        from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey  # noqa: PLC0415  as above

        try:
            MLDSA44PublicKey.from_public_bytes(self.public_key).verify(signature, message)
        except UnsupportedAlgorithm:
            raise mldsa_unsupported(self.name) from None
        except (InvalidSignature, ValueError):
            raise SignatureError(
                f"the signature of {quoted(self.name)} does not verify",
                hint="the text was changed after it was signed, or the key is not the one that signed it",
            ) from None


@dataclass(frozen=True, slots=True, kw_only=True)
class MlDsa44Signer:
    """An ML-DSA-44 private key in memory; its `repr` shows the public half only."""

    purpose: Purpose
    verifier: MlDsa44Verifier
    private_key: "MLDSA44PrivateKey" = field(repr=False)

    def sign(self, message: bytes) -> bytes:
        """Return the 2,420-byte signature over `message`; hedged, so no two are alike (FIPS 204, section 3.4)."""
        return self.private_key.sign(message)

    @classmethod
    def from_private_key(cls, private_key: "MLDSA44PrivateKey", *, name: str, purpose: Purpose) -> "MlDsa44Signer":
        """Return the signer that uses `private_key` under `name`."""
        verifier = MlDsa44Verifier(name=name, public_key=private_key.public_key().public_bytes_raw())
        return cls(purpose=purpose, verifier=verifier, private_key=private_key)


def generate_mldsa_signer(name: str, purpose: Purpose) -> MlDsa44Signer:
    """Return a signer with a new key from the operating system's generator, held in memory only.

    Raises:
        UsageError: this installation cannot use ML-DSA-44 (SOV-C259).
    """
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415  heavy
    from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey  # noqa: PLC0415  heavy

    try:
        return MlDsa44Signer.from_private_key(MLDSA44PrivateKey.generate(), name=name, purpose=purpose)
    except UnsupportedAlgorithm:
        raise mldsa_unsupported(name) from None


def mldsa_unsupported(name: str) -> UsageError:
    """Return the error for a key that the linked library does not know."""
    return UsageError(
        f"the key {quoted(name)} is of type ML-DSA-44, which this installation cannot use",
        code="SOV-C259",
        hint="install the wheel of cryptography 48 or later, or link it with OpenSSL 3.5 or later",
    )
