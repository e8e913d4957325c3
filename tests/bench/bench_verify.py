"""How long `audit verify` takes, and how much memory: builds a log of N entries without syncs, verifies it.

The verification runs in a process of its own, so that the peak of its memory is not that of the writer.

Usage: python tests/bench/bench_verify.py [entries] [bytes of an entry]
"""

import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from simulators.disk import UnsyncedDisk

from sovereign.audit.log import Log
from sovereign.audit.receipt import LogKind
from sovereign.audit.verify import verify_log
from sovereign.signing import Purpose, Verifier, generate_signer, parse_vkey

_GROUP = 65_536


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyTimes:
    """Seconds of processor time, and the peak of the resident memory of the process that verified, in MB."""

    entries: int
    build_seconds: float
    verify_seconds: float
    verify_peak_mb: float


def entry(index: int, size: int) -> bytes:
    """Return an entry of the size of a decision: short ones have about 120 bytes."""
    head = (
        b'{"at":"2026-11-24T09:00:00Z","effect":"deny","id":"%016x","policies":["de-only"],"type":"decision"}' % index
    )
    return head + b" " * (size - len(head))


def build_log(directory: Path, entries: int, size: int) -> Sequence[Verifier]:
    """Make a log of `entries` in `directory` and return its keys."""
    signer = generate_signer("bench.example/verify", Purpose.LOG)
    disk = UnsyncedDisk()
    with Log.create(
        directory, origin=signer.verifier.name, signer=signer, kind=LogKind.RUN, unsafe_filesystem=True, disk=disk
    ) as log:
        for start in range(0, entries, _GROUP):
            log.append_many([entry(i, size) for i in range(start, min(start + _GROUP, entries))])
            log.publish()
    return [signer.verifier]


def bench_verify(entries: int = 1_000_000, size: int = 120) -> VerifyTimes:
    """Build, verify in another process, and return both times."""
    with tempfile.TemporaryDirectory() as folder:
        directory = Path(folder) / "log"
        start = time.process_time()
        (key,) = build_log(directory, entries, size)
        built = time.process_time()
        command = [sys.executable, __file__, "--verify", str(directory), key.vkey]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
    found, seconds, peak = done.stdout.split()
    assert int(found) == entries
    return VerifyTimes(
        entries=entries, build_seconds=built - start, verify_seconds=float(seconds), verify_peak_mb=float(peak)
    )


def verify_here(directory: Path, vkey: str) -> None:
    """Verify, and print the number of entries, seconds and MB."""
    start = time.process_time()
    report = verify_log(directory, [parse_vkey(vkey)])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(report.size, time.process_time() - start, peak)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--verify"]:
        verify_here(Path(sys.argv[2]), sys.argv[3])
        sys.exit()
    times = bench_verify(*(int(text) for text in sys.argv[1:3]))
    print(f"{times.entries} entries: built in {times.build_seconds:.2f} s, verified in {times.verify_seconds:.2f} s")
    print(f"peak memory {times.verify_peak_mb:.0f} MB of the verifier")
