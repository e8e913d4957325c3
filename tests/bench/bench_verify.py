"""How long `audit verify` takes: builds a log of N entries without syncs, verifies it, prints the rate.

Usage: python tests/bench/bench_verify.py [entries]
"""

import resource
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
from sovereign.signing import Purpose, Verifier, generate_signer

_GROUP = 65_536


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyTimes:
    """Seconds of processor time; entries of about 120 bytes."""

    entries: int
    build_seconds: float
    verify_seconds: float


def entry(index: int) -> bytes:
    """Return an entry of the size of a short decision."""
    return (
        b'{"at":"2026-11-24T09:00:00Z","effect":"deny","id":"%016x","policies":["de-only"],"type":"decision"}' % index
    )


def build_log(directory: Path, entries: int) -> Sequence[Verifier]:
    """Make a log of `entries` in `directory` and return its keys."""
    signer = generate_signer("bench.example/verify", Purpose.LOG)
    disk = UnsyncedDisk()
    with Log.create(
        directory, origin=signer.verifier.name, signer=signer, kind=LogKind.RUN, unsafe_filesystem=True, disk=disk
    ) as log:
        for start in range(0, entries, _GROUP):
            log.append_many([entry(i) for i in range(start, min(start + _GROUP, entries))])
            log.publish()
    return [signer.verifier]


def bench_verify(entries: int = 1_000_000) -> VerifyTimes:
    """Build, verify, and return both times."""
    with tempfile.TemporaryDirectory() as folder:
        directory = Path(folder) / "log"
        start = time.process_time()
        verifiers = build_log(directory, entries)
        built = time.process_time()
        report = verify_log(directory, verifiers)
        done = time.process_time()
    assert report.size == entries
    return VerifyTimes(entries=entries, build_seconds=built - start, verify_seconds=done - built)


if __name__ == "__main__":
    times = bench_verify(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{times.entries} entries: built in {times.build_seconds:.2f} s, verified in {times.verify_seconds:.2f} s")
    print(f"peak memory {peak:.0f} MB")
