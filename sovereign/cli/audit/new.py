"""`sovereign audit new`: a log with a name and keys of its own."""

import os
import shlex
from pathlib import Path

import click

from sovereign._internal.clock import system_clock
from sovereign.cli.audit.options import log_directory
from sovereign.cli.output import say, write_text
from sovereign.cli.passphrase import encrypt_option, new_passphrase, passphrase_file

__all__ = ["new"]


@click.command(short_help="Make a host or parent log with a name and keys of its own.")
@click.option(
    "--origin", required=True, help="The log's name, a URL without scheme, e.g. audit.example.org/munich/host7."
)
@click.option(
    "--kind",
    type=click.Choice(["host", "parent"]),
    default="host",
    help="host: decisions of one machine; parent: heads of other logs (audit ingest). Host if left out.",
)
@log_directory
@click.option(
    "--key-file",
    type=click.Path(path_type=Path),
    help="Where to write its Ed25519 key, with the ML-DSA-44 key beside it; the state directory if left out.",
)
@encrypt_option
@passphrase_file
def new(
    origin: str, kind: str, directory: Path, key_file: Path | None, encrypt: bool, passphrase_file: Path | None
) -> int:
    """Make a host or parent log with a name and keys of its own, Ed25519 and ML-DSA-44; print the vkey of the first."""
    from sovereign.audit.known_logs import KnownLogs  # noqa: PLC0415  reading a log needs no writer
    from sovereign.audit.placement import key_path, new_log, state_directory  # noqa: PLC0415  as above
    from sovereign.audit.receipt import LogKind  # noqa: PLC0415  as above

    state = state_directory(os.environ)
    placed = new_log(
        directory,
        origin=origin,
        key=key_file or key_path(state, origin),
        kind=LogKind(kind),
        known=KnownLogs(state),
        clock=system_clock,
        passphrase=new_passphrase(passphrase_file, encrypt=encrypt),
    )
    placed.log.close()
    say("made " + ", ".join(map(str, placed.made)))
    say(f"its other key, for readers in the long run: sovereign keys show {shlex.quote(str(placed.made[-1]))}")
    write_text(placed.log.verifier.vkey + "\n")
    return 0
