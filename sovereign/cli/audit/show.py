"""`sovereign audit show`: what a log says, read and not verified."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from sovereign.audit.entry_document import entry_document
from sovereign.cli.audit.options import log_place
from sovereign.cli.options import out_format
from sovereign.cli.output import write_json, write_text
from sovereign.report.terminal import clean

if TYPE_CHECKING:
    from sovereign.audit.reading import StoredEntry

__all__ = ["show"]


@click.command(short_help="Show entries, one a line; read, not verified.")
@log_place
@click.option("--from", "start", type=click.IntRange(min=0), default=0, help="First entry.")
@click.option("--to", "stop", type=click.IntRange(min=0), help="Entry after the last.")
@out_format
def show(place: str, start: int, stop: int | None, form: str) -> int:
    """Show entries, one a line; what is shown here is read, not verified."""
    from sovereign.audit.reading import read_entries  # noqa: PLC0415  `new` and `verify` do not need it

    entries = read_entries(place, start, stop)
    if form == "json":
        write_json({"schema": "sovereign.entries/1", "verified": False, "entries": [_entry_json(e) for e in entries]})
    else:
        for entry in entries:
            write_text(_line(entry) + "\n")
    return 0


def _line(entry: "StoredEntry") -> str:
    fields = _fields(entry)
    words = [str(entry.index), "sealed" if entry.is_sealed else "unsealed", str(fields.get("recorded_at", "?"))]
    words.append(str(fields.get("type", "not canonical JSON")))
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
    elif "origin" in fields:
        yield f"{fields['origin']}: {fields.get('size', fields.get('entries'))} entries"
    elif "sha256" in fields:
        yield f"{fields.get('policy', '')} {fields['sha256']}".strip()


def _mapping(value: object) -> dict[str, Any]:
    """Return a mapping; an entry that somebody else wrote may hold anything."""
    return value if isinstance(value, dict) else {}


def _entry_json(entry: "StoredEntry") -> dict[str, Any]:
    return {"index": entry.index, "sealed": entry.is_sealed, "leaf_hash": entry.leaf_hash, "entry": _fields(entry)}


def _fields(entry: "StoredEntry") -> dict[str, Any]:
    """Return the members of an entry that has one reading; of any other nothing is shown."""
    return entry_document(entry.data) or {}
