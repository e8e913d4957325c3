"""Taking logs into a parent: verified, once, and with a receipt that stays the same."""

import json
import shutil
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from simulators.run_logs import POLICY, Parent, announced, ci_run, entry, write_branches, write_run

from sovereign._internal.canonical import sha256_hex
from sovereign.audit.errors import ForkError
from sovereign.audit.ingest import Ingest
from sovereign.audit.log import Log
from sovereign.audit.objects import load_object
from sovereign.audit.reading import read_entries
from sovereign.audit.receipt import LogKind
from sovereign.audit.submitted import received
from sovereign.audit.verify import verify_log
from sovereign.audit.wal import encode_frames
from sovereign.audit.zip_files import ZipFiles
from sovereign.errors import AuditError, InputError, SignatureError, UsageError, VerificationError
from sovereign.signing import Ed25519Signer, Purpose, generate_signer, parse_vkey

ORIGIN = "local/run/4f6f3a1e-8f0f-4c2e-9a55-0f6f6a0d9b11"
HOST = "audit.example/host"


@pytest.fixture
def parent(tmp_path: Path) -> Parent:
    """An empty parent."""
    return Parent.make(tmp_path / "parent")


def _entries(parent: Parent) -> list[dict[str, Any]]:
    return [json.loads(stored.data) for stored in read_entries(parent.directory)]


# runs


def test_run_is_taken_in_with_its_head(parent: Parent, tmp_path: Path) -> None:
    """Two entries: the head that the run's key signed, and what was verified; the receipt is of the second."""
    packed = write_run(tmp_path / "run")
    taken = parent.take(packed, ci_run())
    head, run = _entries(parent)
    assert (taken.is_new, taken.receipt.index, taken.size) == (True, 1, 3)
    assert (head["type"], run["type"], run["checkpoint"]) == ("checkpoint.child", "run.ingested", head["id"])
    assert head["note"].encode() == ZipFiles(packed).read("checkpoint")
    assert (run["slog_sha256"], run["slog_bytes"]) == (sha256_hex(packed.read_bytes()), packed.stat().st_size)
    assert (run["identity"], run["stated_by"]) == (dict(ci_run().members), "submitter")
    assert (run["first_recorded_at"], run["last_recorded_at"]) == ("2026-11-24T09:00:00Z", "2026-11-24T09:00:02Z")
    assert verify_log(parent.directory, parent.verifiers).size == 2


def test_nobody_states_an_identity_that_was_not_given(parent: Parent, tmp_path: Path) -> None:
    """A run without an identity says so."""
    parent.take(write_run(tmp_path / "run"))
    assert [_entries(parent)[1][name] for name in ("identity", "stated_by")] == [None, None]


def test_evidence_and_objects_are_kept(parent: Parent, tmp_path: Path) -> None:
    """The log without its objects is one object, each of its objects another, so that one can be erased alone."""
    packed = write_run(tmp_path / "run")
    parent.take(packed)
    run = _entries(parent)[1]
    kept = ZipFiles(parent.directory / "objects" / run["evidence"]["sha256"])
    assert kept.read("checkpoint") == ZipFiles(packed).read("checkpoint")
    assert not list(kept.names("objects"))
    assert load_object(parent.directory, sha256_hex(POLICY)) == POLICY
    assert run["objects"] == 1


def test_object_that_no_entry_names_is_not_kept(parent: Parent, tmp_path: Path) -> None:
    """Nobody stores a file of their own in the parent by putting it beside a run."""
    with Log.create_run(tmp_path / "run") as log:
        log.append(entry(0), {sha256_hex(b"ballast"): b"ballast"})
    parent.take(tmp_path / "run")
    assert not (parent.directory / "objects" / sha256_hex(b"ballast")).exists()


def test_directory_of_a_run_is_taken_in_too(parent: Parent, tmp_path: Path) -> None:
    """It is packed first, and so is the same run as its file."""
    packed = write_run(tmp_path / "run")
    assert parent.take(tmp_path / "run").receipt == parent.take(packed).receipt
    assert parent.size == 2


def test_repacked_run_is_the_same_run(parent: Parent, tmp_path: Path) -> None:
    """What counts is the log, not how somebody packed it."""
    packed = write_run(tmp_path / "run")
    first = parent.take(packed)
    files = ZipFiles(packed)
    with zipfile.ZipFile(tmp_path / "other.slog", "w", zipfile.ZIP_DEFLATED) as other:
        for name in files.names():
            other.writestr(name, files.read(name))
    again = parent.take(tmp_path / "other.slog")
    assert (again.receipt, again.is_new, parent.size) == (first.receipt, False, 2)


def test_identity_stays_when_the_run_is_submitted_without_one(parent: Parent, tmp_path: Path) -> None:
    """A second submission adds nothing and takes nothing away."""
    packed = write_run(tmp_path / "run")
    parent.take(packed, ci_run())
    assert not parent.take(packed).is_new
    with pytest.raises(VerificationError) as caught:
        parent.take(packed, ci_run("8"))
    assert caught.value.code == "SOV-V042"


def test_longer_log_of_a_run_follows(parent: Parent, tmp_path: Path) -> None:
    """Processes that share a run pack it when they close; the last file has everything, and keeps the identity."""
    short, long = write_branches(tmp_path, ORIGIN, [entry(0)], [entry(0), entry(1)])
    parent.take(short, ci_run())
    assert parent.take(long).is_new
    entries = _entries(parent)
    assert (entries[2]["extends"], entries[3]["entries"]) == (1, 2)
    assert entries[3]["identity"] == entries[1]["identity"]


def test_several_runs_at_once_are_each_entered_once(parent: Parent, tmp_path: Path) -> None:
    """Ingests of the same files at the same time wait for each other."""
    packed = [write_run(tmp_path / f"run{number}", [entry(number)]) for number in range(4)]
    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(parent.take, packed * 4))
    assert parent.size == 8
    assert len({one.receipt for one in taken}) == 4
    assert sum(one.is_new for one in taken) == 4


def test_run_after_other_entries_of_the_parent(parent: Parent, tmp_path: Path) -> None:
    """Entries of other types and of no form say nothing of a child."""
    with parent.open() as log:
        log.append_many([b"not JSON", b'{"type":"run.ingested"}', b'{"type":"checkpoint.child","size":true}', b"[]"])
    taken = parent.take(write_run(tmp_path / "run"))
    assert taken.receipt.index == 5


@pytest.mark.parametrize("kind", [LogKind.HOST, LogKind.RUN])
def test_only_a_parent_takes_in_others(tmp_path: Path, kind: LogKind) -> None:
    """Kinds are never mixed."""
    signer = generate_signer(HOST, Purpose.LOG)
    with Log.create(tmp_path / "log", origin=HOST, signer=signer, kind=kind, unsafe_filesystem=True) as log:
        with pytest.raises(UsageError) as caught:
            Ingest(log)
        assert caught.value.code == "SOV-C340"


def test_lock_that_leads_elsewhere_is_refused(parent: Parent, tmp_path: Path) -> None:
    """Who could put a link into the parent's directory does not make the ingest write at its end."""
    (parent.directory / "ingest.lock").symlink_to(tmp_path / "elsewhere")
    with parent.open() as log:
        with pytest.raises(UsageError) as caught:
            Ingest(log)
        assert caught.value.code == "SOV-C302"
    assert not (tmp_path / "elsewhere").exists()


# a crash


def test_torn_write_leaves_no_run(parent: Parent, tmp_path: Path) -> None:
    """Wherever the one write is cut, there is no run without its head; the next ingest enters both."""
    packed = write_run(tmp_path / "run")
    shutil.copytree(parent.directory, tmp_path / "empty")
    with parent.open() as log, Ingest(log) as into, received(packed) as submitted:
        into.take_run(submitted)
        (segment,) = (parent.directory / "wal").iterdir()
        written = segment.read_bytes()
        payloads = [stored.data for stored in read_entries(parent.directory)]
    ends = [len(encode_frames(0, payloads[:number])) for number in (1, 2)]
    assert ends[1] == len(written)
    for cut in (0, 1, ends[0] - 1, ends[0], ends[0] + 1, ends[1] - 1, ends[1]):
        copy = Parent(tmp_path / f"cut{cut}", parent.signer)
        shutil.copytree(tmp_path / "empty", copy.directory)
        (copy.directory / "wal" / segment.name).write_bytes(written[:cut])
        taken = copy.take(packed)
        types = [each["type"] for each in _entries(copy)]
        assert types[-2:] == ["checkpoint.child", "run.ingested"]
        assert types.count("run.ingested") == 1
        assert taken.is_new is (cut != ends[1])
        assert taken.receipt.index == len(types) - 1


# what is announced


def test_missing_runs_are_those_not_yet_in_the_parent(parent: Parent, tmp_path: Path) -> None:
    """Everything taken in so far counts, not what one command submits."""
    parent.take(write_run(tmp_path / "run"), ci_run("7"))
    lines = [f'{{"run_id": {number}, "attempt": 1, "job": "gate"}}' for number in (7, 8)]
    with parent.open() as log, Ingest(log, announced=announced(*lines)) as into:
        (missing,) = into.missing()
    assert str(missing.announcement) == "run_id=8 attempt=1 job=gate"


# host logs


@pytest.fixture
def host(tmp_path: Path) -> tuple[Path, Ed25519Signer]:
    """A host log of two entries."""
    signer = generate_signer(HOST, Purpose.LOG)
    directory = tmp_path / "host"
    with Log.create(directory, origin=HOST, signer=signer, kind=LogKind.HOST, unsafe_filesystem=True) as log:
        log.append_many([b"one", b"two"])
    return directory, signer


def _grow(host: tuple[Path, Ed25519Signer], data: bytes) -> bytes:
    with Log.open(host[0], host[1], unsafe_filesystem=True) as log:
        log.append(data)
    return (host[0] / "checkpoint").read_bytes()


def test_head_of_a_host_log_is_entered_once(parent: Parent, host: tuple[Path, Ed25519Signer]) -> None:
    """Its key comes from the caller; without the log itself, the entry says that the signature was verified."""
    note = (host[0] / "checkpoint").read_bytes()
    first = parent.take_checkpoint(note, [host[1].verifier])
    again = parent.take_checkpoint(note, [host[1].verifier])
    assert (first.receipt, first.is_new, again.is_new) == (again.receipt, True, False)
    (head,) = _entries(parent)
    assert (head["verified"], head["extends"], head["size"]) == ("signature", None, 2)


def test_head_that_grew_needs_the_log(parent: Parent, host: tuple[Path, Ed25519Signer]) -> None:
    """Two signatures do not show that one tree begins with the other; the log does."""
    verifiers = [host[1].verifier]
    parent.take_checkpoint((host[0] / "checkpoint").read_bytes(), verifiers)
    note = _grow(host, b"three")
    with pytest.raises(VerificationError, match="nothing shows") as caught:
        parent.take_checkpoint(note, verifiers)
    assert caught.value.code == "SOV-V044"
    assert parent.take_checkpoint(note, verifiers, host[0]).is_new
    assert [(e["verified"], e["extends"]) for e in _entries(parent)] == [("signature", None), ("log", 2)]


def test_log_that_went_on_shows_an_earlier_head(parent: Parent, host: tuple[Path, Ed25519Signer]) -> None:
    """A checkpoint that was fetched a moment before the log grew is entered all the same."""
    note = (host[0] / "checkpoint").read_bytes()
    _grow(host, b"three")
    assert parent.take_checkpoint(note, [host[1].verifier], host[0]).size == 2


def test_older_head_adds_nothing(parent: Parent, host: tuple[Path, Ed25519Signer]) -> None:
    """A log that shrank, or an old file: the parent keeps what it has."""
    old = (host[0] / "checkpoint").read_bytes()
    parent.take_checkpoint(_grow(host, b"three"), [host[1].verifier])
    with pytest.raises(VerificationError, match="3 were entered before") as caught:
        parent.take_checkpoint(old, [host[1].verifier], host[0])
    assert caught.value.code == "SOV-V044"
    assert parent.size == 1


def test_fork_of_a_host_log_is_refused_with_both_heads(
    parent: Parent, host: tuple[Path, Ed25519Signer], tmp_path: Path
) -> None:
    """Of one size with another root, or longer and not its continuation."""
    copy = (tmp_path / "copy", host[1])
    shutil.copytree(host[0], copy[0])
    note = _grow(host, b"three")
    parent.take_checkpoint(note, [host[1].verifier])
    for other in (_grow(copy, b"another"), _grow(copy, b"four")):
        with pytest.raises(ForkError) as caught:
            parent.take_checkpoint(other, [host[1].verifier], copy[0])
        assert (caught.value.seen.encode(), caught.value.code) == (note, "SOV-V003")
        assert parent.size == 1


def test_head_needs_a_key_from_elsewhere(parent: Parent, host: tuple[Path, Ed25519Signer]) -> None:
    """A checkpoint of a key that nobody gave cannot be checked."""
    with pytest.raises(SignatureError) as caught:
        parent.take_checkpoint((host[0] / "checkpoint").read_bytes(), [generate_signer(HOST, Purpose.LOG).verifier])
    assert caught.value.code == "SOV-V004"
    assert parent.size == 0


def test_run_is_not_entered_by_its_head(parent: Parent, tmp_path: Path) -> None:
    """A run is evidence as a whole; its checkpoint alone would stand for a log that nobody has seen."""
    (packed,) = write_branches(tmp_path, ORIGIN, [entry(0)])
    files = ZipFiles(packed)
    vkey = json.loads(files.read("log.json"))["vkeys"][0]
    with pytest.raises(VerificationError, match="a run") as caught:
        parent.take_checkpoint(files.read("checkpoint"), [parse_vkey(vkey)])
    assert caught.value.code == "SOV-V040"


# what cannot be read


def test_file_that_is_not_there(parent: Parent, tmp_path: Path) -> None:
    """An unreadable file is told as such, and is no verdict about a run."""
    with pytest.raises(InputError):
        parent.take(tmp_path / "absent.slog")


def test_directory_that_is_not_sealed(parent: Parent, tmp_path: Path) -> None:
    """A run that goes on, or was killed, is not taken in half."""
    log = Log.create_run(tmp_path / "run")
    log.append(entry(0))
    with pytest.raises(AuditError) as caught:
        parent.take(tmp_path / "run")
    assert caught.value.code == "SOV-V045"
    log.close()
