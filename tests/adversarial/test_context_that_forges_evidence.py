"""Attack: a caller binds context variables that bear the names of an entry's own members, or that hold secrets."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from simulators.asking import NOW, a_point, pack

from sovereign.audit.log import Log
from sovereign.audit.reading import read_entries
from sovereign.enforce.guard import Guard
from sovereign.enforce.recording import CONTEXT_KEYS, Recording
from sovereign.facts.model import Placement
from sovereign.tags.build import tag

DUBLIN = Placement(id="vault", role="backup", provider="azure", region="northeurope")
PAYROLL = tag("payroll", classification="confidential", categories=["hr"], status="personal")


@pytest.fixture(autouse=True)
def _no_context() -> Iterator[None]:
    structlog.contextvars.clear_contextvars()
    yield
    structlog.contextvars.clear_contextvars()


def _entries(directory: Path, **context: Any) -> list[dict[str, Any]]:
    """Return what a denial and an event leave in the log under this context."""
    structlog.contextvars.bind_contextvars(**context)
    point = a_point(pack("de-only"))
    recording = Recording(Log.create_run(directory), point, clock=lambda: NOW)
    with Guard(point, recording, tags={}, clock=lambda: NOW) as guard:
        assert not guard.check(PAYROLL, kind="backup", placements=[DUBLIN]).permits
    return [json.loads(entry.data) for entry in read_entries(directory)]


def test_no_member_of_an_entry_can_be_overwritten(tmp_path: Path) -> None:
    """Effect, findings, trust and time are those of the decision, whatever is bound under their names."""
    forged = {
        "effect": "permit",
        "findings": [],
        "trust": "ab",
        "at": "2019-01-01T00:00:00Z",
        "type": "note",
        "id": "x",
    }
    entry = _entries(tmp_path / "log", **forged)[-1]
    assert (entry["type"], entry["effect"], entry["trust"], entry["at"]) == (
        "decision",
        "deny",
        None,
        "2026-11-24T09:00:00Z",
    )
    assert entry["findings"]
    assert entry["context"] == {}


def test_only_listed_names_reach_an_entry(tmp_path: Path) -> None:
    """A password that a framework bound for its own log lines does not stay for ever."""
    listed = {name: f"value of {name}" for name in CONTEXT_KEYS}
    entries = _entries(tmp_path / "log", **listed, password="hunter2", user="erika@example.org", Run_Id="x")
    assert all(entry["context"] == listed for entry in entries)
    assert b"hunter2" not in b"".join(path.read_bytes() for path in (tmp_path / "log").rglob("*") if path.is_file())


@pytest.mark.parametrize(
    "value", ["x" * 100_000, "\u202e\x1b[2J\n", 2**70, 1.5, None, {"a": [1]}, b"\xff", "\U0001f512" * 9000]
)
def test_value_of_any_kind_and_size_cannot_keep_evidence_away(tmp_path: Path, value: Any) -> None:
    """It is written as text, cut to a length; the entry is there."""
    entry = _entries(tmp_path / "log", run_id=value)[-1]
    assert entry["effect"] == "deny"
    assert entry["context"]["run_id"] == str(value)[:256]


def test_half_a_character_cannot_keep_evidence_away(tmp_path: Path) -> None:
    """It has no bytes in UTF-8, and is written as a mark."""
    assert _entries(tmp_path / "log", run_id="a\ud800b")[-1]["context"]["run_id"] == "a?b"
