"""Which log an enforcement point writes to (trust.md, section 3).

1. `log.kind: run`, or CI without a configured log: a log of this run, its key in memory only; packed when it ends.
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
from sovereign.errors import UsageError, quoted
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
    known, seen = KnownLogs(state), _kept_checkpoint(settings)
    log = Log.open(settings.log_dir, signer, cosigners=cosigners, known=known, seen=seen, clock=clock)
    return PlacedTrail(trail=log)


def _kept_checkpoint(settings: Settings) -> bytes | None:
    if settings.log_seen is None:
        return None
    try:
        return settings.log_seen.read_bytes()
    except OSError as error:
        raise UsageError(
            f"the kept checkpoint {quoted(str(settings.log_seen))} cannot be read: "
            f"{(error.strerror or 'unreadable').lower()}",
            code="SOV-C200",
            hint="log.seen names a checkpoint that was kept elsewhere than the log",
        ) from None


class _PackedRun(Log):
    """The log of one run that is packed as a `.slog` file when it is closed.

    The directory stays: a process that was forked may still append to it, and what was acknowledged must not vanish.
    Each process packs when it closes, so the last one packs everything.
    """

    _is_closing = False

    def close(self) -> None:
        """Seal and pack what was appended; nothing happens the second time.

        Raises:
            AuditError: not sealed, or not packed (SOV-V045); entries stay durable in the directory.
        """
        if self._is_closing:
            return
        self._is_closing = True
        super().close()
        from sovereign.audit.slog import pack_log, packed_path  # noqa: PLC0415  the answer is out before it is needed

        pack_log(self.directory, packed_path(self.directory))


def _run_log(settings: Settings, clock: Clock) -> PlacedTrail:
    """Return a new log of this run; one without a directory of its own is packed when it ends."""
    prefix = settings.log_origin or "local"
    if settings.log_dir is not None:
        place = settings.log_dir
        log = Log.create_run(place, prefix, clock=clock)
    else:
        make_private_folder(settings.root / ".sovereign")
        directory = settings.root / ".sovereign" / "runs" / uuid.uuid4().hex
        place = directory.with_name(f"{directory.name}.slog")
        log = _PackedRun.create_run(directory, prefix, clock=clock)
    quoted_place, key = shlex.quote(str(place)), shlex.quote(log.verifier.vkey)
    notice = f"run log {place}; verify it with: sovereign audit verify --log {quoted_place} --key {key}"
    return PlacedTrail(trail=log, notices=(notice,))
