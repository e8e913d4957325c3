"""A file of the log is a symbolic link: what was verified could be exchanged afterwards, from outside."""

import shutil
from pathlib import Path

import pytest

from sovereign.audit.log import Log
from sovereign.audit.log_files import open_log_files
from sovereign.audit.proving import prove_entry
from sovereign.audit.receipt import LogKind
from sovereign.audit.verify import verify_log
from sovereign.errors import VerificationError
from sovereign.signing import Ed25519Signer, Purpose, generate_signer


@pytest.fixture
def signer() -> Ed25519Signer:
    """The log's key."""
    return generate_signer("audit.example/links", Purpose.LOG)


@pytest.fixture
def log(tmp_path: Path, signer: Ed25519Signer) -> Path:
    """A sealed log of 300 entries, with an object."""
    directory = tmp_path / "log"
    with Log.create(directory, origin=signer.verifier.name, signer=signer, kind=LogKind.RUN) as log:
        log.append_many([b"entry %d" % i for i in range(300)])
    return directory


PLACES = ["checkpoint", "head", "log.json", "tile/0/000", "tile/entries/001.p/44", "tile/entries", "tile", "wal"]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("kind", ["same bytes", "dangling", "loop"])
def test_link_is_not_followed(place: str, kind: str, log: Path, signer: Ed25519Signer, tmp_path: Path) -> None:
    """A link to the very bytes that were sealed is refused like one to nowhere; the error names it."""
    linked = log / place
    elsewhere = tmp_path / "elsewhere"
    shutil.move(linked, elsewhere)
    target = {"same bytes": elsewhere, "dangling": tmp_path / "gone", "loop": linked}[kind]
    linked.symlink_to(target)
    with pytest.raises(VerificationError) as refusal:
        verify_log(log, [signer.verifier])
    assert refusal.value.code == "SOV-V020"
    assert place in refusal.value.message


def test_link_that_no_tree_needs_is_refused(log: Path, signer: Ed25519Signer) -> None:
    """One beside the evidence too: below tile/ nothing is passed over."""
    (log / "tile/0/notes").symlink_to("/etc/hostname")
    with pytest.raises(VerificationError):
        verify_log(log, [signer.verifier])


def test_object_is_no_link(log: Path, signer: Ed25519Signer) -> None:
    """An object that lies elsewhere is not kept here."""
    (log / "objects").mkdir()
    (log / "objects" / ("0" * 64)).symlink_to("/etc/hostname")
    with pytest.raises(VerificationError):
        verify_log(log, [signer.verifier])


def test_no_proof_is_made_through_a_link(log: Path, signer: Ed25519Signer, tmp_path: Path) -> None:
    """Nor is an entry handed out that was read through one."""
    shutil.move(log / "tile/entries/001.p/44", tmp_path / "44")
    (log / "tile/entries/001.p/44").symlink_to(tmp_path / "44")
    with pytest.raises(VerificationError):
        prove_entry(open_log_files(log), 299, [signer.verifier])


def test_link_to_the_log_itself_is_what_the_user_named(log: Path, signer: Ed25519Signer, tmp_path: Path) -> None:
    """The root may be a link: it is below it that nothing leads away."""
    (tmp_path / "current").symlink_to(log)
    assert verify_log(tmp_path / "current", [signer.verifier]).size == 300
