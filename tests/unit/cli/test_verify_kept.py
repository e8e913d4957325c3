"""A log that this user saw never falls behind what was seen, whichever way its key was given."""

import shutil
from pathlib import Path

import pytest
from simulators.command import run


@pytest.fixture
def vkey(project: Path) -> str:
    """Decide once, keep a copy of the log, decide again; the log's key."""
    assert run("check", "permit.yaml", "--policy", "eu-only").code == 0
    shutil.copytree(project / ".sovereign" / "log", project / "restored")
    assert run("check", "permit.yaml", "--policy", "eu-only").code == 0
    found: str = run("audit", "verify", "--format", "json").document["keys"][0]
    return found


def test_key_by_hand_does_not_hide_a_rollback(project: Path, vkey: str) -> None:
    """An older copy verifies in itself, and is refused where the later checkpoint is known."""
    done = run("audit", "verify", "--log", "restored", "--key", vkey)
    assert (done.code, done.codes) == (5, ["SOV-V003"])


def test_log_itself_extends_what_was_seen(project: Path, vkey: str) -> None:
    """The log that went on is verified, and is said to extend the kept checkpoint."""
    done = run("audit", "verify", "--key", vkey, "--format", "json")
    assert done.code == 0
    assert done.document["extends_size"] == done.document["size"]
