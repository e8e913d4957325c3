"""The checks can fail: each writer that is broken on purpose is caught by them."""

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from simulators.crash_checks import Tally, ask_directory, ask_recovery, disks
from simulators.crash_scenarios import Scene, payload, play
from simulators.recording_disk import Record

from sovereign._internal.files import Disk
from sovereign.audit import objects, writer
from sovereign.audit.publisher import Publisher
from sovereign.audit.tail import Tail
from sovereign.audit.wal import list_segments, recover_segment, segment_path
from sovereign.audit.writer import WalWriter
from sovereign.errors import AuditWriteError, SovereignError

Break = Callable[[pytest.MonkeyPatch], None]


def drop(kind: str, *, only: str = "") -> Break:
    """Return the break that leaves out calls of one kind, where `only` is part of the path."""

    def apply(patch: pytest.MonkeyPatch) -> None:
        add = Record.add

        def filtered(record: Record, called: str, **fields: Any) -> None:
            if called != kind or only not in fields.get("path", ""):
                add(record, called, **fields)

        patch.setattr(Record, "add", filtered)

    return apply


def acknowledge_before_sync(patch: pytest.MonkeyPatch) -> None:
    """Return from an append when the entry is written."""
    patch.setattr(WalWriter, "_wait_durable", lambda *_: None)


def keep_the_torn_tail(patch: pytest.MonkeyPatch) -> None:
    """Write behind what is torn."""
    patch.setattr(WalWriter, "_cut", lambda *_: None)


def leave_names(patch: pytest.MonkeyPatch) -> None:
    """Go on in a segment that somebody else began, and take its name for durable."""
    patch.setattr(WalWriter, "_recover", _recover_only)


def _recover_only(self: WalWriter, cached: Tail | None) -> Tail:
    first = list_segments(self._wal)[-1]
    self._use(first)
    return recover_segment(segment_path(self._wal, first).read_bytes(), first, floor=self.floor, cached=cached)


def ignore_poison(patch: pytest.MonkeyPatch) -> None:
    """Go on after a failed sync, and try it again."""
    patch.setattr(writer, "is_poisoned", lambda *_: False)

    def refuse_once(self: WalWriter) -> None:
        if self._failure is not None:
            self._failure = None
            raise AuditWriteError("forgotten at once", hint="")

    patch.setattr(WalWriter, "_refuse_after_failure", refuse_once)


def sign_before_the_head(patch: pytest.MonkeyPatch) -> None:
    """Sign without having promised it in the head."""
    patch.setattr(Publisher, "_swap_head", lambda *_: None)


def seal_before_sync(patch: pytest.MonkeyPatch) -> None:
    """Hash what is not durable."""
    patch.setattr(WalWriter, "barrier", WalWriter.recover)
    patch.setattr(WalWriter, "_wait_durable", lambda *_: None)


def keep_objects_after_the_entry(patch: pytest.MonkeyPatch) -> None:
    """Leave an object where the system's memory keeps it."""

    def careless(disk: Disk, files: dict[Path, bytes], **_: object) -> None:
        for path, data in files.items():
            descriptor = disk.open(path, 0o101, 0o600)
            disk.write(descriptor, data)

    patch.setattr(objects, "replace_files", careless)


def begin_segment_without_sync(patch: pytest.MonkeyPatch) -> None:
    """Begin a segment before the last one is durable."""
    patch.setattr(WalWriter, "_wait_durable", _sync_last_of_two)


_wait_durable = WalWriter._wait_durable


def _sync_last_of_two(self: WalWriter, end: int) -> None:
    if end % 2 == 0 and not self._mutex.locked():  # whoever begins a segment holds it
        _wait_durable(self, end)


BROKEN: dict[str, tuple[str, Break]] = {
    "sync skipped": ("singles", drop("sync")),
    "acknowledged before sync": ("singles", acknowledge_before_sync),
    "names never synced": ("singles", drop("syncdir")),
    "segments' names never synced": ("rolls", drop("syncdir", only="wal")),
    "objects' names never synced": ("objects", drop("syncdir", only="objects")),
    "objects not durable": ("objects", keep_objects_after_the_entry),
    "names of a dead writer not synced": ("dying", leave_names),
    "torn tail kept": ("full_disk", keep_the_torn_tail),
    "poison ignored": ("failing sync", ignore_poison),
    "checkpoint before head": ("singles", sign_before_the_head),
    "sealed before sync": ("singles", seal_before_sync),
    "segment begun before the last is durable": ("rolls", begin_segment_without_sync),
}


def failing_sync(scene: Scene) -> None:
    """Meet a sync that fails, and try to go on."""
    log = scene.create()
    scene.append(log, [payload(0, 700)])
    scene.disk.fail_sync = True
    with pytest.raises(AuditWriteError):
        log.append(payload(1, 2000))
    try:
        scene.append(log, [payload(2, 100)])
    except AuditWriteError:
        pass
    finally:
        log._release()


def examine(name: str, place: Path, segment_bytes: Callable[[int], None]) -> Tally:
    """Return what the checks find of one scenario."""
    (place / "run").mkdir()
    tally, draw = Tally(), random.Random(3)  # noqa: S311  states are drawn, not secrets
    if name == "failing sync":
        scene = Scene(place / "run")
        failing_sync(scene)
    else:
        scene = play(name, place / "run", segment_bytes)
    ask_recovery(scene, tally, draw)
    for disk in disks(scene):
        for tree in (disk.tree(None, happened=0), disk.tree(None), disk.tree(draw), disk.tree(draw)):
            ask_directory(scene, disk, tree, place / "state", tally)
    return tally


@pytest.mark.parametrize("broken", BROKEN)
def test_broken_writer_is_caught(
    broken: str, fast_place: Path, segment_bytes: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A writer without one of its precautions loses entries, forks, or leaves a log that cannot go on."""
    scenario, apply = BROKEN[broken]
    apply(monkeypatch)
    try:
        tally = examine(scenario, fast_place, segment_bytes)
    except SovereignError:
        return  # the log itself noticed while it was written, and went no further
    assert not tally.is_clean


@pytest.mark.parametrize("scenario", sorted({scenario for scenario, _ in BROKEN.values()}))
def test_whole_writer_passes_the_same(scenario: str, fast_place: Path, segment_bytes: Callable[[int], None]) -> None:
    """What catches the broken ones finds nothing in the real one."""
    assert examine(scenario, fast_place, segment_bytes).is_clean


def test_disk_that_fails_shows_the_loss(fast_place: Path) -> None:
    """The model drops the pages of a failed sync: what a later sync reports does not bring them back."""
    scene = Scene(fast_place)
    failing_sync(scene)
    final = list(disks(scene))[-1]
    segment = final.files[final.names("log/wal")["00000000000000000000.wal"]]
    segment.sync()
    assert payload(0, 700) in segment.durable
    assert payload(1, 2000) not in segment.durable
