"""The verifier's own reading of a signed checkpoint; shares no code with the writer.

1. At most 64,000 bytes of UTF-8 without control characters but LF; text and signature lines are divided at the last
empty line; at most 100 lines `— name base64`, base64 canonical. 2. The text is origin, size and root, one line each and
no more. 3. A (name, key id) that the reader does not know is ignored; one they know must verify, and stand only once.
4. Of every signature type of which the reader holds a key named as the origin, one must have signed; at least one.
5. Type 0x01 signs the text. Type 0x06 signs a message about the tree, behind a time in eight bytes.

Source: C2SP signed-note v1.0.0, tlog-checkpoint v1.0.0, tlog-cosignature.
"""

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sovereign.audit.errors import KEEP
from sovereign.errors import SignatureError, VerificationError, quoted
from sovereign.signing import SignatureType, Verifier, is_key_name

__all__ = ["SignedHead", "malformed", "open_head", "read_base64"]

_LARGEST_NOTE: Final = 64_000
_MOST_SIGNATURES: Final = 100
_CHECKPOINT: Final = re.compile(r"([^\n+ ]+)\n(0|[1-9][0-9]{0,18})\n([A-Za-z0-9+/]{43}=)\n")
_SIGNATURE: Final = re.compile(r"— ([^\s+]+) ([A-Za-z0-9+/]+={0,2})\n")
_KEY_ID: Final = 4
_TIME: Final = 8
_LATEST: Final = 2**63 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedHead:
    """A checkpoint that keys of the reader signed.

    Attributes:
        origin: the log's name.
        size: number of entries.
        root: 32 bytes.
        vkeys: the keys that signed, of those given.
    """

    origin: str
    size: int
    root: bytes
    vkeys: tuple[str, ...]


def open_head(note: bytes, verifiers: Sequence[Verifier]) -> SignedHead:
    """Return the checkpoint in a note.

    Raises:
        VerificationError: not of the form, or a known key signed twice (SOV-V005).
        SignatureError: a known key's signature fails (SOV-V002); no key of the origin signed, or none of a type of
            which the reader holds one: cannot check (SOV-V004).
    """
    text, lines = _split(note)
    match = _CHECKPOINT.fullmatch(text)
    if match is None or int(match[2]) > _LATEST or not is_key_name(match[1]):
        raise malformed("origin, size and root are expected, one line each")
    head = SignedHead(origin=match[1], size=int(match[2]), root=read_base64(match[3]), vkeys=())
    known = _by_id(verifiers)
    signers: list[Verifier] = []
    for name, signature in lines:
        verifier = known.get((name, signature[:_KEY_ID]))
        if verifier is None:
            continue  # a stranger's signature says nothing to this reader
        if verifier in signers:
            raise malformed(f"{quoted(name)} signed twice")
        _check(verifier, signature[_KEY_ID:], text, head)
        signers.append(verifier)
    _check_complete(head.origin, signers, verifiers)
    return SignedHead(origin=head.origin, size=head.size, root=head.root, vkeys=tuple(s.vkey for s in signers))


def _by_id(verifiers: Sequence[Verifier]) -> dict[tuple[str, bytes], Verifier]:
    """Return the keys by name and id, which four bytes make: two keys of one id can be made by whoever tries."""
    known: dict[tuple[str, bytes], Verifier] = {}
    for verifier in verifiers:
        if known.setdefault((verifier.name, verifier.key_id), verifier) != verifier:
            raise SignatureError(
                f"two of the given keys of {quoted(verifier.name)} have one id, {verifier.key_id.hex()}",
                code="SOV-V004",
                hint="give one of them; no note says which of the two signed it",
            )
    return known


def read_base64(text: str) -> bytes:
    """Return the bytes of a canonical base64 field (SOV-V005 where it is none)."""
    try:
        decoded = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise malformed("a field is not base64") from None
    if base64.b64encode(decoded).decode() != text:
        raise malformed("a field is not canonical base64")
    return decoded


def malformed(reason: str) -> VerificationError:
    """Return the error for a note that is not of the form."""
    return VerificationError(f"the checkpoint cannot be read: {reason}", code="SOV-V005", hint=KEEP)


def _split(note: bytes) -> tuple[str, list[tuple[str, bytes]]]:
    """Return the text and, for each signature line, name and key id with signature."""
    if len(note) > _LARGEST_NOTE:
        raise malformed(f"it is longer than {_LARGEST_NOTE} bytes")
    try:
        whole = note.decode("utf-8")
    except UnicodeDecodeError:
        raise malformed("it is not UTF-8") from None
    if re.search(r"[\x00-\x09\x0b-\x1f]", whole):
        raise malformed("it holds a control character")
    cut = whole.rfind("\n\n") + 1
    text, block = whole[:cut], whole[cut + 1 :]
    matches = list(_SIGNATURE.finditer(block))
    if not cut or not matches or "".join(match[0] for match in matches) != block:
        raise malformed("signature lines of the form `— name base64` are expected after an empty line")
    if len(matches) > _MOST_SIGNATURES:
        raise malformed(f"it has more than {_MOST_SIGNATURES} signatures")
    lines = [(match[1], read_base64(match[2])) for match in matches]
    if any(len(signature) <= _KEY_ID for _, signature in lines):
        raise malformed("a signature is too short")
    return text, lines


def _check(verifier: Verifier, signature: bytes, text: str, head: SignedHead) -> None:
    """Return when `signature`, without the key id, is the key's over this checkpoint."""
    match verifier.type:
        case SignatureType.ED25519:
            verifier.verify(signature, text.encode())
        case SignatureType.MLDSA44:
            time, signature = signature[:_TIME], signature[_TIME:]
            if int.from_bytes(time, "big") > _LATEST:
                raise SignatureError(f"the cosignature of {quoted(verifier.name)} has an impossible time", hint=KEEP)
            verifier.verify(signature, _cosigned(verifier.name, time, head))


def _cosigned(cosigner: str, time: bytes, head: SignedHead) -> bytes:
    """Return what type 0x06 signs: label, cosigner, time, origin, and the whole tree from entry 0 to its size."""
    name, origin = cosigner.encode(), head.origin.encode()
    parts = [b"subtree/v1\n\0", bytes([len(name)]), name, time, bytes([len(origin)]), origin]
    return b"".join([*parts, bytes(8), head.size.to_bytes(8, "big"), head.root])


def _check_complete(origin: str, signers: Sequence[Verifier], verifiers: Sequence[Verifier]) -> None:
    signed = {signer.type for signer in signers if signer.name == origin}
    held = {verifier.type for verifier in verifiers if verifier.name == origin}
    if not signed:
        raise SignatureError(
            f"the log {quoted(origin)} cannot be checked: none of the given keys signed its checkpoint",
            code="SOV-V004",
            hint="give its key, from elsewhere than the log: `--key VKEY`, a trust file, or a log opened before",
        )
    if held - signed:
        missing = ", ".join(sorted(kind.name for kind in held - signed))
        raise SignatureError(
            f"the log {quoted(origin)} cannot be checked: its checkpoint lacks a signature of type {missing}",
            code="SOV-V004",
            hint="you hold a key of this type: fetch the checkpoint again, a signature was left out or taken away",
        )
