"""`sovereign keys new`: a key of one purpose."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

import click

from sovereign.audit.placement import key_path, mldsa_key_path, state_directory
from sovereign.cli.output import say, write_text
from sovereign.cli.passphrase import encrypt_option, new_passphrase, passphrase_file
from sovereign.errors import UsageError, quoted
from sovereign.signing import Purpose, generate_mldsa_signer, generate_signer, is_key_name, write_key_file
from sovereign.signing.key_text import FileSigner

__all__ = ["new"]

_TYPES: Final[Mapping[str, Callable[[str, Purpose], FileSigner]]] = MappingProxyType(
    {"ed25519": generate_signer, "mldsa44": generate_mldsa_signer}
)


@click.command(short_help="Make a key of one purpose; nothing is overwritten.")
@click.option(
    "--for", "purpose", type=click.Choice([p.value for p in Purpose]), required=True, help="What it will sign."
)
@click.option("--name", required=True, help="Its name, a URL without scheme; of a log key, the log's origin.")
@click.option("--type", "kind", type=click.Choice([*_TYPES]), default="ed25519", help="mldsa44 is for logs only.")
@click.option(
    "--file", "path", type=click.Path(path_type=Path), help="Where to write it; the state directory if left out."
)
@encrypt_option
@passphrase_file
def new(purpose: str, name: str, kind: str, path: Path | None, encrypt: bool, passphrase_file: Path | None) -> int:
    """Make a key of one purpose and print its public half; nothing is overwritten."""
    if not is_key_name(name):
        raise UsageError(
            f"{quoted(name)} is no name of a key", hint="no white space and no plus sign, e.g. example.org/policy-2026"
        )
    if kind == "mldsa44" and purpose != Purpose.LOG:
        raise UsageError(
            f"a key for {purpose} is of type ed25519", hint="ML-DSA-44 signs checkpoints of logs, beside Ed25519"
        )
    signer = _TYPES[kind](name, Purpose(purpose))
    place = path or _default_place(name, kind)
    write_key_file(place, signer, passphrase=new_passphrase(passphrase_file, encrypt=encrypt))
    say(f"made {place} (mode 0600); whoever has it signs as {name}")
    write_text(signer.verifier.vkey + "\n")
    return 0


def _default_place(name: str, kind: str) -> Path:
    key = key_path(state_directory(os.environ), name)
    return mldsa_key_path(key) if kind == "mldsa44" else key
