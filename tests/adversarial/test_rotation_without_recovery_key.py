"""Whoever stole a log's key rotates it to a key of their own: no reader follows without the recovery key's consent."""

import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest

from sovereign.audit.checkpoint import Checkpoint
from sovereign.audit.log import Log
from sovereign.audit.note import Note, NoteSignature, format_note, parse_note
from sovereign.audit.receipt import LogKind
from sovereign.audit.rotation import follow_rotations, sign_rotation
from sovereign.audit.verify import verify_log
from sovereign.errors import SignatureError
from sovereign.signing import Purpose, Signer, generate_signer

ORIGIN = "audit.example/rotated"
HEAD = Checkpoint(origin=ORIGIN, size=2, root=bytes(32))
OLD, NEW, EVIL = (generate_signer(ORIGIN, Purpose.LOG) for _ in range(3))
RECOVERY, OTHER_RECOVERY = (generate_signer("example/recovery", Purpose.RECOVERY) for _ in range(2))
GOOD = sign_rotation(HEAD, [OLD], [NEW], RECOVERY)


def without(number: int) -> bytes:
    """The statement with one of its three signature lines taken away."""
    note = parse_note(GOOD)
    return format_note(note.text, [line for index, line in enumerate(note.signatures) if index != number])


def edited(change: Callable[[str], str], *signers: Signer) -> bytes:
    """The statement with another text, signed anew by those whose keys the attacker has."""
    text = change(parse_note(GOOD).text)
    kept = [line for line in parse_note(GOOD).signatures if line.key_id == RECOVERY.verifier.key_id]
    made = [
        NoteSignature(name=s.verifier.name, key_id=s.verifier.key_id, signature=s.sign(text.encode())) for s in signers
    ]
    return format_note(Note(text=text, signatures=()).text, [*made, *kept])


ATTACKS = {
    "no signature of the old key": without(0),
    "no signature of the new key": without(1),
    "no signature of the recovery key": without(2),
    "another recovery key": sign_rotation(HEAD, [OLD], [EVIL], OTHER_RECOVERY),
    "a recovery key that is the attacker's log key": edited(
        lambda text: text.replace(NEW.verifier.vkey, EVIL.verifier.vkey).replace(
            RECOVERY.verifier.vkey, EVIL.verifier.vkey
        ),
        OLD,
        EVIL,
    ),
    "the new key swapped": edited(lambda text: text.replace(NEW.verifier.vkey, EVIL.verifier.vkey), OLD, EVIL),
    "the size swapped": edited(lambda text: text.replace("size 2", "size 1"), OLD, NEW),
    "an old key that nobody trusts": sign_rotation(HEAD, [EVIL], [NEW], RECOVERY),
    "a log of another name": sign_rotation(
        dataclasses.replace(HEAD, origin="audit.example/other"),
        [generate_signer("audit.example/other", Purpose.LOG)],
        [generate_signer("audit.example/other", Purpose.LOG)],
        RECOVERY,
    ),
    "old, new and recovery key in one": edited(
        lambda text: text.replace(NEW.verifier.vkey, OLD.verifier.vkey).replace(
            RECOVERY.verifier.vkey, OLD.verifier.vkey
        ),
        OLD,
    ),
    "a checkpoint": GOOD.replace(b"sovereign key rotation, version 1\n", b""),
    "nothing": b"",
    "bytes": bytes(range(256)),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_forged_rotation_is_not_followed(attack: str) -> None:
    """The reader's keys stay what they were, and the reason is told; the honest statement beside it still counts."""
    held = [OLD.verifier]
    found = follow_rotations([ATTACKS[attack]], held, recovery=[RECOVERY.verifier])
    assert found.verifiers == tuple(held)
    assert len(found.refused) == 1
    both = follow_rotations([ATTACKS[attack], GOOD], held, recovery=[RECOVERY.verifier])
    assert both.verifiers == (OLD.verifier, NEW.verifier)


def test_honest_rotation_is_followed_only_with_the_recovery_key() -> None:
    """A reader without it, or with another one, trusts what they trusted before."""
    held = [OLD.verifier]
    assert follow_rotations([GOOD], held, recovery=[RECOVERY.verifier]).verifiers == (OLD.verifier, NEW.verifier)
    for recovery in ([], [OTHER_RECOVERY.verifier], [OLD.verifier], [NEW.verifier]):
        assert follow_rotations([GOOD], held, recovery=recovery).verifiers == tuple(held)


def test_two_rotations_of_one_key_are_followed_by_nobody() -> None:
    """One of them is a lie of somebody who has both keys: a person has to decide."""
    rival = sign_rotation(HEAD, [OLD], [EVIL], RECOVERY)
    found = follow_rotations([GOOD, rival], [OLD.verifier], recovery=[RECOVERY.verifier])
    assert found.verifiers == (OLD.verifier,)
    assert len(found.refused) == 2


def test_replaced_key_signs_no_later_checkpoint(tmp_path: Path) -> None:
    """A log written on with the old key alone is refused by whoever followed, though its old key is still held."""
    with Log.create(tmp_path / "log", origin=ORIGIN, signer=OLD, kind=LogKind.RUN) as log:
        log.append_many([b"a", b"b", b"written by a thief"])
    found = follow_rotations([GOOD], [OLD.verifier], recovery=[RECOVERY.verifier])
    report = verify_log(tmp_path / "log", found.verifiers)
    with pytest.raises(SignatureError) as caught:
        found.check_signers(report.size, report.vkeys)
    assert caught.value.code == "SOV-V033"
