"""Tasks append: thousands at once, without holding up the loop, sharing syncs; cancelled, refused, forked, closed."""

import asyncio
import hashlib
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from simulators.disk import FailingDisk

from sovereign.audit.log import Log
from sovereign.audit.reading import read_entries
from sovereign.errors import AuditWriteError
from sovereign.signing import Ed25519Signer

MakeLog = Callable[[int], Path]


class SlowDisk(FailingDisk):
    """A disk whose syncs wait until they are let go."""

    def __init__(self) -> None:
        super().__init__()
        self.may_sync = threading.Event()
        self.may_sync.set()

    def sync_data(self, descriptor: int) -> None:
        """Wait, then sync."""
        assert self.may_sync.wait(20)
        super().sync_data(descriptor)


def test_thousands_at_once_share_syncs(make_log: MakeLog, signer: Ed25519Signer) -> None:
    """Five thousand tasks get each its own index, with a handful of syncs, and no thread for each."""
    disk = FailingDisk()

    async def work(log: Log) -> list[int]:
        receipts = await asyncio.gather(*(log.aappend(b"%d" % i) for i in range(5000)))
        assert threading.active_count() < 6
        return [receipt.index for receipt in receipts]

    directory = make_log(0)
    with Log.open(directory, signer, disk=disk) as log:
        disk.fail_at(None)
        indices = asyncio.run(work(log))
        assert disk.calls.count("sync_data") < 50
    found = [entry.data for entry in read_entries(directory)]
    assert [found[index] for index in indices] == [b"%d" % i for i in range(5000)]


def test_loop_goes_on_while_the_disk_waits(make_log: MakeLog, signer: Ed25519Signer) -> None:
    """A disk that takes its time holds up no other task, nor the threads of others."""
    disk = SlowDisk()

    async def work(log: Log) -> None:
        disk.may_sync.clear()
        tasks = [asyncio.create_task(log.aappend(b"%d" % i)) for i in range(200)]
        await asyncio.sleep(0.05)
        assert await asyncio.to_thread(lambda: 1) == 1
        assert not any(task.done() for task in tasks)
        disk.may_sync.set()
        await asyncio.gather(*tasks)

    with Log.open(make_log(0), signer, disk=disk) as log:
        asyncio.run(work(log))
        assert log.size == 200


def test_one_that_is_wrong_fails_alone(make_log: MakeLog, signer: Ed25519Signer) -> None:
    """An empty entry and an object under another's name are refused; their neighbours are durable."""
    good = hashlib.sha256(b"object").hexdigest()

    async def work(log: Log) -> list[object]:
        return await asyncio.gather(
            log.aappend(b"a", {good: b"object"}),
            log.aappend(b""),
            log.aappend(b"b", {"0" * 64: b"object"}),
            log.aappend(b"c"),
            return_exceptions=True,
        )

    directory = make_log(0)
    with Log.open(directory, signer) as log:
        results = asyncio.run(work(log))
        assert log.holds(good)
    codes = [getattr(result, "code", "durable") for result in results]
    assert codes == ["durable", "SOV-V013", "SOV-V014", "durable"]
    assert [entry.data for entry in read_entries(directory)] == [b"a", b"c"]


def test_failed_sync_reaches_every_task(make_log: MakeLog, signer: Ed25519Signer) -> None:
    """When the group is not durable, no task is told that its entry is."""
    disk = FailingDisk()

    async def work(log: Log) -> list[object]:
        return await asyncio.gather(*(log.aappend(b"%d" % i) for i in range(9)), return_exceptions=True)

    log = Log.open(make_log(0), signer, disk=disk)
    disk.fail_at(1)  # the write is the first call, the sync the second
    results = asyncio.run(work(log))
    assert {type(result) for result in results} == {AuditWriteError}
    log.close()


def test_cancelled_task_leaves_the_others_alone(make_log: MakeLog, signer: Ed25519Signer) -> None:
    """A task that is cancelled while it waits appends nothing; the next ones do."""
    disk = SlowDisk()

    async def work(log: Log) -> None:
        disk.may_sync.clear()
        first = asyncio.create_task(log.aappend(b"first"))
        await asyncio.sleep(0.05)  # its group is under way
        cancelled = asyncio.create_task(log.aappend(b"cancelled"))
        last = asyncio.create_task(log.aappend(b"last"))
        await asyncio.sleep(0.05)
        cancelled.cancel()
        with pytest.raises(asyncio.CancelledError):
            await cancelled
        disk.may_sync.set()
        assert [(await task).index for task in (first, last)] == [0, 1]

    directory = make_log(0)
    with Log.open(directory, signer, disk=disk) as log:
        asyncio.run(work(log))
    assert [entry.data for entry in read_entries(directory)] == [b"first", b"last"]


def test_loop_that_ended_holds_nobody_up(make_log: MakeLog, signer: Ed25519Signer) -> None:
    """An append whose loop is gone is still made; the next loop appends as usual."""

    async def leave(log: Log) -> None:
        task = asyncio.create_task(log.aappend(b"left"))
        await asyncio.sleep(0)
        assert not task.done()

    async def work(log: Log) -> None:
        await log.aappend(b"next")

    with Log.open(make_log(0), signer) as log:
        asyncio.run(leave(log))
        asyncio.run(work(log))
        assert log.size in {1, 2}


def test_closing_appends_what_waits(make_log: MakeLog, signer: Ed25519Signer) -> None:
    """Closing waits for what was handed over, and seals it; afterwards nothing is taken."""

    async def work(log: Log) -> None:
        tasks = [asyncio.create_task(log.aappend(b"%d" % i)) for i in range(30)]
        await asyncio.sleep(0)
        log.close()
        assert len(await asyncio.gather(*tasks)) == 30
        with pytest.raises(AuditWriteError) as refusal:
            await log.aappend(b"late")
        assert refusal.value.code == "SOV-V012"

    directory = make_log(0)
    asyncio.run(work(Log.open(directory, signer)))
    assert len(list(read_entries(directory))) == 30


def test_forked_child_has_a_thread_of_its_own(make_log: MakeLog, signer: Ed25519Signer) -> None:
    """After a fork the child's tasks append too, though the parent's thread is not there."""
    directory = make_log(0)
    with Log.open(directory, signer) as log:
        asyncio.run(log.aappend(b"parent"))
        deadline = time.monotonic() + 10
        while any(thread.name == "sovereign-append" for thread in threading.enumerate()):
            assert time.monotonic() < deadline  # it ends when it is idle
            time.sleep(0.05)
        child = os.fork()
        if child == 0:
            try:
                asyncio.run(log.aappend(b"child"))
            finally:
                os._exit(0)
        os.waitpid(child, 0)
        assert asyncio.run(log.aappend(b"parent again")).index == 2
