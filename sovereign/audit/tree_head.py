"""Signed checkpoints: a note whose text is a checkpoint, signed by the log's keys.

A reader demands more than one good line: of every signature type of which they hold a key of this log, one must have
signed. So whoever holds the ML-DSA-44 key notices when its line was stripped, and whoever holds the old and the new
Ed25519 key follows a rotation.

Source: C2SP signed-note v1.0.0, tlog-checkpoint v1.0.0, tlog-cosignature.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sovereign.audit.checkpoint import Checkpoint, format_checkpoint, parse_checkpoint
from sovereign.audit.cosignature import check_checkpoint_signature, sign_checkpoint_with
from sovereign.audit.note import NoteSignature, check_signatures, format_note, parse_note
from sovereign.errors import SignatureError, quoted
from sovereign.signing import Signer, Verifier

__all__ = ["SignedCheckpoint", "open_checkpoint", "open_signed_checkpoint", "sign_checkpoint"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedCheckpoint:
    """A checkpoint that was verified.

    Attributes:
        checkpoint: what was signed.
        signers: the given keys that signed it.
    """

    checkpoint: Checkpoint
    signers: tuple[Verifier, ...]


def sign_checkpoint(checkpoint: Checkpoint, signers: Sequence[Signer], *, now: datetime) -> bytes:
    """Return the note of a checkpoint, signed by each of `signers` in this order; cosignatures bear the time `now`."""
    lines = [
        NoteSignature(
            name=signer.verifier.name,
            key_id=signer.verifier.key_id,
            signature=sign_checkpoint_with(signer, checkpoint, now=now),
        )
        for signer in signers
    ]
    return format_note(format_checkpoint(checkpoint), lines)


def open_checkpoint(data: bytes, verifiers: Sequence[Verifier], *, origin: str | None = None) -> Checkpoint:
    """Return the checkpoint in a note, as `open_signed_checkpoint`."""
    return open_signed_checkpoint(data, verifiers, origin=origin).checkpoint


def open_signed_checkpoint(
    data: bytes, verifiers: Sequence[Verifier], *, origin: str | None = None
) -> SignedCheckpoint:
    """Return the checkpoint in a note, with the given keys that signed it.

    Args:
        data: the signed note.
        verifiers: keys the caller trusts for the log.
        origin: the log the caller means; None accepts the origin of the key that signed.

    Raises:
        VerificationError: not of the form (SOV-V005).
        SignatureError: a known key's signature fails (SOV-V002), no known key signed, not one of each type, or it is
            of another origin than its key or the caller's (SOV-V004).
    """
    note = parse_note(data)
    checkpoint = parse_checkpoint(note.text)

    def check(verifier: Verifier, signature: bytes) -> None:
        check_checkpoint_signature(verifier, checkpoint, signature)

    signers = check_signatures(note, verifiers, check)
    own = [signer for signer in signers if signer.name == checkpoint.origin]
    if not own or origin not in (None, checkpoint.origin):
        raise SignatureError(
            f"the checkpoint is of origin {quoted(checkpoint.origin)}, not of {quoted(origin or signers[0].name)}",
            code="SOV-V004",
            hint="compare the directory and the key that were named",
        )
    held = {verifier.type for verifier in verifiers if verifier.name == checkpoint.origin}
    for missing in sorted(held - {signer.type for signer in own}):
        raise SignatureError(
            f"the checkpoint of {quoted(checkpoint.origin)} has no {missing.name} signature, and you hold such a key",
            code="SOV-V004",
            hint="fetch the checkpoint again; a signature was left out or taken away",
        )
    return SignedCheckpoint(checkpoint=checkpoint, signers=signers)
