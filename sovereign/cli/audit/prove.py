"""`sovereign audit prove`: an entry's proof, for somebody who has no access to the log."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from sovereign._internal.files import OS_DISK, replace_file
from sovereign.cli.audit.evidence import read_checkpoint
from sovereign.cli.audit.options import log_place, reader_keys
from sovereign.cli.audit.trusted_keys import trusted_keys
from sovereign.cli.output import say, write_text
from sovereign.errors import UsageError, quoted

if TYPE_CHECKING:
    from sovereign.audit.log_files import LogFiles

__all__ = ["prove"]


@click.command(short_help="Write the proof that a log holds an entry.")
@click.argument("entry", metavar="INDEX|ID")
@log_place
@reader_keys
@click.option("--out", type=click.Path(path_type=Path), help="Where to write the .tlog-proof file; stdout if left out.")
@click.option(
    "--entry-out", type=click.Path(path_type=Path), help="Where to write the entry, byte for byte as it is proved."
)
def prove(
    entry: str, place: str, keys: tuple[str, ...], trust: Path | None, out: Path | None, entry_out: Path | None
) -> int:
    """Write the proof that a log holds an entry, named by its index or by the id of its decision.

    The proof is verified before it is handed out. Its reader needs the entry and the log's key too.
    """
    from sovereign.audit.log_files import open_log_files  # noqa: PLC0415  other verbs do not need it
    from sovereign.audit.proving import prove_entry  # noqa: PLC0415  as above

    files = open_log_files(place)
    judged = [Path(place)] if Path(place).exists() else []
    verifiers, _ = trusted_keys(read_checkpoint(files), keys, trust, judged=judged)
    is_index = entry.isascii() and entry.isdecimal() and len(entry) < 20  # noqa: PLR2004  digits of 2^63
    index = int(entry) if is_index else _find(files, entry)
    content, proof = prove_entry(files, index, verifiers, identifier=None if is_index else entry)
    if entry_out is not None:
        _write(entry_out, content)
    if out is None:
        write_text(proof.decode())
    else:
        _write(out, proof)
    say(f"proved entry {index}: {len(proof)} bytes; a reader needs it, the entry, and the log's key by another way")
    return 0


def _find(files: "LogFiles", identifier: str) -> int:
    from sovereign.audit.reading import find_entry  # noqa: PLC0415  an index needs no search

    index = find_entry(files, identifier)
    if index is None:
        raise UsageError(
            f"no sealed entry has the id {quoted(identifier)}",
            code="SOV-C321",
            hint="name its index, or the id of its decision: `sovereign audit show --format json`",
        )
    return index


def _write(path: Path, data: bytes) -> None:
    try:
        replace_file(OS_DISK, path, data)
    except OSError as error:
        raise UsageError(
            f"cannot write {quoted(str(path))}: {(error.strerror or 'not writable').lower()}", hint="name another file"
        ) from None
