"""Signed notes: strict reading and writing.

1. A note is `text || LF || signature lines`; the text ends with LF and is divided at the last empty line. 2. It is
valid UTF-8 without control characters but LF. 3. A signature line is `— name base64(key id || signature)`, base64
canonical, at least 5 bytes decoded. 4. An unknown (name, key id) is ignored; a known one that fails, or stands twice,
refuses the whole note; no known one refuses it too.

Source: C2SP signed-note v1.0.0.
"""

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from sovereign.errors import SignatureError, VerificationError, quoted
from sovereign.signing import Verifier

__all__ = [
    "Note",
    "NoteSignature",
    "check_signatures",
    "decode_field",
    "format_note",
    "malformed",
    "parse_note",
]

_DASH: Final = "\u2014 "
_LARGEST_NOTE: Final = 64_000
_MOST_SIGNATURES: Final = 100
_SMALLEST_SIGNATURE: Final = 5  # bytes: key id and at least one more
_KEY_ID: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteSignature:
    """One signature line: name, 4-byte key id, signature bytes."""

    name: str
    key_id: bytes
    signature: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A note as read: its text (ends with LF) and its signatures, none of them verified."""

    text: str
    signatures: tuple[NoteSignature, ...]


def parse_note(data: bytes) -> Note:
    """Return the parts of a note; nothing is verified.

    Raises:
        VerificationError: not of the form (SOV-V005).
    """
    if len(data) > _LARGEST_NOTE:
        raise malformed(f"it is longer than {_LARGEST_NOTE} bytes")
    try:
        whole = data.decode("utf-8")
    except UnicodeDecodeError:
        raise malformed("it is not UTF-8") from None
    if any(ord(c) < 0x20 and c != "\n" for c in whole):  # noqa: PLR2004  the first printable ASCII character
        raise malformed("it holds a control character")
    head, divider, lines = whole.rpartition("\n\n")
    if not divider or not lines.endswith("\n"):
        raise malformed("text and signatures are not divided by an empty line")
    signatures = tuple(_parse_signature(line) for line in lines[:-1].split("\n"))
    if len(signatures) > _MOST_SIGNATURES:
        raise malformed(f"it has more than {_MOST_SIGNATURES} signatures")
    return Note(text=head + "\n", signatures=signatures)


def format_note(text: str, signatures: Sequence[NoteSignature]) -> bytes:
    """Return the bytes of a note; the text ends with LF."""
    lines = (f"{_DASH}{s.name} {base64.b64encode(s.key_id + s.signature).decode()}\n" for s in signatures)
    return f"{text}\n{''.join(lines)}".encode()


def check_signatures(
    note: Note, verifiers: Sequence[Verifier], check: Callable[[Verifier, bytes], None]
) -> tuple[Verifier, ...]:
    """Return the given keys that signed a note; at least one.

    Args:
        note: as read.
        verifiers: keys the caller trusts.
        check: returns when the bytes are a key's signature of this note, else raises SignatureError.

    Raises:
        VerificationError: a known key signed twice (SOV-V005).
        SignatureError: a known key's signature fails (SOV-V002), or no known key signed (SOV-V004).
    """
    known = _by_id(verifiers)
    signers: list[Verifier] = []
    for line in note.signatures:
        verifier = known.get((line.name, line.key_id))
        if verifier is None:
            continue
        if verifier in signers:
            raise malformed(f"{quoted(line.name)} signed it twice")
        check(verifier, line.signature)
        signers.append(verifier)
    if not signers:
        raise SignatureError(
            f"no known key signed the note {quoted(note.text.partition(chr(10))[0])}",
            code="SOV-V004",
            hint="give the log's key: `--key VKEY`, a trust file, or a log this user has opened before",
        )
    return tuple(signers)


def _by_id(verifiers: Sequence[Verifier]) -> dict[tuple[str, bytes], Verifier]:
    """Return the keys by name and id; two of one id can be made by whoever tries."""
    known: dict[tuple[str, bytes], Verifier] = {}
    for verifier in verifiers:
        if known.setdefault((verifier.name, verifier.key_id), verifier) != verifier:
            raise SignatureError(
                f"two of the known keys of {quoted(verifier.name)} have one id, {verifier.key_id.hex()}",
                code="SOV-V004",
                hint="give one of them; no note says which of the two signed it",
            )
    return known


def _parse_signature(line: str) -> NoteSignature:
    name, _, encoded = line.removeprefix(_DASH).partition(" ")
    decoded = decode_field(encoded)
    if not line.startswith(_DASH) or not _is_note_name(name) or len(decoded) < _SMALLEST_SIGNATURE:
        raise malformed("a signature line is not of the form `— name base64`")
    return NoteSignature(name=name, key_id=decoded[:_KEY_ID], signature=decoded[_KEY_ID:])


def _is_note_name(name: str) -> bool:
    """Whether a stranger's signature may carry this name: what the note format allows, no less and no more."""
    return bool(name) and "+" not in name and not any(c.isspace() for c in name)


def decode_field(text: str) -> bytes:
    """Return the bytes of a canonical base64 field.

    Raises:
        VerificationError: it is none (SOV-V005).
    """
    try:
        decoded = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise malformed("a field is not base64") from None
    if base64.b64encode(decoded).decode() != text:
        raise malformed("a field is not canonical base64")
    return decoded


def malformed(reason: str) -> VerificationError:
    """Return the error for a note that is not of the form."""
    return VerificationError(
        f"the signed note cannot be read: {reason}",
        code="SOV-V005",
        hint="fetch the file again; a checkpoint is never edited by hand",
    )
