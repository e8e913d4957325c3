"""What writers do while a crash may come: real logs on real files, every call written down."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from simulators.recording_disk import Killed, Record, RecordingDisk

from sovereign._internal.canonical import sha256_hex
from sovereign.audit.log import Log
from sovereign.audit.receipt import LogKind
from sovereign.errors import AuditWriteError
from sovereign.signing import Purpose, Signer, generate_signer

ORIGIN = "audit.example/crash"
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
SMALL_SEGMENT = 3000
LARGE_SEGMENT = 1 << 20


class Scene:
    """One directory, its key, and the record of all who write in it."""

    def __init__(self, root: Path, seed: int = 0) -> None:
        self.root = root
        self.seed = seed
        self.record = Record(root)
        self.signer: Signer = generate_signer(ORIGIN, Purpose.LOG)
        self.directory = root / "log"
        self.disk = RecordingDisk(self.record)

    def create(self) -> Log:
        """Make the log."""
        return Log.create(
            self.directory,
            origin=ORIGIN,
            signer=self.signer,
            kind=LogKind.HOST,
            clock=lambda: NOW,
            unsafe_filesystem=True,
            disk=self.disk,
        )

    def open(self, disk: RecordingDisk | None = None) -> Log:
        """Open it again, as another process would."""
        return Log.open(self.directory, self.signer, clock=lambda: NOW, unsafe_filesystem=True, disk=disk or self.disk)

    def append(self, log: Log, entries: Sequence[bytes], objects: dict[str, bytes] | None = None) -> None:
        """Append, and note when it returned."""
        receipts = log.append_many(entries, objects or {})
        self.record.ack(receipts[0].index, tuple(entries))


def payload(number: int, size: int) -> bytes:
    """Return an entry that is like no other and holds no long run of one byte."""
    text = f"entry {number} ".encode()
    return (text + bytes((number * 7 + i * 31) % 251 for i in range(size)))[: max(size, len(text))]


def singles(scene: Scene) -> None:
    """Make a log, append one by one, seal, append, close."""
    with scene.create() as log:
        for number in range(6):
            scene.append(log, [payload(number, 90 * number)])
        log.publish()
        scene.append(log, [payload(6, 700)])
    with scene.open() as log:
        scene.append(log, [payload(7, 30)])


def groups(scene: Scene) -> None:
    """Append in groups that reach over many sectors."""
    with scene.create() as log:
        number = 0
        for size in (6, 20, 30, 3, 26):
            scene.append(log, [payload(number + i, 150 + 13 * i + 9 * scene.seed) for i in range(size)])
            number += size
        log.publish()


def rolls(scene: Scene) -> None:
    """Fill segment after segment, seal so that the first ones go, fill more."""
    with scene.create() as log:
        for number in range(24):
            scene.append(log, [payload(number, 400)])
            if number in {9, 10, 19}:
                log.publish()


def full_disk(scene: Scene) -> None:
    """Find the disk full in the middle of a frame, cut back, and go on when there is room."""
    with scene.create() as log:
        for number in range(5):
            scene.append(log, [payload(2 * number, 500)])
            scene.disk.shorten = 280 * number
            try:
                log.append_many([payload(1000 + number, 600), payload(2000 + number, 600)])
            except AuditWriteError:
                pass
            else:
                raise AssertionError("a short write was taken for a whole one")
            scene.append(log, [payload(2 * number + 1, 40 + 300 * number)])


def objects(scene: Scene) -> None:
    """Keep objects before the entries that name them."""
    with scene.create() as log:
        for number in range(4):
            content = payload(number, 1500)
            digest = sha256_hex(content)
            scene.append(log, [b"object " + digest.encode()], {digest: content})
        log.publish()


def two_processes(scene: Scene) -> None:
    """Two handles on one directory: while one waits for its sync, the other writes, syncs, seals."""
    with scene.create() as log:
        scene.append(log, [payload(0, 100)])
    mine, theirs = RecordingDisk(scene.record), RecordingDisk(scene.record)
    with scene.open(mine) as first, scene.open(theirs) as second:
        for number in range(1, 9):
            mine.before_sync = lambda n=number: scene.append(second, [payload(100 + n, 60 * n), payload(n, 9)])  # type: ignore[misc]  a default binds the loop's value
            scene.append(first, [payload(200 + number, 333)])
            if number % 3 == 0:
                theirs.before_sync = lambda n=number: scene.append(first, [payload(300 + n, 77)])  # type: ignore[misc]  as above
                second.publish()
            if number == 5:
                first.publish()


def dying(scene: Scene) -> None:
    """Die with a name that is not durable: of a segment, of a head; another process goes on."""
    with scene.create() as log:
        scene.append(log, [payload(0, 2500)])
    for number, folder in enumerate(["wal", "log", "wal", "log"]):
        dying = RecordingDisk(scene.record)
        log = scene.open(dying)
        scene.append(log, [payload(10 * number, 2990)])
        dying.die_at = folder
        try:
            if folder == "wal":
                log.append(payload(10 * number + 1, 50))
            else:
                log.publish()
        except Killed:
            log._release()
        else:
            raise AssertionError("the process outlived its end")
        with scene.open() as log:
            if folder == "wal":
                scene.append(log, [payload(10 * number + 2, 90)])
            log.publish()
            scene.append(log, [payload(10 * number + 3, 120)])


def tiles(scene: Scene) -> None:
    """Cross the border of a tile, so that partial files go, in several seals."""
    with scene.create() as log:
        number = 0
        for size in (250, 5, 1, 3):
            scene.append(log, [payload(number + i, 12) for i in range(size)])
            number += size
            log.publish()


SCENARIOS: dict[str, Callable[[Scene], None]] = {
    "singles": singles,
    "groups": groups,
    "rolls": rolls,
    "full_disk": full_disk,
    "objects": objects,
    "two_processes": two_processes,
    "dying": dying,
    "tiles": tiles,
}


def play(name: str, root: Path, segment_bytes: Callable[[int], None], seed: int = 0) -> Scene:
    """Return the scene after a scenario; the record holds every call.

    Args:
        name: of the scenario.
        root: an empty directory.
        segment_bytes: sets the size at which a segment is full, for the length of the test.
        seed: varies the sizes of the groups.
    """
    segment_bytes(SMALL_SEGMENT if name in {"rolls", "dying"} else LARGE_SEGMENT)
    scene = Scene(root, seed)
    SCENARIOS[name](scene)
    return scene
