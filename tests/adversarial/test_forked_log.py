"""Attack: a log directory and its key are copied and both are continued, one history for each reader."""

import shutil
from pathlib import Path

import pytest

from sovereign.audit.errors import ForkError
from sovereign.audit.known_logs import KnownLogs
from sovereign.audit.log import Log
from sovereign.audit.receipt import LogKind
from sovereign.audit.verify import verify_log
from sovereign.errors import UsageError
from sovereign.signing import Ed25519Signer, Purpose, generate_signer

ORIGIN = "audit.example/fork"


@pytest.fixture
def forked(tmp_path: Path) -> tuple[Path, Path, Ed25519Signer]:
    """Return two logs of one key that share one entry and differ in the second."""
    first, second = tmp_path / "first", tmp_path / "second"
    signer = generate_signer(ORIGIN, Purpose.LOG)
    with Log.create(first, origin=ORIGIN, signer=signer, kind=LogKind.RUN) as log:
        log.append(b"shared")
    shutil.copytree(first, second)
    for directory, entries in ((first, [b"permit"]), (second, [b"deny", b"deny again"])):
        with Log.open(directory, signer) as log:
            log.append_many(entries)
    return first, second, signer


@pytest.mark.parametrize("seen_first", [True, False])
def test_one_checkpoint_of_the_other_branch_shows_the_fork(
    forked: tuple[Path, Path, Ed25519Signer], *, seen_first: bool
) -> None:
    """Each branch verifies alone; a checkpoint kept from one contradicts the other, and both are in the error."""
    first, second, signer = forked if seen_first else (forked[1], forked[0], forked[2])
    for directory in (first, second):
        verify_log(directory, [signer.verifier])
    seen = (first / "checkpoint").read_bytes()
    with pytest.raises(ForkError) as caught:
        verify_log(second, [signer.verifier], seen=seen)
    assert caught.value.seen
    assert caught.value.found


def test_user_who_saw_one_branch_does_not_write_to_the_other(
    forked: tuple[Path, Path, Ed25519Signer], tmp_path: Path
) -> None:
    """The memory of known logs refuses the copy before it is signed again."""
    first, second, signer = forked
    known = KnownLogs(tmp_path / "state")
    Log.open(first, signer, known=known).close()
    with pytest.raises(ForkError):
        Log.open(second, signer, known=known)


def test_kept_key_never_opens_an_empty_directory(forked: tuple[Path, Path, Ed25519Signer], tmp_path: Path) -> None:
    """A lost directory is not begun anew under the same key: that is how forks are signed by accident."""
    first, _, signer = forked
    known = KnownLogs(tmp_path / "state")
    Log.open(first, signer, known=known).close()
    shutil.rmtree(first)
    first.mkdir()
    with pytest.raises(UsageError, match="fork") as caught:
        Log.open(first, signer, known=known)
    assert caught.value.code == "SOV-C304"
    with pytest.raises(UsageError) as caught:
        Log.create(first, origin=ORIGIN, signer=signer, kind=LogKind.RUN, known=known)
    assert caught.value.code == "SOV-C304"
