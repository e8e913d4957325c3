"""`make bench`: every figure of the goals, as a ratio in one run where the goal is a ratio; prints a table.

Nothing here passes or fails: these are measurements, and machines are noisy.
"""

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parents[1]))

import bench_audited
import bench_decide
import bench_log
from bench_verify import bench_verify

ROOT = Path(__file__).resolve().parents[2]
COMMAND = Path(sys.executable).with_name("sovereign")
PEERS = "import pydantic, yaml, cryptography.hazmat.primitives.asymmetric.ed25519"


def row(what: str, figure: str, goal: str, met: bool | None) -> None:
    """Print one line of the table."""
    mark = {True: "met", False: "MISSED", None: ""}[met]
    print(f"| {what:<58} | {figure:>22} | {goal:>18} | {mark:<6} |", flush=True)


def decide() -> None:
    """Rules against a fair hand, then the way to a recorded decision."""
    times = bench_decide.ratios()
    ratio = times["source"] / times["by hand"]
    row(
        "decide, 3 placements, 11 rules / hand-written",
        f"{times['source']:.2f} us  {ratio:.2f} x",
        "<= 1.5 x",
        ratio <= 1.5,
    )
    row(
        "  closures / hand-written",
        f"{times['closures']:.2f} us  {times['closures'] / times['by hand']:.2f} x",
        "",
        None,
    )
    found = bench_audited.ratios()
    plain = found["plain decide"]
    for name, limit in (("audited, from JSON", 20), ("audited, prepared", 5)):
        ratio = found[name] / plain
        row(
            f"{name} / plain decide ({plain:.1f} us)",
            f"{found[name]:.1f} us  {ratio:.2f} x",
            f"<= {limit} x",
            ratio <= limit,
        )
        rules = found[name] / found["rules alone"]
        row("  the same / the rules alone, without built-in rules", f"{rules:.1f} x", "", None)


def imports() -> None:
    """The façade against what it stands on."""
    ours, peers = bench_audited.import_seconds("import sovereign"), bench_audited.import_seconds(PEERS)
    row(
        "import sovereign / pydantic + yaml + Ed25519",
        f"{ours * 1e3:.0f} ms  {ours / peers:.2f} x",
        "<= 1.3 x",
        ours <= 1.3 * peers,
    )
    guard = bench_audited.import_seconds("import sovereign; sovereign.Guard")
    row("  with sovereign.Guard", f"{guard * 1e3:.0f} ms  {guard / peers:.2f} x", "", None)


def gate(rounds: int = 7) -> None:
    """One plan, whole process, with and without a log; compiled files are there, as after an installation."""
    plan = ROOT / "examples" / "munich" / "plan.json"
    for options, label in (((), "with a run log"), (("--no-log",), "preview")):
        with tempfile.TemporaryDirectory() as folder:
            environ = {
                k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE" and not k.startswith("SOVEREIGN_")
            }
            environ |= {"SOVEREIGN_HOME": folder, "CI": "true"}
            call = [str(COMMAND), "gate", str(plan), "--policy", "de-only", *options]
            times = []
            for _ in range(rounds):
                start = time.perf_counter()
                subprocess.run(call, cwd=folder, env=environ, capture_output=True, check=False)
                times.append(time.perf_counter() - start)
        best = min(times)
        row(
            f"gate, one plan, whole process, {label}",
            f"{median(times):.2f} s (min {best:.2f})",
            "<= 0.35 s",
            median(times) <= 0.35,
        )
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    row("  peak memory of the largest child", f"{peak:.0f} MB", "<= 70 MB", peak <= 70)


def verify() -> None:
    """One million entries; then ten, in processes of their own, for the memory."""
    times = bench_verify(1_000_000)
    row("audit verify, 1,000,000 entries", f"{times.verify_seconds:.2f} s", "<= 3 s", times.verify_seconds <= 3)
    small, large = peak_megabytes(1_000_000), peak_megabytes(10_000_000)
    row(
        "  peak memory, 10,000,000 / 1,000,000 entries",
        f"{large:.0f} / {small:.0f} MB",
        "<= 1.1 x",
        large <= 1.1 * small,
    )


def peak_megabytes(entries: int) -> float:
    """Return the peak memory of a process that builds and verifies a log of so many entries."""
    script = str(Path(__file__).with_name("bench_verify.py"))
    done = subprocess.run([sys.executable, script, str(entries)], capture_output=True, text=True, check=True)
    return float(done.stdout.splitlines()[-1].split()[2])


def writers() -> None:
    """The log against SQLite on the same disk, in turn."""
    found = bench_log.contended()
    ours, theirs = found["sovereign"], found["sqlite"]
    ratio, wait = ours.per_second / theirs.per_second, ours.worst_seconds / theirs.worst_seconds
    row(
        f"16 processes x 1 entry / SQLite ({theirs.per_second:,.0f}/s)",
        f"{ours.per_second:,.0f}/s  {ratio:.2f} x",
        ">= 2 x",
        ratio >= 2,
    )
    row(
        f"  longest wait / SQLite ({theirs.worst_seconds * 1e3:,.0f} ms)",
        f"{ours.worst_seconds * 1e3:.1f} ms  {wait:.3f} x",
        "<= 0.1 x",
        wait <= 0.1,
    )
    for group in (256, 2048):
        found = bench_log.grouped(group)
        theirs = found["sqlite"].per_second
        for state in ("durable", "sealed"):
            rate = found[state].per_second
            row(
                f"{state} entries, groups of {group} / SQLite rows ({theirs:,.0f}/s)",
                f"{rate:,.0f}/s  {rate / theirs:.2f} x",
                ">= 250,000, 1.5 x",
                rate >= 1.5 * theirs and rate >= 250_000,
            )
    for name, leaves in bench_log.publisher_leaves().items():
        row(f"publisher, {name}", f"{leaves:,.0f} leaves/s", ">= 400,000", leaves >= 400_000)
    size = bench_log.hybrid_proof_bytes()
    row("hybrid proof among 70,000 entries", f"{size} bytes", "<= 4,500", size <= 4500)


if __name__ == "__main__":
    print(f"| {'what':<58} | {'figure':>22} | {'goal':>18} | {'':<6} |")
    print(f"|{'-' * 60}|{'-' * 24}|{'-' * 20}|{'-' * 8}|")
    decide()
    imports()
    gate()
    verify()
    writers()
