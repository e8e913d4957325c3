"""Which keys a reader trusts for a log: from an option, a trust file, or what this user saw before; never the log."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from sovereign._internal.clock import system_clock
from sovereign.errors import SignatureError, UsageError, quoted

if TYPE_CHECKING:
    from sovereign.audit.known_logs import KnownLog
    from sovereign.signing import Verifier

__all__ = ["trusted_keys"]


def trusted_keys(directory: Path, vkeys: tuple[str, ...], trust: Path | None) -> "tuple[list[Verifier], bytes | None]":
    """Return the keys that the reader trusts, and the checkpoint they saw last; never a key from the log itself."""
    from sovereign.audit.reading import unverified_checkpoint  # noqa: PLC0415  only here
    from sovereign.signing import parse_vkey  # noqa: PLC0415  only here

    if vkeys:
        return _with_kept([parse_vkey(text) for text in vkeys])
    origin, _ = unverified_checkpoint(directory)
    if trust is not None:
        from sovereign.settings.trust_yaml import load_trust  # noqa: PLC0415  heavy, and most auditors have a key

        found = load_trust(trust, judged_paths=[directory]).log_keys(origin, system_clock())
        return _with_kept(list(found))
    known = _known(origin)
    if known is None:
        raise SignatureError(
            f"cannot check: no key of the log {quoted(origin)} is known here",
            code="SOV-V004",
            hint="give it: --key VKEY, from whoever runs the log, not from the log itself",
        )
    return list(known.verifiers), known.note


def _with_kept(verifiers: "list[Verifier]") -> "tuple[list[Verifier], bytes | None]":
    """Return the keys with the checkpoint that this user saw last under one of them: a log never falls behind it."""
    for verifier in verifiers:
        known = _known(verifier.name)
        if known is not None and verifier in known.verifiers:
            return verifiers, known.note
    return verifiers, None


def _known(origin: str) -> "KnownLog | None":
    from sovereign.audit.known_logs import KnownLogs  # noqa: PLC0415  only here
    from sovereign.audit.placement import state_directory  # noqa: PLC0415  only here

    try:
        return KnownLogs(state_directory(os.environ)).find(origin)
    except UsageError:
        return None  # no state directory is no memory; the answer is `cannot check`
