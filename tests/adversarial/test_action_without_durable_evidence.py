"""Attack: the disk is filled, or fails, so that a permitted action runs and leaves no evidence."""

import errno
from pathlib import Path

import pytest
from simulators.disk import FailingDisk

from sovereign._internal.clock import system_clock
from sovereign.audit.log import Log
from sovereign.decision.engines.native import NativeEngine
from sovereign.decision.point import DecisionPoint
from sovereign.enforce.guard import Guard
from sovereign.enforce.recording import Recording
from sovereign.errors import AuditWriteError
from sovereign.facts.model import Placement
from sovereign.jurisdiction.snapshot import load_snapshot
from sovereign.policy.store import load_pack
from sovereign.tags.build import tag

MUNICH = Placement(role="processing", provider="dt-industrial-ai-cloud", region="munich-tucherpark")
TELEMETRY = tag("telemetry", classification="internal", categories=[], status="non_personal")


def _guard(directory: Path, disk: FailingDisk) -> Guard:
    snapshot = load_snapshot()
    point = DecisionPoint(
        [load_pack("de-only", snapshot.groups)],
        snapshot=snapshot,
        load_pack=lambda name: load_pack(name, snapshot.groups),
        engine=NativeEngine(),
    )
    recording = Recording(Log.create_run(directory, disk=disk), point, clock=system_clock)
    return Guard(point, recording, tags={"telemetry": TELEMETRY})


def _calls_of_one_job(directory: Path) -> int:
    """Return how many calls to the disk it takes until a permitted body runs."""
    disk = FailingDisk()
    guard = _guard(directory, disk)
    disk.fail_at(None)
    with guard.job(id="j", kind="etl", inputs=["telemetry"], placements=[MUNICH]):
        return len(disk.calls)


@pytest.mark.parametrize("code", [errno.EIO, errno.ENOSPC], ids=["EIO", "ENOSPC"])
def test_no_body_runs_before_its_entry_is_durable(tmp_path: Path, code: int) -> None:
    """Whichever call to the disk fails before the receipt, the job's body does not run, and the error says why."""
    calls = _calls_of_one_job(tmp_path / "counted")
    assert calls >= 3, "an object, an entry and a sync"
    for number in range(calls):
        disk, ran = FailingDisk(), []
        guard = _guard(tmp_path / f"{code}-{number}", disk)
        disk.fail_at(number, code)
        job = guard.job(id="j", kind="etl", inputs=["telemetry"], placements=[MUNICH])
        with pytest.raises(AuditWriteError) as caught:
            job(lambda ran=ran: ran.append(1))()  # type: ignore[misc]  # mypy cannot infer a lambda with a default
        assert ran == []
        assert caught.value.exit_code == 5


def test_nothing_runs_after_a_failed_sync(tmp_path: Path) -> None:
    """A disk that once lost a sync is not believed again, even when it reports success."""
    disk = FailingDisk()
    guard = _guard(tmp_path / "log", disk)
    disk.fail_at(_calls_of_one_job(tmp_path / "counted") - 1)
    question = {"kind": "etl", "placements": [MUNICH]}
    with pytest.raises(AuditWriteError):
        guard.check("telemetry", **question)
    disk.fail_at(None)
    with pytest.raises(AuditWriteError):
        guard.check("telemetry", **question)
