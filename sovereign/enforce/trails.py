"""Which log an enforcement point writes to (trust.md, section 3).

1. `log.kind: run`, or CI without a configured log: a log of this run, its key in memory only.
2. `log.dir`: the log there, with the key that the settings name, else the one in the state directory.
3. Otherwise: a host log under `.sovereign/log`, made with its key when there is none.
"""

import shlex
import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from sovereign._internal.clock import Clock
from sovereign.audit.known_logs import KnownLogs
from sovereign.audit.log import Log
from sovereign.audit.placement import default_log, make_private_folder, state_directory
from sovereign.enforce.log_keys import load_log_signers
from sovereign.settings.model import Settings

__all__ = ["PlacedTrail", "open_trail"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedTrail:
    """A log that is open for writing, and what the user should be told about it."""

    trail: Log
    notices: tuple[str, ...] = ()


def open_trail(settings: Settings, *, environ: Mapping[str, str], clock: Clock) -> PlacedTrail:
    """Return the log of an enforcement point; the caller closes it.

    Raises:
        UsageError: the place, the key or the clock is refused.
        AuditError: the log is damaged.
    """
    is_configured = settings.log_dir is not None
    if settings.log_kind == "run" or (environ.get("CI") and not is_configured and settings.log_kind is None):
        return _run_log(settings, clock)
    state = state_directory(environ)
    if settings.log_dir is None:
        placed = default_log(settings.root, state, clock)
        made = tuple(f"made {path}" for path in placed.made)
        return PlacedTrail(trail=placed.log, notices=made)
    signer, cosigners = load_log_signers(settings, settings.log_dir, state, environ)
    known = KnownLogs(state)
    return PlacedTrail(trail=Log.open(settings.log_dir, signer, cosigners=cosigners, known=known, clock=clock))


def _run_log(settings: Settings, clock: Clock) -> PlacedTrail:
    directory = settings.log_dir or settings.root / ".sovereign" / "runs" / uuid.uuid4().hex
    if settings.log_dir is None:
        make_private_folder(settings.root / ".sovereign")
    log = Log.create_run(directory, settings.log_origin or "local", clock=clock)
    place, key = shlex.quote(str(directory)), shlex.quote(log.verifier.vkey)
    notice = f"run log {directory}; verify it with: sovereign audit verify --log {place} --key {key}"
    return PlacedTrail(trail=log, notices=(notice,))
