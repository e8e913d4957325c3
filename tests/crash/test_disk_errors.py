"""Each call through the one seam fails once, in one writer or in one of two: no receipt for what is not durable.

These are errors that the program sees, not crashes: the counterpart without `strace` of `test_system_calls.py`, many
times faster, and through the calls that the project makes itself only.
"""

import contextlib
import errno
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from simulators.disk import FailingDisk

from sovereign._internal.canonical import sha256_hex
from sovereign.audit.log import Log
from sovereign.audit.proof import root_at
from sovereign.audit.reading import read_entries
from sovereign.audit.receipt import LogKind
from sovereign.audit.tiles import stored_subtree
from sovereign.audit.verify import verify_log
from sovereign.errors import AuditWriteError, SovereignError
from sovereign.signing import Ed25519Signer, Purpose, generate_signer

ORIGIN = "audit.example/errors"
OBJECT = b"an object of its own"
ROUNDS = 12 if os.environ.get("TEST_PROFILE") == "nightly" else 4


class Work:
    """What two writers of one directory do, and what they were told."""

    def __init__(self, directory: Path, signer: Ed25519Signer, disk: FailingDisk) -> None:
        self.acked: dict[int, bytes] = {}
        self.sealed: list[tuple[int, bytes]] = []
        self._open = lambda own: Log.open(directory, signer, unsafe_filesystem=True, disk=own)
        self._disk = disk

    def run(self, rounds: int) -> None:
        """Write until the end; who meets an error goes on, as a long-lived guard does."""
        for number in range(rounds):
            self._as_one(self._disk, b"failing %d" % number)
            self._as_one(FailingDisk(), b"sound %d" % number)

    def _as_one(self, disk: FailingDisk, name: bytes) -> None:
        try:
            log = self._open(disk)
        except SovereignError:
            return
        for step in (lambda: self._append(log, name), lambda: self._seal(log), lambda: self._append(log, name + b"'")):
            with contextlib.suppress(SovereignError):
                step()
        log._release()

    def _append(self, log: Log, name: bytes) -> None:
        entries = [name, name + b" " + b"p" * 600]
        for receipt, entry in zip(log.append_many(entries, {sha256_hex(OBJECT): OBJECT}), entries, strict=True):
            self.acked[receipt.index] = entry

    def _seal(self, log: Log) -> None:
        seal = log.publish()
        self.sealed.append((seal.size, seal.root))


@pytest.mark.parametrize("code", [errno.EIO, errno.ENOSPC], ids=["EIO", "ENOSPC"])
def test_every_call_fails_once(
    code: int, fast_place: Path, segment_bytes: Callable[[int], None], figure: Callable[[str], None]
) -> None:
    """After each failure both writers went on or refused; after a restart all that they were told holds."""
    segment_bytes(2000)
    signer = generate_signer(ORIGIN, Purpose.LOG)
    Log.create(fast_place / "log", origin=ORIGIN, signer=signer, kind=LogKind.HOST, unsafe_filesystem=True).close()
    number, stopped = 0, 0
    while True:
        directory = fast_place / "try"
        shutil.rmtree(directory, ignore_errors=True)
        shutil.copytree(fast_place / "log", directory)
        disk = FailingDisk()
        work = Work(directory, signer, disk)
        disk.fail_at(number, code)
        work.run(ROUNDS)
        if len(disk.calls) <= number:
            break
        stopped += examine(directory, signer, work, disk.calls[number])
        number += 1
    figure(
        f"calls through the seam, {errno.errorcode[code]}: each of {number:,} failed once, beside a second writer; "
        f"{stopped} logs refused to go on before a restart"
    )
    assert number > 150


def examine(directory: Path, signer: Ed25519Signer, work: Work, call: str) -> bool:
    """Check what is left after a restart; return whether the log refused to go on before it."""
    code = open_again(directory, signer)
    assert code is None or (code == "SOV-V012" and call in {"sync_data", "sync_directory", "truncate"}), (code, call)
    (directory / "lock").write_bytes(b"")  # as after a restart: of another boot, so not believed
    with Log.open(directory, signer, unsafe_filesystem=True) as log:
        log.append(b"after the restart")
        assert log.holds(sha256_hex(OBJECT)) or not work.acked
    found = [entry.data for entry in read_entries(directory)]
    assert {index: found[index] for index in work.acked} == work.acked, call
    verify_log(directory, [signer.verifier])
    subtree = stored_subtree(lambda path: (directory / path).read_bytes(), len(found))
    assert all(root_at(subtree, size) == root for size, root in work.sealed), call
    return code is not None


def open_again(directory: Path, signer: Ed25519Signer) -> str | None:
    """Open and close the log; return the code of a refusal."""
    try:
        Log.open(directory, signer, unsafe_filesystem=True).close()
    except AuditWriteError as error:
        return error.code
    return None
