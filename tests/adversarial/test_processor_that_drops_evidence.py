"""Attack: a logging processor drops or edits every event, so that a decision leaves no trace."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import pytest
import structlog

from sovereign._internal.clock import system_clock
from sovereign.audit.log import Log
from sovereign.audit.reading import read_entries
from sovereign.audit.verify import verify_log
from sovereign.decision.engines.native import NativeEngine
from sovereign.decision.point import DecisionPoint
from sovereign.enforce.guard import Guard
from sovereign.enforce.recording import Recording
from sovereign.facts.model import Placement
from sovereign.jurisdiction.snapshot import load_snapshot
from sovereign.policy.store import load_pack
from sovereign.tags.build import tag

DUBLIN = Placement(role="backup", provider="azure", region="northeurope")


def _drop(_: object, __: str, ___: Any) -> NoReturn:
    raise structlog.DropEvent


def _edit(_: object, __: str, event: Any) -> Any:
    event.clear()
    event.update(event="decision", effect="permit")
    return event


@pytest.fixture
def _own_structlog() -> Iterator[None]:
    yield
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


@pytest.mark.usefixtures("_own_structlog")
@pytest.mark.parametrize("processor", [_drop, _edit])
def test_the_entry_is_written_all_the_same(tmp_path: Path, processor: Any) -> None:
    """Evidence does not pass through a processor; what the log says is what was decided."""
    structlog.configure(processors=[processor, structlog.processors.JSONRenderer()])
    structlog.contextvars.bind_contextvars(run_id="run-7", effect="permit")
    snapshot = load_snapshot()
    point = DecisionPoint(
        [load_pack("de-only", snapshot.groups)],
        snapshot=snapshot,
        load_pack=lambda name: load_pack(name, snapshot.groups),
        engine=NativeEngine(),
    )
    log = Log.create_run(tmp_path / "log")
    payroll = tag("payroll", classification="confidential", categories=["hr"], status="personal")
    with Guard(point, Recording(log, point, clock=system_clock), tags={"payroll": payroll}) as guard:
        decision = guard.check("payroll", kind="backup", placements=[DUBLIN])
    assert not decision.permits
    assert verify_log(tmp_path / "log", [log.verifier]).unsealed == 0
    entry = json.loads(next(e.data for e in read_entries(tmp_path / "log", decision.receipt.index)))
    assert (entry["id"], entry["effect"]) == (decision.id, "deny")
    assert entry["context"] == {"run_id": "run-7"}
