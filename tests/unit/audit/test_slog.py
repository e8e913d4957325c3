"""Packing the log of a run."""

import errno
import hashlib
import os
import random
import shutil
import zipfile
from pathlib import Path

import pytest
from simulators.crash_states import CrashDisk
from simulators.disk import FailingDisk
from simulators.recording_disk import Record, RecordingDisk
from simulators.run_logs import ORIGIN, POLICY, entry, write_run

from sovereign.audit.log import Log
from sovereign.audit.receipt import LogKind
from sovereign.audit.slog import log_paths, pack_log, packed_path
from sovereign.audit.verify import verify_log
from sovereign.audit.zip_files import ZipFiles
from sovereign.errors import AuditError
from sovereign.signing import Purpose, generate_signer


def test_packed_log_verifies_as_its_directory_does(tmp_path: Path) -> None:
    """The file is a log like any other, to a reader who has the run's key."""
    with Log.create_run(tmp_path / "run") as log:
        log.append_many([entry(i) for i in range(300)])
    pack_log(tmp_path / "run", tmp_path / "run.slog")
    report = verify_log(ZipFiles(tmp_path / "run.slog"), log.verifiers)
    assert report.root == verify_log(tmp_path / "run", log.verifiers).root
    assert report.size == 300


def test_same_log_gives_the_same_bytes(tmp_path: Path) -> None:
    """A copy of the directory, made at another time with other dates, packs to the same file."""
    packed = write_run(tmp_path / "run")
    shutil.copytree(tmp_path / "run", tmp_path / "copy")
    os.utime(tmp_path / "copy" / "checkpoint", (0, 0))
    pack_log(tmp_path / "copy", tmp_path / "copy.slog")
    assert (tmp_path / "copy.slog").read_bytes() == packed.read_bytes()


def test_other_programs_read_it(tmp_path: Path) -> None:
    """It is a plain zip: names sorted, all files stored, and its checksums are right."""
    with zipfile.ZipFile(write_run(tmp_path / "run")) as packed:
        names = packed.namelist()
        assert packed.testzip() is None
        assert {info.compress_type for info in packed.infolist()} == {zipfile.ZIP_STORED}
    assert names == sorted(names)


def test_nothing_else_goes_in(tmp_path: Path) -> None:
    """Locks, write-ahead log, head and tiles of smaller trees stay behind; so does a file that is no object."""
    directory = tmp_path / "run"
    with Log.create_run(directory) as log:
        log.append(entry(0))
        log.publish()
        log.append(entry(1), {hashlib.sha256(POLICY).hexdigest(): POLICY})
    (directory / "objects" / "notes.txt").write_text("not an object")
    pack_log(directory, packed_path(directory))
    expected = {"checkpoint", "log.json", "tile/0/000.p/2", "tile/entries/000.p/2"}
    assert set(ZipFiles(packed_path(directory)).names()) == {
        *expected,
        f"objects/{hashlib.sha256(POLICY).hexdigest()}",
    }


def test_file_is_private(tmp_path: Path) -> None:
    """Requests lie in it as objects, so nobody else reads it."""
    assert write_run(tmp_path / "run").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("size", [0, 1, 255, 256, 257, 65_536, 65_793])
def test_paths_are_those_of_the_tree(size: int) -> None:
    """Each level has its full tiles, and a partial one where hashes are left over."""
    paths = set(log_paths(size))
    full, left = divmod(size, 256)
    assert ("tile/entries/000" in paths) is (size >= 256)
    assert sum(path.startswith("tile/0/") for path in paths) == full + bool(left)
    assert sum(path.startswith("tile/1/") for path in paths) == -(-full // 256)
    assert sum(path.startswith("tile/2/") for path in paths) == (1 if full // 256 else 0)


def test_unsealed_entries_are_not_left_out_in_silence(tmp_path: Path) -> None:
    """A run that ended before it sealed its log is not packed as if it had said less."""
    log = Log.create_run(tmp_path / "run")
    log.append(entry(0))
    with pytest.raises(AuditError, match="1 entries lie after its checkpoint") as caught:
        pack_log(tmp_path / "run", tmp_path / "run.slog")
    assert caught.value.code == "SOV-V045"
    assert not (tmp_path / "run.slog").exists()
    log.close()


def test_only_run_logs_are_packed(tmp_path: Path) -> None:
    """A host log never ends, so a file of it would be an old state of it."""
    signer = generate_signer(ORIGIN, Purpose.LOG)
    Log.create(tmp_path / "log", origin=ORIGIN, signer=signer, kind=LogKind.HOST, unsafe_filesystem=True).close()
    with pytest.raises(AuditError, match="it is a host log"):
        pack_log(tmp_path / "log", tmp_path / "log.slog")


def test_place_that_takes_no_file_is_told(tmp_path: Path) -> None:
    """The log stays in its directory, and the error says why there is no file."""
    write_run(tmp_path / "run")
    with pytest.raises(AuditError, match="no such file") as caught:
        pack_log(tmp_path / "run", tmp_path / "absent" / "run.slog")
    assert caught.value.code == "SOV-V045"


@pytest.mark.parametrize("code", [errno.EIO, errno.ENOSPC])
def test_disk_that_fails_leaves_the_old_file_or_the_new_one(tmp_path: Path, code: int) -> None:
    """Whichever call fails, what bears the name is whole, and the error says that it is not the log packed now."""
    packed = write_run(tmp_path / "run")
    whole, target, disk = packed.read_bytes(), tmp_path / "target.slog", FailingDisk()
    pack_log(tmp_path / "run", target, disk)
    for number in range(len(disk.calls)):
        target.write_bytes(b"an earlier file")
        disk.fail_at(number, code)
        with pytest.raises(AuditError) as caught:
            pack_log(tmp_path / "run", target, disk)
        assert caught.value.code == "SOV-V045"
        assert target.read_bytes() in (b"an earlier file", whole)


def test_power_loss_leaves_no_half_file(tmp_path: Path) -> None:
    """After every call, with any subset of what was not synced: the file is whole, or not there."""
    write_run(tmp_path / "run", [entry(0)])
    place = tmp_path / "packed"
    place.mkdir()
    record = Record(place)
    pack_log(tmp_path / "run", place / "run.slog", RecordingDisk(record))
    whole, disk, draw = (place / "run.slog").read_bytes(), CrashDisk(), random.Random(11)  # noqa: S311  a test draws states
    for op in record.ops:
        disk.apply(op)
        for _ in range(40):
            assert disk.tree(draw).get("run.slog", whole) == whole
    assert disk.tree(draw)["run.slog"] == whole
