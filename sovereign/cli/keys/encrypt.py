"""`sovereign keys encrypt`: a copy of a key under a passphrase."""

from pathlib import Path

import click

from sovereign.cli.output import say, write_text
from sovereign.cli.passphrase import new_passphrase, passphrase_file
from sovereign.report.terminal import clean
from sovereign.signing import load_any_signer, load_verifier, passphrase_from, write_key_file

__all__ = ["encrypt"]


@click.command(short_help="Write an encrypted copy of a key; nothing is overwritten.")
@click.argument("path", type=click.Path(path_type=Path), metavar="FILE")
@click.option("--file", "target", type=click.Path(path_type=Path), required=True, help="Where to write the copy.")
@passphrase_file
def encrypt(path: Path, target: Path, passphrase_file: Path | None) -> int:
    """Write an encrypted copy of FILE, a key that is open so far; FILE itself stays as it is."""
    purpose, _ = load_verifier(path)
    signer = load_any_signer(path, purpose=purpose, passphrase=passphrase_from({}))
    write_key_file(target, signer, passphrase=new_passphrase(passphrase_file, encrypt=True))
    say(f"the key in {path} is still open: remove it when the copy has proven itself")
    write_text(clean(str(target)) + "\n")
    return 0
