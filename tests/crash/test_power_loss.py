"""A power loss at any point of any writer: no acknowledged entry is lost, no second tree is signed."""

import os
import random
from collections.abc import Callable
from pathlib import Path

import pytest
from simulators.crash_checks import Tally, ask_directory, ask_recovery, disks
from simulators.crash_scenarios import SCENARIOS, play

IN_MEMORY = 1_000_000
MOST_ROUNDS = 30
DRAW = random.Random(1)  # noqa: S311  states are drawn, not secrets
IS_NIGHTLY = os.environ.get("TEST_PROFILE") == "nightly"
DRAWN = 200 if IS_NIGHTLY else 9
"""Whole directories drawn at each point of a record."""


def test_a_million_disks_keep_what_was_acknowledged(
    fast_place: Path, segment_bytes: Callable[[int], None], figure: Callable[[str], None]
) -> None:
    """Over a million distinct contents of the write-ahead log, recovery keeps what was acknowledged, and cuts the rest.

    The recovery that is asked is the writer's own function of bytes.
    """
    tally = Tally()
    for name in SCENARIOS:
        (fast_place / name).mkdir()
        ask_recovery(play(name, fast_place / name, segment_bytes), tally, DRAW)
    for seed in range(1, MOST_ROUNDS):
        if tally.distinct >= IN_MEMORY:
            break
        (fast_place / f"{seed}").mkdir()
        ask_recovery(play("groups", fast_place / f"{seed}", segment_bytes, seed), tally, DRAW)
    figure(f"write-ahead logs after a power loss: {tally.distinct:,} distinct of {tally.tried:,} tried")
    assert tally.distinct >= IN_MEMORY
    assert tally.lost == []
    assert not tally.refused


@pytest.mark.parametrize("name", SCENARIOS)
def test_directories_open_go_on_and_verify(
    name: str, fast_place: Path, segment_bytes: Callable[[int], None], figure: Callable[[str], None]
) -> None:
    """Whole directories, names lost and all: opened, appended to, sealed, verified; every kept checkpoint holds."""
    (fast_place / "run").mkdir()
    scene = play(name, fast_place / "run", segment_bytes)
    tally, draw = Tally(), random.Random(name)  # noqa: S311  states are drawn, not secrets
    for disk in disks(scene):
        trees = [disk.tree(None, happened=0), disk.tree(None)]
        for tree in [*trees, *(disk.tree(draw) for _ in range(DRAWN))]:
            ask_directory(scene, disk, tree, fast_place / "state", tally)
    figure(
        f"directories after a power loss, {name}: {tally.distinct:,} distinct of {tally.tried:,} tried; "
        f"{tally.unborn} before there was a log"
    )
    assert tally.lost == []
    assert tally.forked == []
    assert not tally.refused
