"""The log's writers against SQLite (WAL, synchronous FULL) on the same disk, interleaved in one run.

Both make the same 600 bytes durable, then answer. SQLite neither hashes nor signs nor proves; it is what one would
write evidence to without a log.
"""

import multiprocessing
import os
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parents[1]))

from simulators.disk import UnsyncedDisk

from sovereign._internal.files import OS_DISK, Disk
from sovereign.audit.log import Log
from sovereign.audit.log_files import open_log_files
from sovereign.audit.proving import prove_entry
from sovereign.audit.receipt import LogKind
from sovereign.audit.tiles import GrowingTree
from sovereign.audit.wal import WalReader
from sovereign.signing import Purpose, Signer, generate_mldsa_signer, generate_signer

ENTRY_BYTES = 600
FORK = multiprocessing.get_context("fork")
SIGNER = generate_signer("audit.example/bench", Purpose.LOG)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """Entries per second, and the longest wait of one of them."""

    per_second: float
    worst_seconds: float = 0.0


def payload(number: int) -> bytes:
    """Return an entry of 600 bytes."""
    return b"%016x" % number + b"x" * (ENTRY_BYTES - 16)


# -- many processes, one entry at a time ---------------------------------------------------------------------------


def _append_ours(folder: Path) -> Callable[[bytes], object]:
    return Log.open(folder / "log", SIGNER).append


def _append_sqlite(folder: Path) -> Callable[[bytes], object]:
    database = connect(folder)

    def append(entry: bytes) -> None:
        database.execute("INSERT INTO entries (body) VALUES (?)", (entry,))

    return append


def _one_writer(
    prepare: Callable[[Path], Callable[[bytes], object]], folder: Path, seconds: float, pipe: Connection
) -> None:
    append = prepare(folder)
    pipe.send("ready")
    pipe.recv()
    count, worst, end = 0, 0.0, time.perf_counter() + seconds
    now = time.perf_counter()
    while now < end:
        append(payload(count))
        after = time.perf_counter()
        count, worst, now = count + 1, max(worst, after - now), after
    pipe.send((count, worst))
    os._exit(0)  # nothing is sealed at the end: the bench measures appends


def many_processes(prepare: Callable[[Path], Callable[[bytes], object]], processes: int, seconds: float) -> Rate:
    """Return the rate of `processes` that append one entry each, again and again."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        new_log(folder).close()
        connect(folder).close()
        pipes = []
        for _ in range(processes):
            ours, theirs = FORK.Pipe()
            FORK.Process(target=_one_writer, args=(prepare, folder, seconds, theirs)).start()
            pipes.append(ours)
        for pipe in pipes:
            pipe.recv()
        for pipe in pipes:
            pipe.send("go")
        results: list[tuple[int, float]] = [pipe.recv() for pipe in pipes]
    return Rate(per_second=sum(n for n, _ in results) / seconds, worst_seconds=max(worst for _, worst in results))


def contended(processes: int = 16, rounds: int = 3, seconds: float = 3.0) -> dict[str, Rate]:
    """Return the median rates of both, taken in turn."""
    found: dict[str, list[Rate]] = {"sovereign": [], "sqlite": []}
    for _ in range(rounds):
        found["sovereign"].append(many_processes(_append_ours, processes, seconds))
        found["sqlite"].append(many_processes(_append_sqlite, processes, seconds))
    return {name: _median(rates) for name, rates in found.items()}


# -- one process, groups -------------------------------------------------------------------------------------------


def groups_ours(group: int, entries: Sequence[bytes]) -> dict[str, Rate]:
    """Append in groups, then seal: the rate until the last is durable, and until all are under a signed checkpoint."""
    with tempfile.TemporaryDirectory() as name:
        log = new_log(Path(name))
        start = time.perf_counter()
        for first in range(0, len(entries), group):
            log.append_many(entries[first : first + group])
        durable = time.perf_counter()
        sealed = log.publish()
        end = time.perf_counter()
        assert sealed.size == len(entries)
    return {
        "durable": Rate(per_second=len(entries) / (durable - start)),
        "sealed": Rate(per_second=len(entries) / (end - start)),
    }


def groups_sqlite(group: int, entries: Sequence[bytes]) -> Rate:
    """Insert in transactions."""
    with tempfile.TemporaryDirectory() as name:
        database = connect(Path(name))
        start = time.perf_counter()
        for first in range(0, len(entries), group):
            database.execute("BEGIN")
            rows = [(entry,) for entry in entries[first : first + group]]
            database.executemany("INSERT INTO entries (body) VALUES (?)", rows)
            database.execute("COMMIT")
        return Rate(per_second=len(entries) / (time.perf_counter() - start))


def grouped(group: int, count: int = 200_000, rounds: int = 3) -> dict[str, Rate]:
    """Return the median rates of both, taken in turn; ours durable as its rows are, and sealed."""
    entries = [payload(number) for number in range(count)]
    found: dict[str, list[Rate]] = {"sealed": [], "durable": [], "sqlite": []}
    for _ in range(rounds):
        for name, rate in groups_ours(group, entries).items():
            found[name].append(rate)
        found["sqlite"].append(groups_sqlite(group, entries))
    return {name: _median(rates) for name, rates in found.items()}


# -- the publisher alone -------------------------------------------------------------------------------------------


def publisher_leaves(count: int = 200_000) -> dict[str, float]:
    """Return leaves per second of one core: the tree and its tiles alone, and with the frames read before."""
    with tempfile.TemporaryDirectory() as name:
        log = new_log(Path(name), UnsyncedDisk())
        log.append_many([payload(number) for number in range(count)])
        tree, start = GrowingTree(), time.process_time()
        for entries in WalReader(Path(name) / "log" / "wal", 0).read(count):
            tree.extend(entries)
        read = count / (time.process_time() - start)
    entries = [payload(number) for number in range(count)]
    tree, start = GrowingTree(), time.process_time()
    tree.extend(entries)
    return {"tree": count / (time.process_time() - start), "frames and tree": read}


def hybrid_proof_bytes(count: int = 70_000) -> int:
    """Return the size of a proof file whose checkpoint has an Ed25519 and an ML-DSA-44 signature."""
    with tempfile.TemporaryDirectory() as name:
        cosigner = generate_mldsa_signer(SIGNER.verifier.name, Purpose.LOG)
        log = new_log(Path(name), UnsyncedDisk(), cosigners=[cosigner])
        log.append_many([b"%d" % number for number in range(count)])
        log.close()
        _, proof = prove_entry(open_log_files(str(Path(name) / "log")), 12_345, log.verifiers)
        return len(proof)


def new_log(folder: Path, disk: Disk = OS_DISK, cosigners: Sequence[Signer] = ()) -> Log:
    """Return a new log on the disk of the temporary directory."""
    return Log.create(
        folder / "log",
        origin=SIGNER.verifier.name,
        signer=SIGNER,
        cosigners=cosigners,
        kind=LogKind.RUN,
        unsafe_filesystem=True,
        disk=disk,
    )


def connect(folder: Path) -> sqlite3.Connection:
    """Return SQLite as one sets it up to lose nothing."""
    database = sqlite3.connect(folder / "rows.sqlite", isolation_level=None, timeout=60)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=FULL")
    database.execute("CREATE TABLE IF NOT EXISTS entries (id INTEGER PRIMARY KEY, body BLOB NOT NULL)")
    return database


def _median(rates: Sequence[Rate]) -> Rate:
    return Rate(
        per_second=median(rate.per_second for rate in rates), worst_seconds=median(r.worst_seconds for r in rates)
    )


if __name__ == "__main__":
    for name, rate in contended().items():
        print(f"16 processes, {name}: {rate.per_second:,.0f}/s, worst {rate.worst_seconds * 1e3:.1f} ms")
    for group in (1, 16, 256, 2048):
        for name, rate in grouped(group, count=200_000 if group > 16 else 5_000).items():
            print(f"groups of {group}, {name}: {rate.per_second:,.0f}/s")
    for name, leaves in publisher_leaves().items():
        print(f"publisher, {name}: {leaves:,.0f} leaves/s")
