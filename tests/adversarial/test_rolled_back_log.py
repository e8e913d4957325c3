"""Attack: a log is restored from an older copy, so that the decisions since then never happened."""

import shutil
from pathlib import Path

import pytest

from sovereign.audit.errors import ForkError
from sovereign.audit.known_logs import KnownLogs
from sovereign.audit.log import Log
from sovereign.audit.receipt import LogKind
from sovereign.audit.verify import verify_log
from sovereign.enforce.assembly import assemble
from sovereign.errors import SignatureError, UsageError
from sovereign.signing import Ed25519Signer, Purpose, generate_signer, write_key_file

ORIGIN = "audit.example/rollback"


@pytest.fixture
def restored(tmp_path: Path) -> tuple[Path, Ed25519Signer, bytes]:
    """Return a restored log, its key, and the checkpoint that was seen before it was restored."""
    directory, signer = tmp_path / "log", generate_signer(ORIGIN, Purpose.LOG)
    known = KnownLogs(tmp_path / "state")
    with Log.create(directory, origin=ORIGIN, signer=signer, kind=LogKind.RUN, known=known) as log:
        log.append(b"permit")
    shutil.copytree(directory, tmp_path / "copy")
    with Log.open(directory, signer, known=known) as log:
        log.append(b"the entry that somebody wants to be rid of")
    seen = (directory / "checkpoint").read_bytes()
    shutil.rmtree(directory)
    (tmp_path / "copy").rename(directory)
    return directory, signer, seen


def test_restored_log_is_not_continued(restored: tuple[Path, Ed25519Signer, bytes], tmp_path: Path) -> None:
    """Whoever saw the longer log does not write to the shorter one."""
    directory, signer, _ = restored
    with pytest.raises(ForkError) as caught:
        Log.open(directory, signer, known=KnownLogs(tmp_path / "state"))
    assert caught.value.code == "SOV-V003"


def test_reader_with_a_later_checkpoint_finds_it(restored: tuple[Path, Ed25519Signer, bytes]) -> None:
    """An auditor who kept one signed checkpoint needs nothing else to see that the log shrank."""
    directory, signer, seen = restored
    with pytest.raises(ForkError, match="shrank from 2 to 1"):
        verify_log(directory, [signer.verifier], seen=seen)


def test_restored_log_is_not_continued_where_nobody_remembers_it(restored: tuple[Path, Ed25519Signer, bytes]) -> None:
    """On a new machine the checkpoint that the operator kept elsewhere, and names, stands in for the memory."""
    directory, signer, seen = restored
    with pytest.raises(ForkError) as caught:
        Log.open(directory, signer, seen=seen)
    assert "\n2\n" in caught.value.seen
    with pytest.raises(SignatureError):
        Log.open(directory, signer, seen=seen.replace(ORIGIN.encode(), b"audit.example/another"))
    Log.open(directory, signer, seen=(directory / "checkpoint").read_bytes()).close()


def test_settings_name_the_checkpoint_that_was_kept(
    restored: tuple[Path, Ed25519Signer, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`log.seen` refuses the restored log before anything is written to it; one that is not there is no pass."""
    directory, signer, seen = restored
    (tmp_path / "checkpoint-kept").write_bytes(seen)
    write_key_file(tmp_path / "log.key", signer)
    monkeypatch.setenv("SOVEREIGN_HOME", str(tmp_path / "new machine"))
    settings = tmp_path / "sovereign.yaml"
    for name, error in (("checkpoint-kept", ForkError), ("nowhere", UsageError)):
        settings.write_text(
            "sovereign: 1\npolicies: [de-only]\n"
            f"log: {{dir: {directory}, seen: {name}}}\nkeys: {{log: {{file: log.key}}}}\n"
        )
        with pytest.raises(error):
            assemble(settings, trust=None)


def test_without_a_later_checkpoint_nobody_can_find_it(restored: tuple[Path, Ed25519Signer, bytes]) -> None:
    """What the threat model says is not covered: the older copy alone is a log without a fault."""
    directory, signer, _ = restored
    assert verify_log(directory, [signer.verifier]).size == 1
