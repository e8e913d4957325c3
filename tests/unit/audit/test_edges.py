"""Less usual paths: descriptions, objects of other processes, missing bundles, closed logs."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from sovereign.audit.description import load_description
from sovereign.audit.known_logs import KnownLogs
from sovereign.audit.log import Log
from sovereign.audit.reading import read_entries, unverified_checkpoint
from sovereign.audit.receipt import LogKind
from sovereign.audit.tail import TAIL_BYTES, Tail, decode_tail, encode_tail
from sovereign.errors import AuditError, UsageError
from sovereign.signing import Ed25519Signer, Purpose, generate_signer

ORIGIN = "audit.example/test"
MakeLog = Callable[[int], Path]


@pytest.mark.parametrize(
    "change",
    [
        {"schema": "sovereign.log/2"},
        {"kind": "other"},
        {"kind": None},
        {"vkeys": []},
        {"vkeys": [1]},
        {"origin": 1},
        {"created": "yesterday"},
    ],
    ids=range(7),
)
def test_description_of_another_form_is_refused(change: dict[str, object], make_log: MakeLog) -> None:
    """A log.json of another schema, kind or form is no description."""
    path = make_log(0) / "log.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(UsageError) as refusal:
        load_description(path.parent)
    assert refusal.value.code == "SOV-C310"


@pytest.mark.parametrize("text", ["", "{", "[]", '{"schema": 1, "schema": 1}'])
def test_description_that_is_no_json_is_refused(text: str, make_log: MakeLog) -> None:
    """What cannot be read, or read in two ways, is no description."""
    path = make_log(0) / "log.json"
    path.write_text(text)
    with pytest.raises(UsageError) as refusal:
        load_description(path.parent)
    assert refusal.value.code == "SOV-C310"


def test_object_of_another_process_is_held(make_log: MakeLog, signer: Ed25519Signer) -> None:
    """An object that another writer kept is held here too, after it was read and made durable."""
    directory = make_log(0)
    digest = hashlib.sha256(b"policy").hexdigest()
    with Log.open(directory, signer) as first, Log.open(directory, signer) as second:
        first.append(b"e", {digest: b"policy"})
        assert second.holds(digest)
        assert second.holds(digest)
        second.append(b"e", {digest: b"policy"})


def test_damaged_object_is_written_again(make_log: MakeLog, signer: Ed25519Signer) -> None:
    """An object that is not what its name says is replaced when its bytes come again."""
    directory = make_log(0)
    digest = hashlib.sha256(b"policy").hexdigest()
    with Log.open(directory, signer) as log:
        log.append(b"e", {digest: b"policy"})
    (directory / "objects" / digest).write_bytes(b"damaged")
    with Log.open(directory, signer) as log:
        log.append(b"e", {digest: b"policy"})
        assert log.holds(digest)


def test_missing_bundle_is_an_error(make_log: MakeLog) -> None:
    """Reading never skips."""
    directory = make_log(300)
    (directory / "tile/entries/000").unlink()
    with pytest.raises(AuditError):
        list(read_entries(directory))
    assert len(list(read_entries(directory, 256))) == 44


def test_cut_bundle_is_an_error(make_log: MakeLog) -> None:
    """Reading never shows a part of an entry."""
    path = make_log(300) / "tile/entries/000"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(AuditError):
        list(read_entries(path.parents[2]))


def test_directory_without_checkpoint_claims_nothing(tmp_path: Path) -> None:
    """Without a checkpoint there is no size to read."""
    with pytest.raises(AuditError):
        unverified_checkpoint(tmp_path)


def test_publisher_needs_the_tiles(make_log: MakeLog, signer: Ed25519Signer) -> None:
    """A tile that is gone stops sealing; entries stay durable and readable."""
    directory = make_log(3)
    (directory / "tile/0/000.p/3").unlink()
    log = Log.open(directory, signer)
    log.append(b"durable")
    with pytest.raises(AuditError):
        log.close()
    assert [e.data for e in read_entries(directory)][3:] == [b"durable"]


def test_memory_that_cannot_be_written_is_an_error(tmp_path: Path, signer: Ed25519Signer) -> None:
    """A log whose user cannot remember it is not made in silence."""
    (tmp_path / "state").write_text("")
    with pytest.raises(AuditError) as refusal:
        Log.create(
            tmp_path / "log", origin=ORIGIN, signer=signer, kind=LogKind.RUN, known=KnownLogs(tmp_path / "state")
        )
    assert refusal.value.exit_code == 2


def test_known_log_with_another_key_is_refused(tmp_path: Path, signer: Ed25519Signer) -> None:
    """A log that comes back under its name with another key is not the one that is known."""
    known = KnownLogs(tmp_path / "state")
    Log.create(tmp_path / "a", origin=ORIGIN, signer=signer, kind=LogKind.RUN, known=known).close()
    other = generate_signer(ORIGIN, Purpose.LOG)
    Log.create(tmp_path / "b", origin=ORIGIN, signer=other, kind=LogKind.RUN).close()
    with pytest.raises(UsageError) as refusal:
        Log.open(tmp_path / "b", other, known=known)
    assert refusal.value.code == "SOV-C305"


def test_run_log_needs_a_prefix_that_fits(tmp_path: Path) -> None:
    """A prefix with a space cannot begin an origin."""
    with pytest.raises(UsageError) as refusal:
        Log.create_run(tmp_path / "log", "audit example")
    assert refusal.value.code == "SOV-C305"


def test_tail_of_another_boot_is_not_believed() -> None:
    """The cached tail counts in its own boot only, whole and unchanged."""
    tail, boot = Tail(segment=1, offset=2, next=3), bytes(range(16))
    record = encode_tail(tail, boot)
    assert len(record) == TAIL_BYTES
    assert decode_tail(record, boot) == tail
    assert decode_tail(record, bytes(16)) is None
    assert decode_tail(record[:-1], boot) is None
    assert decode_tail(bytes(TAIL_BYTES), boot) is None
    for place in range(TAIL_BYTES):
        changed = record[:place] + bytes([record[place] ^ 1]) + record[place + 1 :]
        assert decode_tail(changed, boot) is None
