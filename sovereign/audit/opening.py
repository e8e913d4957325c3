"""What is asked before a log is opened: is it this key's, is it the one that was seen, is the clock right."""

import contextlib
import json
import os
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

from sovereign._internal.clock import format_utc, parse_utc
from sovereign.audit.checkpoint import Checkpoint, format_checkpoint
from sovereign.audit.errors import ForkError
from sovereign.audit.known_logs import KnownLog, check_keys, check_same_root
from sovereign.audit.proof import root_at
from sovereign.audit.tiles import stored_subtree
from sovereign.audit.tree_head import open_checkpoint
from sovereign.errors import SignatureError, UsageError, quoted
from sovereign.signing import Purpose, SignatureType, Signer, Verifier

__all__ = [
    "check_clock",
    "check_extends",
    "check_known",
    "check_seen",
    "check_signers",
    "divide_leaving",
    "kept_key",
    "load_checkpoint",
    "usable",
    "wrong_key",
]


def check_signers(signers: Sequence[Signer], origin: str) -> None:
    """Return when `signers` may sign checkpoints of `origin`; the first must be an Ed25519 key, and no two are one.

    Raises:
        UsageError: one is for another purpose (SOV-C252) or another origin, or they do not go together (SOV-C305).
    """
    for signer in signers:
        _check_signer(signer, origin)
    if signers[0].verifier.type is not SignatureType.ED25519:
        raise wrong_key(
            f"the first key of {quoted(origin)} is no Ed25519 key", "others may stand beside one, not alone"
        )
    if len({signer.verifier.public_key for signer in signers}) < len(signers):
        raise wrong_key(f"two keys of {quoted(origin)} are the same", "name each key once")


def divide_leaving(verifiers: Sequence[Verifier]) -> tuple[tuple[Verifier, ...], tuple[Verifier, ...]]:
    """Return the keys of a log, and those that leave it: of each type the first one stays, others were replaced."""
    types = [verifier.type for verifier in verifiers]
    lasting = tuple(verifier for index, verifier in enumerate(verifiers) if verifier.type not in types[:index])
    return lasting, tuple(verifier for verifier in verifiers if verifier not in lasting)


def _check_signer(signer: Signer, origin: str) -> None:
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


def load_checkpoint(directory: Path, verifiers: Sequence[Verifier], origin: str) -> Checkpoint:
    """Return the checkpoint of a directory, signed by one of `verifiers`.

    Only Ed25519 keys are asked: a key of another type may just have joined the log, and have signed nothing yet.

    Raises:
        UsageError: it cannot be read (SOV-C302), or another key signed it (SOV-C305).
        VerificationError: it is not of the form (SOV-V005).
    """
    try:
        data = (directory / "checkpoint").read_bytes()
    except OSError as error:
        raise unusable(directory, error) from None
    try:
        keys = [verifier for verifier in verifiers if verifier.type is SignatureType.ED25519]
        return open_checkpoint(data, keys, origin=origin)
    except SignatureError as error:
        raise wrong_key(f"the checkpoint is not of this key: {error.message}", "name the key of this log") from None


def check_known(
    directory: Path, head: Checkpoint, verifiers: Sequence[Verifier], log: KnownLog | None, now: datetime
) -> None:
    """Return unless a log is smaller than, or contradicts, the checkpoint seen last.

    Raises:
        ForkError: it does (SOV-V003).
        UsageError: a key is known that is not given (SOV-C305), or it was seen in the future (SOV-C307).
    """
    if log is None:
        return
    check_keys(log, verifiers)
    check_same_root(log, head)
    if log.seen > now:
        raise _early_clock(format_utc(log.seen), "the log was seen")
    check_extends(directory, head, log.checkpoint)


def check_seen(directory: Path, head: Checkpoint, verifiers: Sequence[Verifier], seen: bytes | None) -> None:
    """Return unless a log is smaller than, or contradicts, a signed checkpoint that somebody kept of it.

    Raises:
        ForkError: it does (SOV-V003).
        SignatureError: the checkpoint is not of this log and its keys (SOV-V002, V004).
        VerificationError: it is not of the form (SOV-V005).
    """
    if seen is not None:
        keys = [verifier for verifier in verifiers if verifier.type is SignatureType.ED25519]
        check_extends(directory, head, open_checkpoint(seen, keys, origin=head.origin))


def check_extends(directory: Path, head: Checkpoint, earlier: Checkpoint) -> None:
    """Return when the stored tree of `head` begins with the tree of an earlier checkpoint.

    Raises:
        ForkError: it does not, or is smaller (SOV-V003).
    """
    root = None
    if earlier.size <= head.size:
        subtrees = stored_subtree(lambda path: (directory / path).read_bytes(), head.size)
        root = root_at(subtrees, earlier.size)
    if root != earlier.root:
        raise ForkError(
            f"the log {quoted(head.origin)} is not the one that was seen with {earlier.size} entries",
            seen=format_checkpoint(earlier),
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


@contextlib.contextmanager
def usable(directory: Path) -> Iterator[None]:
    """Turn what the system refuses while a log is opened into an error that names it.

    Raises:
        UsageError: a file of the log cannot be opened or read (SOV-C302).
    """
    try:
        yield
    except OSError as error:
        raise unusable(directory, error) from None


def unusable(directory: Path, error: OSError) -> UsageError:
    """Return the error for files of a log that cannot be opened."""
    return UsageError(
        f"the log {quoted(str(directory))} cannot be opened: {(error.strerror or str(error)).lower()}",
        code="SOV-C302",
        hint=f"check that user {os.geteuid()} may read and write all of it",
    )
