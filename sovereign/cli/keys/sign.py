"""`sovereign keys sign`: a document into a DSSE file beside it."""

from pathlib import Path

import click

from sovereign._internal.files import OS_DISK, replace_file
from sovereign.cli.output import say, write_text
from sovereign.cli.passphrase import passphrase_file, passphrase_of
from sovereign.enforce.assembly import signature_path
from sovereign.errors import InputError, UsageError, quoted
from sovereign.report.terminal import clean
from sovereign.signing import PAYLOAD_TYPES, Purpose, load_signer, sign_envelope

__all__ = ["sign"]

_SIGNING = {purpose.value: purpose for purpose in PAYLOAD_TYPES}


@click.command(short_help="Sign a policy, a record or a statement.")
@click.argument("document", type=click.Path(path_type=Path))
@click.option("--key", "path", type=click.Path(path_type=Path), required=True, help="The key file.")
@click.option(
    "--for", "purpose", type=click.Choice(sorted(_SIGNING)), required=True, help="What kind of document it is."
)
@passphrase_file
def sign(document: Path, path: Path, purpose: str, passphrase_file: Path | None) -> int:
    """Sign DOCUMENT, a policy, a record or a statement, into a DSSE file beside it."""
    signer = load_signer(path, purpose=_SIGNING[purpose], passphrase=passphrase_of(passphrase_file))
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
