"""Appending, sealing, reopening; threads, tasks, processes, forks; objects; what is refused."""

import asyncio
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sovereign.audit import writer
from sovereign.audit.entry import LARGEST_ENTRY, leaf_hash
from sovereign.audit.errors import ForkError
from sovereign.audit.known_logs import KnownLogs, safe_name
from sovereign.audit.log import Log
from sovereign.audit.objects import load_object
from sovereign.audit.reading import read_entries
from sovereign.audit.receipt import LogKind, Receipt, ReceiptState
from sovereign.audit.trail import Trail
from sovereign.audit.verify import verify_log
from sovereign.errors import AuditError, AuditWriteError, UsageError
from sovereign.signing import Ed25519Signer, Purpose, generate_signer, write_key_file

ORIGIN = "audit.example/test"
MakeLog = Callable[[int], Path]
APPEND = """
import sys
from pathlib import Path
from sovereign.audit.log import Log
from sovereign.signing import Purpose, load_signer
directory, key, name, count = sys.argv[1:]
log = Log.open(Path(directory), load_signer(Path(key), purpose=Purpose.LOG))
for i in range(int(count)):
    print(log.append(f"{name} {i}".encode()).index, flush=True)
    if i % 16 == 0:
        log.publish()
log.close()
"""


def append(trail: Trail, entry: bytes) -> Receipt:
    """Append as a guard does, which knows a trail only."""
    return trail.append(entry)


def digest(data: bytes) -> str:
    """Return the name of an object."""
    return hashlib.sha256(data).hexdigest()


def test_receipt_names_place_and_hash(tmp_path: Path, signer: Ed25519Signer) -> None:
    """A receipt says which log, which index, which leaf; it is durable, no more."""
    with Log.create(tmp_path / "log", origin=ORIGIN, signer=signer, kind=LogKind.RUN) as log:
        receipts = [append(log, b"a"), append(log, b"b")]
    assert [r.index for r in receipts] == [0, 1]
    assert receipts[1].leaf_hash == leaf_hash(b"b").hex()
    assert (receipts[0].origin, receipts[0].log_kind, receipts[0].state) == (ORIGIN, "run", ReceiptState.DURABLE)
    assert receipts[0].line == f"{ORIGIN}#0 {leaf_hash(b'a').hex()} durable"


@pytest.mark.parametrize("size", [0, 1, 255, 256, 257, 513])
def test_sealed_log_verifies_and_reads_back(size: int, make_log: MakeLog, signer: Ed25519Signer) -> None:
    """At every tile boundary the sealed log verifies, and holds the entries in order."""
    directory = make_log(size)
    report = verify_log(directory, [signer.verifier])
    assert (report.size, report.unsealed, report.notices) == (size, 0, ())
    entries = list(read_entries(directory))
    assert [e.data for e in entries] == [f"entry {i}".encode() for i in range(size)]
    assert all(e.is_sealed for e in entries)


def test_appends_are_read_before_they_are_sealed(make_log: MakeLog, signer: Ed25519Signer) -> None:
    """Reading marks what no checkpoint covers; ranges cut across the seal; verifying counts it apart."""
    directory = make_log(3)
    with Log.open(directory, signer) as log:
        log.append_many([b"x", b"y"])
        assert log.size == 5
        found = [(e.index, e.data, e.is_sealed) for e in read_entries(directory, 2, 4)]
        assert found == [(2, b"entry 2", True), (3, b"x", False)]
        assert [e.index for e in read_entries(directory, 4)] == [4]
        report = verify_log(directory, [signer.verifier])
        assert (report.size, report.unsealed) == (3, 2)
        assert log.publish().size == 5
    assert verify_log(directory, [signer.verifier]).unsealed == 0


def test_sealing_often_gives_the_same_tree(tmp_path: Path, signer: Ed25519Signer) -> None:
    """A tree that grew in small steps, across processes' lives, has the root of one that grew at once."""
    steps = [1, 200, 54, 1, 1, 255, 300]
    for step in steps:
        if not (tmp_path / "a").exists():
            Log.create(tmp_path / "a", origin=ORIGIN, signer=signer, kind=LogKind.RUN).close()
        with Log.open(tmp_path / "a", signer) as log:
            for i in range(step):
                log.append(f"{log.size}".encode())
                if i % 50 == 0:
                    log.publish()
    with Log.create(tmp_path / "b", origin=ORIGIN, signer=signer, kind=LogKind.RUN) as log:
        log.append_many([f"{i}".encode() for i in range(sum(steps))])
    assert (tmp_path / "a" / "checkpoint").read_bytes() == (tmp_path / "b" / "checkpoint").read_bytes()
    report = verify_log(tmp_path / "a", [signer.verifier])
    assert report.notices == ()


def test_sealing_twice_signs_nothing_new(make_log: MakeLog, signer: Ed25519Signer) -> None:
    """Without new entries the checkpoint stays as it is."""
    directory = make_log(4)
    before = (directory / "checkpoint").stat().st_mtime_ns
    with Log.open(directory, signer) as log:
        assert log.publish().size == 4
    assert (directory / "checkpoint").stat().st_mtime_ns == before


def test_segments_roll_and_go(tmp_path: Path, signer: Ed25519Signer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Full segments are followed by new ones and removed once they are sealed; the last one stays."""
    monkeypatch.setattr(writer, "SEGMENT_BYTES", 200)
    directory = tmp_path / "log"
    with Log.create(directory, origin=ORIGIN, signer=signer, kind=LogKind.RUN) as log:
        for i in range(40):
            log.append(f"entry {i}".encode())
        assert len(list((directory / "wal").iterdir())) > 3
        assert verify_log(directory, [signer.verifier]).unsealed == 40
        log.publish()
        assert len(list((directory / "wal").iterdir())) == 1
    with Log.open(directory, signer) as log:
        assert log.append(b"next").index == 40
    assert verify_log(directory, [signer.verifier]).size == 41


def test_threads_share_one_log(make_log: MakeLog, signer: Ed25519Signer) -> None:
    """Sixteen threads append at once, one seals meanwhile: every receipt has its own index and its own entry."""
    directory = make_log(0)
    receipts = {}
    with Log.open(directory, signer) as log:

        def work(name: int) -> None:
            for i in range(20):
                entry = f"{name}/{i}".encode()
                receipts[log.append(entry).index] = entry
                if name == 0:
                    log.publish()

        threads = [threading.Thread(target=work, args=(n,)) for n in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert [e.data for e in read_entries(directory)] == [receipts[i] for i in range(320)]
    assert verify_log(directory, [signer.verifier]).size == 320


def test_tasks_append_without_blocking(make_log: MakeLog, signer: Ed25519Signer) -> None:
    """Many tasks wait for durability together."""
    directory = make_log(0)

    async def work() -> list[int]:
        with Log.open(directory, signer) as log:
            receipts = await asyncio.gather(*(log.aappend(b"%d" % i) for i in range(50)))
        return [receipt.index for receipt in receipts]

    assert sorted(asyncio.run(work())) == list(range(50))


@pytest.fixture
def key(tmp_path: Path, signer: Ed25519Signer) -> Path:
    """The log's key in a file, for other processes."""
    write_key_file(tmp_path / "log.key", signer)
    return tmp_path / "log.key"


def start(directory: Path, key: Path, name: str, count: int) -> "subprocess.Popen[str]":
    """Start a process that appends and seals, and prints each index once it is durable."""
    command = [sys.executable, "-c", APPEND, str(directory), str(key), name, str(count)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_processes_share_one_log(make_log: MakeLog, signer: Ed25519Signer, key: Path) -> None:
    """Four processes append and seal at once: no index twice, none missing, and the log verifies."""
    directory = make_log(2)
    processes = [start(directory, key, name, 60) for name in "abcd"]
    outputs = [process.communicate()[0].split() for process in processes]
    assert [process.returncode for process in processes] == [0] * 4
    assert sorted(int(i) for output in outputs for i in output) == list(range(2, 242))
    entries = [e.data.decode() for e in read_entries(directory)]
    for name, output in zip("abcd", outputs, strict=True):
        assert [entries[int(i)] for i in output] == [f"{name} {n}" for n in range(60)]
    assert verify_log(directory, [signer.verifier]).size == 242


def test_killed_processes_lose_nothing_acknowledged(make_log: MakeLog, signer: Ed25519Signer, key: Path) -> None:
    """Killed in the middle, again and again: what was acknowledged is there, and the next one goes on."""
    directory = make_log(0)
    acknowledged: dict[int, str] = {}
    for round_ in range(6):
        process = start(directory, key, f"round{round_}", 100_000)
        assert process.stdout is not None
        for number in range(10 + 7 * round_):
            acknowledged[int(process.stdout.readline())] = f"round{round_} {number}"
        os.kill(process.pid, signal.SIGKILL)
        process.stdout.close()
        process.wait()
    with Log.open(directory, signer) as log:
        log.append(b"after")
    entries = [e.data.decode() for e in read_entries(directory)]
    assert {i: entries[i] for i in acknowledged} == acknowledged
    assert verify_log(directory, [signer.verifier]).size == len(entries)


def test_forked_child_appends(make_log: MakeLog, signer: Ed25519Signer) -> None:
    """A child of a fork opens files and locks anew: both append, even while the parent's mutex was held."""
    directory = make_log(0)
    gone = Log.create(directory.parent / "gone", origin=ORIGIN, signer=signer, kind=LogKind.RUN)
    shutil.rmtree(gone.directory)  # a log that cannot be reopened keeps no other from it
    with Log.open(directory, signer) as log:
        log.append(b"parent")
        with log._writer._mutex:
            child = os.fork()
            if child == 0:
                try:
                    log.append(b"child")
                finally:
                    os._exit(0)
            deadline = time.monotonic() + 20
            done = 0
            while not done and time.monotonic() < deadline:
                done, _ = os.waitpid(child, os.WNOHANG)
                time.sleep(0.01)
        if not done:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
        assert done == child
        assert log.append(b"parent again").index == 2
    gone._release()
    assert verify_log(directory, [signer.verifier]).size == 3


def test_entry_has_a_size(make_log: MakeLog, signer: Ed25519Signer) -> None:
    """The largest entry is taken; one more byte, or none, is refused and leaves nothing behind."""
    directory = make_log(0)
    with Log.open(directory, signer) as log:
        log.append(bytes(LARGEST_ENTRY))
        for bad in (b"", bytes(LARGEST_ENTRY + 1)):
            with pytest.raises(AuditWriteError) as refusal:
                log.append_many([b"good", bad])
            assert refusal.value.code == "SOV-V013"
    assert verify_log(directory, [signer.verifier]).size == 1


def test_objects_are_kept_before_the_entry(make_log: MakeLog, signer: Ed25519Signer) -> None:
    """Objects lie private under their digest, once; an erased one is kept again when it comes again."""
    directory = make_log(0)
    objects = {digest(b"policy"): b"policy", digest(b"request"): b"request"}
    with Log.open(directory, signer) as log:
        assert not log.holds(digest(b"policy"))
        log.append(b"e", objects)
        assert log.holds(digest(b"policy"))
        (directory / "objects" / digest(b"request")).unlink()
        assert not log.holds(digest(b"request"))
        log.append(b"e", objects)
        with pytest.raises(AuditWriteError) as refusal:
            log.append(b"e", {digest(b"policy"): b"other"})
        assert refusal.value.code == "SOV-V014"
        assert log.size == 2
    assert (directory / "objects").stat().st_mode & 0o777 == 0o700
    assert load_object(directory, digest(b"request")) == b"request"
    (directory / "objects" / digest(b"policy")).write_bytes(b"changed")
    with Log.open(directory, signer) as log:
        assert not log.holds(digest(b"policy"))
    for name in (digest(b"policy"), digest(b"absent"), "../log.json"):
        with pytest.raises(AuditError):
            load_object(directory, name)


def test_run_log_keeps_no_key(tmp_path: Path) -> None:
    """A run log has an origin of its own, is sealed by closing, and its key is nowhere on disk and not in the log."""
    log = Log.create_run(tmp_path / "run", "audit.example/ci")
    log.append(b"e")
    verifier = log.verifier
    log.close()
    log.close()
    assert log.origin.startswith("audit.example/ci/run/")
    assert verify_log(tmp_path / "run", [verifier]).size == 1
    assert not any(b"PRIVATE" in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert log._publisher is None
    with pytest.raises(AuditError):
        log.publish()
    with pytest.raises(AuditWriteError):
        log.append(b"late")


def test_directory_that_is_not_empty_takes_no_new_log(make_log: MakeLog, signer: Ed25519Signer) -> None:
    """Making a log where something lies is refused."""
    with pytest.raises(UsageError) as refusal:
        Log.create(make_log(1), origin=ORIGIN, signer=signer, kind=LogKind.RUN)
    assert refusal.value.code == "SOV-C309"


def test_kept_key_opens_no_empty_directory(tmp_path: Path, signer: Ed25519Signer) -> None:
    """That is how forks are signed by accident; the message names the two ways on."""
    (tmp_path / "empty").mkdir()
    for name in ("empty", "missing"):
        with pytest.raises(UsageError, match="fork") as refusal:
            Log.open(tmp_path / name, signer)
        assert refusal.value.code == "SOV-C304"
        assert "audit new --origin" in str(refusal.value.hint)
        assert "kind: run" in str(refusal.value.hint)


def test_log_of_another_key_is_refused(make_log: MakeLog) -> None:
    """Another key under the same name, another name, another purpose: none opens the log."""
    directory = make_log(1)
    for name, purpose, code in [
        (ORIGIN, Purpose.LOG, "SOV-C305"),
        ("audit.example/other", Purpose.LOG, "SOV-C305"),
        (ORIGIN, Purpose.WITNESS, "SOV-C252"),
    ]:
        with pytest.raises(UsageError) as refusal:
            Log.open(directory, generate_signer(name, purpose))
        assert refusal.value.code == code


def test_checkpoint_of_another_key_is_refused(make_log: MakeLog, signer: Ed25519Signer) -> None:
    """A checkpoint that another key signed under the log's name is refused, whatever log.json says."""
    directory = make_log(1)
    stranger = generate_signer(ORIGIN, Purpose.LOG)
    Log.create(directory.parent / "other", origin=ORIGIN, signer=stranger, kind=LogKind.RUN).close()
    (directory / "checkpoint").write_bytes((directory.parent / "other" / "checkpoint").read_bytes())
    with pytest.raises(UsageError) as refusal:
        Log.open(directory, signer)
    assert refusal.value.code == "SOV-C305"


@pytest.mark.parametrize("name", ["log.json", "checkpoint", "head", "lock", "publish.lock", "wal"])
def test_log_with_a_missing_part_is_refused(name: str, make_log: MakeLog, signer: Ed25519Signer) -> None:
    """Each part is needed; a copy in part is no log to go on with."""
    directory = make_log(3)
    path = directory / name
    if path.is_dir():
        next(path.iterdir()).unlink()
    else:
        path.unlink()
    with pytest.raises((UsageError, AuditError)):
        Log.open(directory, signer)


def test_clock_before_the_last_entry_is_refused(make_log: MakeLog, signer: Ed25519Signer) -> None:
    """Entries are never dated before their predecessor, sealed or not."""
    directory = make_log(0)
    noon = datetime(2026, 11, 24, 12, tzinfo=UTC)
    with Log.open(directory, signer, clock=lambda: noon) as log:
        log.append(json.dumps({"recorded_at": "2026-11-24T12:00:00Z"}).encode())
        with pytest.raises(UsageError) as refusal:
            Log.open(directory, signer, clock=lambda: noon - timedelta(seconds=1))
        assert refusal.value.code == "SOV-C307"
    with pytest.raises(UsageError) as refusal:
        Log.open(directory, signer, clock=lambda: noon - timedelta(seconds=1))
    assert refusal.value.code == "SOV-C307"
    Log.open(directory, signer, clock=lambda: noon).close()


# -- known logs --------------------------------------------------------------------------------------------------


def test_known_log_remembers_the_last_checkpoint(tmp_path: Path, signer: Ed25519Signer) -> None:
    """Opening and sealing move the memory forward; it holds the signed checkpoint."""
    known = KnownLogs(tmp_path / "state")
    with Log.create(tmp_path / "log", origin=ORIGIN, signer=signer, kind=LogKind.RUN, known=known) as log:
        log.append(b"a")
    found = known.find(ORIGIN)
    assert found is not None
    assert (found.verifiers, found.checkpoint.size) == ((signer.verifier,), 1)
    assert found.note == (tmp_path / "log" / "checkpoint").read_bytes()
    assert verify_log(tmp_path / "log", found.verifiers, seen=found.note).seen_size == 1
    assert known.find("audit.example/never-seen") is None


def test_second_log_of_one_origin_is_refused(tmp_path: Path, signer: Ed25519Signer) -> None:
    """One key, one origin, one directory."""
    known = KnownLogs(tmp_path / "state")
    Log.create(tmp_path / "a", origin=ORIGIN, signer=signer, kind=LogKind.RUN, known=known).close()
    with pytest.raises(UsageError) as refusal:
        Log.create(tmp_path / "b", origin=ORIGIN, signer=signer, kind=LogKind.RUN, known=known)
    assert refusal.value.code == "SOV-C304"


def test_damaged_memory_is_refused(tmp_path: Path, signer: Ed25519Signer) -> None:
    """A changed memory is an error, never a log seen for the first time."""
    known = KnownLogs(tmp_path / "state")
    Log.create(tmp_path / "a", origin=ORIGIN, signer=signer, kind=LogKind.RUN, known=known).close()
    path = tmp_path / "state" / "known_logs" / safe_name(ORIGIN)
    path.write_bytes(path.read_bytes().replace(b"\n0\n", b"\n1\n"))
    with pytest.raises(AuditError) as refusal:
        Log.open(tmp_path / "a", signer, known=known)
    assert refusal.value.code == "SOV-C312"


def test_clock_before_the_last_visit_is_refused(tmp_path: Path, signer: Ed25519Signer) -> None:
    """A clock that went back since the log was seen is an error."""
    known = KnownLogs(tmp_path / "state")
    Log.create(tmp_path / "a", origin=ORIGIN, signer=signer, kind=LogKind.RUN, known=known).close()
    with pytest.raises(UsageError) as refusal:
        Log.open(tmp_path / "a", signer, known=known, clock=lambda: datetime(2020, 1, 1, tzinfo=UTC))
    assert refusal.value.code == "SOV-C307"


def test_memory_never_goes_back(tmp_path: Path, signer: Ed25519Signer) -> None:
    """An older checkpoint does not replace a newer one; one of equal size and another root is a fork."""
    known = KnownLogs(tmp_path / "state")
    notes = []
    for name, count in (("a", 1), ("b", 2), ("c", 2)):
        with Log.create(tmp_path / name, origin=ORIGIN, signer=signer, kind=LogKind.RUN) as log:
            log.append_many([f"{name if count == 2 else 'x'}{i}".encode() for i in range(count)])
        notes.append((tmp_path / name / "checkpoint").read_bytes())
    now = datetime(2026, 11, 24, tzinfo=UTC)
    known.remember([signer.verifier], notes[1], now=now)
    known.remember([signer.verifier], notes[0], now=now)
    found = known.find(ORIGIN)
    assert found is not None
    assert found.checkpoint.size == 2
    with pytest.raises(ForkError) as fork:
        known.remember([signer.verifier], notes[2], now=now)
    assert fork.value.seen != fork.value.found


def test_file_names_of_origins_never_collide() -> None:
    """Different origins have different names without separators, however long or odd."""
    origins = ["a/b", "a%2Fb", "a_b", "a=b", ".", "..", "%2E", ".a", "x" * 255, "x" * 254 + "y", "ä/ö"]
    names = {safe_name(origin) for origin in origins}
    assert len(names) == len(origins)
    assert not any("/" in name or name.startswith(".") or len(name) > 210 for name in names)
