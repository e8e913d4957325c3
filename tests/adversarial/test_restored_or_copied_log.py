"""Attack: a log is copied, or restored from a backup, and both copies are open at once and go on.

Each looks whole by itself. The memory of the user knows what was sealed last, whichever copy it was.
"""

import shutil
from pathlib import Path

import pytest

from sovereign.audit.errors import ForkError
from sovereign.audit.known_logs import KnownLogs
from sovereign.audit.log import Log
from sovereign.audit.receipt import LogKind
from sovereign.signing import Ed25519Signer, Purpose, generate_signer

ORIGIN = "audit.example/copied"


@pytest.fixture
def signer() -> Ed25519Signer:
    """The log's key."""
    return generate_signer(ORIGIN, Purpose.LOG)


@pytest.fixture
def both(tmp_path: Path, signer: Ed25519Signer) -> tuple[Log, Log]:
    """Two open copies of a log of two sealed entries, one user, one key."""
    known = KnownLogs(tmp_path / "state")
    with Log.create(tmp_path / "log", origin=ORIGIN, signer=signer, kind=LogKind.RUN, known=known) as log:
        log.append_many([b"first", b"second"])
    shutil.copytree(tmp_path / "log", tmp_path / "copy")
    return tuple(Log.open(tmp_path / name, signer, known=known) for name in ("log", "copy"))  # type: ignore[return-value]  two


@pytest.mark.parametrize("entries", [1, 2, 3], ids=["smaller", "same size", "larger"])
def test_second_copy_is_not_sealed(entries: int, both: tuple[Log, Log]) -> None:
    """Once one copy was sealed, the other one signs nothing: no smaller tree, none of that size, no larger one."""
    log, copy = both
    log.append_many([b"in the log", b"in the log too"])
    log.publish()
    copy.append_many([b"in the copy"] * entries)
    before = (copy.directory / "checkpoint").read_bytes()
    with pytest.raises(ForkError) as refusal:
        copy.publish()
    assert "\n4\n" in refusal.value.seen
    assert (copy.directory / "checkpoint").read_bytes() == before
    copy._release()
    log.close()


def test_copy_is_not_opened_after_the_log_went_on(both: tuple[Log, Log], tmp_path: Path, signer: Ed25519Signer) -> None:
    """A copy that is opened later is refused at once, and the log itself goes on."""
    log, copy = both
    copy._release()
    log.append(b"in the log")
    log.publish()
    with pytest.raises(ForkError):
        Log.open(copy.directory, signer, known=KnownLogs(tmp_path / "state"))
    log.append(b"in the log again")
    log.close()


def test_two_writers_of_one_directory_are_no_fork(both: tuple[Log, Log], tmp_path: Path, signer: Ed25519Signer) -> None:
    """Writers that share the directory seal in turn, and are never mistaken for copies."""
    log, copy = both
    copy._release()
    with Log.open(log.directory, signer, known=KnownLogs(tmp_path / "state")) as other:
        for writer in (log, other, other, log):
            writer.append(b"one of two")
            writer.publish()
    log.close()
