"""A guard over a real log in a temporary folder, with a clock that stands still until it is moved."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from simulators.asking import NOW, a_point, pack
from simulators.disk import FailingDisk

from sovereign.audit.log import Log
from sovereign.audit.reading import read_entries
from sovereign.enforce.guard import Guard, Obligation
from sovereign.enforce.recording import Recording
from sovereign.policy.ir import Policy
from sovereign.tags.build import tag

PATIENTS = tag("patients", classification="restricted", categories=["health"], status="personal", purposes=["research"])
PAYROLL = tag("payroll", classification="confidential", categories=["hr"], status="personal")


@dataclass
class Desk:
    """Makes guards, moves their clock, reads their log."""

    directory: Path
    now: datetime = NOW
    disk: FailingDisk = field(default_factory=FailingDisk)
    guards: list[Guard] = field(default_factory=list)

    def guard(self, *policies: Policy, obligations: dict[str, Obligation] | None = None) -> Guard:
        """Return a guard under these policies, or `de-only`."""
        point = a_point(*(policies or (pack("de-only"),)))
        log = Log.create_run(self.directory, clock=lambda: self.now, disk=self.disk)
        recording = Recording(log, point, clock=lambda: self.now)
        tags = {"patients": PATIENTS, "payroll": PAYROLL}
        guard = Guard(point, recording, tags=tags, clock=lambda: self.now, obligations=obligations)
        self.guards.append(guard)
        return guard

    def wait(self, **delta: float) -> None:
        """Move the clock."""
        self.now += timedelta(**delta)

    def entries(self, kind: str | None = None) -> list[dict[str, Any]]:
        """Seal the log and return its entries, of one type or all."""
        for guard in self.guards:
            guard.close()
        found = [json.loads(entry.data) for entry in read_entries(self.directory)]
        return [entry for entry in found if kind in {None, entry["type"]}]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """Guards that are closed at the end."""
    made = Desk(tmp_path / "log")
    yield made
    made.disk.fail_at(None)
    for guard in made.guards:
        guard.close()
