"""Notes, tiles, bundles and objects that are too large, too deep or of no form: refused soon, never verified."""

import base64
import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from sovereign.audit.log import Log
from sovereign.audit.receipt import LogKind
from sovereign.audit.verify import verify_log
from sovereign.errors import SovereignError, VerificationError
from sovereign.signing import Ed25519Signer, Purpose, generate_signer

ORIGIN = "audit.example/forms"


@pytest.fixture
def signer() -> Ed25519Signer:
    """The log's key."""
    return generate_signer(ORIGIN, Purpose.LOG)


@pytest.fixture
def log(tmp_path: Path, signer: Ed25519Signer) -> Path:
    """A log of 300 entries."""
    with Log.create(tmp_path / "log", origin=ORIGIN, signer=signer, kind=LogKind.RUN) as log:
        log.append_many([b"entry %d" % i for i in range(300)])
    return tmp_path / "log"


STRANGER = "— stranger.example ".encode() + base64.b64encode(bytes(68)) + b"\n"
NOTES: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda _: b"",
    "one line feed": lambda _: b"\n",
    "many signatures": lambda n: n + STRANGER * 100,
    "long": lambda n: n + "— s ".encode() + base64.b64encode(bytes(60_000)) + b"\n",
    "very long": lambda n: n + b"x" * (1 << 24),
    "deep": lambda n: b"\n" * 50_000 + n,
    "not utf-8": lambda n: n.replace(b"audit", b"aud\xfft", 1),
    "null": lambda n: n.replace(b"\n300\n", b"\n300\x00\n"),
    "tab": lambda n: n.replace(b"\n300\n", b"\n300\t\n"),
    "windows lines": lambda n: n.replace(b"\n", b"\r\n"),
    "second checkpoint": lambda n: n + b"\n" + n,
    "extension line": lambda n: n.replace(b"\n\n", b"\nextension\n\n"),
    "huge size": lambda n: n.replace(b"\n300\n", b"\n" + b"9" * 60_000 + b"\n"),
    "size of 2^63": lambda n: n.replace(b"\n300\n", b"\n9223372036854775808\n"),
    "negative size": lambda n: n.replace(b"\n300\n", b"\n-300\n"),
    "no final line feed": lambda n: n[:-1],
    "line behind": lambda n: n + b"x\n",
    "hyphen for dash": lambda n: n.replace("— ".encode(), b"- "),
    "spaces": lambda n: n.replace("— ".encode(), "—  ".encode()),
}


@pytest.mark.parametrize("form", NOTES)
def test_note_of_another_form(form: str, log: Path, signer: Ed25519Signer) -> None:
    """The checkpoint has one form; what goes beyond it is not searched for a good part."""
    note = log / "checkpoint"
    note.write_bytes(NOTES[form](note.read_bytes()))
    with pytest.raises(VerificationError):
        verify_log(log, [signer.verifier])
    with pytest.raises(VerificationError):
        verify_log(log, [signer.verifier], seen=note.read_bytes())


FILES: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda _: b"",
    "one byte": lambda _: b"\x00",
    "half": lambda d: d[: len(d) // 2],
    "twice": lambda d: d * 2,
    "one more hash": lambda d: d + bytes(32),
    "endless lengths": lambda _: b"\xff\xff" * 600,
    "empty entries": lambda _: bytes(2 * 256),
    "larger than a bundle": lambda _: b"\x00\x01x" * 6_000_000,
    "long first entry": lambda d: b"\xff\xff" + d[2:],
    "shifted": lambda d: d[1:] + d[:1],
}


@pytest.mark.parametrize("path", ["tile/0/000", "tile/0/001.p/44", "tile/1/000.p/1", "tile/entries/000"])
@pytest.mark.parametrize("form", FILES)
def test_tile_or_bundle_of_another_form(path: str, form: str, log: Path, signer: Ed25519Signer) -> None:
    """Cut, doubled, shifted, or with lengths that lead beyond the file."""
    file = log / path
    file.write_bytes(FILES[form](file.read_bytes()))
    with pytest.raises(VerificationError):
        verify_log(log, [signer.verifier])


def deep(levels: int) -> bytes:
    """Return JSON that is nested so deep."""
    return b"[" * levels + b"]" * levels


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"null", deep(200_000), b"\xff", b'{"origin":1,"vkeys":2}'])
def test_description_of_another_form(content: bytes, log: Path, signer: Ed25519Signer) -> None:
    """What a log says about itself is no evidence, and may not be nonsense."""
    (log / "log.json").write_bytes(content)
    with pytest.raises(VerificationError):
        verify_log(log, [signer.verifier])


@pytest.mark.parametrize("content", [b"", b"\xff", b"x\n1\n", b"9" * 60_000, b"x" * 100_000])
def test_head_of_another_form(content: bytes, log: Path, signer: Ed25519Signer) -> None:
    """Nor may the head."""
    (log / "head").write_bytes(content)
    with pytest.raises(VerificationError):
        verify_log(log, [signer.verifier])


def test_deep_entries_are_verified_as_bytes(tmp_path: Path, signer: Ed25519Signer) -> None:
    """An entry that no parser survives is evidence like any other; it is hashed, not read."""
    with Log.create(tmp_path / "deep", origin=ORIGIN, signer=signer, kind=LogKind.RUN) as log:
        log.append(deep(30_000))
    assert verify_log(tmp_path / "deep", [signer.verifier]).size == 1


def test_objects_are_what_they_are_named(tmp_path: Path, signer: Ed25519Signer) -> None:
    """Kept: verified. Gone: counted. Changed: refused. A stranger among them: named."""
    content, digest = b"a request", hashlib.sha256(b"a request").hexdigest()
    entries = [json.dumps({"request": name}, separators=(",", ":")).encode() for name in (digest, "0" * 64, "0" * 64)]
    with Log.create(tmp_path / "log", origin=ORIGIN, signer=signer, kind=LogKind.RUN) as log:
        log.append_many(entries)
    kept = tmp_path / "log/objects"
    kept.mkdir(exist_ok=True)
    (kept / digest).write_bytes(content)
    (kept / "notes.txt").write_bytes(b"")
    notices = verify_log(tmp_path / "log", [signer.verifier]).notices
    assert any("in 2 places entries name an object that is not kept" in notice for notice in notices)
    assert any("notes.txt" in notice for notice in notices)
    (kept / digest).write_bytes(content + b"x")
    with pytest.raises(SovereignError, match="not what its name says"):
        verify_log(tmp_path / "log", [signer.verifier])


def test_folders_without_end_and_strangers_without_number(log: Path, signer: Ed25519Signer) -> None:
    """Folders deeper than a log has are not walked; of files that belong to no log the first are named."""
    (log / "objects").mkdir()
    for number in range(30):
        (log / "objects" / f"stranger{number}").touch()
    notices = verify_log(log, [signer.verifier]).notices
    assert sum("belongs to no log" in notice for notice in notices) < 10
    assert any("22 more such files" in notice for notice in notices)
    folder = log / "tile"
    for _ in range(200):
        folder /= "a"
        folder.mkdir()
    with pytest.raises(VerificationError) as refusal:
        verify_log(log, [signer.verifier])
    assert refusal.value.code == "SOV-V020"
