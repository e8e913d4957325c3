"""What must hold after a power loss, asked of the real recovery."""

import itertools
import os
import random
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from simulators.crash_scenarios import NOW, Scene
from simulators.crash_states import CrashDisk, CrashFile, Tree, contents

from sovereign.audit.checkpoint import parse_checkpoint
from sovereign.audit.log import Log
from sovereign.audit.note import parse_note
from sovereign.audit.objects import load_object
from sovereign.audit.proof import root_at
from sovereign.audit.reading import read_entries
from sovereign.audit.tiles import stored_subtree
from sovereign.audit.verify import verify_log
from sovereign.audit.wal import encode_frames, recover_segment, scan
from sovereign.errors import AuditError, SovereignError


@dataclass(slots=True)
class Tally:
    """What was found.

    Attributes:
        tried: states that were asked about.
        seen: hashes of distinct ones.
        lost: states in which an acknowledged entry is gone and the log goes on, or another took its place.
        forked: states in which a checkpoint that a reader may have no longer holds.
        refused: states in which the log refuses to go on, by code, though entries were acknowledged.
        unborn: states in which there is no log yet and nothing was acknowledged.
    """

    tried: int = 0
    seen: set[int] = field(default_factory=set)
    lost: list[str] = field(default_factory=list)
    forked: list[str] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)
    unborn: int = 0

    @property
    def distinct(self) -> int:
        """Number of distinct states."""
        return len(self.seen)

    @property
    def is_clean(self) -> bool:
        """Whether nothing was lost, forked or refused."""
        return not (self.lost or self.forked or self.refused)

    def is_new(self, state: object) -> bool:
        """Count a state; whether it was not seen before."""
        self.tried += 1
        before = len(self.seen)
        self.seen.add(hash(state))
        return len(self.seen) > before


def disks(scene: Scene) -> Iterator[CrashDisk]:
    """Yield the disk before the first call and after each one: the same object, stepped on."""
    disk = CrashDisk()
    yield disk
    for op in scene.record.ops:
        disk.apply(op)
        yield disk


# -- the write-ahead log, in memory: what the writer's own recovery makes of the bytes ---------------------------------


def ask_recovery(scene: Scene, tally: Tally, draw: random.Random) -> None:
    """Ask the recovery about the last segment as each crash may leave it."""
    seen_here: set[tuple[bytes, ...]] = set()
    for disk in disks(scene):
        if "log/wal" not in disk.durable:
            continue
        for names in _name_states(disk):
            for name in sorted(names)[-1:]:
                file = disk.files[names[name]]
                key = (name.encode(), file.durable, *file.versions, repr(len(disk.acked)).encode())
                if key not in seen_here:
                    seen_here.add(key)
                    _ask_segment(disk, names, name, tally, draw)


def _name_states(disk: CrashDisk) -> list[dict[str, int]]:
    """Return the distinct sets of segments that may be named in `wal`."""
    pending = len(disk.pending["log/wal"])
    states = [disk.names("log/wal", happened) for happened in range(1 << pending)]
    return [names for i, names in enumerate(states) if names and names not in states[:i]]


def _ask_segment(disk: CrashDisk, names: dict[str, int], name: str, tally: Tally, draw: random.Random) -> None:
    first, file, floor = int(name[:20]), disk.files[names[name]], _sealed(disk)
    if not _reaches(disk, names, first, floor):
        tally.lost.append(f"segments before {name} have a gap")
    acked = [disk.acked[i] for i in itertools.takewhile(disk.acked.__contains__, itertools.count(first))]
    held = encode_frames(first, acked)
    needed = max(disk.acked, default=-1) + 1
    for data in contents(file, draw):
        if tally.is_new((first, needed, data)):
            _ask(data, first, floor, needed, held, file, tally)


def _ask(data: bytes, first: int, floor: int, needed: int, held: bytes, file: CrashFile, tally: Tally) -> None:
    try:
        tail = recover_segment(data, first, floor=floor, cached=None)
    except AuditError as error:
        tally.refused[error.code] += 1
        return
    good = data[: tail.offset]
    is_ours = any(version[: tail.offset] == good for version in (file.durable, *file.versions))
    if tail.next < needed or not good.startswith(held) or not is_ours:
        tally.lost.append(f"{needed} acknowledged, {tail.next} recovered in segment {first}")


def _sealed(disk: CrashDisk) -> int:
    head = disk.durable["log"].get("head")
    text = disk.files[head].durable.decode() if head else ""
    return parse_checkpoint(text).size if text else 0


def _reaches(disk: CrashDisk, names: dict[str, int], last: int, floor: int) -> bool:
    """Whether the segments before the last hold, without a gap, all from the seal on."""
    reached: int | None = None
    for name in sorted(names)[:-1]:
        first = int(name[:20])
        if reached not in {None, first} or (reached is None and first > floor):
            return False
        reached = first + len(scan(disk.files[names[name]].durable, first).payloads)
    return reached == last or (reached is None and last <= floor)


# -- whole directories: opened, appended to, sealed and verified -------------------------------------------------------


def ask_directory(scene: Scene, disk: CrashDisk, tree: Tree, place: Path, tally: Tally) -> None:
    """Write a state to `place`, open it as after a restart, go on, seal, verify."""
    key = hash(tuple(sorted(tree.items())))
    if not tally.is_new((key, len(disk.acked), len(disk.seals))):
        return
    directory = materialise(tree, place)
    if "log/log.json" not in tree and not disk.acked:
        _expect_no_log(scene, directory, tally)
        return
    try:
        with _open(scene, directory) as log:
            log.append(b"after the crash")
        verify_log(directory, [scene.signer.verifier])
    except SovereignError as error:
        tally.refused[f"{error.code} {error.message}" if disk.acked else f"unborn {error.code}"] += 1
        return
    _compare(disk, directory, tally)


def _open(scene: Scene, directory: Path) -> Log:
    return Log.open(directory, scene.signer, clock=lambda: NOW, unsafe_filesystem=True)


def _expect_no_log(scene: Scene, directory: Path, tally: Tally) -> None:
    try:
        _open(scene, directory).close()
    except SovereignError:
        tally.unborn += 1
    else:
        tally.lost.append("a log without its description was opened")


def _compare(disk: CrashDisk, directory: Path, tally: Tally) -> None:
    found = [entry.data for entry in read_entries(directory)]
    wrong = [i for i, entry in disk.acked.items() if i >= len(found) - 1 or found[i] != entry]
    if wrong:
        tally.lost.append(f"entry {wrong[0]} of {len(disk.acked)} acknowledged")
    for entry in found:
        if entry.startswith(b"object "):
            try:
                load_object(directory, entry.removeprefix(b"object ").decode())
            except AuditError:
                tally.lost.append("the object of an entry")
    subtree = stored_subtree(lambda path: (directory / path).read_bytes(), len(found))
    for note in disk.seals:
        seal = parse_checkpoint(parse_note(note).text)
        if seal.size > len(found) or root_at(subtree, seal.size) != seal.root:
            tally.forked.append(f"the tree of {seal.size} entries")


def materialise(tree: Tree, place: Path) -> Path:
    """Write a state to the disk and return the log directory; the lock file is as after a restart: it says nothing."""
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(mode=0o700)
    for path in sorted(tree):
        content = tree[path]
        if content is None:
            (place / path).mkdir()
            continue
        descriptor = os.open(place / path, os.O_WRONLY | os.O_CREAT, 0o600)
        os.write(descriptor, content)
        os.close(descriptor)
    return place / "log"
