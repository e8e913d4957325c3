"""Attack: a program hides what it moved by counting less than nothing, or by a count that cannot be recorded."""

import json
import math
from pathlib import Path
from typing import Any

import pytest

from sovereign.audit.reading import read_entries
from sovereign.enforce.guard import Guard
from sovereign.errors import UsageError
from sovereign.facts.model import Placement
from sovereign.tags.model import ResidencyTag

GERMANY = (Placement(role="storage", provider="stackit", region="eu01"),)
TAG = ResidencyTag(id="sensors", classification="public", categories=frozenset(), status="non_personal")


@pytest.mark.parametrize("size", [-1, 1.5, math.nan, True, "1", 2**53], ids=repr)
def test_count_that_is_none_is_refused(tmp_path: Path, size: Any) -> None:
    """It is refused before the decision, and the lease still says what was counted before."""
    (tmp_path / "sovereign.yaml").write_text("sovereign: 1\npolicies: [de-only]\n", encoding="utf-8")
    with (
        Guard.load(tmp_path / "sovereign.yaml") as guard,
        guard.job(id="job", kind="training", inputs=[TAG], placements=GERMANY) as run,
    ):
        guard.check(TAG, kind="training", size_bytes=100)
        for ask in (lambda: guard.check(TAG, kind="training", size_bytes=size), lambda: run.check(size_bytes=size)):
            with pytest.raises(UsageError) as refused:
                ask()
            assert refused.value.code == "SOV-C503"
    *_, closed = (json.loads(entry.data) for entry in read_entries(tmp_path / ".sovereign" / "log"))
    assert closed["type"] == "lease.closed"
    assert [(use["calls"], use["bytes"]) for use in closed["decisions"]] == [(2, 100)]
