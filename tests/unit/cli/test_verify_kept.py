"""A log that this user saw never falls behind what was seen, whichever way its key was given."""

import json
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


def test_older_checkpoint_named_by_hand_does_not_hide_a_rollback(project: Path, vkey: str) -> None:
    """`--seen` adds to what this user saw, and takes nothing away."""
    shutil.copy(project / "restored" / "checkpoint", project / "older")
    done = run("audit", "verify", "--log", "restored", "--key", vkey, "--seen", "older")
    assert (done.code, done.codes) == (5, ["SOV-V003"])
    assert run("audit", "verify", "--key", vkey, "--seen", "older").code == 0


def test_key_of_another_log_brings_no_memory_of_it(project: Path, vkey: str, tmp_path: Path) -> None:
    """A file with the keys of several logs is usual; what was seen of one says nothing of the other."""
    done = run("audit", "new", "--kind", "host", "--origin", "audit.example/second", "--log", str(tmp_path / "second"))
    assert done.code == 0
    second = next(path for path in (tmp_path / "second").glob("log.json"))
    own = json.loads(second.read_text(encoding="utf-8"))["vkeys"]
    given = [word for key in (vkey, *own) for word in ("--key", key)]
    assert run("audit", "verify", "--log", str(tmp_path / "second"), *given).code == 0
