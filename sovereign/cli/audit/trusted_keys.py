"""Which keys a reader trusts for a log: from an option, a trust file, or what this user saw before; never the log."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sovereign._internal.clock import system_clock
from sovereign.errors import SignatureError, UsageError, quoted

if TYPE_CHECKING:
    from sovereign.audit.known_logs import KnownLog
    from sovereign.signing import Verifier

__all__ = ["given_keys", "origin_of", "trusted_keys"]


def trusted_keys(
    note: bytes, keys: Sequence[str], trust: Path | None, *, judged: Sequence[Path]
) -> "tuple[list[Verifier], bytes | None]":
    """Return the keys that the reader trusts, and the checkpoint they saw last; never a key from the log itself.

    Args:
        note: the checkpoint to be verified; only the name of the log is taken from it.
        keys: vkeys, or files that hold one a line.
        trust: a trust file.
        judged: files and directories that come from the log's side; the trust file lies in none of them.

    Raises:
        UsageError: a key or the trust file is not of the form, or lies where it must not.
        SignatureError: no key of this log is known (SOV-V004).
        VerificationError: the checkpoint is not of the form (SOV-V005).
    """
    if keys:
        return _with_kept(given_keys(keys), origin_of(note))
    origin = origin_of(note)
    if trust is not None:
        from sovereign.settings.trust_yaml import load_trust  # noqa: PLC0415  heavy, and most auditors have a key

        found = load_trust(trust, judged_paths=judged).log_keys(origin, system_clock())
        return _with_kept(list(found), origin)
    known = _known(origin)
    if known is None:
        raise SignatureError(
            f"cannot check: no key of the log {quoted(origin)} is known here",
            code="SOV-V004",
            hint="give it: --key VKEY, from whoever runs the log, not from the log itself",
        )
    return list(known.verifiers), known.note


def given_keys(keys: Sequence[str]) -> "list[Verifier]":
    """Return the keys that were given as vkeys, or as files that hold one a line.

    Raises:
        UsageError: one is neither (SOV-C255).
    """
    return [verifier for text in keys for verifier in _given(text)]


def _given(text: str) -> "Iterator[Verifier]":
    """Yield the keys of one `--key`. A vkey is one even where a file is called like it: the log may lie beside us."""
    from sovereign.signing import parse_vkey  # noqa: PLC0415  only here

    try:
        yield parse_vkey(text)
    except UsageError as error:
        try:
            lines = Path(text).read_text(encoding="utf-8").splitlines()
        except (OSError, ValueError):
            lines = []
        if not any(lines):
            hint = f"{error.hint}; or name a file of vkeys, but none is at this path"
            raise UsageError(error.message, code=error.code, hint=hint) from None
        yield from (parse_vkey(line) for line in lines if line)


def origin_of(note: bytes) -> str:
    """Return the name of the log that a checkpoint claims to be of; nothing is verified.

    Raises:
        VerificationError: it is not of the form (SOV-V005).
    """
    from sovereign.audit.checkpoint import parse_checkpoint  # noqa: PLC0415  only here
    from sovereign.audit.note import parse_note  # noqa: PLC0415  only here

    return parse_checkpoint(parse_note(note).text).origin


def _with_kept(verifiers: "list[Verifier]", origin: str) -> "tuple[list[Verifier], bytes | None]":
    """Return the keys with the checkpoint that this user saw last under one of them: a log never falls behind it."""
    known = _known(origin) if any(verifier.name == origin for verifier in verifiers) else None
    is_known = known is not None and any(verifier in known.verifiers for verifier in verifiers)
    return verifiers, known.note if known is not None and is_known else None


def _known(origin: str) -> "KnownLog | None":
    from sovereign.audit.known_logs import KnownLogs  # noqa: PLC0415  only here
    from sovereign.audit.placement import state_directory  # noqa: PLC0415  only here

    try:
        return KnownLogs(state_directory(os.environ)).find(origin)
    except UsageError:
        return None  # no state directory is no memory; the answer is `cannot check`
