"""One dated state of all facts about places, with its digest.

A snapshot is one canonical JSON document, `{"schema", "as_of", "files": {name: text}}`: what the audit log stores as
an object, and what a replay reads again. Its digest is the SHA-256 of exactly these bytes.

`load_snapshot` is the one door of this room. It compares each package file with the manifest, so that a changed file
is named, and the whole with the recorded digest.
"""

import csv
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Final

from sovereign._internal.canonical import canonical, sha256_hex
from sovereign._internal.strict_json import parse_json
from sovereign.errors import UsageError, quoted
from sovereign.jurisdiction.adequacy import Adequacy, parse_adequacy
from sovereign.jurisdiction.groups import Groups, parse_groups
from sovereign.jurisdiction.places import parse_places
from sovereign.jurisdiction.regions import Catalogue, make_catalogue
from sovereign.jurisdiction.rows import parse_multi, parse_pairs, parse_regions
from sovereign.jurisdiction.zones import parse_patterns

__all__ = ["SCHEMA", "Snapshot", "load_snapshot", "load_snapshot_from", "parse_snapshot", "snapshot_document"]

SCHEMA: Final = "sovereign.snapshot/1"
_DATA: Final = Path(__file__).with_name("data")
# what the parsers of this room raise on another form
_ILL_FORMED: Final = (KeyError, TypeError, ValueError, AttributeError, csv.Error)
_REINSTALL: Final = "install sovereign-policy again, from a wheel whose digest is known"


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """Facts about places as of one day.

    Attributes:
        digest: SHA-256 of `document()`, 64 hexadecimal digits.
        as_of: the day for which the data are said to be right.
        groups, adequacy, catalogue: the facts.
    """

    digest: str
    as_of: date
    groups: Groups
    adequacy: Adequacy
    catalogue: Catalogue
    _document: bytes = field(repr=False)

    def document(self) -> bytes:
        """Return the canonical bytes that `digest` is the SHA-256 of."""
        return self._document

    def next_change(self, day: date) -> date | None:
        """Return the first day after `day` on which some group, territory or adequacy decision changes, or None."""
        later = [d for d in self.groups.boundaries() | self.adequacy.boundaries() if d > day]
        return min(later, default=None)


@cache
def load_snapshot() -> Snapshot:
    """Return the snapshot of the package data, read once per process.

    Raises:
        UsageError: a file is missing or differs from the manifest (SOV-C400).
    """
    return load_snapshot_from(_DATA)


def load_snapshot_from(directory: Path) -> Snapshot:
    """Return the snapshot of a directory that holds data files and their `manifest.json`.

    Raises:
        UsageError: a file is missing or differs from the manifest (SOV-C400).
    """
    try:
        return _load(directory)
    except _ILL_FORMED as error:
        raise _damaged(f"the jurisdiction data contradict themselves: {quoted(str(error))}") from None


def parse_snapshot(document: bytes) -> Snapshot:
    """Return the snapshot that `document` holds; whether it is a trusted one is for the caller to ask by its digest.

    Raises:
        InputError: not JSON, or a key occurs twice.
        UsageError: not a snapshot of this version (SOV-C401).
    """
    value = parse_json(document, source="snapshot")
    try:
        return _reassemble(value, document)
    except _ILL_FORMED as error:
        raise UsageError(
            f"not a snapshot of jurisdiction data that this version reads: {quoted(str(error))}",
            code="SOV-C401",
            hint=f"a snapshot has the schema {SCHEMA}; use the version of sovereign that wrote it",
        ) from None


def snapshot_document(files: Mapping[str, str], as_of: str) -> bytes:
    """Return the canonical bytes of a snapshot: the texts of its data files by name, right on the day `as_of`."""
    return canonical({"schema": SCHEMA, "as_of": as_of, "files": dict(files)})


def _reassemble(value: Mapping[str, Any], document: bytes) -> Snapshot:
    if value["schema"] != SCHEMA or snapshot_document(value["files"], value["as_of"]) != document:
        raise ValueError("not the canonical form of this schema")
    return _assemble(value["files"], date.fromisoformat(value["as_of"]), document)


def _assemble(files: Mapping[str, str], as_of: date, document: bytes) -> Snapshot:
    groups_document = _json(files["groups.json"])
    places = parse_places(files["countries.csv"].split()[1:], groups_document)
    groups = parse_groups(groups_document, places)
    return Snapshot(
        digest=sha256_hex(document),
        as_of=as_of,
        groups=groups,
        adequacy=parse_adequacy(_json(files["adequacy.json"]), places, as_of),
        catalogue=make_catalogue(
            regions=parse_regions(files["regions.csv"]),
            multi=parse_multi(files["multi_regions.csv"]),
            patterns=parse_patterns(_json(files["az_patterns.json"])),
            pairs=parse_pairs(files["azure_pairs.csv"]),
            groups=groups,
            as_of=as_of,
        ),
        _document=document,
    )


def _json(text: str) -> Any:  # noqa: ANN401  JSON is any of six types; the parsers of the room raise on another form
    return parse_json(text.encode(), source="snapshot")


def _load(directory: Path) -> Snapshot:
    manifest = json.loads(_read(directory / "manifest.json"))
    files = {name: _checked(directory / name, digest) for name, digest in manifest["files"].items()}
    document = snapshot_document(files, manifest["as_of"])
    if sha256_hex(document) != manifest["digest"]:
        raise _damaged("the jurisdiction data do not have the digest of their manifest")
    return _assemble(files, date.fromisoformat(manifest["as_of"]), document)


def _checked(path: Path, digest: str) -> str:
    data = _read(path)
    if sha256_hex(data) != digest:
        raise _damaged(f"the jurisdiction data file {quoted(path.name)} is not the one that was shipped")
    return data.decode()


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise _damaged(f"the jurisdiction data file {quoted(path.name)} cannot be read: {error.strerror}") from None


def _damaged(message: str) -> UsageError:
    return UsageError(message, code="SOV-C400", hint=_REINSTALL)
