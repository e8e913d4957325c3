"""Attack: the log's directory is moved away while a writer holds it open, and a copy is put in its place.

A writer that went on would append to files that nobody reads, or sign one tree here and another one there.
"""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from sovereign.audit.log import Log
from sovereign.audit.reading import read_entries
from sovereign.audit.receipt import LogKind
from sovereign.audit.verify import verify_log
from sovereign.errors import AuditError, AuditWriteError
from sovereign.signing import Ed25519Signer, Purpose, generate_signer

ORIGIN = "audit.example/swap"


@pytest.fixture
def signer() -> Ed25519Signer:
    """The log's key."""
    return generate_signer(ORIGIN, Purpose.LOG)


@pytest.fixture
def log(tmp_path: Path, signer: Ed25519Signer) -> Log:
    """An open log of one sealed and one durable entry."""
    log = Log.create(tmp_path / "log", origin=ORIGIN, signer=signer, kind=LogKind.RUN)
    log.append(b"sealed")
    log.publish()
    log.append(b"durable")
    return log


def swap(directory: Path) -> None:
    """Move the directory away and put a copy at its place."""
    directory.rename(directory.with_name("away"))
    shutil.copytree(directory.with_name("away"), directory)


def swap_one_file(directory: Path) -> None:
    """Replace the segment by a copy of itself, as a restore in place does."""
    (segment,) = (directory / "wal").iterdir()
    shutil.copy(segment, directory / "copy")
    (directory / "copy").rename(segment)


@pytest.mark.parametrize("attack", [swap, swap_one_file])
def test_nothing_is_appended_to_either(attack: Callable[[Path], None], log: Log, signer: Ed25519Signer) -> None:
    """The append is refused, and says why; neither directory holds it."""
    attack(log.directory)
    with pytest.raises(AuditWriteError) as refusal:
        log.append(b"for nobody")
    assert refusal.value.code == "SOV-V016"
    log._release()
    away = log.directory.with_name("away")
    for directory in filter(Path.exists, (log.directory, away)):
        assert [entry.data for entry in read_entries(directory)] == [b"sealed", b"durable"]
        assert verify_log(directory, [signer.verifier]).size == 1


def test_nothing_is_signed(log: Log) -> None:
    """Sealing is refused before a signature exists; also the seal of closing."""
    swap(log.directory)
    before = (log.directory / "checkpoint").read_bytes()
    for seal in (log.publish, log.close):
        with pytest.raises(AuditError) as refusal:
            seal()
        assert refusal.value.code == "SOV-V016"
    assert (log.directory / "checkpoint").read_bytes() == before
    assert (log.directory.with_name("away") / "checkpoint").read_bytes() == before


def test_removed_directory_is_noticed(log: Log) -> None:
    """A directory that is gone takes no entry."""
    shutil.rmtree(log.directory)
    with pytest.raises(AuditWriteError) as refusal:
        log.append(b"for nobody")
    assert refusal.value.code == "SOV-V016"
    log._release()


def test_forked_child_does_not_take_the_copy(log: Log) -> None:
    """A child of a fork opens the files anew, and notices that they are others."""
    swap(log.directory)
    child = os.fork()
    if child == 0:
        try:
            log.append(b"child")
            os._exit(0)
        except AuditWriteError:
            os._exit(7)
        finally:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 7
    log._release()


def test_directory_that_was_put_back_goes_on(log: Log, signer: Ed25519Signer) -> None:
    """The directory that was opened is the right one, wherever it was meanwhile."""
    swap(log.directory)
    with pytest.raises(AuditWriteError):
        log.append(b"for nobody")
    shutil.rmtree(log.directory)
    log.directory.with_name("away").rename(log.directory)
    assert log.append(b"after").index == 2
    log.close()
    assert verify_log(log.directory, [signer.verifier]).size == 3
