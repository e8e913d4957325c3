"""Tells at the end how many crashes were tried, for figures that are quoted have to come from a run."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sovereign.audit import writer

_FIGURES: list[str] = []


@pytest.fixture
def figure() -> Callable[[str], None]:
    """Return the function that adds a line to the summary of the run."""
    return _FIGURES.append


@pytest.fixture
def segment_bytes(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Return the function that sets the size at which a segment is full, for this test."""
    return lambda size: monkeypatch.setattr(writer, "SEGMENT_BYTES", size)


@pytest.fixture
def fast_place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An empty directory in memory, where the machine has one: what is asked there is bytes, not a disk."""
    memory = Path("/dev/shm")
    place = Path(tempfile.mkdtemp(dir=memory)) if memory.is_dir() else tmp_path_factory.mktemp("crash")
    yield place
    shutil.rmtree(place, ignore_errors=True)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the figures."""
    if _FIGURES:
        terminalreporter.section("crashes")
        for line in sorted(_FIGURES):
            terminalreporter.write_line(line)
