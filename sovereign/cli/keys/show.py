"""`sovereign keys show`: what a key file says of itself; an encrypted one needs no passphrase for that."""

from pathlib import Path

import click

from sovereign.cli.options import out_format
from sovereign.cli.output import write_json, write_text
from sovereign.report.terminal import clean
from sovereign.signing import load_verifier

__all__ = ["show"]


@click.command()
@click.argument("path", type=click.Path(path_type=Path), metavar="FILE")
@out_format
def show(path: Path, form: str) -> int:
    """Show purpose, name and public half of the key in FILE."""
    purpose, verifier = load_verifier(path)
    if form == "json":
        write_json({"purpose": purpose.value, "name": verifier.name, "vkey": verifier.vkey})
    else:
        lines = (f"purpose {purpose.value}", f"name    {verifier.name}", f"vkey    {verifier.vkey}")
        write_text("".join(clean(line) + "\n" for line in lines))
    return 0
