"""Rotation of a log's keys: the writer's steps, and what readers follow."""

import base64
import dataclasses
import shutil
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from sovereign._internal.files import OS_DISK
from sovereign.audit.checkpoint import Checkpoint
from sovereign.audit.description import load_description
from sovereign.audit.known_logs import KnownLogs
from sovereign.audit.log import Log
from sovereign.audit.log_files import open_log_files
from sovereign.audit.reading import read_entries
from sovereign.audit.receipt import LogKind
from sovereign.audit.rotating import read_rotations, rotate_keys
from sovereign.audit.rotation import follow_rotations, parse_rotation, sign_rotation
from sovereign.audit.tree_head import open_signed_checkpoint
from sovereign.audit.verify import verify_log
from sovereign.errors import AuditError, SignatureError, UsageError, VerificationError
from sovereign.signing import Purpose, Signer, generate_mldsa_signer, generate_signer

ORIGIN = "audit.example/rotated"
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Keys:
    """The keys of one log over its life."""

    old: Signer
    mldsa: Signer
    new: Signer
    recovery: Signer


@pytest.fixture
def keys() -> Keys:
    """New keys."""
    return Keys(
        old=generate_signer(ORIGIN, Purpose.LOG),
        mldsa=generate_mldsa_signer(ORIGIN, Purpose.LOG),
        new=generate_signer(ORIGIN, Purpose.LOG),
        recovery=generate_signer("example/recovery", Purpose.RECOVERY),
    )


@pytest.fixture
def place(tmp_path: Path, keys: Keys) -> Path:
    """A hybrid log with two entries."""
    log = Log.create(
        tmp_path / "log",
        origin=ORIGIN,
        signer=keys.old,
        cosigners=(keys.mldsa,),
        kind=LogKind.RUN,
        known=KnownLogs(tmp_path),
        clock=lambda: NOW,
    )
    with log:
        log.append_many([b"a", b"b"])
    return tmp_path / "log"


def rotate(place: Path, keys: Keys, old: Sequence[Signer] = (), new: Sequence[Signer] = ()) -> None:
    """Rotate from the old to the new key."""
    rotate_keys(
        place,
        old=old or (keys.old,),
        new=new or (keys.new,),
        staying=(keys.mldsa,) if len(old) < 2 else (),
        recovery=keys.recovery,
        known=KnownLogs(place.parent),
        clock=lambda: NOW,
    )


def reopen(place: Path, signer: Signer, *cosigners: Signer) -> Log:
    """Open the log as this user."""
    return Log.open(place, signer, cosigners=cosigners, known=KnownLogs(place.parent), clock=lambda: NOW)


def test_rotated_log_is_verified_with_the_old_and_with_the_new_key(place: Path, keys: Keys) -> None:
    """The checkpoint bears both signatures; the log holds the statement as file, object and entry."""
    rotate(place, keys)
    for held in ([keys.old], [keys.new], [keys.new, keys.mldsa], [keys.old, keys.mldsa, keys.new]):
        assert verify_log(place, [signer.verifier for signer in held]).size == 3
    data = (place / "rotations" / "2").read_bytes()
    assert read_rotations(open_log_files(place)) == (data,)
    assert b'"type":"key.rotated"' in list(read_entries(place))[2].data
    assert load_description(place).vkeys[0] == keys.new.verifier.vkey


def test_old_key_no_longer_opens_the_log(place: Path, keys: Keys) -> None:
    """Nobody goes on with the old key alone by habit."""
    rotate(place, keys)
    with pytest.raises(UsageError, match="since it was rotated") as caught:
        reopen(place, keys.old, keys.mldsa)
    assert caught.value.code == "SOV-C305"


def test_writer_with_the_old_key_appends_and_seals_no_more(place: Path, keys: Keys) -> None:
    """A writer that was not stopped loses no entry and signs none; the new key seals what it appended."""
    writer = reopen(place, keys.old, keys.mldsa)
    rotate(place, keys)
    index = writer.append(b"appended after the rotation").index
    with pytest.raises(AuditError, match="changed its key") as caught:
        writer.close()
    assert caught.value.code == "SOV-V015"
    reopen(place, keys.new, keys.mldsa).close()
    report = verify_log(place, [keys.new.verifier, keys.mldsa.verifier])
    assert report.size == index + 1
    assert [entry.data for entry in read_entries(place, index)] == [b"appended after the rotation"]


def test_overlap_ends_when_the_operator_says_so(place: Path, keys: Keys) -> None:
    """With the previous key both sign; without it the new one alone does, and the user's memory agrees."""
    rotate(place, keys)
    with reopen(place, keys.new, keys.mldsa, keys.old) as log:
        log.append(b"c")
    assert verify_log(place, [keys.old.verifier]).size == 4
    with reopen(place, keys.new, keys.mldsa) as log:
        log.append(b"d")
    with pytest.raises(SignatureError):
        verify_log(place, [keys.old.verifier])
    known = KnownLogs(place.parent).find(ORIGIN)
    assert known is not None
    assert known.verifiers == (keys.new.verifier, keys.mldsa.verifier)


def test_rotating_again_changes_nothing(place: Path, keys: Keys) -> None:
    """The command completes what is missing and repeats nothing."""
    rotate(place, keys)
    before = {path: path.read_bytes() for path in place.rglob("*") if path.is_file()}
    rotate(place, keys)
    assert {path: path.read_bytes() for path in place.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize("step", ["_name_new_keys", "_record"])
def test_interrupted_rotation_is_completed(step: str, place: Path, keys: Keys, monkeypatch: pytest.MonkeyPatch) -> None:
    """After each step the log opens with one key, and the same command goes on."""
    with monkeypatch.context() as patch:
        patch.setattr(f"sovereign.audit.rotating.{step}", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            rotate(place, keys)
    if step == "_name_new_keys":
        with reopen(place, keys.old, keys.mldsa) as log:
            log.append(b"written before the rotation was completed")
    rotate(place, keys)
    rotated = [entry for entry in read_entries(place) if b"key.rotated" in entry.data]
    assert len(rotated) == 1
    assert len(list((place / "rotations").iterdir())) == 1
    report = verify_log(place, [keys.new.verifier, keys.mldsa.verifier])
    followed = follow_rotations(
        read_rotations(open_log_files(place)), [keys.old.verifier], recovery=[keys.recovery.verifier]
    )
    followed.check_signers(report.size, report.vkeys)


def test_both_keys_are_rotated_together(place: Path, keys: Keys) -> None:
    """A new ML-DSA-44 key comes with a new Ed25519 key; the checkpoint in between bears four signatures."""
    mldsa = generate_mldsa_signer(ORIGIN, Purpose.LOG)
    rotate(place, keys, old=(keys.old, keys.mldsa), new=(keys.new, mldsa))
    every = [signer.verifier for signer in (keys.new, mldsa, keys.old, keys.mldsa)]
    signed = open_signed_checkpoint((place / "checkpoint").read_bytes(), every)
    assert set(signed.signers) == set(every)
    with reopen(place, keys.new, mldsa) as log:
        log.append(b"c")
    assert verify_log(place, every[:2]).size == 4


def test_chain_of_rotations_is_followed(keys: Keys) -> None:
    """Whoever holds the first key arrives at the last one, in whatever order the statements come."""
    third = generate_signer(ORIGIN, Purpose.LOG)
    head = Checkpoint(origin=ORIGIN, size=2, root=bytes(32))
    first = sign_rotation(head, [keys.old], [keys.new], keys.recovery)
    second = sign_rotation(dataclasses.replace(head, size=9), [keys.new], [third], keys.recovery)
    found = follow_rotations([second, first], [keys.old.verifier], recovery=[keys.recovery.verifier])
    assert found.refused == ()
    assert found.verifiers == (keys.old.verifier, keys.new.verifier, third.verifier)
    found.check_signers(2, [keys.old.verifier.vkey])
    found.check_signers(9, [keys.new.verifier.vkey])
    found.check_signers(10, [third.verifier.vkey])
    for size, vkey in ((3, keys.old.verifier.vkey), (10, keys.new.verifier.vkey)):
        with pytest.raises(SignatureError) as caught:
            found.check_signers(size, [vkey])
        assert caught.value.code == "SOV-V033"


def test_keys_that_do_not_go_together_make_no_rotation(keys: Keys) -> None:
    """Another origin, one key twice, a recovery key that is the log's, and a purpose that is another's are refused."""
    head = Checkpoint(origin=ORIGIN, size=2, root=bytes(32))
    stranger = generate_signer("audit.example/other", Purpose.LOG)
    for old, new in (
        ([keys.old], [keys.old]),
        ([keys.old], [stranger]),
        ([keys.mldsa], [keys.new]),
        ([keys.old, keys.mldsa], [keys.new]),
        ([keys.old], []),
    ):
        with pytest.raises(UsageError) as caught:
            sign_rotation(head, old, new, keys.recovery)
        assert caught.value.code == "SOV-C305"
    with pytest.raises(UsageError) as caught:
        sign_rotation(head, [keys.old], [keys.new], generate_signer("x", Purpose.LOG))
    assert caught.value.code == "SOV-C252"


def test_statement_is_no_checkpoint_and_is_read_strictly(keys: Keys) -> None:
    """Each line stands in one form; nothing is added, left out or reordered."""
    head = Checkpoint(origin=ORIGIN, size=2, root=bytes(32))
    data = sign_rotation(head, [keys.old], [keys.new], keys.recovery)
    assert parse_rotation(data).head == head
    with pytest.raises(VerificationError):
        open_signed_checkpoint(data, [keys.old.verifier])
    root = base64.b64encode(bytes(32)).decode()
    for old, new in (
        ("version 1", "version 2"),
        ("size 2", "size 02"),
        ("size 2", "size -2"),
        (f"root {root}", f"root {root}x"),
        (f"root {root}\n", f"root {root}\nnote x\n"),
        ("new ", "newer "),
        ("recovery ", "recovery  "),
        (f"origin {ORIGIN}", "origin audit.example/other"),
    ):
        with pytest.raises(VerificationError):
            parse_rotation(data.replace(old.encode(), new.encode(), 1))


class _KilledError(BaseException):
    """The process ended here."""


class _StoppingDisk:
    """The operating system's disk for so many changes; at the next one the process ends, and nothing changes later."""

    def __init__(self, changes: int) -> None:
        self.left = changes

    def __getattr__(self, name: str) -> Callable[..., object]:
        method: Callable[..., object] = getattr(OS_DISK, name)

        def change(*arguments: object, **options: object) -> object:
            self.left -= 1
            if self.left < 0:
                raise _KilledError
            return method(*arguments, **options)

        return change


def test_rotation_interrupted_at_any_change_of_the_disk_is_completed(place: Path, keys: Keys, tmp_path: Path) -> None:
    """Whatever was the last change that reached the disk, the same command completes the rotation, once."""
    steps = 0
    while True:
        folder = tmp_path / f"try{steps}"
        folder.mkdir()
        copy = folder / "log"
        shutil.copytree(place, copy)
        disk = _StoppingDisk(steps)
        try:
            _rotate_on(copy, keys, disk)
        except _KilledError:
            pass
        else:
            break
        _rotate_on(copy, keys, OS_DISK)
        assert verify_log(copy, [keys.new.verifier, keys.mldsa.verifier]).size == 3
        assert len([path for path in (copy / "rotations").iterdir() if path.name.isdigit()]) == 1
        steps += 1
    assert steps > 40


def _rotate_on(place: Path, keys: Keys, disk: Any) -> None:
    rotate_keys(
        place,
        old=(keys.old,),
        new=(keys.new,),
        staying=(keys.mldsa,),
        recovery=keys.recovery,
        known=None,
        clock=lambda: NOW,
        disk=disk,
    )
