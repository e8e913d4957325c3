"""Attack: a permit is used after `lease.closed` has stated how often it was used."""

import asyncio
from pathlib import Path

import pytest

from sovereign.enforce.checked import CheckedDecision
from sovereign.enforce.guard import Guard
from sovereign.facts.model import Placement
from sovereign.tags.model import ResidencyTag

GERMANY = (Placement(role="storage", provider="stackit", region="eu01"),)
TAG = ResidencyTag(id="sensors", classification="public", categories=frozenset(), status="non_personal")


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    """Return settings under de-only."""
    path = tmp_path / "sovereign.yaml"
    path.write_text("sovereign: 1\npolicies: [de-only]\n", encoding="utf-8")
    return path


def test_check_after_the_job_has_an_entry_of_its_own(settings: Path) -> None:
    """The run's counts are closed: each later use is a new decision with a new entry."""
    with Guard.load(settings) as guard:
        run = guard.job(id="job", kind="training", inputs=[TAG], placements=GERMANY)
        with run:
            within = run.check()
        closed = run.lease.summary()
        later = [run.check() for _ in range(2)]
    assert len({within.receipt.index, *(use.receipt.index for use in later)}) == 3
    assert run.lease.summary() == closed


def test_task_that_outlives_its_job_has_entries_of_its_own(settings: Path) -> None:
    """A task inherits the job of its maker and may outlive it."""

    async def outlive(guard: Guard) -> tuple[CheckedDecision, CheckedDecision]:
        ended = asyncio.Event()

        async def late() -> CheckedDecision:
            await ended.wait()
            return guard.check(TAG, kind="training")

        async with guard.job(id="job", kind="training", inputs=[TAG], placements=GERMANY) as run:
            task = asyncio.create_task(late())
            within = run.check()
        ended.set()
        return within, await task

    with Guard.load(settings) as guard:
        within, after = asyncio.run(outlive(guard))
    assert after.permits
    assert after.receipt.index > within.receipt.index + 1  # `lease.closed` lies between
