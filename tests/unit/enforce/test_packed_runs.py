"""The log of a run is packed when its guard closes, and nothing that was acknowledged is left behind."""

import os
from pathlib import Path

import pytest

from sovereign._internal.clock import system_clock
from sovereign.audit.log import Log
from sovereign.audit.slog import packed_path
from sovereign.audit.verify import verify_log
from sovereign.audit.zip_files import ZipFiles
from sovereign.enforce.guard import Guard
from sovereign.enforce.trails import open_trail
from sovereign.errors import AuditError
from sovereign.facts.model import Placement
from sovereign.settings.precedence import load_settings

STORE = Placement(role="storage", provider="stackit", region="eu01")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with settings that ask for a run log."""
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "sovereign.yaml").write_text("sovereign: 1\npolicies: [de-only]\nlog: {kind: run}\n")
    return folder


def _open(project: Path) -> Log:
    settings = load_settings(project / "sovereign.yaml", environ={})
    trail = open_trail(settings, environ={}, clock=system_clock).trail
    assert isinstance(trail, Log)
    return trail


def test_guard_leaves_a_file_that_verifies(project: Path) -> None:
    """The file has every entry of the directory, which stays beside it."""
    with Guard.load(project / "sovereign.yaml") as guard:
        guard.check(None, kind="backup", placements=[STORE])
        log = guard._recording.trail
        assert isinstance(log, Log)
    packed = verify_log(ZipFiles(packed_path(log.directory)), log.verifiers)
    assert packed.root == verify_log(log.directory, log.verifiers).root
    assert packed.size > 0


def test_closing_twice_packs_once(project: Path) -> None:
    """Like any log, it may be closed again."""
    log = _open(project)
    log.append(b"one")
    log.close()
    packed_path(log.directory).unlink()
    log.close()
    assert not packed_path(log.directory).exists()


def test_named_directory_is_not_packed(project: Path) -> None:
    """Who names a directory gets that, and nothing beside it."""
    (project / "sovereign.yaml").write_text("sovereign: 1\npolicies: [de-only]\nlog: {kind: run, dir: logs/run}\n")
    _open(project).close()
    assert [path.name for path in (project / "logs").iterdir()] == ["run"]


def test_last_process_packs_everything(project: Path) -> None:
    """A child goes on after its parent closed; the file it packs has the entries of both."""
    log = _open(project)
    log.append(b"of the parent")
    start, go = os.pipe()
    child = os.fork()
    if not child:
        try:
            os.close(go)
            os.read(start, 1)
            log.append(b"of the child")
            log.close()
            os._exit(0)
        except BaseException:  # noqa: BLE001  a child never returns into the test
            os._exit(1)
    log.close()
    assert verify_log(ZipFiles(packed_path(log.directory)), log.verifiers).size == 1
    os.write(go, b".")
    assert os.waitpid(child, 0)[1] == 0
    os.close(go)
    os.close(start)
    assert verify_log(ZipFiles(packed_path(log.directory)), log.verifiers).size == 2


def test_run_that_cannot_be_packed_says_so(project: Path) -> None:
    """Its log is sealed all the same; whoever waits for the file hears that there is none."""
    log = _open(project)
    log.append(b"one")
    packed_path(log.directory).mkdir()
    with pytest.raises(AuditError) as caught:
        log.close()
    assert caught.value.code == "SOV-V045"
    assert verify_log(log.directory, log.verifiers).size == 1
