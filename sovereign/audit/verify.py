"""Verifies a log directory from its bytes alone. Shares no code with the writer: own parsing, hashing and walk.

It promises: below a checkpoint signed by a key that the caller trusts, every entry is the one that was committed to;
any flipped bit, dropped, swapped or repeated entry is found, and the first wrong one is named. It does not promise that
the checkpoint is the newest, or the only one: for that, give the checkpoint that was `seen` before. What lies after the
checkpoint is counted as unsealed, and only its framing is checked.

Sources: C2SP signed-note v1.0.0, tlog-checkpoint v1.0.0, tlog-tiles v0.1.0; RFC 6962 section 2.1.
"""

import base64
import binascii
import hashlib
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sovereign.audit.errors import KEEP, EntryError, ForkError
from sovereign.audit.verify_private import check_description, check_head, read_wal
from sovereign.errors import ProofError, SignatureError, UsageError, VerificationError, quoted
from sovereign.signing import Verifier

__all__ = ["LogReport", "verify_log"]

_WIDTH: Final = 256
_HASH: Final = 32
_CHECKPOINT: Final = re.compile(r"([^\n+ ]+)\n(0|[1-9][0-9]{0,18})\n([A-Za-z0-9+/]{43}=)\n")
_SIGNATURE: Final = re.compile(r"— ([^\s+]+) ([A-Za-z0-9+/]+={0,2})\n")
_TILE: Final = re.compile(r"tile/(entries|[0-9]|[1-5][0-9]|6[0-3])/((?:x[0-9]{3}/)*[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class LogReport:
    """What was verified.

    Attributes:
        origin: the log's name.
        size: number of sealed entries, each verified.
        root: 32 bytes.
        vkeys: the keys that signed the checkpoint, of those given.
        seen_size: size of the earlier checkpoint that this one was shown to extend; None if none was given.
        unsealed: entries after the checkpoint; well framed, but nobody has committed to them.
        notices: what was found beside the evidence and counts as nothing.
    """

    origin: str
    size: int
    root: bytes
    vkeys: tuple[str, ...]
    seen_size: int | None
    unsealed: int
    notices: tuple[str, ...]


def verify_log(  # noqa: C901, PLR0912  one numbered walk in the order of the specification is easier to audit
    directory: Path, verifiers: Sequence[Verifier], *, seen: bytes | None = None
) -> LogReport:
    """Check the whole of a log directory against its checkpoint, and report.

    Args:
        directory: holds `checkpoint` and `tile/`; `wal/`, `head` and `log.json` are checked if present.
        verifiers: the log's keys, from elsewhere than the directory.
        seen: a signed checkpoint that was seen before; this one must extend it.

    Raises:
        EntryError: an entry is not what was committed to; names the first (SOV-V001).
        ProofError: a tile or the root is not (SOV-V001).
        SignatureError: the signature fails (SOV-V002), or no given key signed: cannot check (SOV-V004).
        ForkError: it does not extend `seen` (SOV-V003).
        VerificationError: the checkpoint is not of the form (SOV-V005).
        UsageError: the directory holds no checkpoint (SOV-C310).
    """
    notices: list[str] = []

    # (1) The checkpoint: strictly of the form, signed by a key that the caller trusts and that is named as its origin.
    try:
        note = (directory / "checkpoint").read_bytes()
    except OSError:
        raise UsageError(
            f"{quoted(str(directory))} holds no checkpoint", code="SOV-C310", hint="name a log directory"
        ) from None
    origin, size, root, vkeys = _open_checkpoint(note, verifiers)

    # (2) The earlier checkpoint, signed by the same keys. Whether this one extends it is known after the walk.
    seen_size, seen_root = None, None
    if seen is not None:
        seen_origin, seen_size, seen_root, _ = _open_checkpoint(seen, verifiers)
        if seen_origin != origin:
            raise SignatureError(
                f"the checkpoint seen before is of {quoted(seen_origin)}, this log is {quoted(origin)}",
                code="SOV-V004",
                hint="compare the directory and the checkpoint that were named",
            )
        if seen_size > size:
            raise _fork(f"the log shrank from {seen_size} to {size} entries", seen, note)

    # (3) What the directory says about itself must not contradict the checkpoint.
    check_description(directory, origin, vkeys)
    check_head(directory, origin, size, root, notices)

    # (4) The write-ahead log's frames; those below the checkpoint must be the sealed entries again.
    frames = read_wal(directory, notices)

    # (5) Every bundle against its level-0 tile, from left to right: the first wrong entry is named here.
    tops: list[bytes] = []  # roots of the full level-0 tiles; at the end also that of the partial one
    seen_tops: list[bytes] | None = [] if seen_size == 0 else None
    for number in range(-(-size // _WIDTH)):
        first, width = number * _WIDTH, min(_WIDTH, size - number * _WIDTH)
        entries = _read(directory, "entries", number, width, first)
        tile = _read(directory, "0", number, width, first)[: width * _HASH]
        leaves = _leaf_hashes(entries, width)
        if leaves is None or b"".join(leaves) != tile:
            raise _first_wrong(entries, tile, first, width)
        for index in range(first, first + width) if frames else ():
            if index in frames and _leaf(frames[index]) != leaves[index - first]:
                raise EntryError("the write-ahead log holds another entry than the tree", index=index)
        if seen_size is not None and first < seen_size <= first + width:
            seen_tops = [*tops, _root(leaves[: seen_size - first])]
        tops.append(_root(leaves))

    # (6) Every higher tile against the roots of the tiles below it.
    nodes, level = tops[: size // _WIDTH], 1
    while nodes:
        for start in range(0, len(nodes), _WIDTH):
            expected = b"".join(nodes[start : start + _WIDTH])
            width, span = len(expected) // _HASH, int(_WIDTH**level)
            tile = _read(directory, str(level), start // _WIDTH, width, start * span)[: width * _HASH]
            if tile != expected:
                wrong = next(i for i in range(width) if tile[i * _HASH :][:_HASH] != expected[i * _HASH :][:_HASH])
                index = (start + wrong) * span
                raise EntryError(f"one of {span} entries from here on was changed together with its tile", index=index)
        full = len(nodes) // _WIDTH
        nodes = [_root(nodes[i * _WIDTH : (i + 1) * _WIDTH]) for i in range(full)]
        level += 1

    # (7) The root over all entries is the signed one.
    if _root(tops) != root:
        raise ProofError(
            f"the {size} entries have the root {_root(tops).hex()}, the checkpoint says {root.hex()}", hint=KEEP
        )

    # (8) The earlier tree is a prefix: its root follows from the same entries.
    if seen is not None and _root(seen_tops or []) != seen_root:
        raise _fork(f"the first {seen_size} entries are not those that were seen before", seen, note)

    # (9) Other files under tile/: older partial ones must be prefixes; what lies beyond the checkpoint is named only.
    _check_leftovers(directory, size, notices)

    # (10) What lies after the checkpoint is unsealed.
    unsealed = sum(1 for index in frames if index >= size)
    if unsealed and min(index for index in frames if index >= size) != size:
        raise EntryError("neither the tree nor the write-ahead log holds it", index=size)
    return LogReport(
        origin=origin,
        size=size,
        root=root,
        vkeys=vkeys,
        seen_size=seen_size,
        unsealed=unsealed,
        notices=tuple(notices),
    )


# -- the checkpoint ------------------------------------------------------------------------------------------------


def _open_checkpoint(note: bytes, verifiers: Sequence[Verifier]) -> tuple[str, int, bytes, tuple[str, ...]]:
    """Return origin, size, root and the vkeys that signed."""
    text, lines = _split_note(note)
    match = _CHECKPOINT.fullmatch(text)
    if match is None or int(match[2]) >= 1 << 63 or not match[1].isprintable():
        raise _malformed("origin, size and root are expected, one line each")
    vkeys: list[str] = []
    for name, signature in lines:
        for verifier in verifiers:
            if (verifier.name, verifier.key_id) != (name, signature[:4]) or verifier.name != match[1]:
                continue  # a stranger's signature, or a key for another log
            if verifier.vkey in vkeys:
                raise _malformed(f"{quoted(name)} signed twice")
            verifier.verify(signature[4:], text.encode())
            vkeys.append(verifier.vkey)
    if not vkeys:
        raise SignatureError(
            f"the log {quoted(match[1])} cannot be checked: none of the given keys signed its checkpoint",
            code="SOV-V004",
            hint="give its key, from elsewhere than the log: `--key VKEY`, a trust file, or a log opened before",
        )
    return match[1], int(match[2]), _decode(match[3]), tuple(vkeys)


def _split_note(note: bytes) -> tuple[str, list[tuple[str, bytes]]]:
    """Return the text and, for each signature line, name and key id with signature."""
    try:
        whole = note.decode("utf-8")
    except UnicodeDecodeError:
        raise _malformed("it is not UTF-8") from None
    if re.search(r"[\x00-\x09\x0b-\x1f]", whole):
        raise _malformed("it holds a control character")
    cut = whole.rfind("\n\n") + 1
    text, block = whole[:cut], whole[cut + 1 :]
    matches = list(_SIGNATURE.finditer(block))
    if not cut or not matches or "".join(match[0] for match in matches) != block:
        raise _malformed("signature lines of the form `— name base64` are expected after an empty line")
    lines = [(match[1], _decode(match[2])) for match in matches]
    if any(len(signature) < 5 for _, signature in lines):  # noqa: PLR2004  key id and at least one byte
        raise _malformed("a signature is too short")
    return text, lines


def _decode(text: str) -> bytes:
    try:
        decoded = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise _malformed("a field is not base64") from None
    if base64.b64encode(decoded).decode() != text:
        raise _malformed("a field is not canonical base64")
    return decoded


# -- the tree ------------------------------------------------------------------------------------------------------


def _leaf(entry: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + entry).digest()


def _root(nodes: Sequence[bytes]) -> bytes:
    """Return the root over `nodes`; a node without a sibling moves up unchanged, which is the split of RFC 6962."""
    if not nodes:
        return hashlib.sha256(b"").digest()
    sha256 = hashlib.sha256
    while len(nodes) > 1:
        pairs = [sha256(b"\x01" + nodes[i] + nodes[i + 1]).digest() for i in range(0, len(nodes) - 1, 2)]
        nodes = [*pairs, nodes[-1]] if len(nodes) & 1 else pairs
    return nodes[0]


def _leaf_hashes(bundle: bytes, width: int) -> list[bytes] | None:
    """Return the leaf hashes of the first `width` entries of a bundle; None if it is cut short."""
    sha256, leaves, position = hashlib.sha256, [], 0
    try:
        for _ in range(width):
            start = position + 2
            position = start + (bundle[start - 2] << 8) + bundle[start - 1]
            leaves.append(sha256(b"\x00" + bundle[start:position]).digest())
    except IndexError:
        return None
    return leaves if position <= len(bundle) else None


def _first_wrong(bundle: bytes, tile: bytes, first: int, width: int) -> EntryError:
    """Return the error that names the first entry of a bundle whose hash is not that of the tile."""
    for place in range(width):
        leaves = _leaf_hashes(bundle, place + 1)
        held = tile[place * _HASH : (place + 1) * _HASH]
        if leaves is None:
            return EntryError("its bundle is cut short", index=first + place)
        if leaves[place] != held:
            return EntryError(f"it hashes to {leaves[place].hex()}, the tree holds {held.hex()}", index=first + place)
    raise AssertionError("called for a bundle that agrees with its tile")


def _read(directory: Path, level: str, number: int, width: int, first: int) -> bytes:
    """Return a tile or bundle of at least `width`; a partial one may have been replaced by the full one."""
    path = f"tile/{level}/{_digits(number)}"
    for name, is_exact in ((f"{path}.p/{width}", width < _WIDTH), (path, width == _WIDTH)):
        if name == path or is_exact:
            try:
                data = (directory / name).read_bytes()
            except OSError:
                continue
            _check_length(data, name, level, width if is_exact else _WIDTH, first)
            return data
    raise EntryError(f"{path} is missing", index=first)


def _check_length(data: bytes, name: str, level: str, width: int, first: int) -> None:
    """A file holds exactly its width: bytes behind it would be evidence that nobody committed to."""
    if level == "entries":
        position = 0
        for _ in range(width):
            position += 2 + int.from_bytes(data[position : position + 2], "big")
        is_longer = len(data) > position
    else:
        is_longer = len(data) > width * _HASH
    if is_longer:
        raise EntryError(f"{name} has bytes that belong to no entry", index=first)


def _digits(number: int) -> str:
    text = f"{number:03d}"
    text = text.zfill(-(-len(text) // 3) * 3)
    groups = [text[i : i + 3] for i in range(0, len(text), 3)]
    return "/".join([f"x{group}" for group in groups[:-1]] + groups[-1:])


def _check_leftovers(directory: Path, size: int, notices: list[str]) -> None:
    """Compare older partial files with what replaced them; name what belongs to no tree of this checkpoint."""
    for folder, _, names in os.walk(directory / "tile"):
        for name in names:
            path = Path(folder, name).relative_to(directory).as_posix()
            match = _TILE.fullmatch(path)
            if match is None:
                notices.append(f"{quoted(path)} belongs to no log; it counts as nothing")
                continue
            level = 0 if match[1] == "entries" else int(match[1])
            number = int(match[2].replace("/", "").replace("x", ""))
            held = min(_WIDTH, (size >> (8 * level)) - number * _WIDTH)
            width = int(match[3] or _WIDTH)
            if width > held:
                notices.append(f"{quoted(path)} lies beyond the checkpoint; it counts as nothing")
            elif width < held:
                _check_older(directory, path, match[1], number, width, held)


def _check_older(directory: Path, path: str, level: str, number: int, width: int, held: int) -> None:
    first = number * _WIDTH ** (1 if level == "entries" else int(level) + 1)
    whole = _read(directory, level, number, held, first)
    end = width * _HASH
    if level == "entries":
        end = 0
        for _ in range(width):
            end += 2 + int.from_bytes(whole[end : end + 2], "big")
    if (directory / path).read_bytes() != whole[:end]:
        raise ProofError(f"{path} is not what the larger tree begins with", hint=KEEP)


# -- errors --------------------------------------------------------------------------------------------------------


def _malformed(reason: str) -> VerificationError:
    return VerificationError(f"the checkpoint cannot be read: {reason}", code="SOV-V005", hint=KEEP)


def _fork(message: str, seen: bytes, found: bytes) -> ForkError:
    return ForkError(
        message,
        seen=seen.decode(errors="replace"),
        found=found.decode(errors="replace"),
        hint="keep both checkpoints: together they prove it",
    )
