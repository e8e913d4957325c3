"""Signed notes and checkpoints: strict reading and writing.

1. A note is `text || LF || signature lines`; the text ends with LF and is divided at the last empty line. 2. It is
valid UTF-8 without control characters but LF. 3. A signature line is `— name base64(key id || signature)`, base64
canonical, at least 5 bytes decoded. 4. An unknown (name, key id) is ignored; a known one that fails, or stands twice,
refuses the whole note; no known one refuses it too. 5. A checkpoint's text is origin, size, root and nothing else: what
others might add is not covered by every signature type. 6. What is read is written back and compared.

Source: C2SP signed-note v1.0.0, tlog-checkpoint v1.0.0.
"""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sovereign.errors import SignatureError, VerificationError, quoted
from sovereign.signing import Signer, Verifier, is_key_name

__all__ = [
    "Checkpoint",
    "Note",
    "NoteSignature",
    "format_checkpoint",
    "open_checkpoint",
    "open_note",
    "parse_checkpoint",
    "parse_note",
    "sign_checkpoint",
]

_DASH: Final = "\u2014 "
_LARGEST_NOTE: Final = 64_000
_MOST_SIGNATURES: Final = 100
_SMALLEST_SIGNATURE: Final = 5  # bytes: key id and at least one more
_KEY_ID: Final = 4
_ROOT: Final = 32
_LARGEST_SIZE: Final = 2**63 - 1


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """What a log committed to.

    Attributes:
        origin: the log's name.
        size: number of entries.
        root: 32 bytes.
    """

    origin: str
    size: int
    root: bytes


def parse_note(data: bytes) -> Note:
    """Return the parts of a note; nothing is verified.

    Raises:
        VerificationError: not of the form (SOV-V005).
    """
    if len(data) > _LARGEST_NOTE:
        raise _bad(f"it is longer than {_LARGEST_NOTE} bytes")
    try:
        whole = data.decode("utf-8")
    except UnicodeDecodeError:
        raise _bad("it is not UTF-8") from None
    if any(ord(c) < 0x20 and c != "\n" for c in whole):  # noqa: PLR2004  the first printable ASCII character
        raise _bad("it holds a control character")
    head, divider, lines = whole.rpartition("\n\n")
    if not divider or not lines.endswith("\n"):
        raise _bad("text and signatures are not divided by an empty line")
    signatures = tuple(_parse_signature(line) for line in lines[:-1].split("\n"))
    if len(signatures) > _MOST_SIGNATURES:
        raise _bad(f"it has more than {_MOST_SIGNATURES} signatures")
    return Note(text=head + "\n", signatures=signatures)


def open_note(data: bytes, verifiers: Sequence[Verifier]) -> tuple[str, tuple[Verifier, ...]]:
    """Return the text of a note and the given keys that signed it; at least one.

    Raises:
        VerificationError: not of the form, or a known key signed twice (SOV-V005).
        SignatureError: a known key's signature fails (SOV-V002), or no known key signed (SOV-V004).
    """
    note = parse_note(data)
    known = {(verifier.name, verifier.key_id): verifier for verifier in verifiers}
    signers: list[Verifier] = []
    for line in note.signatures:
        verifier = known.get((line.name, line.key_id))
        if verifier is None:
            continue
        if verifier in signers:
            raise _bad(f"{quoted(line.name)} signed it twice")
        verifier.verify(line.signature, note.text.encode())
        signers.append(verifier)
    if not signers:
        raise SignatureError(
            f"no known key signed the note {quoted(note.text.partition(chr(10))[0])}",
            code="SOV-V004",
            hint="give the log's key: `--key VKEY`, a trust file, or a log this user has opened before",
        )
    return note.text, tuple(signers)


def parse_checkpoint(text: str) -> Checkpoint:
    """Return the checkpoint that a note's text is.

    Raises:
        VerificationError: not of the form, or with extension lines (SOV-V005).
    """
    lines = text.split("\n")
    if len(lines) != 4 or lines[3]:  # noqa: PLR2004  origin, size, root, and nothing after the last LF
        raise _bad("a checkpoint has three lines: origin, size, root")
    origin, size, root = lines[:3]
    # Python refuses to read very long numbers; 20 digits are beyond 2^63, and the comparison below sees the rest.
    if not (size.isascii() and size.isdigit() and int(size[:20]) <= _LARGEST_SIZE):
        raise _bad("the size is not a decimal number below 2^63")
    checkpoint = Checkpoint(origin=origin, size=int(size[:20]), root=_decode(root))
    if not is_key_name(origin) or len(checkpoint.root) != _ROOT or format_checkpoint(checkpoint) != text:
        raise _bad("origin, size or root is not in the one form that is allowed")
    return checkpoint


def format_checkpoint(checkpoint: Checkpoint) -> str:
    """Return the text of a checkpoint: three lines."""
    return f"{checkpoint.origin}\n{checkpoint.size}\n{base64.b64encode(checkpoint.root).decode()}\n"


def sign_checkpoint(checkpoint: Checkpoint, signers: Sequence[Signer]) -> bytes:
    """Return the note of a checkpoint, signed by each of `signers` over its text (note type 0x01)."""
    text = format_checkpoint(checkpoint)
    lines = (
        f"{_DASH}{s.verifier.name} {base64.b64encode(s.verifier.key_id + s.sign(text.encode())).decode()}\n"
        for s in signers
    )
    return f"{text}\n{''.join(lines)}".encode()


def open_checkpoint(data: bytes, verifiers: Sequence[Verifier], *, origin: str | None = None) -> Checkpoint:
    """Return the checkpoint in a note that a given key, named as its origin, signed.

    Args:
        data: the signed note.
        verifiers: keys the caller trusts for the log.
        origin: the log the caller means; None accepts the origin of the key that signed.

    Raises:
        VerificationError: not of the form (SOV-V005), or of another origin than its key or the caller's (SOV-V004).
        SignatureError: as `open_note`.
    """
    text, signers = open_note(data, verifiers)
    checkpoint = parse_checkpoint(text)
    if checkpoint.origin not in {signer.name for signer in signers} or origin not in (None, checkpoint.origin):
        raise SignatureError(
            f"the checkpoint is of origin {quoted(checkpoint.origin)}, not of {quoted(origin or signers[0].name)}",
            code="SOV-V004",
            hint="compare the directory and the key that were named",
        )
    return checkpoint


def _parse_signature(line: str) -> NoteSignature:
    name, _, encoded = line.removeprefix(_DASH).partition(" ")
    decoded = _decode(encoded)
    if not line.startswith(_DASH) or not _is_note_name(name) or len(decoded) < _SMALLEST_SIGNATURE:
        raise _bad("a signature line is not of the form `— name base64`")
    return NoteSignature(name=name, key_id=decoded[:_KEY_ID], signature=decoded[_KEY_ID:])


def _is_note_name(name: str) -> bool:
    """Whether a stranger's signature may carry this name: what the note format allows, no less and no more."""
    return bool(name) and "+" not in name and not any(c.isspace() for c in name)


def _decode(text: str) -> bytes:
    try:
        decoded = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise _bad("a field is not base64") from None
    if base64.b64encode(decoded).decode() != text:
        raise _bad("a field is not canonical base64")
    return decoded


def _bad(reason: str) -> VerificationError:
    return VerificationError(
        f"the signed note cannot be read: {reason}",
        code="SOV-V005",
        hint="fetch the file again; a checkpoint is never edited by hand",
    )
