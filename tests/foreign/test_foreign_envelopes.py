"""securesystemslib verifies the DSSE envelopes that our keys sign, and refuses changed ones."""

import base64
import hashlib
import json
import random
from collections.abc import Iterator

import pytest
from foreign import tally
from foreign.mutants import of_file
from foreign.programs import Case, Program, b64, python_program

from sovereign.errors import SovereignError
from sovereign.signing import PAYLOAD_TYPES, Purpose, Verifier, generate_signer, sign_envelope, verify_envelope

PAYLOADS = (b"", b"{}", b'{"decision":"deny"}', "Grüße aus München".encode(), bytes(range(256)) * 40)


@pytest.fixture(scope="module")
def program() -> Program:
    """The library of the Secure Systems Lab, which wrote DSSE."""
    return python_program("securesystemslib", "securesystemslib_cases.py")


def statement(payload: bytes, payload_type: str) -> str:
    """Return what whoever verified an envelope knows."""
    return f"{payload_type} {hashlib.sha256(payload).hexdigest()}"


def question(envelope: bytes, key: Verifier) -> Case:
    """Return the question whether a key signed an envelope."""
    key_id = f"{key.name}+{key.key_id.hex()}"
    return {"envelope": b64(envelope), "key": b64(key.public_key), "keyid": key_id}


def test_accepts_our_envelopes(program: Program) -> None:
    """Every payload type of every purpose verifies, whatever the payload."""
    cases, expected = [], []
    for purpose, types in PAYLOAD_TYPES.items():
        signer = generate_signer("audit.example/signer", purpose)
        for payload_type in sorted(types):
            for payload in PAYLOADS:
                envelope = sign_envelope(payload, payload_type, signer)
                cases.append(question(envelope, signer.verifier))
                expected.append(statement(payload, payload_type))
    assert program.ask(cases) == expected
    tally.count(program.name, accepted=len(cases))


def changed(envelope: bytes) -> Iterator[bytes]:
    """Yield envelopes with another payload, type or signature in the right form."""
    read = json.loads(envelope)
    signature = read["signatures"][0]
    payload, raw = base64.b64decode(read["payload"]), base64.b64decode(signature["sig"])
    chance = random.Random(len(envelope))  # noqa: S311  the same mutants at every run
    for data in (d for _, d in of_file(payload, seed=1, count=100)):
        yield json.dumps({**read, "payload": b64(data)}).encode()
    for data in (d for _, d in of_file(raw, seed=2, count=100)):
        yield json.dumps({**read, "signatures": [{**signature, "sig": b64(data)}]}).encode()
    for other in ("application/json", "", read["payloadType"].upper(), read["payloadType"] + " "):
        yield json.dumps({**read, "payloadType": other}).encode()
    for signatures in ([], [{"keyid": "x", "sig": b64(chance.randbytes(64))}]):
        yield json.dumps({**read, "signatures": signatures}).encode()


def test_refuses_changed_envelopes(program: Program, more: int) -> None:
    """No other payload or type is verified; what it overlooks is a writing of the same bytes."""
    signer = generate_signer("audit.example/signer", Purpose.ATTEST)
    (payload_type,) = PAYLOAD_TYPES[Purpose.ATTEST]
    envelope = sign_envelope(PAYLOADS[2], payload_type, signer)
    mutants = [*changed(envelope), *(data for _, data in of_file(envelope, seed=3, count=400 * more))]
    verdicts = program.ask(question(data, signer.verifier) for data in mutants)
    for data, verdict in zip(mutants, verdicts, strict=True):
        assert verdict in {None, statement(PAYLOADS[2], payload_type)}, data
        ours = is_ours(data, signer.verifier)
        tally.count(program.name, **{"refused" if verdict is None else "same" if ours else "lax": 1})
    assert verdicts.count(None) > len(mutants) * 0.7


def is_ours(data: bytes, key: Verifier) -> bool:
    """Whether our reader takes an envelope; then it must be the true one."""
    try:
        verified = verify_envelope(data, [key], purpose=Purpose.ATTEST)
    except SovereignError:
        return False
    assert verified.payload == PAYLOADS[2]
    return True
