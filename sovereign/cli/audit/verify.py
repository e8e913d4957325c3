"""`sovereign audit verify`: recomputes a log with code that shares nothing with the writer."""

from pathlib import Path

import click

from sovereign.cli.audit.options import log_directory
from sovereign.cli.audit.trusted_keys import trusted_keys
from sovereign.cli.options import out_format
from sovereign.cli.output import write_json, write_text
from sovereign.errors import InputError, quoted
from sovereign.report.terminal import clean

__all__ = ["verify"]


@click.command(short_help="Recompute the whole log below its signed checkpoint.")
@log_directory
@click.option("--key", "vkeys", multiple=True, help="A log key (vkey) that you trust; repeatable.")
@click.option("--trust", type=click.Path(path_type=Path), help="A trust file that names the log's key.")
@click.option("--seen", type=click.Path(path_type=Path), help="A checkpoint you kept; the log must extend it.")
@out_format
def verify(directory: Path, vkeys: tuple[str, ...], trust: Path | None, seen: Path | None, form: str) -> int:
    """Recompute the whole log below its checkpoint with code that shares nothing with the writer."""
    from sovereign.audit.verify import verify_log  # noqa: PLC0415  the auditor's path starts nothing else

    verifiers, kept = trusted_keys(directory, vkeys, trust)
    report = verify_log(directory, verifiers, seen=_read(seen) if seen is not None else kept)
    if form == "json":
        write_json(
            {
                "schema": "sovereign.verify/1",
                "verified": True,
                "origin": report.origin,
                "size": report.size,
                "root": report.root.hex(),
                "keys": list(report.vkeys),
                "extends_size": report.seen_size,
                "unsealed": report.unsealed,
                "notices": list(report.notices),
            }
        )
        return 0
    write_text(clean(f"verified   {report.origin}") + "\n")
    write_text(f"entries    {report.size} sealed, each one is what the signed checkpoint commits to\n")
    write_text(f"root       {report.root.hex()}\n")
    for vkey in report.vkeys:
        write_text(clean(f"key        {vkey}") + "\n")
    if report.seen_size is not None:
        write_text(f"extends    the checkpoint of {report.seen_size} entries that you kept\n")
    if report.unsealed:
        write_text(f"unsealed   {report.unsealed} entries after the checkpoint; nobody has committed to them yet\n")
    for notice in report.notices:
        write_text(clean(f"notice     {notice}") + "\n")
    return 0


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(
            f"cannot read {quoted(str(path))}: {(error.strerror or 'unreadable').lower()}",
            hint="--seen FILE is a checkpoint that you kept",
        ) from None
