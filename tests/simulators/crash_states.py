"""What a disk may hold after a power loss, at each point of a record.

The model, without mercy for the writer: 1. What was synced is there; a name is there after a sync of its folder. 2. Of
unsynced changes of names any subset happened; a rename is one change. 3. Of unsynced content each 512-byte sector holds
any of its versions since the last sync, or zeros where the file grew; the size is any between; a sector may be torn at
any byte. 4. A file without a durable name is gone with its content, durable or not. 5. After a failed sync the pages it
should have written are on no disk, whatever a later sync reports.
"""

import itertools
import math
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from simulators.recording_disk import Op

SECTOR = 512
MOST_MASKS = 1 << 13
"""Up to so many combinations of sectors all are tried; of more, so many are drawn."""

Tree = Mapping[str, bytes | None]
"""A directory as a crash left it: path -> content, None for a folder."""


@dataclass(slots=True)
class CrashFile:
    """One file: what is durable, and each content since then, newest last."""

    durable: bytes = b""
    versions: list[bytes] = field(default_factory=list)
    lost: list[tuple[int, int]] = field(default_factory=list)

    @property
    def current(self) -> bytes:
        """What processes see."""
        return self.versions[-1] if self.versions else self.durable

    def sync(self) -> None:
        """Make the current content durable, but for the pages that a failed sync dropped."""
        content = bytearray(self.current)
        for start, end in self.lost:
            old = self.durable[start:end]
            content[start:end] = old + bytes(min(end, len(content)) - start - len(old))
        self.durable, self.versions = bytes(content), []

    def fail(self) -> None:
        """Drop what the sync should have written."""
        self.lost.append((len(self.durable), len(self.current)))


@dataclass(slots=True)
class CrashDisk:
    """The disk after some calls of a record.

    Attributes:
        files: by number.
        durable: of each folder, the names that survive: file number, or -1 for a folder.
        pending: of each folder, the changes since its last sync; each is what it sets, None removes.
        acked: acknowledged entries by index.
        seals: checkpoints that a reader may have.
    """

    files: dict[int, CrashFile] = field(default_factory=dict)
    durable: dict[str, dict[str, int]] = field(default_factory=lambda: {".": {}})
    pending: dict[str, list[dict[str, int | None]]] = field(default_factory=lambda: {".": []})
    acked: dict[int, bytes] = field(default_factory=dict)
    seals: list[bytes] = field(default_factory=list)

    def apply(self, op: Op) -> None:  # noqa: C901  one line for each kind of call
        """Step over one call."""
        match op.kind:
            case "create":
                self.files[op.file] = CrashFile()
                self.pending[op.path].append({op.name: op.file})
            case "write":
                file = self.files[op.file]
                file.versions.append(file.current[: op.offset] + op.data)
            case "truncate":
                file = self.files[op.file]
                file.versions.append(file.current[: op.offset])
            case "sync":
                self.files[op.file].sync()
            case "fail":
                self.files[op.file].fail()
            case "rename":
                number = self.names(op.path)[op.name]
                self.pending[op.path].append({op.target: number, op.name: None})
            case "mkdir":
                self.pending[op.path].append({op.name: -1})
                self.durable[_join(op.path, op.name)], self.pending[_join(op.path, op.name)] = {}, []
            case "unlink" | "rmdir":
                self.pending[op.path].append({op.name: None})
            case "syncdir":
                self.durable[op.path], self.pending[op.path] = self.names(op.path), []
            case "ack":
                self.acked.update(enumerate(op.entries, op.offset))
            case "seal":
                self.seals.append(op.data)

    def names(self, folder: str, happened: int = -1) -> dict[str, int]:
        """Return the names in a folder, if of its unsynced changes those happened whose bit is set."""
        names: dict[str, int | None] = dict(self.durable[folder])
        for bit, change in enumerate(self.pending[folder]):
            if happened >> bit & 1:
                names |= change
        return {name: number for name, number in names.items() if number is not None}

    def tree(self, draw: random.Random | None, *, happened: int = -1) -> Tree:
        """Return one state: unsynced names and content drawn at random, or all of one fate."""
        found: dict[str, bytes | None] = {}
        folders = ["."]
        while folders:
            folder = folders.pop()
            chosen = happened if draw is None else _draw_mask(draw, len(self.pending[folder]))
            for name, number in self.names(folder, chosen).items():
                path = _join(folder, name)
                if number < 0:
                    folders.append(path)
                    found[path] = None
                else:
                    file = self.files[number]
                    found[path] = draw_content(file, draw) if draw else (file.current if happened else file.durable)
        return found


def contents(file: CrashFile, draw: random.Random) -> Iterator[bytes]:
    """Yield what a file may hold after a crash; each cut at every byte, every mask of few sectors."""
    current, kept = file.current, len(file.durable)
    yield file.durable
    for end in range(min(kept, len(current)), len(current)):  # cut short at any byte; or the size went ahead
        yield current[:end]
        yield current[:end] + bytes(len(current) - end)
    for pieces in _masks(_sectors(file), draw):
        whole = b"".join(pieces)
        yield whole
        for _ in range(3):
            yield whole[: draw.randint(min(kept, len(whole)), len(whole))]
        at = draw.randint(0, len(whole))
        yield whole[:at] + current[at : at + SECTOR] + whole[at + SECTOR :]  # a sector torn at any byte


def draw_content(file: CrashFile, draw: random.Random) -> bytes:
    """Return one thing that a file may hold."""
    if not file.versions:
        return file.durable
    fate = draw.random()
    if fate < 0.2:
        return file.durable
    if fate < 0.5:
        return draw.choice(file.versions)
    whole = b"".join(draw.choice(options) for options in _sectors(file))
    kept = min(len(file.durable), len(whole))
    return whole[: draw.randint(kept, len(whole))] if fate < 0.8 else whole


def _sectors(file: CrashFile) -> list[list[bytes]]:
    """Return what each sector may hold: any version, or zeros where the file grew."""
    versions = [file.durable, *file.versions]
    size = max(map(len, versions))
    sectors = []
    for start in range(0, size, SECTOR):
        end = min(start + SECTOR, size)
        options = {v[start:end] + bytes(end - max(start, len(v))) if len(v) < end else v[start:end] for v in versions}
        sectors.append(sorted(options))
    return sectors


def _masks(sectors: list[list[bytes]], draw: random.Random) -> Iterator[tuple[bytes, ...]]:
    if math.prod(map(len, sectors)) <= MOST_MASKS:
        yield from itertools.product(*sectors)
        return
    for _ in range(MOST_MASKS):
        yield tuple(draw.choice(options) for options in sectors)


def _draw_mask(draw: random.Random, bits: int) -> int:
    return draw.choice((0, -1, draw.getrandbits(max(bits, 1)), (1 << draw.randint(0, bits)) - 1))


def _join(folder: str, name: str) -> str:
    return name if folder == "." else f"{folder}/{name}"
