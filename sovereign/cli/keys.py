"""`sovereign keys new|show|sign`: one key, one purpose."""

import os
from pathlib import Path

import click

from sovereign._internal.files import OS_DISK, replace_file
from sovereign.audit.placement import key_path, state_directory
from sovereign.cli.options import out_format
from sovereign.cli.output import say, write_json, write_text
from sovereign.enforce.assembly import signature_path
from sovereign.errors import InputError, UsageError, quoted
from sovereign.report.terminal import clean
from sovereign.signing import (
    PAYLOAD_TYPES,
    Purpose,
    generate_signer,
    is_key_name,
    load_signer,
    load_verifier,
    sign_envelope,
    write_key_file,
)

__all__ = ["keys"]

_SIGNING = {purpose.value: purpose for purpose in PAYLOAD_TYPES}


@click.group(no_args_is_help=False)
def keys() -> None:
    """Make, show and use keys; each has one purpose."""


@keys.command(short_help="Make a key of one purpose; nothing is overwritten.")
@click.option(
    "--for", "purpose", type=click.Choice([p.value for p in Purpose]), required=True, help="What it will sign."
)
@click.option("--name", required=True, help="Its name, a URL without scheme; of a log key, the log's origin.")
@click.option(
    "--file", "path", type=click.Path(path_type=Path), help="Where to write it; the state directory if left out."
)
def new(purpose: str, name: str, path: Path | None) -> int:
    """Make a key of one purpose and print its public half; nothing is overwritten."""
    if not is_key_name(name):
        raise UsageError(
            f"{quoted(name)} is no name of a key", hint="no white space and no plus sign, e.g. example.org/policy-2026"
        )
    signer = generate_signer(name, Purpose(purpose))
    place = path or key_path(state_directory(os.environ), name)
    write_key_file(place, signer)
    say(f"made {place} (mode 0600); whoever has it signs as {name}")
    write_text(signer.verifier.vkey + "\n")
    return 0


@keys.command()
@click.argument("path", type=click.Path(path_type=Path), metavar="FILE")
@out_format
def show(path: Path, form: str) -> int:
    """Show purpose, name and public half of the key in FILE."""
    purpose, verifier = load_verifier(path)
    if form == "json":
        write_json({"purpose": purpose.value, "name": verifier.name, "vkey": verifier.vkey})
    else:
        write_text(
            clean(f"purpose {purpose.value}")
            + "\n"
            + clean(f"name    {verifier.name}")
            + "\n"
            + f"vkey    {verifier.vkey}\n"
        )
    return 0


@keys.command(short_help="Sign a policy, a record or a statement.")
@click.argument("document", type=click.Path(path_type=Path))
@click.option("--key", "path", type=click.Path(path_type=Path), required=True, help="The key file.")
@click.option(
    "--for", "purpose", type=click.Choice(sorted(_SIGNING)), required=True, help="What kind of document it is."
)
def sign(document: Path, path: Path, purpose: str) -> int:
    """Sign DOCUMENT, a policy, a record or a statement, into a DSSE file beside it."""
    signer = load_signer(path, purpose=_SIGNING[purpose])
    try:
        payload = document.read_bytes()
    except OSError as error:
        raise InputError(f"cannot read {quoted(str(document))}: {(error.strerror or 'unreadable').lower()}") from None
    envelope = sign_envelope(payload, _payload_type(document, _SIGNING[purpose]), signer)
    place = signature_path(document)
    replace_file(OS_DISK, place, envelope)
    say(f"signed by {signer.verifier.name}")
    write_text(clean(str(place)) + "\n")
    return 0


def _payload_type(document: Path, purpose: Purpose) -> str:
    suffix = {".yml": "yaml"}.get(document.suffix, document.suffix.removeprefix("."))
    types = PAYLOAD_TYPES[purpose]
    found = next((kind for kind in sorted(types) if kind.endswith(f"+{suffix}")), None)
    if found is None:
        kinds = ", ".join(sorted(kind.rsplit("+", 1)[1] for kind in types))
        raise UsageError(f"a {purpose} key does not sign a file {quoted(document.suffix)}", hint=f"it signs: {kinds}")
    return found
