"""A new log that goes on where another one ended: its first entry commits to the last checkpoint of that one.

So the old log stays evidence up to a known end, however its key fared later: whatever somebody signs with it beyond
that end contradicts a log that is signed by another key.
"""

import secrets
from collections.abc import Sequence
from enum import StrEnum

from sovereign._internal.canonical import sha256_hex
from sovereign._internal.clock import Clock
from sovereign.audit.log import Log
from sovereign.audit.record import Recorder, record_event
from sovereign.audit.tree_head import SignedCheckpoint, open_signed_checkpoint
from sovereign.errors import UsageError, quoted
from sovereign.signing import Verifier

__all__ = ["SuccessionReason", "open_predecessor", "record_succession"]


class SuccessionReason(StrEnum):
    """Why a log ended."""

    COMPROMISE = "compromise"
    NEW_ORIGIN = "new_origin"


def open_predecessor(note: bytes, verifiers: Sequence[Verifier], origin: str) -> SignedCheckpoint:
    """Return the last checkpoint of the log that `origin` succeeds, verified with keys from elsewhere.

    Raises:
        VerificationError: it is not of the form (SOV-V005), or not signed by these keys (SOV-V002, V004).
        UsageError: it is of the new log's own name (SOV-C305).
    """
    signed = open_signed_checkpoint(note, verifiers)
    if signed.checkpoint.origin == origin:
        raise UsageError(
            f"{quoted(origin)} cannot succeed itself",
            code="SOV-C305",
            hint="choose a new origin: one origin, one log; to replace a key only, `sovereign keys rotate`",
        )
    return signed


def record_succession(
    log: Log, note: bytes, predecessor: SignedCheckpoint, *, reason: SuccessionReason, clock: Clock
) -> None:
    """Append the entry that names `predecessor`, what `note` holds, and keep the note as its object; the log is new.

    Raises:
        AuditWriteError: the entry is not durable.
    """
    digest, head = sha256_hex(note), predecessor.checkpoint
    fields = {
        "reason": reason.value,
        "origin": head.origin,
        "size": head.size,
        "root": head.root.hex(),
        "old": [verifier.vkey for verifier in predecessor.signers],
        "new": [verifier.vkey for verifier in log.verifiers],
        "recovery": None,
        "document": {"sha256": digest, "bytes": len(note), "media_type": "text/plain"},
    }
    recorded = record_event(
        "key.rotated",
        fields,
        {digest: note},
        recorder=Recorder(),
        recorded_at=clock(),
        identifier=secrets.token_hex(16),
    )
    log.append(recorded.entry, recorded.objects)
