"""The tutorial works when typed: each block is run in order, and prints what the page shows."""

from pathlib import Path

import pytest
from docs.typed_page import assert_shown, steps, walk

PAGE = Path(__file__).resolve().parents[2] / "docs" / "tutorials" / "first-decision.md"


def test_tutorial_works_when_typed(tmp_path: Path) -> None:
    """From an empty folder to a guarded function; the forged log fails."""
    folder, state = tmp_path / "residency", tmp_path / "state"
    folder.mkdir()
    state.mkdir(mode=0o700)
    assert walk(PAGE, folder, state) == sum(step.file is None for step in steps(PAGE)) > 10


@pytest.mark.parametrize("output", ["verified\n", "denied\nmore\n", ""])
def test_other_output_is_noticed(output: str) -> None:
    """A comparison that accepts anything would make the test above pass."""
    with pytest.raises(AssertionError, match="the page shows"):
        assert_shown("denied\n", output)
