"""What a key signs of a checkpoint: Ed25519 the note's text, ML-DSA-44 a timestamped message about the tree.

The message of a cosignature names cosigner, time, origin, range and root, each with its length, so that no two
statements share their bytes. Here the range is always the whole tree. A time other than zero also says: this is the
largest tree that the signer had seen then.

Source: C2SP tlog-cosignature (type 0x06).
"""

from datetime import datetime
from typing import Final

from sovereign.audit.checkpoint import Checkpoint, format_checkpoint
from sovereign.errors import SignatureError, quoted
from sovereign.signing import SignatureType, Signer, Verifier

__all__ = ["check_checkpoint_signature", "cosigned_at", "sign_checkpoint_with"]

_LABEL: Final = b"subtree/v1\n\x00"
_TIME_BYTES: Final = 8
_LATEST: Final = 2**63 - 1


def sign_checkpoint_with(signer: Signer, checkpoint: Checkpoint, *, now: datetime) -> bytes:
    """Return what stands behind the key id in the signature line of `signer`."""
    if signer.verifier.type is SignatureType.ED25519:
        return signer.sign(format_checkpoint(checkpoint).encode())
    time = int(now.timestamp()).to_bytes(_TIME_BYTES, "big")
    return time + signer.sign(_message(signer.verifier.name, time, checkpoint))


def check_checkpoint_signature(verifier: Verifier, checkpoint: Checkpoint, signature: bytes) -> None:
    """Return when `signature`, what stands behind the key id, is the key's over `checkpoint`.

    Raises:
        SignatureError: it is not (SOV-V002).
    """
    if verifier.type is SignatureType.ED25519:
        verifier.verify(signature, format_checkpoint(checkpoint).encode())
        return
    if cosigned_at(signature) > _LATEST:
        raise SignatureError(f"the time of the cosignature of {quoted(verifier.name)} is none")
    verifier.verify(signature[_TIME_BYTES:], _message(verifier.name, signature[:_TIME_BYTES], checkpoint))


def cosigned_at(signature: bytes) -> int:
    """Return the POSIX seconds in a cosignature; 0 claims no time."""
    return int.from_bytes(signature[:_TIME_BYTES], "big")


def _message(cosigner: str, time: bytes, checkpoint: Checkpoint) -> bytes:
    name, origin = cosigner.encode(), checkpoint.origin.encode()
    head = _LABEL + bytes([len(name)]) + name + time + bytes([len(origin)]) + origin
    return head + bytes(_TIME_BYTES) + checkpoint.size.to_bytes(_TIME_BYTES, "big") + checkpoint.root
