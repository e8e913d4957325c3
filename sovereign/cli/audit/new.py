"""`sovereign audit new`: a log with a name and keys of its own."""

import os
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

import click

from sovereign._internal.clock import system_clock
from sovereign.cli.audit.evidence import read_given
from sovereign.cli.audit.options import log_directory
from sovereign.cli.audit.trusted_keys import given_keys
from sovereign.cli.output import say, write_text
from sovereign.cli.passphrase import encrypt_option, new_passphrase, passphrase_file

if TYPE_CHECKING:
    from sovereign.audit.log import Log
    from sovereign.audit.tree_head import SignedCheckpoint

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
@click.option(
    "--existing-key",
    is_flag=True,
    help="Take the Ed25519 key that SOVEREIGN_KEYS_LOG_... name: in a file, a hardware module or behind a program.",
)
@encrypt_option
@passphrase_file
@click.option(
    "--succeeds",
    type=click.Path(path_type=Path),
    help="The last checkpoint of a log that ended; the first entry names it.",
)
@click.option(
    "--succeeds-key", "succeeds_keys", multiple=True, metavar="VKEY|FILE", help="A key of that log; repeatable."
)
@click.option(
    "--reason",
    type=click.Choice(["new_origin", "compromise"]),
    default="new_origin",
    help="Why that log ended: a new name, or a key that was stolen.",
)
def new(
    origin: str,
    kind: str,
    directory: Path,
    key_file: Path | None,
    existing_key: bool,
    encrypt: bool,
    passphrase_file: Path | None,
    succeeds: Path | None,
    succeeds_keys: tuple[str, ...],
    reason: str,
) -> int:
    """Make a host or parent log with a name and keys of its own, Ed25519 and ML-DSA-44; print the vkey of the first."""
    from sovereign.audit.known_logs import KnownLogs  # noqa: PLC0415  reading a log needs no writer
    from sovereign.audit.placement import key_path, new_log, state_directory  # noqa: PLC0415  as above
    from sovereign.audit.receipt import LogKind  # noqa: PLC0415  as above
    from sovereign.enforce.log_keys import load_new_log_signer  # noqa: PLC0415  as above

    state = state_directory(os.environ)
    predecessor = None if succeeds is None else _Predecessor.read(succeeds, succeeds_keys, origin)
    signer, held = load_new_log_signer(os.environ, origin) if existing_key else (None, None)
    placed = new_log(
        directory,
        origin=origin,
        key=key_file or held or key_path(state, origin),  # where writers look for the other one
        kind=LogKind(kind),
        known=KnownLogs(state),
        clock=system_clock,
        signer=signer,
        passphrase=new_passphrase(passphrase_file, encrypt=encrypt),
    )
    with placed.log as log:
        if predecessor is not None:
            predecessor.record(log, reason)
    say("made " + ", ".join(map(str, placed.made)))
    say(f"its ML-DSA-44 key, for readers who want both: sovereign keys show {shlex.quote(str(placed.made[-1]))}")
    write_text(placed.log.verifier.vkey + "\n")
    return 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Predecessor:
    """The end of the log that a new one succeeds, verified before anything is made."""

    note: bytes
    signed: "SignedCheckpoint"

    @classmethod
    def read(cls, path: Path, vkeys: tuple[str, ...], origin: str) -> Self:
        from sovereign.audit.succession import open_predecessor  # noqa: PLC0415  few logs have one

        note = read_given(path, "--succeeds FILE is the last checkpoint of the other log that you know to be good")
        return cls(note=note, signed=open_predecessor(note, given_keys(vkeys), origin))

    def record(self, log: "Log", reason: str) -> None:
        from sovereign.audit.succession import SuccessionReason, record_succession  # noqa: PLC0415  as above

        record_succession(log, self.note, self.signed, reason=SuccessionReason(reason), clock=system_clock)
