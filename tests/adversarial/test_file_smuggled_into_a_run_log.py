"""Attack: a run log carries what belongs to none: another file, an object under a false name, an entry of no form."""

import json
import os
import zipfile
from pathlib import Path

import pytest
from simulators.run_logs import POLICY, Parent, entry, write_run

from sovereign._internal.canonical import sha256_hex
from sovereign.audit.log import Log
from sovereign.audit.slog import pack_log, packed_path, zip_chunks
from sovereign.audit.submitted import received
from sovereign.audit.zip_files import ZipFiles
from sovereign.errors import SovereignError, UsageError


@pytest.fixture
def parent(tmp_path: Path) -> Parent:
    """An empty parent."""
    return Parent.make(tmp_path / "parent")


def _refused(parent: Parent, path: Path) -> str:
    with pytest.raises(SovereignError) as caught:
        parent.take(path)
    assert parent.size == 0
    assert not (parent.directory / "objects").exists()
    return caught.value.code


@pytest.mark.parametrize(
    "name",
    [
        "head",
        "lock",
        "wal/00000000000000000000.wal",
        "tile/0/000",
        "tile/0/000.p/2",
        "tile/entries/001.p/1",
        "objects/notes.txt",
        f"objects/{'0' * 64}/more",
        "readme.txt",
        ".sovereign/log.json",
    ],
)
def test_file_that_belongs_to_no_run_log_is_refused(parent: Parent, tmp_path: Path, name: str) -> None:
    """What a packed run holds is known in advance; a stranger beside it is not ignored."""
    files = ZipFiles(write_run(tmp_path / "run"))
    found = {path: files.read(path) for path in files.names()} | {name: b"smuggled"}
    made = tmp_path / "made.slog"
    made.write_bytes(b"".join(zip_chunks(sorted(found), found.__getitem__)))
    assert _refused(parent, made).startswith("SOV-V0")


@pytest.mark.parametrize("name", ["../parent/log.json", "/tmp/log.json", "objects\\x", "log.json"])
def test_name_that_leads_elsewhere_or_stands_twice_is_refused(parent: Parent, tmp_path: Path, name: str) -> None:
    """A zip has one reading, and stays below its root."""
    packed = write_run(tmp_path / "run")
    with zipfile.ZipFile(packed, "a") as archive:
        if name in archive.namelist():
            with pytest.warns(UserWarning, match="Duplicate name"):
                archive.writestr(name, b"smuggled")
        else:
            archive.writestr(name, b"smuggled")
    assert _refused(parent, packed) == "SOV-V020"


@pytest.mark.parametrize("place", ["before", "after"])
def test_bytes_around_the_zip_are_refused(parent: Parent, tmp_path: Path, place: str) -> None:
    """The digest in the parent is that of one log, and of nothing that hides beside it."""
    packed = write_run(tmp_path / "run")
    data = packed.read_bytes()
    packed.write_bytes(b"PK smuggled" + data if place == "before" else data + b"smuggled")
    assert _refused(parent, packed) == "SOV-V020"


def test_object_under_a_false_name_is_refused(parent: Parent, tmp_path: Path) -> None:
    """A policy that was not in force does not come in under the digest of the one that was."""
    files = ZipFiles(write_run(tmp_path / "run"))
    found = {path: files.read(path) for path in files.names()}
    found[f"objects/{sha256_hex(POLICY)}"] = b"another policy"
    made = tmp_path / "made.slog"
    made.write_bytes(b"".join(zip_chunks(sorted(found), found.__getitem__)))
    assert _refused(parent, made).startswith("SOV-V0")


@pytest.mark.parametrize(
    "data",
    [
        b"not JSON",
        b"[]",
        b'{"type":"decision"}',
        entry(0).replace(b'"trust":null', b'"trust":"none"'),
        entry(0).replace(b'"trust":null', b'"trust":7'),
        entry(0).replace(b"2026-11-24T09:00:00Z", b"2026-11-24"),
        entry(0)[:-1] + b',"type":"decision"}',
        entry(0).replace(b'":"permit"', b'": "permit"'),
        entry(0).replace(b'"permit"', b"1.5"),
        json.dumps({"type": [], "recorded_at": "2026-11-24T09:00:00Z", "trust": None}).encode(),
    ],
)
def test_entry_of_no_form_is_refused(parent: Parent, tmp_path: Path, data: bytes) -> None:
    """A parent vouches for entries that readers can read, each in one way."""
    with Log.create_run(tmp_path / "run") as log:
        log.append_many([entry(0), data])
    pack_log(tmp_path / "run", packed_path(tmp_path / "run"))
    assert _refused(parent, packed_path(tmp_path / "run")) == "SOV-V040"


def test_named_pipe_does_not_hold_up_the_ingest(parent: Parent, tmp_path: Path) -> None:
    """A file that nobody ever writes to is read without waiting, and is no run log."""
    os.mkfifo(tmp_path / "run.slog")
    assert _refused(parent, tmp_path / "run.slog") == "SOV-V020"


def test_pipe_in_a_submitted_directory_holds_nobody_up(tmp_path: Path) -> None:
    """An archive of a runner may hold one where its log says what it is; the next run is taken in."""
    (tmp_path / "run").mkdir()
    os.mkfifo(tmp_path / "run" / "log.json")
    with pytest.raises(UsageError) as refusal, received(tmp_path / "run"):
        pass
    assert refusal.value.code == "SOV-C310"
