"""What is asked before a log is opened: is it this key's, is it the one that was seen, is the clock right."""

import json
import os
from datetime import datetime
from pathlib import Path

from sovereign._internal.clock import format_utc, parse_utc
from sovereign.audit.checkpoint import Checkpoint, format_checkpoint, open_checkpoint
from sovereign.audit.errors import ForkError
from sovereign.audit.known_logs import KnownLogs, check_key, check_same_root
from sovereign.audit.proof import root_at
from sovereign.audit.tiles import stored_subtree
from sovereign.errors import SignatureError, UsageError, quoted
from sovereign.signing import Purpose, Signer, Verifier

__all__ = ["check_clock", "check_known", "check_signer", "kept_key", "load_checkpoint", "unusable", "wrong_key"]


def check_signer(signer: Signer, origin: str) -> None:
    """Return when `signer` may sign checkpoints of `origin`.

    Raises:
        UsageError: it is for another purpose (SOV-C252) or another origin (SOV-C305).
    """
    if signer.purpose is not Purpose.LOG:
        raise UsageError(
            f"a key for {signer.purpose} signs no log",
            code="SOV-C252",
            hint="make a key of purpose log: `sovereign keys new --for log`",
        )
    if signer.verifier.name != origin:
        name = quoted(signer.verifier.name)
        raise wrong_key(
            f"the key {name} is not that of {quoted(origin)}", "name the key of this log: one key, one origin"
        )


def load_checkpoint(directory: Path, verifier: Verifier) -> Checkpoint:
    """Return the checkpoint of a directory, signed by `verifier`.

    Raises:
        UsageError: it cannot be read (SOV-C302), or another key signed it (SOV-C305).
        VerificationError: it is not of the form (SOV-V005).
    """
    try:
        data = (directory / "checkpoint").read_bytes()
    except OSError as error:
        raise unusable(directory, error) from None
    try:
        return open_checkpoint(data, [verifier], origin=verifier.name)
    except SignatureError as error:
        raise wrong_key(f"the checkpoint is not of this key: {error.message}", "name the key of this log") from None


def check_known(directory: Path, head: Checkpoint, verifier: Verifier, known: KnownLogs | None, now: datetime) -> None:
    """Return unless a log is smaller than, or contradicts, the checkpoint seen last.

    Raises:
        ForkError: it does (SOV-V003).
        UsageError: another key is known (SOV-C305), or it was seen in the future (SOV-C307).
    """
    log = known.find(head.origin) if known is not None else None
    if log is None:
        return
    check_key(log, verifier)
    check_same_root(log, head)
    if log.seen > now:
        raise _early_clock(format_utc(log.seen), "the log was seen")
    root = None
    if log.checkpoint.size <= head.size:
        subtrees = stored_subtree(lambda path: (directory / path).read_bytes(), head.size)
        root = root_at(subtrees, log.checkpoint.size)
    if root != log.checkpoint.root:
        raise ForkError(
            f"the log {quoted(head.origin)} is not the one that was seen with {log.checkpoint.size} entries",
            seen=format_checkpoint(log.checkpoint),
            found=format_checkpoint(head),
            hint="it was restored or rewritten: keep it as evidence and go on in a new log: `sovereign audit new`",
        )


def check_clock(last: bytes | None, now: datetime) -> None:
    """Return unless the clock is before the last entry; entries of another form than ours have no time.

    Raises:
        UsageError: it is (SOV-C307).
    """
    if last is None:
        return
    try:
        recorded_at = json.loads(last)["recorded_at"]
        instant = parse_utc(recorded_at)
    except (ValueError, TypeError, KeyError, RecursionError):
        return
    if now < instant:
        raise _early_clock(recorded_at, "the last entry was recorded")


def _early_clock(instant: str, what: str) -> UsageError:
    return UsageError(
        f"the clock is wrong: {what} at {instant}, which is in the future",
        code="SOV-C307",
        hint="set the clock; entries are never dated before their predecessor",
    )


def kept_key(directory: Path, reason: str) -> UsageError:
    """Return the error for a key that would sign a second tree."""
    return UsageError(
        f"{reason}: signing a second tree with it would be a fork",
        code="SOV-C304",
        hint=f"make a new log with a new origin: `sovereign audit new --origin NAME --log {directory}`, "
        "or use a run log: `log: {kind: run}`",
    )


def wrong_key(message: str, hint: str) -> UsageError:
    """Return the error for a key and a log that do not belong together."""
    return UsageError(message, code="SOV-C305", hint=hint)


def unusable(directory: Path, error: OSError) -> UsageError:
    """Return the error for files of a log that cannot be opened."""
    return UsageError(
        f"the log {quoted(str(directory))} cannot be opened: {(error.strerror or str(error)).lower()}",
        code="SOV-C302",
        hint=f"check that user {os.geteuid()} may read and write all of it",
    )
