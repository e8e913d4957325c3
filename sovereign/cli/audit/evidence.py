"""What `audit verify` says when something does not verify: the error with its evidence, as a document where asked."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sovereign.cli.output import write_json
from sovereign.errors import AuditError, InputError, SovereignError, UsageError, VerificationError, quoted

if TYPE_CHECKING:
    from sovereign.audit.log_files import LogFiles

__all__ = ["read_checkpoint", "read_given", "telling_evidence"]


@contextmanager
def telling_evidence(form: str) -> Iterator[None]:
    """Write a `sovereign.verify/1` document for an error that says `not verified`, then let it go on its way."""
    try:
        yield
    except (VerificationError, AuditError) as error:
        if form == "json":
            write_json({"schema": "sovereign.verify/1", "verified": False, "error": _evidence(error)})
        raise


def read_checkpoint(files: "LogFiles") -> bytes:
    """Return the checkpoint that a log shows, not verified.

    Raises:
        UsageError: it has none (SOV-C310).
    """
    try:
        return files.read("checkpoint")
    except FileNotFoundError:
        raise UsageError(
            f"{quoted(files.place)} holds no checkpoint", code="SOV-C310", hint="name a log: what holds `checkpoint`"
        ) from None


def read_given(path: Path, what: str) -> bytes:
    """Return the bytes of a file that an option names.

    Raises:
        InputError: it cannot be read (SOV-I001).
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(
            f"cannot read {quoted(str(path))}: {(error.strerror or 'unreadable').lower()}", hint=what
        ) from None


def _evidence(error: SovereignError) -> dict[str, Any]:
    """Return code, message and hint, and whatever of entry, file, offset and both heads the error carries."""
    found = {name: getattr(error, name, None) for name in ("index", "path", "offset", "seen", "found")}
    told = {"code": error.code, "message": error.message, "hint": error.hint}
    return told | {name: value for name, value in found.items() if value is not None}
