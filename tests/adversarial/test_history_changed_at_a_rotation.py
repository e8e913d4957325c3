"""Attack: a log that changed its keys gets another past: below the new key, or below the old one that was stolen."""

import shutil
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from simulators.command import run
from simulators.log_server import serving_log

from sovereign.audit.errors import ForkError
from sovereign.audit.log import Log
from sovereign.audit.log_files import open_log_files
from sovereign.audit.receipt import LogKind
from sovereign.audit.rotating import read_rotations, rotate_keys
from sovereign.audit.rotation import FollowedKeys, follow_rotations
from sovereign.audit.verify import verify_log
from sovereign.errors import SignatureError
from sovereign.signing import Purpose, Signer, generate_mldsa_signer, generate_signer

ORIGIN = "audit.example/rotated"
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
OLD, NEW, NEXT = (generate_signer(ORIGIN, Purpose.LOG) for _ in range(3))
OLD_MLDSA, NEW_MLDSA = (generate_mldsa_signer(ORIGIN, Purpose.LOG) for _ in range(2))
RECOVERY = generate_signer("example/recovery", Purpose.RECOVERY)


def a_log(place: Path, entries: Sequence[bytes], signer: Signer, *cosigners: Signer) -> Path:
    """Make a log; nobody remembers it."""
    with Log.create(place, origin=ORIGIN, signer=signer, cosigners=cosigners, kind=LogKind.RUN) as log:
        log.append_many(entries)
    return place


def rotate(place: Path, old: Sequence[Signer], new: Sequence[Signer], staying: Sequence[Signer] = ()) -> None:
    """Change the keys of a log, with the consent of the recovery key."""
    rotate_keys(place, old=old, new=new, staying=staying, recovery=RECOVERY, known=None, clock=lambda: NOW)


def followed(place: Path, *keys: Signer) -> FollowedKeys:
    """The keys of a reader who held these, and the recovery key, before they saw the log."""
    statements = read_rotations(open_log_files(place))
    return follow_rotations(statements, [key.verifier for key in keys], recovery=[RECOVERY.verifier])


@pytest.mark.parametrize(
    ("signer", "entries"),
    [(NEW, [b"x", b"y", b"z"]), (OLD, [b"x", b"y"]), (OLD, [b"x"]), (OLD, [])],
    ids=["new key, another past", "old key, the same size", "old key, smaller", "old key, empty"],
)
def test_tree_begins_with_the_head_that_the_statement_names(
    signer: Signer, entries: list[bytes], tmp_path: Path
) -> None:
    """All three keys signed that head; whoever has one of them afterwards signs no other past."""
    place = a_log(tmp_path / "log", [b"a", b"b"], OLD)
    rotate(place, [OLD], [NEW])
    keys = followed(place, OLD)
    assert verify_log(place, keys.verifiers, beginnings=keys.beginnings).size == 3
    forged = a_log(tmp_path / "forged", entries, signer)
    shutil.copytree(place / "rotations", forged / "rotations")
    keys = followed(forged, OLD)
    with pytest.raises(ForkError) as refusal:
        verify_log(forged, keys.verifiers, beginnings=keys.beginnings)
    assert "sovereign key rotation" in refusal.value.seen
    given = ("--key", OLD.verifier.vkey, "--recovery", RECOVERY.verifier.vkey)
    for more in ((), ("--replay",)):
        told = run("audit", "verify", "--log", str(forged), *given, *more)
        assert (told.code, "verified  " in told.out) == (5, False)


def test_each_kind_of_key_is_followed_to_its_last(tmp_path: Path) -> None:
    """A later rotation of one kind does not bring the replaced key of the other kind back."""
    place = a_log(tmp_path / "log", [b"a", b"b"], OLD, OLD_MLDSA)
    rotate(place, [OLD, OLD_MLDSA], [NEW, NEW_MLDSA])
    rotate(place, [NEW], [NEXT], [NEW_MLDSA])
    keys = followed(place, OLD, OLD_MLDSA)
    assert [len(one.new) for one in keys.followed] == [2, 1]
    keys.check_signers(9, [NEXT.verifier.vkey, NEW_MLDSA.verifier.vkey])
    for signers in ([NEXT, OLD_MLDSA], [NEW, NEW_MLDSA], [NEXT]):
        with pytest.raises(SignatureError) as refusal:
            keys.check_signers(9, [key.verifier.vkey for key in signers])
        assert refusal.value.code == "SOV-V033"


def test_recovery_key_is_not_left_unused_beside_a_proof(tmp_path: Path) -> None:
    """A proof shows no rotation: whoever names a recovery key with one is told, not reassured."""
    told = run("audit", "verify", "--proof", "p", "--entry", "e", "--recovery", RECOVERY.verifier.vkey)
    assert told.code == 2
    assert "--recovery is about a log" in told.err


def test_rotation_that_was_not_looked_at_is_told(tmp_path: Path) -> None:
    """Whoever still believes the old key reads that it was replaced; an address lists no rotation."""
    place = a_log(tmp_path / "log", [b"a", b"b"], OLD)
    rotate(place, [OLD], [NEW])
    told = run("audit", "verify", "--log", str(place), "--key", OLD.verifier.vkey)
    assert (told.code, "its keys changed" in told.out) == (0, True)
    told = run("audit", "verify", "--log", str(place), "--key", NEW.verifier.vkey)
    assert (told.code, "its keys changed" in told.out) == (0, False)
    shutil.rmtree(place / "wal")
    with serving_log(place) as (address, _):
        given = ("--key", OLD.verifier.vkey, "--recovery", RECOVERY.verifier.vkey)
        told = run("audit", "verify", "--log", address, *given)
    assert (told.code, "none was looked for" in told.out) == (0, True)
