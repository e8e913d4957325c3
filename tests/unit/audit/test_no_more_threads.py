"""Where no thread can be started, as in a container with a limit or at the interpreter's end: slower, never stuck."""

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest
from simulators.disk import UnsyncedDisk

from sovereign.audit.log import Log
from sovereign.audit.verify import verify_log
from sovereign.signing import Ed25519Signer

MakeLog = Callable[[int], Path]


def refuse(_thread: threading.Thread) -> NoReturn:
    """Fail as Python does when the system gives no thread."""
    raise RuntimeError("can't start new thread")


def test_publisher_without_threads(make_log: MakeLog, signer: Ed25519Signer, monkeypatch: pytest.MonkeyPatch) -> None:
    """More files than one batch are written one batch after another."""
    directory = make_log(0)
    log = Log.open(directory, signer, disk=UnsyncedDisk())
    log.append_many([b"entry"] * 40_000)
    monkeypatch.setattr(threading.Thread, "start", refuse)
    log.close()
    assert verify_log(directory, [signer.verifier]).size == 40_000


def test_tasks_without_threads(make_log: MakeLog, signer: Ed25519Signer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A task hears that no thread is to be had, and the next one does not wait for ever for the thread that is none."""
    with Log.open(make_log(0), signer) as log:

        async def work() -> int:
            with monkeypatch.context() as patch:
                patch.setattr(threading.Thread, "start", refuse)
                with pytest.raises(RuntimeError):
                    await log.aappend(b"refused")
            return (await asyncio.wait_for(log.aappend(b"taken"), 20)).index

        assert asyncio.run(work()) == 0
