"""A log is verified while it is written: no false alarm, and what is verified is the checkpoint read first."""

import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sovereign.audit.directory_files import DirectoryFiles
from sovereign.audit.errors import EntryError, ForkError
from sovereign.audit.log import Log
from sovereign.audit.log_files import LogFiles, open_log_files
from sovereign.audit.proof_file import verify_proof
from sovereign.audit.proving import prove_entry
from sovereign.audit.receipt import LogKind
from sovereign.audit.verify import verify_log
from sovereign.signing import Ed25519Signer

MakeLog = Callable[[int], Path]


class Interrupted:
    """The files of a log, where something happens before the n-th look at them."""

    def __init__(self, directory: Path, at: int, event: Callable[[], None]) -> None:
        self._files = DirectoryFiles(directory)
        self._left, self._event = at, event

    @property
    def place(self) -> str:
        """Where it lies."""
        return self._files.place

    def _look(self) -> None:
        self._left -= 1
        if self._left == 0:
            self._event()

    def read(self, path: str) -> bytes:
        """Read, perhaps after the event."""
        self._look()
        return self._files.read(path)

    def exists(self, path: str) -> bool:
        """Look, perhaps after the event."""
        self._look()
        return self._files.exists(path)

    def names(self, folder: str = "") -> Iterator[str] | None:
        """List, perhaps after the event."""
        self._look()
        return self._files.names(folder)


@pytest.mark.parametrize("at", range(2, 11))
def test_log_that_grows_at_any_moment_verifies(
    at: int, make_log: MakeLog, signer: Ed25519Signer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Entries are sealed, partial files replaced, segments removed before any look: the first checkpoint holds."""
    monkeypatch.setattr("sovereign.audit.writer.SEGMENT_BYTES", 4000)
    directory = make_log(250)

    def grow() -> None:
        with Log.open(directory, signer) as log:
            for group in range(8):
                log.append_many([b"later %d %d" % (group, i) for i in range(100)])
                log.publish()

    files: LogFiles = Interrupted(directory, at, grow)
    assert verify_log(files, [signer.verifier]).size == 250
    assert verify_log(directory, [signer.verifier]).size == 1050


@pytest.mark.parametrize("at", range(2, 12))
def test_proof_of_a_log_that_grows(at: int, make_log: MakeLog, signer: Ed25519Signer) -> None:
    """The proof is for the checkpoint that was read first, whatever is published meanwhile."""
    directory = make_log(250)

    def grow() -> None:
        with Log.open(directory, signer) as log:
            log.append_many([b"later %d" % i for i in range(700)])

    files: LogFiles = Interrupted(directory, at, grow)
    entry, proof = prove_entry(files, 249, [signer.verifier])
    assert verify_proof(entry, proof, [signer.verifier]).size == 250


@pytest.mark.parametrize("at", range(2, 12))
def test_segments_removed_after_their_checkpoint_are_no_loss(
    at: int, make_log: MakeLog, signer: Ed25519Signer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A publisher removes what it sealed some time after the checkpoint: no later checkpoint has to explain it."""
    monkeypatch.setattr("sovereign.audit.writer.SEGMENT_BYTES", 300)
    directory = make_log(10)
    with Log.open(directory, signer) as log:
        for i in range(30):
            log.append(b"later %d" % i)
        shutil.copytree(directory / "wal", tmp_path / "wal")
        log.publish()
    superfluous = {path.name for path in (tmp_path / "wal").iterdir()} - {p.name for p in (directory / "wal").iterdir()}
    assert len(superfluous) > 2
    for name in superfluous:
        shutil.copy(tmp_path / "wal" / name, directory / "wal" / name)

    def remove() -> None:
        for name in superfluous:
            (directory / "wal" / name).unlink()

    files: LogFiles = Interrupted(directory, at, remove)
    assert verify_log(files, [signer.verifier]).size == 40


def test_gap_behind_the_checkpoint_is_excused_by_a_larger_one_only(
    make_log: MakeLog, signer: Ed25519Signer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Entries that follow a gap: the others were sealed meanwhile, or are lost; the checkpoint, read again, says so."""
    monkeypatch.setattr("sovereign.audit.writer.SEGMENT_BYTES", 300)
    directory = make_log(10)
    log = Log.open(directory, signer)
    for i in range(60):
        log.append(b"later %d" % i)
    segments = sorted((directory / "wal").iterdir())

    def lose() -> None:
        for segment in segments[:3]:
            segment.unlink()

    endings = set()
    for at in range(2, 8):
        kept = {segment: segment.read_bytes() for segment in segments[:3]}
        files: LogFiles = Interrupted(directory, at, lose)
        try:
            assert verify_log(files, [signer.verifier]).size == 10
        except EntryError as error:
            endings.add(error.index)
        for segment, data in kept.items():
            segment.write_bytes(data)
    assert endings == {10}
    log._release()


def test_verifier_beside_a_running_writer(tmp_path: Path, signer: Ed25519Signer) -> None:
    """Verified again and again while a thread appends and seals: never an alarm, sizes only grow."""
    directory = tmp_path / "log"
    with Log.create(directory, origin=signer.verifier.name, signer=signer, kind=LogKind.RUN) as log:
        done = threading.Event()

        def write() -> None:
            for group in range(16):
                log.append_many([b"entry %d %d" % (group, i) for i in range(37)])
                log.publish()
            done.set()

        writer = threading.Thread(target=write)
        writer.start()
        sizes, note = [], (directory / "checkpoint").read_bytes()
        while not done.is_set():
            sizes.append(verify_log(directory, [signer.verifier], seen=note).size)
            note = (directory / "checkpoint").read_bytes()
        writer.join()
    assert sizes == sorted(sizes)
    assert verify_log(directory, [signer.verifier], seen=note).size == 16 * 37


def test_errors_carry_the_evidence(make_log: MakeLog, signer: Ed25519Signer, tmp_path: Path) -> None:
    """The file and the place in it, and both notes in full."""
    directory = make_log(300)
    bundle = directory / "tile/entries/001.p/44"
    data = bundle.read_bytes()
    bundle.write_bytes(data.replace(b"entry 299", b"entry 2x9"))
    with pytest.raises(EntryError) as wrong:
        verify_log(directory, [signer.verifier])
    assert (wrong.value.index, wrong.value.path) == (299, "tile/entries/001.p/44")
    assert data[wrong.value.offset or 0 :] == b"\x00\x09entry 299"
    bundle.write_bytes(data)
    with Log.create(tmp_path / "other", origin=signer.verifier.name, signer=signer, kind=LogKind.RUN) as log:
        log.append(b"another past")
    seen = (tmp_path / "other/checkpoint").read_bytes()
    with pytest.raises(ForkError) as fork:
        verify_log(open_log_files(directory), [signer.verifier], seen=seen)
    assert fork.value.seen.encode() == seen
    assert fork.value.found.encode() == (directory / "checkpoint").read_bytes()
