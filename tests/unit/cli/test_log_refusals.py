"""Logs that are refused, and logs that are not verified: exit 2 and exit 5, one error, and nothing decided."""

import json
import os
import shutil
import subprocess
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from simulators.command import Ran, run

from sovereign.audit.placement import default_log, state_directory
from sovereign.enforce.assembly import build
from sovereign.errors import UsageError

EU = ("check", "permit.yaml", "--policy", "eu-only")
NOBODY = 65534
FUTURE = datetime(2999, 1, 1, tzinfo=UTC)


def refused(ran: Ran, code: str, *words: str) -> None:
    """Check that a command ended with one error that says what to do, and with no answer."""
    lines = ran.err.splitlines()
    assert (ran.code, ran.codes, ran.out) == ({"C": 2, "V": 5}[code[4]], [code], ""), ran.err
    assert lines[-1].startswith("  = help: ")
    for word in words:
        assert word in ran.err


def entries(directory: str | Path = ".sovereign/log") -> int:
    """Return how many entries a log has."""
    return len(run("audit", "show", "--log", directory, "--format", "json").document["entries"])


@pytest.fixture
def log(project: Path) -> Path:
    """Return the project's log, with the entries of one decision."""
    assert run(*EU).code == 0
    return project / ".sovereign" / "log"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a directory away")
@pytest.mark.parametrize("given", [".sovereign", ".sovereign/log"])
def test_directory_of_another_owner(project: Path, log: Path, given: str) -> None:
    """Whoever owns it can change what is in it."""
    os.chown(project / given, 12345, -1)
    refused(run(*EU), "SOV-C302", "another user")


@pytest.mark.parametrize("given", [".sovereign", ".sovereign/log"])
def test_directory_that_others_may_write(project: Path, log: Path, given: str) -> None:
    """The hint is the command that repairs it."""
    (project / given).chmod(0o777)
    refused(run(*EU), "SOV-C302", "chmod go-w")


@pytest.mark.parametrize("given", [".sovereign", ".sovereign/log"])
def test_file_or_link_in_the_place_of_the_directory(project: Path, tmp_path: Path, given: str) -> None:
    """The tree under judgement does not choose where evidence is written."""
    place = project / given
    place.parent.mkdir(exist_ok=True)
    place.write_text("")
    assert run(*EU).code == 2
    place.unlink()
    (tmp_path / "elsewhere").mkdir()
    place.symlink_to(tmp_path / "elsewhere")
    refused(run(*EU), "SOV-C302")
    assert list((tmp_path / "elsewhere").iterdir()) == []


def _run_bound_by_modes(*arguments: str) -> Ran:
    """Run the command as a user whom file modes bind: root, whom none binds, runs it in a child as nobody."""
    if os.geteuid() != 0:
        return run(*arguments)
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setgid(NOBODY)
            os.setuid(NOBODY)
            ran = run(*arguments)
            os.write(writer, json.dumps([ran.code, ran.out, ran.err]).encode())
        finally:
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as answer:
        found = json.loads(answer.read())
    os.waitpid(child, 0)
    return Ran(*found)


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")  # servers of other tests
def test_read_only_directory(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A root file system that is read-only is told before anything is decided; so is a state directory."""
    assert run(*EU).code == 0  # and everything is imported that a child of another user might not read
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        for file in ("tags.yaml", "permit.yaml"):
            shutil.copy(project / file, place)
        for folder in (".sovereign", "state"):
            (place / folder).mkdir()
        if os.geteuid() == 0:
            for path in (place, *place.iterdir()):
                os.chown(path, NOBODY, NOBODY)
        monkeypatch.chdir(place)
        monkeypatch.setenv("SOVEREIGN_HOME", str(place / "state"))
        (place / ".sovereign").chmod(0o555)
        refused(_run_bound_by_modes(*EU), "SOV-C302", "read-only", "--log DIR")
        (place / ".sovereign").chmod(0o755)
        (place / "state").chmod(0o555)
        refused(_run_bound_by_modes(*EU), "SOV-C301", "SOVEREIGN_HOME", "XDG_STATE_HOME")
        assert _run_bound_by_modes(*EU, "--no-log").code == 0
        monkeypatch.chdir(project)


def test_no_state_directory(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A user without a home is told the two variables."""
    monkeypatch.setenv("SOVEREIGN_HOME", "/dev/null/state")
    refused(run(*EU), "SOV-C301", "SOVEREIGN_HOME", "XDG_STATE_HOME")


def test_directory_tracked_by_git(project: Path, log: Path) -> None:
    """A checkout would roll the log back."""
    git = ["git", "-c", "user.name=t", "-c", "user.email=t@example.org", "-C", str(project)]
    for arguments in (["init", "-q"], ["add", "-f", ".sovereign"]):
        subprocess.run([*git, *arguments], check=True, capture_output=True)
    refused(run(*EU), "SOV-C303", "git rm -r --cached")


@pytest.mark.parametrize("makes", [False, True])
def test_directory_that_holds_no_log(project: Path, *, makes: bool) -> None:
    """`--log` never makes one: a kept key that opens an empty directory signs a fork."""
    if makes:
        (project / "elsewhere").mkdir()
    ran = run(*EU, "--log", "elsewhere")
    assert (ran.code, ran.out) == (2, "")
    assert "sovereign audit new" in ran.err


def test_checkpoint_of_another_key(project: Path, log: Path) -> None:
    """A log whose checkpoint somebody else signed is neither written nor verified."""
    assert run("audit", "new", "--origin", "b.example/log", "--log", "other").code == 0
    before = entries()
    origin = json.loads((log / "log.json").read_text())["origin"]
    forged = (project / "other" / "checkpoint").read_text().replace("b.example/log", origin)
    kept = (log / "checkpoint").read_text()
    (log / "checkpoint").write_text(forged)
    refused(run(*EU), "SOV-C305")
    ran = run("audit", "verify")
    assert (ran.code, ran.out) == (5, "")
    (log / "checkpoint").write_text(kept)
    assert entries() == before


def test_verification_needs_a_key_from_elsewhere(project: Path, log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A log that nobody vouched for cannot be checked: exit 5, never a pass, and the hint says what to ask for."""
    assert run("audit", "verify").code == 0
    other = run("keys", "new", "--for", "log", "--name", "c.example/log", "--file", "other.key").out.strip()
    refused(run("audit", "verify", "--key", other), "SOV-V004", "--key VKEY")
    monkeypatch.setenv("SOVEREIGN_HOME", str(project / "nothing-known"))
    refused(run("audit", "verify"), "SOV-V004", "--key VKEY")


def test_clock_before_the_last_entry(project: Path) -> None:
    """An entry is never dated before its predecessor: a clock that was set back stops the writer."""
    state = state_directory(os.environ)
    with default_log(project, state, lambda: FUTURE).log as made:
        made.append(b'{"recorded_at":"2999-01-01T00:00:00Z"}')
    refused(run(*EU), "SOV-C307", "2999-01-01")
    assert run(*EU, "--no-log").code == 0


def test_clock_before_the_data(project: Path) -> None:
    """A clock earlier than the loaded data would decide under law that is no longer in force."""
    with pytest.raises(UsageError) as caught:
        build(None, trust=None, judged_paths=[project], environ={}, clock=lambda: datetime(2020, 1, 1, tzinfo=UTC))
    assert (caught.value.code, caught.value.exit_code) == ("SOV-C007", 2)
    assert caught.value.hint


def test_log_that_was_rolled_back(project: Path, log: Path) -> None:
    """A copy that is put back is not the log that was seen last: exit 5 on both paths."""
    shutil.copytree(log, project / "copy")
    assert run(*EU).code == 0
    shutil.rmtree(log)
    (project / "copy").rename(log)
    refused(run(*EU), "SOV-V003", "audit new")
    ran = run("audit", "verify")
    assert (ran.code, ran.out) == (5, "")


def test_changed_byte_is_found_and_named(project: Path, log: Path) -> None:
    """One byte of a sealed entry: exit 5, and the entry is named."""
    (bundle,) = [path for path in (log / "tile" / "entries").rglob("*") if path.is_file()]
    data = bundle.read_bytes()
    assert b'"effect":"permit"' in data
    bundle.write_bytes(data.replace(b'"effect":"permit"', b'"effect":"permiT"'))
    ran = run("audit", "verify")
    assert (ran.code, ran.codes, ran.out) == (5, ["SOV-V001"], "")
    assert "entry 2" in ran.err


@pytest.mark.parametrize("broken", ["", "not a note\n", "origin\n1\n", "\x1b[2K\n\n"])
def test_broken_checkpoint(project: Path, log: Path, broken: str) -> None:
    """What is no checkpoint is not verified, and not written after."""
    (log / "checkpoint").write_text(broken)
    for arguments in (("audit", "verify"), ("audit", "show"), EU):
        ran = run(*arguments)
        assert (ran.code, len(ran.codes), ran.out) == (5, 1, "")


@pytest.mark.parametrize("missing", ["nowhere", "tags.yaml"])
def test_directory_without_a_log_is_not_verified(project: Path, missing: str) -> None:
    """Nothing was checked is no success."""
    for verb in ("show", "verify"):
        refused(run("audit", verb, "--log", missing), "SOV-C310")


def test_kept_checkpoint_that_cannot_be_read(project: Path, log: Path) -> None:
    """`--seen` names a file that is there: exit 3."""
    ran = run("audit", "verify", "--seen", "missing")
    assert (ran.code, ran.codes) == (3, ["SOV-I001"])
    shutil.copy(log / "checkpoint", project / "kept")
    assert run(*EU).code == 0
    ran = run("audit", "verify", "--seen", "kept", "--format", "json")
    assert (ran.code, ran.document["verified"], ran.document["extends_size"]) == (0, True, 3)


def test_foreign_entries_are_shown_and_explained(project: Path, tmp_path: Path) -> None:
    """What another program wrote may be anything: it is shown as far as it goes, and nothing crashes."""
    hostile = [
        b'{"effect":"permit","subject":"x","resource":[],"findings":[{"rule":1,"outcome":{}},7]}',
        b'{"effect":{},"findings":{"a":1}}',
        b"[" * 30000,
        b"\xff\x00",
        b'"text"',
        b'{"type":"x","n":123456789012345678901234567890}',
        b'{"type":"x","a":' + b"[" * 400 + b"]" * 400 + b"}",
        b'{"\\ud800":"\\udfff"}',
    ]
    with default_log(project, state_directory(os.environ), lambda: datetime.now(UTC)).log as made:
        for data in hostile:
            made.append(data)
    ran = run("audit", "show")
    assert (ran.code, len(ran.out.splitlines())) == (0, len(hostile))
    assert len(run("audit", "show", "--format", "json").document["entries"]) == len(hostile)
    assert [run("explain", f"entry:{number}").code for number in range(len(hostile))] == [0] * len(hostile)
