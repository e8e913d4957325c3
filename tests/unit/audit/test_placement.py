"""Where logs and keys may lie."""

import os
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sovereign._internal.clock import system_clock
from sovereign.audit import filesystem, placement
from sovereign.audit.directory import check_directory
from sovereign.audit.filesystem import check_filesystem, filesystem_of
from sovereign.audit.log import Log
from sovereign.audit.placement import default_log, key_path, mldsa_key_path, state_directory
from sovereign.audit.receipt import LogKind
from sovereign.audit.verify import verify_log
from sovereign.errors import UsageError
from sovereign.signing import Purpose, load_verifier

MOUNTS = """\
22 1 8:1 / / rw,relatime - ext4 /dev/vda rw
23 22 0:5 / /tmp rw - tmpfs tmpfs rw,size=1g
24 22 0:6 / /mnt/nfs rw - nfs4 server:/x rw
25 22 0:7 / /mnt/with\\040space rw shared:1 master:2 - cifs //s/x rw
26 22 0:8 / /var rw - overlay overlay rw,lowerdir=/l,volatile
27 22 0:9 / /srv rw - overlay overlay rw,lowerdir=/l
28 22 0:9 / /opt rw - nfs4 server:/y rw
29 22 0:9 / /opt rw - xfs /dev/vdb rw
30 22 0:9 / /strange rw - fuse.sshfs s: rw
broken line
"""


@pytest.fixture
def durable(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Take the temporary folder for a disk, whatever it is."""
    table = tmp_path / "mountinfo"
    table.write_text("22 1 8:1 / / rw,relatime - ext4 /dev/vda rw\n")
    monkeypatch.setattr(filesystem, "_MOUNTINFO", table)


@pytest.fixture
def project(tmp_path: Path, durable: None) -> Path:
    """A project directory."""
    (tmp_path / "project").mkdir()
    return tmp_path / "project"


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """A state directory."""
    return state_directory({"SOVEREIGN_HOME": str(tmp_path / "state")})


def test_default_log_is_made_once(project: Path, state: Path) -> None:
    """The first command makes log, origin and key and says so; the second one opens them."""
    placed = default_log(project, state, system_clock)
    placed.log.append(b"first")
    placed.log.close()
    origin = placed.log.origin
    assert origin.startswith("local/")
    key = key_path(state, origin)
    assert placed.made == (project / ".sovereign" / "log", key, mldsa_key_path(key))
    assert load_verifier(mldsa_key_path(key)) == (Purpose.LOG, placed.log.verifiers[1])
    assert load_verifier(key_path(state, origin)) == (Purpose.LOG, placed.log.verifier)
    assert (project / ".sovereign" / ".gitignore").read_text() == "*\n"
    assert not any("key" in path.name for path in project.rglob("*"))
    again = default_log(project, state, system_clock)
    assert (again.made, again.log.origin, again.log.size) == ((), origin, 1)
    again.log.close()
    assert verify_log(project / ".sovereign" / "log", placed.log.verifiers).size == 1


def test_rolled_back_default_log_is_refused(project: Path, state: Path, tmp_path: Path) -> None:
    """A log restored from a copy is smaller than the user remembers."""
    default_log(project, state, system_clock).log.close()
    shutil.copytree(project / ".sovereign", tmp_path / "copy")
    placed = default_log(project, state, system_clock)
    placed.log.append(b"entry")
    placed.log.close()
    shutil.rmtree(project / ".sovereign")
    shutil.copytree(tmp_path / "copy", project / ".sovereign")
    with pytest.raises(Exception, match="not the one that was seen") as refusal:
        default_log(project, state, system_clock)
    assert getattr(refusal.value, "code", None) == "SOV-V003"


def test_default_log_without_its_key_is_refused(project: Path, state: Path) -> None:
    """A project that brings a log of somebody else is not written to."""
    placed = default_log(project, state, system_clock)
    placed.log.close()
    key_path(state, placed.log.origin).unlink()
    with pytest.raises(UsageError) as refusal:
        default_log(project, state, system_clock)
    assert refusal.value.code == "SOV-C250"


def test_link_in_the_place_of_the_folder_is_refused(project: Path, state: Path, tmp_path: Path) -> None:
    """The judged tree does not choose where the log is written."""
    (tmp_path / "elsewhere").mkdir()
    (project / ".sovereign").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UsageError) as refusal:
        default_log(project, state, system_clock)
    assert refusal.value.code == "SOV-C302"
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_file_in_the_place_of_the_folder_is_refused(project: Path, state: Path) -> None:
    """A file named .sovereign is no folder."""
    (project / ".sovereign").write_text("")
    with pytest.raises(UsageError) as refusal:
        default_log(project, state, system_clock)
    assert refusal.value.code == "SOV-C302"


@pytest.mark.parametrize("mode", [0o775, 0o757, 0o722])
def test_directory_that_others_may_write_is_refused(mode: int, project: Path, state: Path) -> None:
    """Neither the folder nor the log may be written by group or others."""
    default_log(project, state, system_clock).log.close()
    for directory in (project / ".sovereign", project / ".sovereign" / "log"):
        directory.chmod(mode)
        with pytest.raises(UsageError) as refusal:
            default_log(project, state, system_clock)
        assert refusal.value.code == "SOV-C302"
        directory.chmod(0o755)


def test_directory_tracked_by_git_is_refused(project: Path, state: Path) -> None:
    """A checkout would roll the log back."""

    def git(*arguments: str) -> None:
        command = ["git", "-c", "user.name=t", "-c", "user.email=t@example.org", "-C", str(project), *arguments]
        subprocess.run(command, check=True, capture_output=True)

    git("init")
    placed = default_log(project, state, system_clock)
    placed.log.append(b"fine: ignored by git")
    placed.log.close()
    git("add", ".")
    default_log(project, state, system_clock).log.close()
    git("add", "--force", ".sovereign/log/checkpoint")
    with pytest.raises(UsageError, match="tracked by git") as refusal:
        default_log(project, state, system_clock)
    assert refusal.value.code == "SOV-C303"


def test_git_that_cannot_be_asked_is_a_refusal(
    project: Path, state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a work tree without git nobody knows what is tracked."""
    (project / ".git").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "nowhere"))
    with pytest.raises(UsageError, match="cannot be asked") as refusal:
        default_log(project, state, system_clock)
    assert refusal.value.code == "SOV-C303"


def test_directory_of_another_user_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ownership decides, also for root, who could write anywhere."""
    monkeypatch.setattr(os, "geteuid", lambda: tmp_path.stat().st_uid + 1)
    with pytest.raises(UsageError, match="another user"):
        check_directory(tmp_path, LogKind.RUN, unsafe_filesystem=True)


def test_read_only_directory_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be written is no log to append to."""
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(UsageError, match="read-only") as refusal:
        check_directory(tmp_path, LogKind.RUN, unsafe_filesystem=True)
    assert refusal.value.code == "SOV-C302"


def test_clock_before_the_log_was_seen(project: Path, state: Path) -> None:
    """A clock that stands before the last visit is an error."""
    default_log(project, state, system_clock).log.close()
    past = datetime.now(UTC) - timedelta(days=2)
    with pytest.raises(UsageError) as refusal:
        default_log(project, state, lambda: past)
    assert refusal.value.code == "SOV-C307"


# -- the state directory -----------------------------------------------------------------------------------------


def test_state_directory_in_order(tmp_path: Path) -> None:
    """SOVEREIGN_HOME, else XDG_STATE_HOME, else the home directory."""
    environ = {"SOVEREIGN_HOME": str(tmp_path / "a"), "XDG_STATE_HOME": str(tmp_path / "b"), "HOME": str(tmp_path)}
    assert state_directory(environ) == tmp_path / "a"
    assert state_directory({**environ, "SOVEREIGN_HOME": ""}) == tmp_path / "b" / "sovereign"
    assert state_directory({"HOME": str(tmp_path)}) == tmp_path / ".local" / "state" / "sovereign"
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o700


def test_unusable_state_directory_names_both_variables(tmp_path: Path) -> None:
    """A random user id without a home, a relative path, a file in the way: exit 2, and what to set."""
    (tmp_path / "file").write_text("")
    for environ in (
        {},
        {"HOME": "/"} if os.geteuid() else {"SOVEREIGN_HOME": "/proc/nowhere"},
        {"SOVEREIGN_HOME": "relative"},
        {"XDG_STATE_HOME": str(tmp_path / "file")},
    ):
        with pytest.raises(UsageError) as refusal:
            state_directory(environ)
        assert (refusal.value.code, refusal.value.exit_code) == ("SOV-C301", 2)
        assert "SOVEREIGN_HOME" in str(refusal.value.hint)
        assert "XDG_STATE_HOME" in str(refusal.value.hint)


# -- file systems ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "kind", "host", "run"),
    [
        ("/home/x", "ext4", True, True),
        ("/tmp/x", "tmpfs", False, True),
        ("/tmpx", "ext4", True, True),
        ("/mnt/nfs/x", "nfs4", False, False),
        ("/mnt/with space/x", "cifs", False, False),
        ("/var/lib", "overlay", False, False),
        ("/srv/log", "overlay", True, True),
        ("/opt/log", "xfs", True, True),
        ("/strange", "fuse.sshfs", False, False),
    ],
)
def test_file_systems(
    path: str, kind: str, host: bool, run: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Listed local file systems are good; memory is good for a run log; all else, known or not, is refused."""
    assert filesystem_of(Path(path), MOUNTS)[0] == kind
    (tmp_path / "mountinfo").write_text(MOUNTS)
    monkeypatch.setattr(filesystem, "_MOUNTINFO", tmp_path / "mountinfo")
    for is_run, is_fine in ((False, host), (True, run)):
        if is_fine:
            check_filesystem(Path(path), is_short_lived=is_run)
            continue
        with pytest.raises(UsageError) as refusal:
            check_filesystem(Path(path), is_short_lived=is_run)
        assert refusal.value.code == "SOV-C308"


def test_unknown_mount_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A table that names no mount for the path permits nothing."""
    (tmp_path / "mountinfo").write_text("")
    monkeypatch.setattr(filesystem, "_MOUNTINFO", tmp_path / "mountinfo")
    with pytest.raises(UsageError):
        check_filesystem(tmp_path, is_short_lived=True)


def test_operator_may_force_a_file_system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The explicit parameter, and nothing else, lets a log onto a file system that is not known."""
    (tmp_path / "mountinfo").write_text("")
    monkeypatch.setattr(filesystem, "_MOUNTINFO", tmp_path / "mountinfo")
    with pytest.raises(UsageError):
        Log.create_run(tmp_path / "run")
    signer = placement.generate_signer("a/b", Purpose.LOG)
    Log.create(tmp_path / "forced", origin="a/b", signer=signer, kind=LogKind.HOST, unsafe_filesystem=True).close()
    Log.open(tmp_path / "forced", signer, unsafe_filesystem=True).close()


@pytest.mark.parametrize("step", ["create_wal", "create_published", "format_description"])
def test_default_log_whose_making_was_killed(step: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A first command that was killed while it made the log stops none of the later ones."""
    state = tmp_path / "state"
    state.mkdir()
    child = os.fork()
    if child == 0:
        monkeypatch.setattr(f"sovereign.audit.log.{step}", lambda *_, **__: os._exit(9))
        default_log(tmp_path, state, system_clock)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    with default_log(tmp_path, state, system_clock).log as log:
        assert log.append(b"entry").index == 0
