"""Attack: a job is a plain function that returns its work unfinished, to be done after the lease has ended."""

import asyncio
import functools
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from sovereign.enforce.guard import Guard
from sovereign.errors import UsageError
from sovereign.facts.model import Placement
from sovereign.tags.model import ResidencyTag

GERMANY = (Placement(role="storage", provider="stackit", region="eu01"),)
TAG = ResidencyTag(id="sensors", classification="public", categories=frozenset(), status="non_personal")
DONE: list[str] = []


async def _coroutine() -> None:
    DONE.append("coroutine")


def _generator() -> Iterator[None]:
    DONE.append("generator")
    yield


async def _stream() -> AsyncIterator[None]:
    DONE.append("stream")
    yield


def _call(work: Callable[[], object]) -> object:
    return work()


@pytest.mark.parametrize("work", [_coroutine, _generator, _stream])
def test_unfinished_work_is_refused(tmp_path: Path, work: Callable[[], object]) -> None:
    """Wrapped or called through, it is no way around the refusal of generators; nothing of it has run."""
    (tmp_path / "sovereign.yaml").write_text("sovereign: 1\npolicies: [de-only]\n", encoding="utf-8")
    with Guard.load(tmp_path / "sovereign.yaml") as guard:
        job = guard.job(id="job", kind="training", inputs=[TAG], placements=GERMANY)(functools.partial(_call, work))
        with pytest.raises(UsageError) as refused:
            job()
    assert refused.value.code == "SOV-C502"
    assert DONE == []


def test_finished_work_and_decorated_coroutines_pass(tmp_path: Path) -> None:
    """What has run, and what runs inside the lease, is returned."""
    (tmp_path / "sovereign.yaml").write_text("sovereign: 1\npolicies: [de-only]\n", encoding="utf-8")

    async def answer() -> int:
        return 42

    with Guard.load(tmp_path / "sovereign.yaml") as guard:
        job = guard.job(id="job", kind="training", inputs=[TAG], placements=GERMANY)
        assert job(lambda: [1, 2])() == [1, 2]
        assert asyncio.run(job(answer)()) == 42
