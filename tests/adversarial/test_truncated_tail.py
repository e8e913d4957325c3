"""The last entries of a log are cut away, with everything that names them."""

import shutil
from pathlib import Path

import pytest

from sovereign.audit.errors import ForkError
from sovereign.audit.known_logs import KnownLogs
from sovereign.audit.log import Log
from sovereign.audit.receipt import LogKind
from sovereign.audit.verify import verify_log
from sovereign.errors import AuditError, ProofError, VerificationError
from sovereign.signing import Purpose, generate_signer

SIGNER = generate_signer("audit.example/tail", Purpose.LOG)
KEYS = [SIGNER.verifier]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A log of 300 sealed entries, a copy of it with 290 beside it, and two unsealed ones at its end."""
    place = tmp_path / "log"
    known = KnownLogs(tmp_path / "state")
    log = Log.create(place, origin=SIGNER.verifier.name, signer=SIGNER, kind=LogKind.RUN, known=known)
    log.append_many([b"record %d" % i for i in range(290)])
    log.publish()
    shutil.copytree(place, tmp_path / "earlier")
    log.append_many([b"record %d" % i for i in range(290, 300)])
    log.publish()
    log.append_many([b"unsealed 0", b"unsealed 1"])
    return place


def test_cut_below_the_seal_is_found(log: Path) -> None:
    """Sealed entries cut from their bundle, or the bundle cut, are missed by the signed size."""
    bundle = next((log / "tile" / "entries" / "001.p").iterdir())
    whole = bundle.read_bytes()
    for end in (0, len(whole) // 2, len(whole) - 1):
        bundle.write_bytes(whole[:end])
        with pytest.raises(ProofError):
            verify_log(log, KEYS)
    bundle.unlink()
    with pytest.raises(ProofError):
        verify_log(log, KEYS)


def test_whole_log_set_back_is_found_by_whoever_kept_a_checkpoint(log: Path, tmp_path: Path) -> None:
    """The earlier state is a true log by itself; beside the later checkpoint it has shrunk, for reader and writer."""
    earlier = tmp_path / "earlier"
    assert verify_log(earlier, KEYS).size == 290
    with pytest.raises(ForkError) as caught:
        verify_log(earlier, KEYS, seen=(log / "checkpoint").read_bytes())
    assert "\n300\n" in caught.value.seen
    assert "\n290\n" in caught.value.found
    with pytest.raises(ForkError):
        Log.open(earlier, SIGNER, known=KnownLogs(tmp_path / "state"))


def test_write_ahead_log_cut_below_the_seal_is_not_continued(log: Path) -> None:
    """A writer does not go on where sealed entries are gone from the write-ahead log: their numbers are taken."""
    segment = next((log / "wal").iterdir())
    data = segment.read_bytes()
    segment.write_bytes(data[: len(data) // 2])
    (log / "lock").write_bytes(b"")  # as after a restart: the cached end is not believed
    with pytest.raises((AuditError, VerificationError)):
        Log.open(log, SIGNER)


def test_unsealed_tail_is_told_and_never_counted_as_verified(log: Path) -> None:
    """Entries after the checkpoint are told as unsealed; cut away, the report has none, and none was promised."""
    assert (verify_log(log, KEYS).size, verify_log(log, KEYS).unsealed) == (300, 2)
    shutil.rmtree(log / "wal")
    report = verify_log(log, KEYS)
    assert (report.size, report.unsealed) == (300, 0)
    assert any("cannot be seen" in notice for notice in report.notices)
