"""Where log and keys lie when nobody said so.

1. Keys lie in the user's state directory, never in the tree. 2. Without settings a host log is made under
`.sovereign/log`, with an origin and a key of its own: one key, one origin, one directory.
"""

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sovereign._internal.clock import Clock
from sovereign._internal.files import OS_DISK, file_lock, replace_file
from sovereign.audit.description import load_description
from sovereign.audit.directory import check_owner, check_untracked, refused
from sovereign.audit.known_logs import KnownLogs, safe_name
from sovereign.audit.log import Log
from sovereign.audit.receipt import LogKind
from sovereign.errors import UsageError, quoted
from sovereign.signing import (
    MlDsa44Signer,
    Passphrase,
    Purpose,
    SignatureType,
    Signer,
    generate_mldsa_signer,
    generate_signer,
    load_mldsa_signer,
    load_signer,
    parse_vkey,
    write_key_file,
)

if TYPE_CHECKING:
    from sovereign.signing.key_text import FileSigner

__all__ = [
    "PlacedLog",
    "default_log",
    "kept_mldsa_signer",
    "key_path",
    "make_private_folder",
    "mldsa_key_path",
    "new_log",
    "state_directory",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedLog:
    """A log in its place.

    Attributes:
        log: open for appending; the caller closes it.
        made: the paths that were made for it now (directory, keys), for a notice; empty when it was there.
    """

    log: Log
    made: tuple[Path, ...]


def default_log(project: Path, state: Path, clock: Clock) -> PlacedLog:
    """Return the host log under `.sovereign/log` of a project; makes it, its origin and its key when there is none.

    Args:
        project: the directory of the settings, or the current one.
        state: what `state_directory` returned.
        clock: the current time.

    Raises:
        UsageError: the place is refused (SOV-C302, C303, C308), or the log cannot be opened (SOV-C304, C305, C307).
    """
    folder = project / ".sovereign"
    make_private_folder(folder)
    check_untracked(folder)
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        with file_lock(descriptor):  # two first commands at once make one log
            if (folder / "log" / "log.json").exists():
                return PlacedLog(log=_open(folder / "log", state, clock), made=())
            _move_unfinished(folder / "log")
            return _make(folder / "log", state, clock)
    finally:
        os.close(descriptor)


def _move_unfinished(directory: Path) -> None:
    """Move a log aside whose making was cut short: it would refuse every later command, and holds no entry."""
    wal = directory / "wal"
    is_begun = wal.is_dir() and not (directory / "tile").exists()
    if is_begun and not any(path.stat().st_size for path in wal.iterdir()):
        directory.rename(directory.with_name(f"unfinished-{secrets.token_hex(8)}"))


def make_private_folder(folder: Path) -> None:
    """Make `.sovereign/` with a `.gitignore` of `*`; one that is there must be this user's own.

    A link is refused: the tree under judgement does not choose where evidence is written.

    Raises:
        UsageError: it is a link, another user's, writable by others, or cannot be made (SOV-C302).
    """
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        check_owner(folder)
        ignore = folder / ".gitignore"
        if not ignore.exists():
            replace_file(OS_DISK, ignore, b"*\n")
    except FileExistsError:
        raise refused(folder, "is no directory", "move it away, or name another log: `--log DIR`") from None
    except OSError as error:
        reason = (error.strerror or "no reason given").lower()
        raise refused(folder, f"cannot be made: {reason}", "name a log elsewhere: `--log DIR`") from None


def key_path(state: Path, origin: str) -> Path:
    """Return where the key of a log lies."""
    return state / "keys" / f"{safe_name(origin)}.key"


def mldsa_key_path(key: Path) -> Path:
    """Return where the ML-DSA-44 key of a log lies: beside its Ed25519 key."""
    return key.with_name(f"{key.name.removesuffix('.key')}.mldsa.key")


def kept_mldsa_signer(directory: Path, key: Path, *, passphrase: Passphrase | None = None) -> tuple[MlDsa44Signer, ...]:
    """Return the ML-DSA-44 signer beside the key file `key`, when the log in `directory` says that it has such a key.

    Raises:
        UsageError: the log has one and no key file is there, or it is refused (as `load_signer`).
    """
    types = {parse_vkey(vkey).type for vkey in load_description(directory).vkeys}
    if SignatureType.MLDSA44 not in types:
        return ()
    return (load_mldsa_signer(mldsa_key_path(key), purpose=Purpose.LOG, passphrase=passphrase),)


def new_log(  # noqa: D417  the others are said to be those of `Log.create`
    directory: Path,
    *,
    origin: str,
    key: Path,
    kind: LogKind,
    known: KnownLogs,
    clock: Clock,
    signer: Signer | None = None,
    passphrase: bytes | None = None,
    unsafe_filesystem: bool = False,
) -> PlacedLog:
    """Make a log with an Ed25519 and an ML-DSA-44 key of its own; nothing of it is left when that fails.

    Args:
        key: where to write the Ed25519 key; the other comes beside it.
        signer: an Ed25519 key that there is already, in a module or behind a program; then only the other is made.
        passphrase: what both are encrypted with; None leaves them open to whoever may read the files.

    Raises:
        UsageError: as `Log.create`, or a key file is there already (SOV-C256).
    """
    cosigner = generate_mldsa_signer(origin, Purpose.LOG)
    secrets: dict[Path, FileSigner] = {} if signer is not None else {key: generate_signer(origin, Purpose.LOG)}
    secrets[mldsa_key_path(key)] = cosigner
    made: list[Path] = []
    try:
        for place, secret in secrets.items():
            write_key_file(place, secret, passphrase=passphrase)
            made.append(place)
        log = Log.create(
            directory,
            origin=origin,
            signer=signer or secrets[key],
            kind=kind,
            cosigners=(cosigner,),
            known=known,
            clock=clock,
            unsafe_filesystem=unsafe_filesystem,
        )
    except BaseException:
        for place in made:
            place.unlink(missing_ok=True)  # a key without a log would refuse the next attempt
        raise
    return PlacedLog(log=log, made=(directory, *made))


def state_directory(environ: Mapping[str, str]) -> Path:
    """Return the directory for keys and known logs; makes it, mode 0700.

    It is `SOVEREIGN_HOME`, else `XDG_STATE_HOME/sovereign`, else `~/.local/state/sovereign`.

    Raises:
        UsageError: it cannot be made or written; a random user id and a read-only root have none (SOV-C301).
    """
    state = _state_path(environ)
    if state is None or not state.is_absolute():
        raise _no_state(state, "it is no absolute path")
    try:
        state.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise _no_state(state, (error.strerror or "no reason given").lower()) from None
    if not os.access(state, os.W_OK | os.X_OK):
        raise _no_state(state, "it is not writable")
    return state


def _open(directory: Path, state: Path, clock: Clock) -> Log:
    key = key_path(state, load_description(directory).origin)
    signer = load_signer(key, purpose=Purpose.LOG)
    cosigners = kept_mldsa_signer(directory, key)
    return Log.open(directory, signer, cosigners=cosigners, known=KnownLogs(state), clock=clock)


def _make(directory: Path, state: Path, clock: Clock) -> PlacedLog:
    import uuid  # noqa: PLC0415  only a new log needs it

    origin = f"local/{uuid.uuid4()}"
    key = key_path(state, origin)
    return new_log(directory, origin=origin, key=key, kind=LogKind.HOST, known=KnownLogs(state), clock=clock)


def _state_path(environ: Mapping[str, str]) -> Path | None:
    if home := environ.get("SOVEREIGN_HOME"):
        return Path(home)
    if state := environ.get("XDG_STATE_HOME"):
        return Path(state) / "sovereign"
    home = environ.get("HOME")
    return Path(home) / ".local" / "state" / "sovereign" if home else None


def _no_state(state: Path | None, reason: str) -> UsageError:
    return UsageError(
        f"the state directory {quoted(str(state or '~'))} cannot be used: {reason}",
        code="SOV-C301",
        hint="set SOVEREIGN_HOME or XDG_STATE_HOME to a directory that this user may write",
    )
