"""Whether the head of a child log may follow the one that its parent holds."""

from typing import Final

from sovereign.audit.checkpoint import Checkpoint
from sovereign.audit.children import Child
from sovereign.audit.errors import ForkError
from sovereign.audit.run_log import not_taken
from sovereign.errors import VerificationError, quoted
from sovereign.signing import Verifier

__all__ = ["check_extends", "check_key", "forked", "not_next"]

_KEEP: Final = "keep both: together they prove it, and one of them is not what the log's key signed first"


def check_key(known: Child, verifier: Verifier, place: str) -> None:
    """Return when a run has the key with which the parent knows it.

    Raises:
        VerificationError: it has another (SOV-V040).
    """
    if known.vkeys != (verifier.vkey,):
        raise not_taken(
            place,
            f"the parent knows {quoted(known.origin)} with another key, {quoted(known.vkeys[0])}",
            "a run has one key, which lives as long as the run: one of the two logs was made up",
        )


def check_extends(known: Child, head: Checkpoint, note: bytes, *, is_shown: bool) -> None:
    """Return when `head` may follow the head that is known; both differ.

    Args:
        known: what the parent holds.
        head: what is to follow.
        note: that head, signed.
        is_shown: whether the caller goes on to verify the log itself against both.

    Raises:
        ForkError: same size, another root (SOV-V003).
        VerificationError: it is smaller, or nothing shows that it extends what is known (SOV-V044).
    """
    if head.size == known.size:
        raise forked(known, note)
    if head.size < known.size:
        raise not_next(
            head.origin,
            f"it has {head.size} entries, and {known.size} were entered before",
            "fetch the checkpoint anew; an older one adds nothing, and a log that shrank is evidence",
        )
    if not is_shown:
        raise not_next(
            head.origin,
            f"nothing shows that its {head.size} entries begin with the {known.size} that were entered before",
            "name where the log lies, and it is verified: `--log-of-child PLACE`",
        )


def forked(known: Child, note: bytes) -> ForkError:
    """Return the error for two heads of one child that cannot both be true."""
    return ForkError(
        f"the log {quoted(known.origin)} was forked: the parent holds another tree of it",
        seen=known.note.decode(),
        found=note.decode(errors="replace"),
        hint=_KEEP,
    )


def not_next(origin: str, reason: str, hint: str) -> VerificationError:
    """Return the error for a head that does not follow the one that is known."""
    return VerificationError(f"the head of {quoted(origin)} is not entered: {reason}", code="SOV-V044", hint=hint)
