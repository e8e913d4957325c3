"""Ctrl-C, or a signal handler that raises, at any place of an append and a publish: the log goes on, for everybody.

What Python itself leaves open then, such as a file between its opening and its `with`, is collected later.
"""

import fcntl
import os
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType

import pytest
from simulators.disk import UnsyncedDisk

from sovereign.audit import writer
from sovereign.audit.log import Log
from sovereign.audit.reading import read_entries
from sovereign.audit.verify import verify_log
from sovereign.signing import Ed25519Signer

MakeLog = Callable[[int], Path]
_MOMENTS = frozenset({"call", "return", "c_return"})
"""Where Python looks for signals: when a function begins, and after each call."""


def interrupted_at(number: int, work: Callable[[], object]) -> bool:
    """Do the work, raise KeyboardInterrupt at its moment `number`, and return whether there was such a moment."""
    moments = iter(range(number + 1))

    def watch(_frame: FrameType, event: str, _argument: object) -> None:
        if event in _MOMENTS and next(moments, None) is None:
            raise KeyboardInterrupt

    sys.setprofile(watch)
    try:
        work()
    except KeyboardInterrupt:
        return True
    finally:
        sys.setprofile(None)
    return False


def is_free(path: Path) -> bool:
    """Whether nobody holds the lock of a file."""
    descriptor = os.open(path, os.O_RDWR)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)
    return True


@pytest.fixture
def log(make_log: MakeLog, signer: Ed25519Signer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Log]:
    """A log whose segments are soon full, so that each second append begins one."""
    monkeypatch.setattr(writer, "SEGMENT_BYTES", 40)
    with Log.open(make_log(2), signer, disk=UnsyncedDisk()) as opened:
        yield opened


@pytest.mark.filterwarnings("ignore:Exception ignored in. <_io.FileIO:pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize(("work", "step"), [("append", 1), ("publish", 7)])
def test_interrupt_at_any_moment_leaves_no_lock(work: str, step: int, log: Log, signer: Ed25519Signer) -> None:
    """Whatever was interrupted, its locks are free at once, the same process goes on, and the log verifies."""
    number, acknowledged = 0, []
    while True:
        log.publish()  # lest what was interrupted has more to do each time
        log.append(b"something to seal")
        happened = interrupted_at(number, lambda: log.append(b"interrupted") if work == "append" else log.publish())
        assert is_free(log.directory / "lock"), number
        assert is_free(log.directory / "publish.lock"), number
        done = threading.Thread(target=lambda: acknowledged.append(log.append(b"afterwards").index), daemon=True)
        done.start()
        done.join(20)
        assert not done.is_alive(), number
        if not happened:
            break
        number += step
    assert number > 20 * step
    log.publish()
    assert verify_log(log.directory, [signer.verifier]).unsealed == 0
    entries = [entry.data for entry in read_entries(log.directory)]
    assert all(entries[index] == b"afterwards" for index in acknowledged)
