"""Every rule of the note and checkpoint formats: what breaks it is refused by both readers."""

import base64
from collections.abc import Callable
from pathlib import Path

import pytest

from sovereign.audit.note import parse_note
from sovereign.audit.tree_head import open_checkpoint
from sovereign.audit.verify import verify_log
from sovereign.errors import VerificationError
from sovereign.signing import Ed25519Signer, Ed25519Verifier, Purpose, generate_signer

ORIGIN = "audit.example/test"
ROOT = base64.b64encode(bytes(range(32))).decode()
TEXT = f"{ORIGIN}\n7\n{ROOT}\n"


def note_of(signer: Ed25519Signer, text: str) -> bytes:
    """Return a correctly signed note of any text."""
    signature = base64.b64encode(signer.verifier.key_id + signer.sign(text.encode())).decode()
    return f"{text}\n\u2014 {signer.verifier.name} {signature}\n".encode()


TEXTS = {
    "no-origin": f"\n7\n{ROOT}\n",
    "origin-with-space": f"audit example\n7\n{ROOT}\n",
    "origin-with-plus": f"audit+example\n7\n{ROOT}\n",
    "origin-too-long": f"{'a' * 256}\n7\n{ROOT}\n",
    "leading-zero": f"{ORIGIN}\n07\n{ROOT}\n",
    "signed-size": f"{ORIGIN}\n+7\n{ROOT}\n",
    "underscored-size": f"{ORIGIN}\n1_0\n{ROOT}\n",
    "arabic-digits": f"{ORIGIN}\n\u0667\n{ROOT}\n",
    "empty-size": f"{ORIGIN}\n\n{ROOT}\n",
    "size-2-to-63": f"{ORIGIN}\n{2**63}\n{ROOT}\n",
    "endless-size": f"{ORIGIN}\n{'7' * 5000}\n{ROOT}\n",
    "short-root": f"{ORIGIN}\n7\n{base64.b64encode(bytes(31)).decode()}\n",
    "long-root": f"{ORIGIN}\n7\n{base64.b64encode(bytes(33)).decode()}\n",
    "non-canonical-root": f"{ORIGIN}\n7\n{ROOT[:-2]}9=\n",
    "url-safe-root": f"{ORIGIN}\n7\n{base64.urlsafe_b64encode(bytes([255] * 32)).decode()}\n",
    "extension-line": f"{TEXT}extension\n",
    "two-lines": f"{ORIGIN}\n7\n",
    "trailing-space": f"{ORIGIN}\n7 \n{ROOT}\n",
}

DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "no-final-newline": lambda note: note[:-1],
    "second-final-newline": lambda note: note + b"\n",
    "carriage-returns": lambda note: note.replace(b"\n", b"\r\n"),
    "tab": lambda note: note.replace(b"\n7\n", b"\n7\t\n"),
    "nul": lambda note: note.replace(b"7", b"7\x00", 1),
    "not-utf-8": lambda note: note.replace(b"audit", b"audi\xff", 1),
    "hyphen-for-dash": lambda note: note.replace("\u2014".encode(), b"-"),
    "en-dash": lambda note: note.replace("\u2014".encode(), "\u2013".encode()),
    "no-signature": lambda note: note[: note.index(b"\n\n") + 2],
    "no-empty-line": lambda note: note.replace(b"\n\n", b"\n"),
    "name-with-plus": lambda note: note.replace("\u2014 audit".encode(), "\u2014 au+dit".encode()),
    "no-name": lambda note: note.replace(f"\u2014 {ORIGIN} ".encode(), "\u2014  ".encode()),
    "signature-not-base64": lambda note: note[:-3] + b"*=\n",
    "signature-too-short": lambda note: note[: note.rindex(b" ") + 1] + b"AAAAAA==\n",
    "signature-twice": lambda note: note + note[note.index(b"\n\n") + 2 :],
    "non-canonical-signature": lambda note: note[:-3] + bytes([note[-3] + 1]) + b"=\n",
    "text-after-signatures": lambda note: note + b"trailing text\n",
    "root-changed": lambda note: note.replace(ROOT[:6].encode(), b"BBBBBB", 1),
    "size-changed": lambda note: note.replace(b"\n7\n", b"\n8\n"),
    "empty": lambda _: b"",
    "too-long": lambda note: note + "\u2014 x AAAAAAAA\n".encode() * 5000,
}


def refuse_both(tmp_path: Path, note: bytes, verifiers: list[Ed25519Verifier]) -> None:
    """Both readers refuse the note; the errors say so, never something else."""
    with pytest.raises(VerificationError):
        open_checkpoint(note, verifiers, origin=ORIGIN)
    (tmp_path / "checkpoint").write_bytes(note)
    with pytest.raises(VerificationError):
        verify_log(tmp_path, verifiers)


@pytest.mark.parametrize("name", TEXTS)
def test_text_of_another_form_is_refused(name: str, tmp_path: Path, signer: Ed25519Signer) -> None:
    """A text that breaks one rule is refused although its signature is right."""
    refuse_both(tmp_path, note_of(signer, TEXTS[name]), [signer.verifier])


@pytest.mark.parametrize("name", DAMAGES)
def test_damaged_note_is_refused(name: str, tmp_path: Path, signer: Ed25519Signer) -> None:
    """A note that breaks one rule is refused."""
    refuse_both(tmp_path, DAMAGES[name](note_of(signer, TEXT)), [signer.verifier])


def test_right_note_is_read(signer: Ed25519Signer) -> None:
    """The undamaged note opens: the tests above fail for their own reason."""
    assert open_checkpoint(note_of(signer, TEXT), [signer.verifier], origin=ORIGIN).size == 7


def test_unknown_key_is_ignored_but_not_enough(tmp_path: Path, signer: Ed25519Signer) -> None:
    """A stranger's signature beside the known one does no harm; alone it proves nothing: cannot check."""
    stranger = generate_signer(ORIGIN, Purpose.LOG)
    line = note_of(stranger, TEXT).partition(b"\n\n")[2]
    assert open_checkpoint(note_of(signer, TEXT) + line, [signer.verifier]).size == 7
    with pytest.raises(VerificationError) as refusal:
        open_checkpoint(note_of(stranger, TEXT), [signer.verifier])
    assert refusal.value.code == "SOV-V004"
    (tmp_path / "checkpoint").write_bytes(note_of(stranger, TEXT))
    with pytest.raises(VerificationError) as refusal:
        verify_log(tmp_path, [signer.verifier])
    assert refusal.value.code == "SOV-V004"


def test_key_named_otherwise_than_the_origin_is_refused(tmp_path: Path) -> None:
    """A checkpoint of one log signed by the key of another is refused."""
    other = generate_signer("audit.example/other", Purpose.LOG)
    refuse_both(tmp_path, note_of(other, TEXT), [other.verifier])


def test_divided_at_the_last_empty_line(signer: Ed25519Signer) -> None:
    """A text may hold empty lines; the signatures begin after the last one."""
    assert parse_note(note_of(signer, "a\n\nb\n")).text == "a\n\nb\n"


def test_name_with_unicode_space_is_refused(signer: Ed25519Signer) -> None:
    """Every Unicode white space is excluded from names, the no-break space among it."""
    note = note_of(signer, TEXT).replace("\u2014 audit".encode(), "\u2014 au\u00a0dit".encode())
    with pytest.raises(VerificationError):
        parse_note(note)
