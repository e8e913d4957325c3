"""Processes that append and seal while `strace` kills them or fails their system calls, one chosen call each time.

A victim is forked from the test, so that no time goes into starting Python, and tells what was acknowledged through
shared memory, for a message by pipe would be a system call of its own.
"""

import ctypes
import mmap
import os
import struct
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from sovereign.audit import writer
from sovereign.audit.log import Log
from sovereign.audit.receipt import LogKind
from sovereign.errors import SovereignError
from sovereign.signing import Ed25519Signer

ORIGIN = "audit.example/victim"
PROCESSES: Final = 3
_SLOT: Final = 1 << 16
_SEALS: Final = 1 << 15
_TELL: Final = struct.Struct(">Q32s")
_ANYBODY_MAY_TRACE: Final = (0x59616D61, ctypes.c_ulong(-1))
CHANGING = ("openat", "write", "pwrite64", "fdatasync", "fsync", "ftruncate", "rename", "mkdir", "unlink", "flock")
READING = ("pread64", "newfstatat", "getdents64", "lseek", "close")


@dataclass(frozen=True, slots=True)
class Injection:
    """What happens to a victim: `effect` at its `number`-th `call`, counted for each process apart."""

    call: str
    effect: str
    number: int


@dataclass(slots=True)
class Outcome:
    """What became of the victims.

    Attributes:
        hit: whether the call came, so that something was injected.
        acked: index and entry of each append that returned.
        sealed: size and root of each checkpoint that was returned.
        surprises: exceptions that are none of the project's.
    """

    hit: bool
    acked: list[tuple[int, bytes]] = field(default_factory=list)
    sealed: list[tuple[int, bytes]] = field(default_factory=list)
    surprises: list[str] = field(default_factory=list)


class Slot:
    """Where one process writes what it got."""

    def __init__(self, memory: mmap.mmap, number: int) -> None:
        self._memory = memory
        self._base = (number + 1) * _SLOT
        self.number = number

    def ack(self, index: int) -> None:
        """Note that the next append returned this index."""
        self._add(self._base, index, b"")

    def seal(self, size: int, root: bytes) -> None:
        """Note a checkpoint."""
        self._add(self._base + _SEALS, size, root)

    def surprise(self, error: BaseException) -> None:
        """Note an exception that is none of the project's."""
        text = repr(error).encode()[:200]
        self._memory[self._base + _SLOT - 256 : self._base + _SLOT - 256 + len(text)] = text

    def _add(self, base: int, number: int, data: bytes) -> None:
        (count,) = struct.unpack_from(">I", self._memory, base)
        _TELL.pack_into(self._memory, base + 4 + count * _TELL.size, number, data)
        struct.pack_into(">I", self._memory, base, count + 1)  # last: what is counted is whole

    def read_into(self, outcome: Outcome) -> None:
        """Add what this process noted."""
        for n, (index, _) in enumerate(self._read(self._base)):
            outcome.acked.append((index, entry(self.number, n)))
        outcome.sealed += self._read(self._base + _SEALS)
        text = self._memory[self._base + _SLOT - 256 : self._base + _SLOT].rstrip(b"\x00")
        if text:
            outcome.surprises.append(text.decode(errors="replace"))

    def _read(self, base: int) -> list[tuple[int, bytes]]:
        (count,) = struct.unpack_from(">I", self._memory, base)
        return [_TELL.unpack_from(self._memory, base + 4 + n * _TELL.size) for n in range(count)]


def entry(slot: int, number: int) -> bytes:
    """Return the entry that a process appends as its `number`-th."""
    return f"process {slot} entry {number} ".encode() + b"x" * (40 + 37 * (number % 5))


def write_log(directory: Path, signer: Ed25519Signer, slot: Slot, appends: int) -> None:
    """Open the log, append, seal now and then, close."""
    writer.SEGMENT_BYTES = 400  # type: ignore[misc]  in this process only, so that segments are begun too
    log = Log.open(directory, signer, unsafe_filesystem=True)
    for number in range(appends):
        slot.ack(log.append(entry(slot.number, number)).index)
        if number % 4 == 2:
            seal = log.publish()
            slot.seal(seal.size, seal.root)
    log.close()


def one_process(directory: Path, signer: Ed25519Signer, memory: mmap.mmap, appends: int) -> None:
    """Write as one process."""
    guarded(lambda: write_log(directory, signer, Slot(memory, 0), appends), Slot(memory, 0))


def several_processes(directory: Path, signer: Ed25519Signer, memory: mmap.mmap, appends: int) -> None:
    """Write as several processes at once."""
    children = [
        fork(lambda n=n: one(directory, signer, Slot(memory, n), appends))  # type: ignore[misc]  a default binds the loop's value
        for n in range(PROCESSES)
    ]
    for child in children:
        os.waitpid(child, 0)


def one(directory: Path, signer: Ed25519Signer, slot: Slot, appends: int) -> None:
    """Write as one of several processes."""
    guarded(lambda: write_log(directory, signer, slot, appends), slot)


def guarded(work: Callable[[], None], slot: Slot) -> None:
    """Do the work; an error of the project's ends it as it would end a command."""
    try:
        work()
    except SovereignError:
        pass
    except Exception as error:  # noqa: BLE001  whatever else comes is what the test looks for
        slot.surprise(error)


def fork(work: Callable[[], None]) -> int:
    """Do the work in a child, which ends without a word, and return its number."""
    child = os.fork()
    if child:
        return child
    try:
        work()
    finally:
        os._exit(0)


PROGRAMS: dict[str, Callable[[Path, Ed25519Signer, mmap.mmap, int], None]] = {
    "one process": one_process,
    "several processes": several_processes,
}


def create(directory: Path, signer: Ed25519Signer) -> None:
    """Make the log that victims open; also loads every module, so that victims import nothing."""
    with Log.create(directory, origin=ORIGIN, signer=signer, kind=LogKind.HOST, unsafe_filesystem=True) as log:
        log.append(b"before the victims")


def run(program: str, directory: Path, signer: Ed25519Signer, injection: Injection, appends: int) -> Outcome:
    """Run a program under an injection to its end."""
    options = ["-e", f"trace={injection.call}"]
    options += ["-e", f"inject={injection.call}:{injection.effect}:when={injection.number}"]
    memory, trace = _traced(program, directory, signer, options, appends)
    outcome = Outcome(hit="(INJECTED)" in trace or "killed by SIGKILL" in trace)
    for number in range(PROCESSES):
        Slot(memory, number).read_into(outcome)
    return outcome


def count_calls(program: str, directory: Path, signer: Ed25519Signer, appends: int) -> Counter[str]:
    """Return how often one process of a program makes each call at most; nothing is injected."""
    _, trace = _traced(program, directory, signer, ["-e", f"trace={','.join(CHANGING + READING)}"], appends)
    calls: Counter[tuple[str, str]] = Counter()
    for line in trace.splitlines():
        process, _, rest = line.partition(" ")
        calls[process, rest.strip().partition("(")[0]] += 1
    found: Counter[str] = Counter()
    for (_, call), count in calls.items():
        if call in CHANGING + READING:
            found[call] = max(found[call], count)
    return found


def _traced(
    program: str, directory: Path, signer: Ed25519Signer, options: list[str], appends: int
) -> tuple[mmap.mmap, str]:
    memory = mmap.mmap(-1, (PROCESSES + 1) * _SLOT)
    output = directory.parent / "trace"

    def work() -> None:
        ctypes.CDLL(None).prctl(*_ANYBODY_MAY_TRACE, 0, 0, 0)
        memory[1] = 1
        while not memory[0]:
            time.sleep(0.0005)
        PROGRAMS[program](directory, signer, memory, appends)

    victim = fork(work)
    while not memory[1]:
        time.sleep(0.0005)
    command = ["strace", "-f", "-p", str(victim), "-o", str(output), *options]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as strace:
        assert strace.stderr is not None
        first = strace.stderr.readline()
        assert "attached" in first, first
        memory[0] = 1
        strace.communicate(timeout=60)
    os.waitpid(victim, 0)
    return memory, output.read_text()
