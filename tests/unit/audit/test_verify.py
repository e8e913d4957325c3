"""The verifier finds every change below the checkpoint, and names the first wrong entry."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from sovereign.audit import writer
from sovereign.audit.errors import EntryError, ForkError
from sovereign.audit.log import Log
from sovereign.audit.receipt import LogKind
from sovereign.audit.tiles import GrowingTree
from sovereign.audit.verify import LogReport, verify_log
from sovereign.errors import ProofError, SignatureError, UsageError, VerificationError
from sovereign.signing import Ed25519Signer, Purpose, generate_signer

ORIGIN = "audit.example/test"
MakeLog = Callable[[int], Path]
LOCKS = {"lock", "publish.lock"}  # caches and lock files: no evidence


def files_of(directory: Path) -> list[Path]:
    """Return the files of a log that say something."""
    return sorted(path for path in directory.rglob("*") if path.is_file() and path.name not in LOCKS)


def test_every_changed_byte_is_found(make_log: MakeLog, signer: Ed25519Signer) -> None:
    """Any byte of any file of a small log, changed: an error, or a report that says something else."""
    directory = make_log(3)
    with Log.open(directory, signer) as log:
        log.append(b"sealed later")
        log.publish()
        log.append(b"unsealed")
        before = verify_log(directory, [signer.verifier])
        assert (before.size, before.unsealed) == (4, 1)
        undetected = [
            f"{path.relative_to(directory)}:{place}"
            for path in files_of(directory)
            for place in range(path.stat().st_size)
            for bit in (1, 0x20)
            if changed(directory, path, place, bit, signer) == before
        ]
    # The date of creation and the spelling of log.json are no evidence.
    assert [place for place in undetected if not place.startswith("log.json:")] == []


def changed(directory: Path, path: Path, place: int, bit: int, signer: Ed25519Signer) -> LogReport | None:
    """Return the report after one bit of a file was flipped, None when it was refused; the file is put back."""
    data = path.read_bytes()
    path.write_bytes(data[:place] + bytes([data[place] ^ bit]) + data[place + 1 :])
    try:
        return verify_log(directory, [signer.verifier])
    except VerificationError:
        return None
    finally:
        path.write_bytes(data)


@pytest.mark.parametrize("index", [0, 1, 255, 256, 300, 511, 512, 519])
def test_first_wrong_entry_is_named(index: int, make_log: MakeLog, signer: Ed25519Signer) -> None:
    """One byte of one entry changed: its index is named, in full and partial bundles."""
    directory = make_log(520)
    changed_path = next(p for p in (directory / "tile" / "entries").rglob("*") if p.is_file() and _holds(p, index))
    data = changed_path.read_bytes()
    needle = bytes([0, len(f"entry {index}")]) + f"entry {index}".encode()
    changed_path.write_bytes(data.replace(needle, needle[:2] + b"E" + needle[3:], 1))
    with pytest.raises(EntryError) as wrong:
        verify_log(directory, [signer.verifier])
    assert wrong.value.index == index
    assert wrong.value.code == "SOV-V001"
    assert f"entry {index} " in wrong.value.message


def _holds(path: Path, index: int) -> bool:
    """Whether a bundle holds the entry."""
    number = int(path.name) if path.parent.name == "entries" else int(path.parent.name.removesuffix(".p"))
    return number == index // 256


REWRITES: dict[str, Callable[[list[bytes]], list[bytes]]] = {
    "changed": lambda entries: [*entries[:300], b"other", *entries[301:]],
    "dropped": lambda entries: entries[:300] + entries[301:],
    "swapped": lambda entries: [*entries[:300], entries[301], entries[300], *entries[302:]],
    "repeated": lambda entries: [*entries[:301], entries[300], *entries[301:-1]],
    "last-cut": lambda entries: entries[:-1],
}


@pytest.mark.parametrize("name", REWRITES)
def test_consistently_rewritten_tree_is_found(name: str, make_log: MakeLog, signer: Ed25519Signer) -> None:
    """Bundles and all tiles rewritten to fit each other, but not the signed root: refused."""
    directory = make_log(700)
    shutil.rmtree(directory / "wal")
    shutil.rmtree(directory / "tile")
    write_tree(directory, REWRITES[name]([f"entry {i}".encode() for i in range(700)]))
    with pytest.raises(ProofError):
        verify_log(directory, [signer.verifier])


def write_tree(directory: Path, entries: list[bytes]) -> None:
    """Write the tiles and bundles of any entries."""
    tree, files = GrowingTree(), {}
    for entry in entries:
        files.update(tree.extend([entry]))
    files.update(tree.partials())
    for path, data in files.items():
        (directory / path).parent.mkdir(parents=True, exist_ok=True)
        (directory / path).write_bytes(data)


def test_entry_and_its_tile_changed_together(make_log: MakeLog, signer: Ed25519Signer) -> None:
    """A bundle and its level-0 tile that fit each other disagree with the tile above: the range is named."""
    directory = make_log(700)
    shutil.rmtree(directory / "wal")
    above = (directory / "tile/1/000.p/2").read_bytes()
    write_tree(directory, REWRITES["changed"]([f"entry {i}".encode() for i in range(700)]))
    (directory / "tile/1/000.p/2").write_bytes(above)
    with pytest.raises(EntryError, match="one of 256") as wrong:
        verify_log(directory, [signer.verifier])
    assert wrong.value.index == 256


@pytest.mark.parametrize("path", ["tile/0/000", "tile/entries/001", "tile/1/000.p/2", "tile/entries/002.p/8"])
@pytest.mark.parametrize("damage", ["missing", "empty", "shorter", "longer"])
def test_damaged_file_is_found(path: str, damage: str, make_log: MakeLog, signer: Ed25519Signer) -> None:
    """A file that is gone, empty, too short or too long is refused, never skipped."""
    file = make_log(520) / path
    data = file.read_bytes()
    file.write_bytes({"missing": b"", "empty": b"", "shorter": data[:-1], "longer": data + b"\x00"}[damage])
    if damage == "missing":
        file.unlink()
    with pytest.raises(EntryError):
        verify_log(file.parents[len(Path(path).parts) - 1], [signer.verifier])


def test_full_higher_tiles_are_checked(make_log: MakeLog, signer: Ed25519Signer) -> None:
    """A tile that is full above the lowest level, and the one above it: each hash counts, and the range is named."""
    directory = make_log(66_000)
    assert verify_log(directory, [signer.verifier]).size == 66_000
    for path, place, index, span in (("tile/1/000", 3, 768, 256), ("tile/2/000.p/1", 0, 0, 65_536)):
        data = (directory / path).read_bytes()
        (directory / path).write_bytes(data[: place * 32] + bytes(32) + data[(place + 1) * 32 :])
        with pytest.raises(EntryError, match=f"one of {span} ") as wrong:
            verify_log(directory, [signer.verifier])
        assert (wrong.value.index, wrong.value.path, wrong.value.offset) == (index, path, place * 32)
        (directory / path).write_bytes(data)


def test_public_copy_verifies(make_log: MakeLog, signer: Ed25519Signer, tmp_path: Path) -> None:
    """What a static server hands out is enough; that nothing is known of a tail is said."""
    directory = make_log(300)
    copy = tmp_path / "copy"
    copy.mkdir()
    shutil.copytree(directory / "tile", copy / "tile")
    shutil.copy(directory / "checkpoint", copy / "checkpoint")
    report = verify_log(copy, [signer.verifier])
    assert (report.size, len(report.notices)) == (300, 1)


def test_partial_replaced_by_full_is_read(make_log: MakeLog, signer: Ed25519Signer, tmp_path: Path) -> None:
    """An older checkpoint is verified in a directory that has grown: its partial files are prefixes of full ones."""
    directory = make_log(250)
    old = (directory / "checkpoint").read_bytes()
    with Log.open(directory, signer) as log:
        log.append_many([b"%d" % i for i in range(300)])
    shutil.rmtree(directory / "wal")
    assert verify_log(directory, [signer.verifier], seen=old).seen_size == 250
    (directory / "checkpoint").write_bytes(old)
    (directory / "head").unlink()
    report = verify_log(directory, [signer.verifier])
    assert report.size == 250
    assert any("beyond the checkpoint" in notice for notice in report.notices)


def test_tiles_beyond_the_checkpoint_count_as_nothing(make_log: MakeLog, signer: Ed25519Signer) -> None:
    """Leftovers are named, and change no figure; strangers under tile/ too."""
    directory = make_log(3)
    for name in ("tile/0/001", "tile/entries/000.p/9", "tile/notes.txt", "tile/0/000.p/3.new"):
        (directory / name).write_bytes(b"left over")
    report = verify_log(directory, [signer.verifier])
    assert report.size == 3
    assert len(report.notices) == 4


def test_changed_older_partial_is_found(make_log: MakeLog, signer: Ed25519Signer) -> None:
    """A reader with an older checkpoint would ask for it."""
    directory = make_log(3)
    with Log.open(directory, signer) as log:
        log.append(b"more")
    older = directory / "tile/entries/000.p/3"
    older.write_bytes(older.read_bytes()[:-1] + b"x")
    with pytest.raises(ProofError):
        verify_log(directory, [signer.verifier])


@pytest.mark.parametrize("seen", [0, 1, 255, 256, 257, 512, 519, 520])
def test_earlier_checkpoint_is_extended(seen: int, make_log: MakeLog, signer: Ed25519Signer, tmp_path: Path) -> None:
    """A log that only grew extends each earlier checkpoint; one of another history does not."""
    directory = make_log(520)
    for name, prefix in (("same", "entry"), ("other", "other")):
        with Log.create(tmp_path / name, origin=ORIGIN, signer=signer, kind=LogKind.RUN) as log:
            log.append_many([f"{prefix} {i}".encode() for i in range(seen)])
    note = (tmp_path / "same" / "checkpoint").read_bytes()
    assert verify_log(directory, [signer.verifier], seen=note).seen_size == seen
    if seen:
        with pytest.raises(ForkError) as fork:
            verify_log(directory, [signer.verifier], seen=(tmp_path / "other" / "checkpoint").read_bytes())
        assert fork.value.code == "SOV-V003"
        assert str(seen) in fork.value.seen


def test_no_key_cannot_check(make_log: MakeLog) -> None:
    """Without a key, or with a stranger's, the answer is cannot check, never verified."""
    directory = make_log(1)
    for verifiers in ([], [generate_signer(ORIGIN, Purpose.LOG).verifier]):
        with pytest.raises(SignatureError) as refusal:
            verify_log(directory, verifiers)
        assert (refusal.value.code, refusal.value.exit_code) == ("SOV-V004", 5)


def test_what_is_no_log_is_refused(tmp_path: Path, signer: Ed25519Signer) -> None:
    """An empty or missing directory is not verified: nothing checked is no success."""
    for directory in (tmp_path, tmp_path / "missing"):
        with pytest.raises(UsageError):
            verify_log(directory, [signer.verifier])


def test_damaged_unsealed_frame_is_named(make_log: MakeLog, signer: Ed25519Signer) -> None:
    """A damaged frame that whole ones follow is no torn tail; a torn tail is a notice."""
    directory = make_log(2)
    log = Log.open(directory, signer)
    log.append_many([b"two", b"three", b"four"])
    log._release()
    (segment,) = (directory / "wal").iterdir()
    data = segment.read_bytes()
    segment.write_bytes(data.replace(b"three", b"thrEE"))
    with pytest.raises(EntryError) as wrong:
        verify_log(directory, [signer.verifier])
    assert wrong.value.index == 3
    segment.write_bytes(data[:-2])
    report = verify_log(directory, [signer.verifier])
    assert report.unsealed == 2
    assert "no whole frame" in report.notices[0]


def test_missing_segment_is_found(tmp_path: Path, signer: Ed25519Signer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Unsealed entries that are gone leave a gap in number."""
    monkeypatch.setattr(writer, "SEGMENT_BYTES", 100)
    log = Log.create(tmp_path / "log", origin=ORIGIN, signer=signer, kind=LogKind.RUN)
    for i in range(30):
        log.append(f"entry {i}".encode())
    log._release()
    segments = sorted((tmp_path / "log" / "wal").iterdir())
    for victim in segments[:2]:
        data = victim.read_bytes()
        victim.unlink()
        with pytest.raises(EntryError):
            verify_log(tmp_path / "log", [signer.verifier])
        victim.write_bytes(data)


def test_import_loads_no_engine_and_no_writer() -> None:
    """An auditor starts the verifier without the code it checks."""
    code = (
        "import sys, sovereign.audit.verify as v; names = set(sys.modules); "
        "print(sorted(n for n in names if n.split('.')[0] in {'pydantic','yaml','orjson','structlog','opa_client'} or "
        "n.startswith('sovereign.audit.') and not n.split('.')[2].startswith(('verify', 'errors', 'log_files'))))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
