"""The publisher signs nothing that contradicts what the directory says."""

import errno
import os
from pathlib import Path

import pytest
from simulators.disk import FailingDisk

from sovereign.audit import writer
from sovereign.audit.errors import ForkError
from sovereign.audit.log import Log
from sovereign.audit.receipt import LogKind
from sovereign.audit.verify import verify_log
from sovereign.errors import AuditError, AuditWriteError
from sovereign.signing import Ed25519Signer

ORIGIN = "audit.example/test"


def test_publisher_without_working_locks_notices(
    signer: Ed25519Signer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where locks do nothing, the head that changed meanwhile is noticed before anything is signed."""
    log = Log.create(tmp_path / "log", origin=ORIGIN, signer=signer, kind=LogKind.RUN)
    other = Log.open(tmp_path / "log", signer)
    log.append(b"entry")
    assert log._publisher is not None
    swap = log._publisher._swap_head

    def late(*heads: object) -> None:
        monkeypatch.undo()
        monkeypatch.setattr("fcntl.flock", lambda *_: None)
        other.append(b"another")
        other.publish()
        swap(*heads)  # type: ignore[arg-type]  # handed through as they came

    monkeypatch.setattr(log._publisher, "_swap_head", late)
    with pytest.raises(AuditError, match="two processes publish"):
        log.publish()
    assert verify_log(tmp_path / "log", [signer.verifier]).size == 2


def test_tiles_of_another_history_are_not_signed(signer: Ed25519Signer, tmp_path: Path) -> None:
    """Tiles changed under a running publisher's successor: the stored tree must have the head's root."""
    with Log.create(tmp_path / "log", origin=ORIGIN, signer=signer, kind=LogKind.RUN) as log:
        log.append_many([b"a", b"b"])
    tile = tmp_path / "log" / "tile/0/000.p/2"
    tile.write_bytes(bytes(64))
    log = Log.open(tmp_path / "log", signer)
    log.append(b"c")
    with pytest.raises(ForkError):
        log.publish()
    with pytest.raises(ForkError):
        log.close()


def test_older_head_beside_a_newer_checkpoint(signer: Ed25519Signer, tmp_path: Path) -> None:
    """Only the head is put back: the writer does not sign below its own checkpoint."""
    Log.create(tmp_path / "log", origin=ORIGIN, signer=signer, kind=LogKind.RUN).close()
    head = (tmp_path / "log" / "head").read_bytes()
    with Log.open(tmp_path / "log", signer) as log:
        log.append(b"entry")
    (tmp_path / "log" / "head").write_bytes(head)
    with pytest.raises(ForkError):
        Log.open(tmp_path / "log", signer)


def test_publisher_goes_on_when_room_is_made(signer: Ed25519Signer, tmp_path: Path) -> None:
    """A full disk is no failed sync: the same process seals once there is room; after EIO it does not try again."""
    disk = FailingDisk()
    log = Log.create(tmp_path / "log", origin=ORIGIN, signer=signer, kind=LogKind.RUN, disk=disk)
    log.append(b"entry")
    for code in (errno.ENOSPC, errno.EMFILE):
        disk.fail_at(3, code)
        with pytest.raises(AuditError, match=os.strerror(code).lower()):
            log.publish()
        disk.fail_at(None)
    assert log.publish().size == 1
    log.append(b"another")
    disk.fail_at(3, errno.EIO)
    with pytest.raises(AuditError):
        log.publish()
    disk.fail_at(None)
    with pytest.raises(AuditError, match="earlier attempt"):
        log.publish()
    log._release()


def test_too_many_open_files_poison_no_log(
    signer: Ed25519Signer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The folder of the segments cannot be opened to be synced: one append is refused, and the next one works."""
    monkeypatch.setattr(writer, "SEGMENT_BYTES", 10)
    disk = FailingDisk()
    log = Log.create(tmp_path / "log", origin=ORIGIN, signer=signer, kind=LogKind.RUN, disk=disk)
    log.append(b"fills the first segment")
    disk.fail_at(None)
    log.append(b"begins the second")
    number = disk.calls.index("sync_directory")
    disk.fail_at(number, errno.EMFILE)
    with pytest.raises(AuditWriteError, match="too many open files"):
        log.append(b"begins the third")
    disk.fail_at(None)
    assert log.append(b"goes on").index == 2
    assert log.publish().size == 3
    log.close()
