"""The snapshot is one object with one digest, and a changed file is named."""

import hashlib
import json
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

import sovereign.jurisdiction
from sovereign._internal.canonical import canonical
from sovereign.errors import InputError, UsageError
from sovereign.jurisdiction.snapshot import load_snapshot, load_snapshot_from, parse_snapshot, snapshot_document

DATA = Path(sovereign.jurisdiction.__file__).with_name("data")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Return a copy of the package data."""
    return Path(shutil.copytree(DATA, tmp_path / "data"))


def test_digest_is_the_hash_of_the_document() -> None:
    """The digest in a decision is the SHA-256 of the object that the log stores."""
    snapshot = load_snapshot()
    assert snapshot.digest == hashlib.sha256(snapshot.document()).hexdigest()
    assert snapshot.digest == json.loads((DATA / "manifest.json").read_bytes())["digest"]


def test_document_is_canonical_and_holds_every_file() -> None:
    """The document is RFC 8785 bytes, and each data file is in it as it was shipped."""
    document = load_snapshot().document()
    value = json.loads(document)
    assert canonical(value) == document
    shipped = {path.name: path.read_text(encoding="utf-8") for path in DATA.iterdir() if path.name != "manifest.json"}
    assert value["files"] == shipped


def test_snapshot_is_loaded_once() -> None:
    """A second call returns the same object."""
    assert load_snapshot() is load_snapshot()


def test_stored_document_gives_the_same_facts() -> None:
    """A replay reads the stored object and finds the same digest and the same places."""
    ours = load_snapshot()
    theirs = parse_snapshot(ours.document())
    assert (theirs.digest, theirs.as_of) == (ours.digest, ours.as_of)
    assert theirs.catalogue.lookup("aws", "eu-west-1") == ours.catalogue.lookup("aws", "eu-west-1")
    assert theirs.groups.known == ours.groups.known


def test_importing_the_package_reads_no_data() -> None:
    """Importing loads no file of the data folder, and neither yaml nor pydantic."""
    code = (
        "import sys\n"
        "opened = []\n"
        "sys.addaudithook(lambda e, a: opened.append(str(a[0])) if e == 'open' else None)\n"
        "import sovereign.jurisdiction, sovereign.jurisdiction.snapshot as s\n"
        "assert not [p for p in opened if 'jurisdiction/data' in p], opened\n"
        "s.load_snapshot()\n"
        "assert [p for p in opened if 'jurisdiction/data' in p]\n"
        "assert not {'yaml', 'pydantic', 'cryptography', 'structlog'} & sys.modules.keys()\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


@pytest.mark.parametrize("name", sorted(path.name for path in DATA.iterdir() if path.name != "manifest.json"))
def test_changed_file_is_named(data: Path, name: str) -> None:
    """One more byte at the end of any file is found, and the message names the file."""
    with (data / name).open("ab") as file:
        file.write(b"\n")
    with pytest.raises(UsageError, match=name) as caught:
        load_snapshot_from(data)
    assert caught.value.code == "SOV-C400"
    assert caught.value.hint


def test_missing_file_is_named(data: Path) -> None:
    """A file that is gone is an error, not an empty table."""
    (data / "groups.json").unlink()
    with pytest.raises(UsageError, match=r"groups\.json") as caught:
        load_snapshot_from(data)
    assert caught.value.code == "SOV-C400"


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"files": {}, "as_of": "2026-11-23", "digest": ""}'])
def test_broken_manifest_is_an_error(data: Path, text: str) -> None:
    """A manifest that says nothing vouches for nothing."""
    (data / "manifest.json").write_text(text, encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        load_snapshot_from(data)
    assert caught.value.code == "SOV-C400"


def test_manifest_cannot_drop_a_file(data: Path) -> None:
    """A manifest that no longer lists a file does not have the recorded digest, whatever it lists."""
    manifest = json.loads((data / "manifest.json").read_bytes())
    del manifest["files"]["adequacy.json"]
    (data / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        load_snapshot_from(data)
    assert caught.value.code == "SOV-C400"


def changed(name: str, text: str) -> bytes:
    """Return a canonical document in which one file has another text."""
    value = json.loads(load_snapshot().document())
    return snapshot_document(value["files"] | {name: text}, value["as_of"])


@pytest.mark.parametrize(
    "document",
    [
        b"[]",
        b"{}",
        b'"x"',
        b'{"schema":"sovereign.snapshot/2","as_of":"2026-11-23","files":{}}',
        b'{"as_of":"2026-11-23","files":{},"schema":"sovereign.snapshot/1"}',
        load_snapshot().document() + b"\n",
        changed("regions.csv", ""),
        changed("regions.csv", "provider,region_code\naws,eu-central-1\n"),
        changed("azure_pairs.csv", 'region,paired_region\n"open'),
    ],
)
def test_ill_shaped_document_is_refused(document: bytes) -> None:
    """A stored document of another form is an error of its own, never an empty catalogue."""
    with pytest.raises(UsageError) as caught:
        parse_snapshot(document)
    assert caught.value.code == "SOV-C401"


def test_document_with_two_equal_keys_is_refused() -> None:
    """A document with two readings is no document."""
    with pytest.raises(InputError):
        parse_snapshot(b'{"schema":"sovereign.snapshot/1","schema":"sovereign.snapshot/1"}')


def test_next_change_is_the_next_boundary_of_any_row() -> None:
    """A decision can ask until when nothing it read changes."""
    snapshot = load_snapshot()
    assert snapshot.next_change(date(2020, 1, 31)) == date(2020, 2, 1)
    assert snapshot.next_change(date(2026, 11, 24)) == date(2031, 12, 27)
    assert snapshot.next_change(date(2031, 12, 27)) is None
