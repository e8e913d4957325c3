"""`sovereign keys rotate`: new keys for a log, with the consent of the old and of the recovery key."""

import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sovereign._internal.clock import system_clock
from sovereign.cli.audit.options import log_directory
from sovereign.cli.output import say, write_text
from sovereign.cli.passphrase import passphrase_file, passphrase_of
from sovereign.report.terminal import clean

if TYPE_CHECKING:
    from sovereign.signing import MlDsa44Signer, Passphrase

__all__ = ["rotate"]

_FILE = click.Path(path_type=Path)


@click.command(short_help="Replace a log's key, with the consent of the old and of the recovery key.")
@log_directory
@click.option("--old", type=_FILE, help="The key file that goes; the one in the state directory if left out.")
@click.option("--new", type=_FILE, required=True, help="The new Ed25519 key file; its name is the log's origin.")
@click.option("--new-mldsa", type=_FILE, help="A new ML-DSA-44 key file too; the log's own stays if left out.")
@click.option("--recovery", type=_FILE, required=True, help="The recovery key file.")
@passphrase_file
def rotate(
    directory: Path, old: Path | None, new: Path, new_mldsa: Path | None, recovery: Path, passphrase_file: Path | None
) -> int:
    """Replace a log's key; given again, the command completes what was interrupted. Stop other writers before."""
    from sovereign.audit.description import load_description  # noqa: PLC0415  reading a log needs no writer
    from sovereign.audit.known_logs import KnownLogs  # noqa: PLC0415  as above
    from sovereign.audit.placement import key_path, mldsa_key_path, state_directory  # noqa: PLC0415  as above
    from sovereign.audit.rotating import rotate_keys  # noqa: PLC0415  as above
    from sovereign.signing import Purpose, load_mldsa_signer, load_signer  # noqa: PLC0415  as above

    state, ask = state_directory(os.environ), passphrase_of(passphrase_file)
    old = old or key_path(state, load_description(directory).origin)
    kept = _kept(directory, old, ask)
    joining = () if new_mldsa is None else (load_mldsa_signer(new_mldsa, purpose=Purpose.LOG, passphrase=ask),)
    statement = rotate_keys(
        directory,
        old=(load_signer(old, purpose=Purpose.LOG, passphrase=ask), *(kept if joining else ())),
        new=(load_signer(new, purpose=Purpose.LOG, passphrase=ask), *joining),
        staying=() if joining else kept,
        recovery=load_signer(recovery, purpose=Purpose.RECOVERY, passphrase=ask),
        known=KnownLogs(state),
        clock=system_clock,
    )
    say(f"rotated after {statement.head.size} entries; the statement is {directory}/rotations/{statement.head.size}")
    mldsa = new_mldsa or (mldsa_key_path(old) if kept else None)
    for line in _settings(directory, new, mldsa, old):
        say(line)
    for verifier in statement.new:
        write_text(clean(verifier.vkey) + "\n")
    return 0


def _kept(directory: Path, old: Path, ask: "Passphrase") -> "tuple[MlDsa44Signer, ...]":
    from sovereign.audit.placement import kept_mldsa_signer  # noqa: PLC0415  reading a log needs no writer

    return kept_mldsa_signer(directory, old, passphrase=ask)


def _settings(directory: Path, new: Path, mldsa: Path | None, old: Path) -> list[str]:
    """Return what now belongs into the environment of whoever writes the log."""
    places = {"LOG_DIR": directory, "KEYS_LOG_FILE": new, "KEYS_LOG_MLDSA_FILE": mldsa, "KEYS_LOG_PREVIOUS_FILE": old}
    lines = [
        f"SOVEREIGN_{name}={shlex.quote(str(path.absolute()))}" for name, path in places.items() if path is not None
    ]
    return ["from now on; leave the last line out when every reader has followed:", *lines]
