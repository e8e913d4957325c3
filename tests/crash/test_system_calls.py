"""Every system call of an append and a seal is the last one, or fails: what was acknowledged is there, nothing forks.

Needs `strace`. A process that is killed leaves the system's memory whole, so this shows the order of calls and the care
for errors; what a power loss leaves is asked in `test_power_loss.py`.
"""

import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from simulators.victims import CHANGING, ORIGIN, PROGRAMS, Injection, Outcome, count_calls, create, run

from sovereign.audit.log import Log
from sovereign.audit.proof import root_at
from sovereign.audit.reading import read_entries
from sovereign.audit.tiles import stored_subtree
from sovereign.audit.verify import verify_log
from sovereign.errors import AuditWriteError
from sovereign.signing import Ed25519Signer, Purpose, generate_signer

IS_NIGHTLY = os.environ.get("TEST_PROFILE") == "nightly"
APPENDS = 70 if IS_NIGHTLY else 7
MOST = 6_000 if IS_NIGHTLY else 110
"""Injections for each program."""
SYNCS = {"fdatasync", "fsync", "ftruncate", "openat"}
"""Calls after whose failure a log refuses to go on until the machine restarts; a folder is opened to be synced."""


def injections(program: str, directory: Path, signer: Ed25519Signer) -> list[Injection]:
    """Return what is injected: each instance of each call, or as many as there is time for, drawn."""
    calls = count_calls(program, directory, signer, APPENDS)
    found = [Injection(call, "signal=KILL", n + 1) for call, count in calls.items() for n in range(count)]
    for error in ("EIO", "ENOSPC"):
        found += [Injection(call, f"error={error}", n + 1) for call in CHANGING for n in range(calls[call])]
    random.Random(program).shuffle(found)  # noqa: S311  a choice, no secret
    return found[:MOST]


@pytest.mark.parametrize("program", PROGRAMS)
def test_killed_or_failed_at_any_call(program: str, fast_place: Path, figure: Callable[[str], None]) -> None:
    """After each one the log opens, or says that a sync failed and opens after a restart; it holds and it verifies."""
    signer = generate_signer(ORIGIN, Purpose.LOG)
    create(fast_place / "log", signer)
    chosen = injections(program, shutil.copytree(fast_place / "log", fast_place / "count"), signer)
    hits = refused = 0
    for injection in chosen:
        directory = fast_place / "victim"
        shutil.rmtree(directory, ignore_errors=True)
        shutil.copytree(fast_place / "log", directory)
        outcome = run(program, directory, signer, injection, APPENDS)
        assert outcome.surprises == [], injection
        refused += examine(directory, signer, injection, outcome)
        hits += outcome.hit
    figure(
        f"system calls, {program}: {hits:,} of {len(chosen):,} calls killed or failed; "
        f"{refused} logs refused to go on before a restart"
    )
    assert hits > (5_000 if IS_NIGHTLY else len(chosen) * 0.8)


def examine(directory: Path, signer: Ed25519Signer, injection: Injection, outcome: Outcome) -> bool:
    """Check what is left; return whether the log refused to go on before a restart."""
    code = append_after(directory, signer)
    if code is not None:
        assert (code, injection.call in SYNCS) == ("SOV-V012", True), injection
        (directory / "lock").write_bytes(b"")  # as after a restart: of another boot, so not believed
        assert append_after(directory, signer) is None, injection
    found = [e.data for e in read_entries(directory)]
    for index, entry in outcome.acked:
        assert found[index] == entry, (injection, index)
    verify_log(directory, [signer.verifier])
    subtree = stored_subtree(lambda path: (directory / path).read_bytes(), len(found))
    for size, root in outcome.sealed:
        assert root_at(subtree, size) == root, (injection, size)
    return code is not None


def append_after(directory: Path, signer: Ed25519Signer) -> str | None:
    """Open the log and append; return the code of a refusal."""
    try:
        with Log.open(directory, signer, unsafe_filesystem=True) as log:
            log.append(b"after the victims")
    except AuditWriteError as error:
        return error.code
    return None
