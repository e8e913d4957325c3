"""What a crash or a failing disk may leave: acknowledged entries survive, and nothing is forked."""

import errno
import shutil
import struct
from collections.abc import Callable
from pathlib import Path

import pytest
from simulators.disk import FailingDisk

from sovereign.audit import writer
from sovereign.audit.log import Log
from sovereign.audit.reading import read_entries
from sovereign.audit.receipt import LogKind
from sovereign.audit.verify import verify_log
from sovereign.errors import AuditError, AuditWriteError, SovereignError, UsageError
from sovereign.signing import Ed25519Signer

ORIGIN = "audit.example/test"
SECTOR = 512
MakeLog = Callable[[int], Path]


def reboot(directory: Path) -> None:
    """Make the cache in the lock file look as after a restart of the machine: of another boot."""
    (directory / "lock").write_bytes(bytes(64))


@pytest.fixture
def crashed(make_log: MakeLog, signer: Ed25519Signer) -> tuple[Path, Path, list[int]]:
    """A log of 2 sealed and 4 acknowledged entries whose writer is gone: directory, segment, and the ends of frames."""
    directory = make_log(2)
    log = Log.open(directory, signer)
    (segment,) = (directory / "wal").iterdir()
    ends = [segment.stat().st_size]
    for i in range(4):
        log.append(f"tail {i}".encode() + b"p" * (150 * i))
        ends.append(segment.stat().st_size)
    log._release()
    reboot(directory)
    return directory, segment, ends


def test_torn_at_every_byte(crashed: tuple[Path, Path, list[int]], signer: Ed25519Signer, tmp_path: Path) -> None:
    """Whatever part of the last frames is on the disk: the whole ones stay, the torn one goes, the log goes on."""
    directory, segment, ends = crashed
    data = segment.read_bytes()
    copy = tmp_path / "copy"
    for cut in range(ends[0], len(data) + 1, 3):
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(directory, copy)
        (copy / "wal" / segment.name).write_bytes(data[:cut])
        whole = 2 + sum(end <= cut for end in ends[1:])
        with Log.open(copy, signer) as log:
            assert log.size == whole
            assert log.append(b"next").index == whole
        entries = [e.data for e in read_entries(copy)]
        assert [e[:6] for e in entries[2:whole]] == [b"tail 0", b"tail 1", b"tail 2", b"tail 3"][: whole - 2]
        assert verify_log(copy, [signer.verifier]).size == whole + 1


@pytest.mark.parametrize("fill", [b"\x00", b"\xff"])
def test_last_sectors_are_lost(
    fill: bytes, crashed: tuple[Path, Path, list[int]], signer: Ed25519Signer, tmp_path: Path
) -> None:
    """The size is there, the last sectors are not: zeros or old bytes never parse, earlier entries stay."""
    directory, segment, ends = crashed
    data = segment.read_bytes()
    copy = tmp_path / "copy"
    for lost in range(ends[0] // SECTOR + 1, len(data) // SECTOR + 1):
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(directory, copy)
        kept = data[: lost * SECTOR]
        (copy / "wal" / segment.name).write_bytes(kept + fill * (len(data) - len(kept)))
        whole = 2 + sum(end <= len(kept) for end in ends[1:])
        with Log.open(copy, signer) as log:
            assert log.append(b"next").index == whole
        assert verify_log(copy, [signer.verifier]).size == whole + 1


def test_old_frame_behind_the_cut_never_comes_back(
    crashed: tuple[Path, Path, list[int]], signer: Ed25519Signer
) -> None:
    """A torn frame is cut physically: a later shorter one is not followed by its remains."""
    directory, segment, ends = crashed
    data = bytearray(segment.read_bytes())
    data[ends[2] + 30] ^= 1  # the third tail frame is damaged, the fourth whole
    segment.write_bytes(bytes(data))
    with Log.open(directory, signer) as log:
        assert log.size == 4
    assert segment.stat().st_size == ends[2]


def test_sealed_entries_are_never_cut(crashed: tuple[Path, Path, list[int]], signer: Ed25519Signer) -> None:
    """Damage below the seal is no torn tail: the log is refused, and its bytes stay as evidence."""
    directory, segment, _ = crashed
    data = bytearray(segment.read_bytes())
    data[25] ^= 1
    segment.write_bytes(bytes(data))
    with pytest.raises(AuditError) as refusal:
        Log.open(directory, signer)
    assert refusal.value.code == "SOV-V010"
    assert segment.read_bytes() == bytes(data)


def test_damage_without_restart_is_no_torn_tail(make_log: MakeLog, signer: Ed25519Signer) -> None:
    """In the boot that wrote it, a tail that got shorter was changed by somebody: refused, not cut."""
    directory = make_log(1)
    with Log.open(directory, signer) as log:
        log.append(b"acknowledged")
        (segment,) = (directory / "wal").iterdir()
        segment.write_bytes(segment.read_bytes()[:-1])
        with pytest.raises(AuditError) as refusal:
            log.append(b"next")
        assert refusal.value.code == "SOV-V010"
        segment.write_bytes(segment.read_bytes() + b"d")


def count_calls(directory: Path, signer: Ed25519Signer, work: Callable[[Log], object]) -> list[str]:
    """Return the calls that `work` makes on a log opened before."""
    disk = FailingDisk()
    log = Log.open(directory, signer, disk=disk)
    disk.fail_at(None)
    work(log)
    calls = list(disk.calls)
    log._release()
    return calls


@pytest.mark.parametrize("code", [errno.EIO, errno.ENOSPC], ids=["EIO", "ENOSPC"])
def test_append_on_a_failing_disk(code: int, make_log: MakeLog, signer: Ed25519Signer, tmp_path: Path) -> None:
    """Each call of an append fails once: no receipt is given, and the log stays whole or refuses to go on."""
    directory = make_log(3)
    objects = {"3a6eb0790f39ac87c94f3856b2dd2c5d110e6811602261a9a923d3bb23adc8b7": b"data"}
    calls = count_calls(shutil.copytree(directory, tmp_path / "count"), signer, lambda log: log.append(b"x", objects))
    assert {"write", "sync_data", "replace", "sync_directory"} <= set(calls)
    for number, name in enumerate(calls):
        copy = shutil.copytree(directory, tmp_path / f"{code}-{number}")
        disk = FailingDisk()
        log = Log.open(copy, signer, disk=disk)
        disk.fail_at(number, code)
        with pytest.raises(AuditWriteError):
            log.append(b"x", objects)
        disk.fail_at(None)
        is_wal_sync = name == "sync_data" and number == len(calls) - 1
        if is_wal_sync:  # fail-stop: neither this nor another writer of this boot appends again
            with pytest.raises(AuditWriteError) as refusal:
                log.append(b"y")
            assert refusal.value.code == "SOV-V012"
            with pytest.raises(AuditWriteError):
                Log.open(copy, signer)
            log.close()
            reboot(copy)
        else:
            assert log.append(b"y", objects).index == 3
            log.close()
        with Log.open(copy, signer) as log:
            log.append(b"z")
        assert verify_log(copy, [signer.verifier]).notices == ()


@pytest.mark.parametrize("code", [errno.EIO, errno.ENOSPC], ids=["EIO", "ENOSPC"])
def test_sealing_on_a_failing_disk(code: int, make_log: MakeLog, signer: Ed25519Signer, tmp_path: Path) -> None:
    """Each call of sealing fails once: entries stay durable, no second root is signed, the next one seals them."""
    directory = make_log(250)

    def work(log: Log) -> None:
        log.append_many([f"tail {i}".encode() for i in range(20)])
        log.publish()

    calls = count_calls(shutil.copytree(directory, tmp_path / "count"), signer, work)
    whole = (tmp_path / "count" / "checkpoint").read_bytes()
    begin = calls.index("sync_data") + 1
    assert calls.count("replace") > 6
    for number in range(begin, len(calls)):
        copy = shutil.copytree(directory, tmp_path / f"{code}-{number}")
        disk = FailingDisk()
        log = Log.open(copy, signer, disk=disk)
        disk.fail_at(number, code)
        if "unlink" in calls[max(begin, number - 1) : number + 1] or calls[number] == "remove_directory":
            # what is superfluous may stay
            work(log)
        else:
            with pytest.raises(AuditError) as refusal:
                work(log)
            assert refusal.value.code in {"SOV-V015", "SOV-V012"}
        log._release()
        reboot(copy)
        assert verify_log(copy, [signer.verifier]).size in {250, 270}
        with Log.open(copy, signer):
            pass
        assert (copy / "checkpoint").read_bytes() == whole
        verify_log(copy, [signer.verifier])


def test_creation_on_a_failing_disk(signer: Ed25519Signer, tmp_path: Path) -> None:
    """A log that was not made whole is no log."""
    disk = FailingDisk()
    Log.create(tmp_path / "whole", origin=ORIGIN, signer=signer, kind=LogKind.RUN, disk=disk).close()
    for number in range(disk.calls.index("replace") + 12):
        disk = FailingDisk()
        disk.fail_at(number)
        directory = tmp_path / str(number)
        try:
            Log.create(directory, origin=ORIGIN, signer=signer, kind=LogKind.RUN, disk=disk)
        except SovereignError:
            pass
        else:
            continue
        if (directory / "log.json").exists():
            Log.open(directory, signer).close()
        else:
            with pytest.raises(UsageError):
                Log.open(directory, signer)


def test_crash_between_head_and_checkpoint(make_log: MakeLog, signer: Ed25519Signer, tmp_path: Path) -> None:
    """The head went ahead, the checkpoint did not: the same tree is signed afterwards, no other."""
    old = make_log(2)
    copy = shutil.copytree(old, tmp_path / "copy")
    with Log.open(copy, signer) as log:
        log.append(b"next")
    shutil.copy(old / "checkpoint", copy / "checkpoint")
    assert "head file" in verify_log(copy, [signer.verifier]).notices[0]
    with Log.open(copy, signer):
        pass
    assert verify_log(copy, [signer.verifier]).size == 3


def test_frame_that_lies_about_its_number(crashed: tuple[Path, Path, list[int]], signer: Ed25519Signer) -> None:
    """A frame with a right checksum but another number ends the log there."""
    directory, segment, ends = crashed
    data = segment.read_bytes()
    second = bytearray(data[ends[1] : ends[2]])
    struct.pack_into(">Q", second, 12, 9)
    segment.write_bytes(data[: ends[1]] + bytes(second))
    with Log.open(directory, signer) as log:
        assert log.size == 3


@pytest.mark.parametrize("limit", [1, 1 << 20])
def test_new_segment_whose_writer_died_silently(
    limit: int, make_log: MakeLog, signer: Ed25519Signer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process began a segment, wrote, and died before it noted the tail: the next one continues behind it."""
    directory = make_log(2)
    lock = directory / "lock"
    stale = lock.read_bytes()
    monkeypatch.setattr(writer, "SEGMENT_BYTES", 1)
    log = Log.open(directory, signer)
    log.append_many([b"written by the dead", b"and this"])
    log._release()
    lock.write_bytes(stale)
    monkeypatch.setattr(writer, "SEGMENT_BYTES", limit)
    with Log.open(directory, signer) as log:
        assert log.append(b"next").index == 4
    assert [e.data for e in read_entries(directory, 2)] == [b"written by the dead", b"and this", b"next"]
    assert verify_log(directory, [signer.verifier]).size == 5
