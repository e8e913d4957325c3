"""`sovereign audit new`: a log with a name and a key of its own."""

import os
from pathlib import Path

import click

from sovereign._internal.clock import system_clock
from sovereign.cli.audit.options import log_directory
from sovereign.cli.output import say, write_text

__all__ = ["new"]


@click.command()
@click.option(
    "--origin", required=True, help="The log's name, a URL without scheme, e.g. audit.example.org/munich/host7."
)
@log_directory
@click.option(
    "--key-file", type=click.Path(path_type=Path), help="Where to write its key; the state directory if left out."
)
def new(origin: str, directory: Path, key_file: Path | None) -> int:
    """Make a host log with a name and a key of its own."""
    from sovereign.audit.known_logs import KnownLogs  # noqa: PLC0415  reading a log needs no writer
    from sovereign.audit.log import Log  # noqa: PLC0415  as above
    from sovereign.audit.placement import key_path, state_directory  # noqa: PLC0415  as above
    from sovereign.audit.receipt import LogKind  # noqa: PLC0415  as above
    from sovereign.signing import Purpose, generate_signer, write_key_file  # noqa: PLC0415  as above

    state = state_directory(os.environ)
    signer = generate_signer(origin, Purpose.LOG)
    place = key_file or key_path(state, origin)
    write_key_file(place, signer)
    try:
        log = Log.create(
            directory, origin=origin, signer=signer, kind=LogKind.HOST, known=KnownLogs(state), clock=system_clock
        )
    except BaseException:
        place.unlink(missing_ok=True)  # a key without a log would refuse the next attempt
        raise
    log.close()
    say(f"made {directory} and {place}")
    write_text(signer.verifier.vkey + "\n")
    return 0
