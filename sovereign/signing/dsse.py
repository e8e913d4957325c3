"""DSSE envelopes: a payload, its type, and signatures over both.

1. What is signed is the pre-authentication encoding of type and payload, never the envelope. 2. The payload type must
belong to the purpose of the key. 3. `keyid` is a hint and decides nothing. 4. base64 is standard or URL-safe, padded,
and canonical: decoded and encoded again it is the same text. 5. Callers use the verified bytes, never the envelope.

Source: secure-systems-lab/dsse 1.0.2, protocol.md and envelope.md.
"""

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from sovereign._internal.strict_json import parse_json
from sovereign.errors import InputError, SignatureError, UsageError, VerificationError, quoted
from sovereign.signing.keys import Purpose, Signer, Verifier

__all__ = ["PAYLOAD_TYPES", "VerifiedEnvelope", "envelope_payload_type", "pae", "sign_envelope", "verify_envelope"]

_MOST_SIGNATURES: Final = 100


def _own(kind: str, *suffixes: str) -> frozenset[str]:
    return frozenset(f"application/vnd.sovereign.{kind}+{suffix}" for suffix in suffixes)


PAYLOAD_TYPES: Final[Mapping[Purpose, frozenset[str]]] = MappingProxyType(
    {
        Purpose.ATTEST: frozenset({"application/vnd.in-toto+json"}),
        Purpose.POLICY: _own("policy", "yaml", "rego"),
        Purpose.WAIVER: _own("waiver", "yaml", "json"),
        Purpose.EVIDENCE: _own("evidence", "yaml", "json"),
        Purpose.SITE: _own("site", "yaml"),
        Purpose.DECLASSIFICATION: _own("declassification", "yaml", "json"),
        Purpose.DATA: _own("data", "json"),
        Purpose.ERASURE: _own("erasure", "yaml", "json"),
        Purpose.RECOVERY: _own("key-rotation", "json"),
    }
)
"""The payload types that a key of a purpose may sign. Log and witness keys sign notes, token keys sign JWTs: none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedEnvelope:
    """What an envelope proves.

    Attributes:
        payload: the signed bytes.
        payload_type: one of `PAYLOAD_TYPES` of the purpose asked for.
        signers: the given verifiers that signed, in the order given, each public key once; never empty.
    """

    payload: bytes
    payload_type: str
    signers: tuple[Verifier, ...]


def pae(payload_type: str, payload: bytes) -> bytes:
    """Return the pre-authentication encoding: what DSSE signs. Lengths are in bytes."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def sign_envelope(payload: bytes, payload_type: str, signer: Signer) -> bytes:
    """Return the bytes of an envelope with one signature, ended by LF.

    Raises:
        UsageError: the payload type does not belong to the purpose of the key (SOV-C252).
    """
    if payload_type not in PAYLOAD_TYPES.get(signer.purpose, frozenset()):
        raise UsageError(
            f"a key for {signer.purpose} does not sign {quoted(payload_type)}",
            code="SOV-C252",
            hint="use the key of the purpose that the document belongs to",
        )
    envelope = {
        "payload": base64.b64encode(payload).decode(),
        "payloadType": payload_type,
        "signatures": [
            {
                "keyid": f"{signer.verifier.name}+{signer.verifier.key_id.hex()}",
                "sig": base64.b64encode(signer.sign(pae(payload_type, payload))).decode(),
            }
        ],
    }
    return json.dumps(envelope, indent=1).encode() + b"\n"


def verify_envelope(
    data: bytes, verifiers: Sequence[Verifier], *, purpose: Purpose, source: str = "<envelope>"
) -> VerifiedEnvelope:
    """Return payload, type and signers of an envelope that at least one of `verifiers` signed.

    Whether the keys are trusted, for this purpose and today, was the caller's question before this call.

    Raises:
        InputError: not an envelope (SOV-I001, SOV-I002, SOV-I004, SOV-I005).
        VerificationError: the payload type belongs to another purpose (SOV-V006).
        SignatureError: no signature of a given key verifies (SOV-V002).
    """
    payload, payload_type, signatures = _parse(data, source)
    if payload_type not in PAYLOAD_TYPES.get(purpose, frozenset()):
        raise VerificationError(
            f"{quoted(source)} holds {quoted(payload_type)}, which is no document for {purpose}",
            code="SOV-V006",
            hint="name the signature file that belongs to the document",
        )
    message = pae(payload_type, payload)
    signers: dict[bytes, Verifier] = {}
    for verifier in verifiers:
        if any(_verifies(verifier, signature, message) for signature in signatures):
            signers.setdefault(verifier.public_key, verifier)
    if not signers:
        raise SignatureError(
            f"no trusted {purpose} key signed {quoted(source)}",
            hint="sign it with a key that is listed for this purpose, or list the key that signed it",
        )
    return VerifiedEnvelope(payload=payload, payload_type=payload_type, signers=tuple(signers.values()))


def envelope_payload_type(data: bytes, *, source: str = "<envelope>") -> str:
    """Return the payload type that an envelope claims; unverified, for a message.

    Raises:
        InputError: not an envelope.
    """
    return _parse(data, source)[1]


def _verifies(verifier: Verifier, signature: bytes, message: bytes) -> bool:
    try:
        verifier.verify(signature, message)
    except SignatureError:
        return False
    return True


def _parse(data: bytes, source: str) -> tuple[bytes, str, tuple[bytes, ...]]:
    """Return payload, payload type and signatures; unknown fields are ignored, as the specification demands."""
    match parse_json(data, source=source):
        case {"payload": str(payload), "payloadType": str(payload_type), "signatures": [_, *_] as entries} if (
            len(entries) <= _MOST_SIGNATURES
        ):
            signatures = tuple(_signature(entry, source) for entry in entries)
            return _decode(payload, source), payload_type, signatures
        case _:
            raise _not_an_envelope(source, "payload, payloadType and signatures are expected")


def _signature(entry: object, source: str) -> bytes:
    match entry:
        case {"sig": str(text)}:
            return _decode(text, source)
        case _:
            raise _not_an_envelope(source, "a signature without `sig`")


def _decode(text: str, source: str) -> bytes:
    alphabet = b"-_" if "-" in text or "_" in text else b"+/"
    try:
        decoded = base64.b64decode(text, altchars=alphabet, validate=True)
    except (binascii.Error, ValueError):
        raise _not_an_envelope(source, "a field is not base64") from None
    if base64.b64encode(decoded, altchars=alphabet).decode() != text:
        raise _not_an_envelope(source, "a field is not canonical base64")
    return decoded


def _not_an_envelope(source: str, reason: str) -> InputError:
    return InputError(
        f"{quoted(source)} is not a DSSE envelope: {reason}",
        code="SOV-I002",
        hint="make it with `sovereign keys sign`",
    )
