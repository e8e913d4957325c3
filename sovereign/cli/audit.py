"""`sovereign audit new|show|verify`: for whoever keeps a log, and whoever doubts it."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import orjson

from sovereign._internal.clock import system_clock
from sovereign.cli.options import out_format
from sovereign.cli.output import say, write_json, write_text
from sovereign.errors import InputError, SignatureError, UsageError, quoted
from sovereign.report.terminal import clean

if TYPE_CHECKING:
    from sovereign.audit.known_logs import KnownLog
    from sovereign.audit.reading import StoredEntry
    from sovereign.signing import Verifier

__all__ = ["audit"]

_DEFAULT = Path(".sovereign/log")
_LOG = click.option("--log", "directory", type=click.Path(path_type=Path), default=_DEFAULT, help="The log directory.")


@click.group(no_args_is_help=False)
def audit() -> None:
    """Make, read and verify logs."""


@audit.command()
@click.option(
    "--origin", required=True, help="The log's name, a URL without scheme, e.g. audit.example.org/munich/host7."
)
@_LOG
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


@audit.command(short_help="Show entries, one a line; read, not verified.")
@_LOG
@click.option("--from", "start", type=click.IntRange(min=0), default=0, help="First entry.")
@click.option("--to", "stop", type=click.IntRange(min=0), help="Entry after the last.")
@out_format
def show(directory: Path, start: int, stop: int | None, form: str) -> int:
    """Show entries, one a line; what is shown here is read, not verified."""
    from sovereign.audit.reading import read_entries  # noqa: PLC0415  `new` and `verify` do not need it

    entries = read_entries(directory, start, stop)
    if form == "json":
        write_json({"schema": "sovereign.entries/1", "verified": False, "entries": [_entry_json(e) for e in entries]})
    else:
        for entry in entries:
            write_text(_line(entry) + "\n")
    return 0


@audit.command(short_help="Recompute the whole log below its signed checkpoint.")
@_LOG
@click.option("--key", "vkeys", multiple=True, help="A log key (vkey) that you trust; repeatable.")
@click.option("--trust", type=click.Path(path_type=Path), help="A trust file that names the log's key.")
@click.option("--seen", type=click.Path(path_type=Path), help="A checkpoint you kept; the log must extend it.")
@out_format
def verify(directory: Path, vkeys: tuple[str, ...], trust: Path | None, seen: Path | None, form: str) -> int:
    """Recompute the whole log below its checkpoint with code that shares nothing with the writer."""
    from sovereign.audit.verify import verify_log  # noqa: PLC0415  the auditor's path starts nothing else

    verifiers, kept = _keys(directory, vkeys, trust)
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


def _keys(directory: Path, vkeys: tuple[str, ...], trust: Path | None) -> "tuple[list[Verifier], bytes | None]":
    """Return the keys that the reader trusts, and the checkpoint they saw last; never a key from the log itself."""
    from sovereign.audit.reading import unverified_checkpoint  # noqa: PLC0415  only here
    from sovereign.signing import parse_vkey  # noqa: PLC0415  only here

    if vkeys:
        return _with_kept([parse_vkey(text) for text in vkeys])
    origin, _ = unverified_checkpoint(directory)
    if trust is not None:
        from sovereign.settings.trust_yaml import load_trust  # noqa: PLC0415  heavy, and most auditors have a key

        found = load_trust(trust, judged_paths=[directory]).log_keys(origin, system_clock())
        return _with_kept(list(found))
    known = _known(origin)
    if known is None:
        raise SignatureError(
            f"cannot check: no key of the log {quoted(origin)} is known here",
            code="SOV-V004",
            hint="give it: --key VKEY, from whoever runs the log, not from the log itself",
        )
    return [known.verifier], known.note


def _with_kept(verifiers: "list[Verifier]") -> "tuple[list[Verifier], bytes | None]":
    """Return the keys with the checkpoint that this user saw last under one of them: a log never falls behind it."""
    for verifier in verifiers:
        known = _known(verifier.name)
        if known is not None and known.verifier.public_key == verifier.public_key:
            return verifiers, known.note
    return verifiers, None


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(
            f"cannot read {quoted(str(path))}: {(error.strerror or 'unreadable').lower()}",
            hint="--seen FILE is a checkpoint that you kept",
        ) from None


def _known(origin: str) -> "KnownLog | None":
    from sovereign.audit.known_logs import KnownLogs  # noqa: PLC0415  only here
    from sovereign.audit.placement import state_directory  # noqa: PLC0415  only here

    try:
        return KnownLogs(state_directory(os.environ)).find(origin)
    except UsageError:
        return None  # no state directory is no memory; the answer is `cannot check`


def _line(entry: "StoredEntry") -> str:
    fields = _fields(entry)
    words = [str(entry.index), "sealed" if entry.is_sealed else "unsealed", str(fields.get("recorded_at", "?"))]
    words.append(str(fields.get("type", "not JSON")))
    words += list(_told(fields))
    return clean("  ".join(words))


def _told(fields: dict[str, Any]) -> Iterator[str]:
    if "effect" in fields:
        subject, resource = _mapping(fields.get("subject")), _mapping(fields.get("resource"))
        yield f"{fields['effect']}: {subject.get('id')} {fields.get('action')} {resource.get('id')}"
        found = fields.get("findings")
        findings = [_mapping(finding) for finding in found] if isinstance(found, list) else []
        rules = {str(f.get("rule")) for f in findings if f.get("outcome") in ("deny", "undecided")}
        if rules:
            yield ", ".join(sorted(rules))
    elif "verdict" in fields:
        yield str(fields["verdict"])
    elif "sha256" in fields:
        yield f"{fields.get('policy', '')} {fields['sha256']}".strip()


def _mapping(value: object) -> dict[str, Any]:
    """Return a mapping; an entry that somebody else wrote may hold anything."""
    return value if isinstance(value, dict) else {}


def _entry_json(entry: "StoredEntry") -> dict[str, Any]:
    return {"index": entry.index, "sealed": entry.is_sealed, "leaf_hash": entry.leaf_hash, "entry": _fields(entry)}


def _fields(entry: "StoredEntry") -> dict[str, Any]:
    try:
        document = json.loads(entry.data)
        orjson.dumps(document)  # numbers and nesting that no document can repeat
    except (ValueError, TypeError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}
