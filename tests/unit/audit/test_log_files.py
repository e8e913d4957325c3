"""A log's files are read from a directory or a zip so that one name means one file of limited size."""

import os
import struct
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from sovereign.audit.directory_files import DirectoryFiles
from sovereign.audit.log_files import open_log_files
from sovereign.audit.log_paths import largest
from sovereign.audit.verify import verify_log
from sovereign.audit.zip_files import ZipFiles
from sovereign.errors import UsageError, VerificationError
from sovereign.signing import Ed25519Signer

MakeLog = Callable[[int], Path]


def pack(directory: Path, target: Path, method: int = zipfile.ZIP_STORED) -> Path:
    """Pack a log, its lock files apart, as any program for zips does."""
    with zipfile.ZipFile(target, "w", method) as archive:
        for path in sorted(path for path in directory.rglob("*") if "lock" not in path.name):
            archive.write(path, path.relative_to(directory).as_posix())
    return target


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_zip_verifies_as_its_directory_does(
    method: int, make_log: MakeLog, signer: Ed25519Signer, tmp_path: Path
) -> None:
    """Stored or deflated, with entries for folders: the same report."""
    directory = make_log(300)
    packed = pack(directory, tmp_path / "log.zip", method)
    assert verify_log(packed, [signer.verifier]) == verify_log(directory, [signer.verifier])
    assert verify_log(str(packed), [signer.verifier]).size == 300


def test_names_are_those_of_all_files(make_log: MakeLog, tmp_path: Path) -> None:
    """A directory and its zip list the same files, below any folder."""
    directory = make_log(300)
    here, packed = open_log_files(directory), open_log_files(pack(directory, tmp_path / "log.zip"))
    for folder in ("", "tile", "tile/entries", "objects"):
        found = sorted(path for path in here.names(folder) or () if "lock" not in path)
        assert found == sorted(packed.names(folder) or ())
    assert "tile/entries/000" in set(here.names("tile") or ())
    assert list(here.names("nowhere") or ()) == []
    assert here.place == str(directory)


def test_absent_file_is_said_to_be_absent(make_log: MakeLog, tmp_path: Path) -> None:
    """Absent is not unreadable: readers fall back from a partial tile to the full one."""
    directory = make_log(3)
    for files in (open_log_files(directory), open_log_files(pack(directory, tmp_path / "log.zip"))):
        for path in ("tile/0/001", "tile/7/000", "nowhere/at/all"):
            assert not files.exists(path)
            with pytest.raises(FileNotFoundError):
                files.read(path)
        assert files.exists("checkpoint")


def test_folder_made_anew_while_reading_is_found(tmp_path: Path) -> None:
    """A folder that is removed and made again is not looked for in the old one."""
    (tmp_path / "tile/0").mkdir(parents=True)
    (tmp_path / "tile/0/000").write_bytes(b"old")
    files = DirectoryFiles(tmp_path)
    assert files.read("tile/0/000") == b"old"
    (tmp_path / "tile/0/000").unlink()
    (tmp_path / "tile/0").rmdir()
    (tmp_path / "tile/0").mkdir()
    (tmp_path / "tile/0/000").write_bytes(b"new")
    assert files.read("tile/0/000") == b"new"


def test_many_folders_hold_few_descriptors(tmp_path: Path) -> None:
    """A log of any width is read with a handful of open folders."""
    for number in range(60):
        folder = tmp_path / f"tile/0/x{number:03d}"
        folder.mkdir(parents=True)
        (folder / "000").write_bytes(b"%d" % number)
    files = DirectoryFiles(tmp_path)
    assert [files.read(f"tile/0/x{number:03d}/000") for number in range(60)] == [b"%d" % n for n in range(60)]
    assert len(files._folders) <= 16
    assert len(open_below(tmp_path)) <= 17
    del files
    assert open_below(tmp_path) == []


def open_below(folder: Path) -> list[str]:
    """Return what this process holds open of a folder, as far as the system tells."""
    links, found = Path("/proc/self/fd"), []
    for link in links.iterdir() if links.is_dir() else ():
        with suppress(FileNotFoundError):  # closed by another thread since it was listed
            found.append(str(link.readlink()))
    return [target for target in found if target.startswith(str(folder))]


@pytest.mark.parametrize(
    "path", ["../secret", "/etc/passwd", "tile//0", "tile/./0", "", "tile/..", "a\x00b", "ü", "a b"]
)
def test_path_that_is_not_plain_is_refused(path: str, tmp_path: Path) -> None:
    """What a log has no name for is not even asked of the system."""
    with pytest.raises(VerificationError) as refusal:
        DirectoryFiles(tmp_path).read(path)
    assert refusal.value.code == "SOV-V020"


def test_special_and_oversized_files_are_refused(tmp_path: Path) -> None:
    """A named pipe does not hold the reader up, and a file without end fills no memory."""
    os.mkfifo(tmp_path / "checkpoint")
    (tmp_path / "tile/0").mkdir(parents=True)
    with (tmp_path / "tile/0/000").open("wb") as file:
        file.truncate(1 << 40)  # sparse
    (tmp_path / "head").mkdir()
    files = DirectoryFiles(tmp_path)
    for path in ("checkpoint", "tile/0/000", "head"):
        with pytest.raises(VerificationError) as refusal:
            files.read(path)
        assert refusal.value.code == "SOV-V020"
    with pytest.raises(VerificationError):
        list(files.names())


def test_what_can_hold_no_log_is_a_mistake(tmp_path: Path) -> None:
    """A missing path, a text file, an empty file and a pipe are named as such; nothing is waited for."""
    (tmp_path / "text").write_text("hello")
    (tmp_path / "empty").touch()
    os.mkfifo(tmp_path / "pipe")
    for name in ("missing", "text", "empty", "pipe"):
        with pytest.raises(UsageError) as refusal:
            open_log_files(tmp_path / name)
        assert refusal.value.code == "SOV-C310"


def test_every_changed_byte_of_a_zip_is_found_or_means_nothing(
    make_log: MakeLog, signer: Ed25519Signer, tmp_path: Path
) -> None:
    """Any bit of a packed log, its directory included: refused, or every file still has the same bytes."""
    packed = pack(make_log(3), tmp_path / "log.zip")
    data, before = packed.read_bytes(), contents(ZipFiles(packed))
    free = set()
    for place in range(len(data)):
        for bit in (0x01, 0x80):
            packed.write_bytes(data[:place] + bytes([data[place] ^ bit]) + data[place + 1 :])
            try:
                after = contents(ZipFiles(packed))
                verify_log(packed, [signer.verifier])
            except (VerificationError, UsageError):
                continue
            assert after == before
            free.add(place)
    assert free <= set(meaningless(data))


def contents(files: ZipFiles) -> dict[str, bytes]:
    """Return every file."""
    return {path: files.read(path) for path in files.names()}


def meaningless(data: bytes) -> list[int]:
    """Return the places of the fields that name no file and no byte: who packed it, on what, with which rights."""
    places, position = [], data.index(b"PK\x01\x02")
    while data[position : position + 4] == b"PK\x01\x02":
        lengths = struct.unpack_from("<3H", data, position + 28)
        places += [position + at for at in (4, 5, 36, 37, 38, 39, 40, 41)]  # made by, inner and outer attributes
        position += 46 + sum(lengths)
    return places


@pytest.mark.parametrize("cut", [1, 10, 22, 23, 500])
def test_zip_cut_short_or_longer_is_refused(cut: int, make_log: MakeLog, tmp_path: Path) -> None:
    """Bytes are missing at either end, or stand there too many."""
    data = pack(make_log(3), tmp_path / "log.zip").read_bytes()
    for bad in (data[:-cut], data[cut:], data + bytes(cut), b"PK" + bytes(cut) + data, data[:-2] + b"\x01\x00x"):
        (tmp_path / "bad.zip").write_bytes(bad)
        with pytest.raises((VerificationError, UsageError)):
            open_log_files(tmp_path / "bad.zip")


def test_limits_fit_what_a_log_has() -> None:
    """A bundle of the longest entries is read, a tile of hashes need not be longer than a note."""
    assert largest("tile/entries/000") == 256 * 65_537
    assert largest("tile/0/000") == largest("checkpoint") == 64_000
