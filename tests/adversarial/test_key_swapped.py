"""The key of a log is exchanged, in its files or under its checkpoint: nobody who holds the true one is misled."""

import json
from functools import partial
from pathlib import Path

import pytest

from sovereign.audit.known_logs import KnownLogs
from sovereign.audit.log import Log
from sovereign.audit.receipt import LogKind
from sovereign.audit.tree_head import open_signed_checkpoint
from sovereign.audit.verify import verify_log
from sovereign.errors import SignatureError, UsageError, VerificationError
from sovereign.signing import Purpose, generate_mldsa_signer, generate_signer, parse_vkey
from sovereign.signing.key_text import format_key

ORIGIN = "audit.example/swapped"
TRUE, EVIL = (generate_signer(ORIGIN, Purpose.LOG) for _ in range(2))
MLDSA, EVIL_MLDSA = (generate_mldsa_signer(ORIGIN, Purpose.LOG) for _ in range(2))


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A hybrid log that this user has seen."""
    log = Log.create(
        tmp_path / "log",
        origin=ORIGIN,
        signer=TRUE,
        cosigners=[MLDSA],
        kind=LogKind.RUN,
        known=KnownLogs(tmp_path),
    )
    with log:
        log.append(b"a")
    return tmp_path / "log"


def test_log_made_anew_with_another_key_is_refused(tmp_path: Path) -> None:
    """A forged log of the same name does not verify with the true key, nor with one of its two true keys."""
    with Log.create(tmp_path / "log", origin=ORIGIN, signer=EVIL, cosigners=[EVIL_MLDSA], kind=LogKind.RUN) as log:
        log.append(b"a")
    for held in ([TRUE], [TRUE, MLDSA], [MLDSA], [EVIL, MLDSA]):
        with pytest.raises(VerificationError):
            verify_log(tmp_path / "log", [signer.verifier for signer in held])


def test_key_in_the_description_alone_opens_nothing(place: Path) -> None:
    """log.json that names the attacker's key first lets neither key write, and misleads no verifier."""
    path = place / "log.json"
    document = json.loads(path.read_text())
    document["vkeys"] = [EVIL.verifier.vkey, *document["vkeys"]]
    path.write_text(json.dumps(document))
    for signer in (TRUE, EVIL):
        with pytest.raises(UsageError) as caught:
            Log.open(place, signer, cosigners=[MLDSA], known=KnownLogs(place.parent))
        assert caught.value.code == "SOV-C305"
    assert verify_log(place, [TRUE.verifier, MLDSA.verifier]).size == 1


def test_cosigner_that_is_exchanged_or_left_out_is_refused(place: Path) -> None:
    """Who saw the log with its ML-DSA-44 key does not write it without, nor with another."""
    for cosigners in ([], [EVIL_MLDSA], [EVIL]):
        with pytest.raises(UsageError) as caught:
            Log.open(place, TRUE, cosigners=cosigners, known=KnownLogs(place.parent))
        assert caught.value.code == "SOV-C305"


def test_private_half_under_another_label_is_refused(tmp_path: Path) -> None:
    """A key file whose private half was exchanged does not load: its label is not true of it."""
    from sovereign.signing import load_any_signer  # noqa: PLC0415  only here

    for true, other in ((TRUE, EVIL), (MLDSA, EVIL_MLDSA), (TRUE, MLDSA), (MLDSA, TRUE)):
        path = tmp_path / f"{id(true)}-{id(other)}"
        path.touch(mode=0o600)
        label = format_key(true).split(b"-----BEGIN")[0]  # type: ignore[arg-type]  both are kinds that a file holds
        path.write_bytes(label + b"-----BEGIN" + format_key(other).split(b"-----BEGIN", 1)[1])  # type: ignore[arg-type]  as above
        with pytest.raises(UsageError) as caught:
            load_any_signer(path, purpose=Purpose.LOG)
        assert caught.value.code == "SOV-C250"


TWINS = (
    "audit.example/c+6c1687ec+ATq8OZc4RjOlnTZzvOqplRQQa+Xyom3x5HIRqRtQoarD",
    "audit.example/c+6c1687ec+ATmR5VGvCUE/YSkHxN9lUbAzFb58R2D7sbSDXkbGG5Q5",
)
"""Two keys of one name and one id, found among a hundred thousand; nobody kept their private halves."""


@pytest.mark.parametrize("order", [1, -1])
def test_two_keys_of_one_id_are_not_taken_for_each_other(order: int, tmp_path: Path) -> None:
    """Four bytes name a key: whoever holds two of one id is told, whichever comes first; one key twice is one key."""
    twins = [parse_vkey(vkey) for vkey in TWINS][::order]
    signer = generate_signer("audit.example/c", Purpose.LOG)
    with Log.create(tmp_path / "log", origin="audit.example/c", signer=signer, kind=LogKind.RUN) as log:
        log.append(b"entry")
    note = (tmp_path / "log" / "checkpoint").read_bytes()
    readers = (partial(verify_log, tmp_path / "log"), partial(open_signed_checkpoint, note))
    for read in readers:
        read([signer.verifier, twins[0], signer.verifier, twins[0]])
        with pytest.raises(SignatureError) as refusal:
            read([signer.verifier, *twins])
        assert (refusal.value.code, "have one id" in refusal.value.message) == ("SOV-V004", True)
