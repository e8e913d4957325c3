"""Changed copies of what strangers verify: bytes, lines, fields, files. Each differs from its original."""

import base64
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

_BASE64: re.Pattern[bytes] = re.compile(rb"[A-Za-z0-9+/]{43,}={0,2}(?=\n)")
_DASH = "\u2014 ".encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """A changed proof file, entry, or both.

    Attributes:
        how: the change, in words.
        proof: the file.
        entry: the bytes that it is said to be about.
    """

    how: str
    proof: bytes
    entry: bytes

    @property
    def note(self) -> bytes:
        """What a reader of the file takes for the checkpoint: all behind its first empty line."""
        return self.proof.partition(b"\n\n")[2]


def of_proof(proof: bytes, entry: bytes, *, seed: int, count: int) -> list[Mutant]:
    """Return mutants of a proof file and its entry: `count` random changes of bytes, and all of lines and fields."""
    chance = random.Random(seed)  # noqa: S311  the same mutants at every run
    files = [
        *((f"byte: {how}", data) for how, data in _bytes(proof, chance, count)),
        *((f"line: {how}", data) for how, data in _lines(proof)),
        *((f"field: {how}", data) for how, data in _fields(proof)),
    ]
    entries = [(f"entry: {how}", data) for how, data in _bytes(entry, chance, count // 5)]
    mutants = [Mutant(how=how, proof=data, entry=entry) for how, data in files if data != proof]
    mutants += [Mutant(how=how, proof=proof, entry=data) for how, data in entries if data != entry]
    return list({(m.proof, m.entry): m for m in mutants}.values())


def of_file(data: bytes, *, seed: int, count: int) -> list[tuple[str, bytes]]:
    """Return random changes of a tile or bundle, with what each is."""
    chance = random.Random(seed)  # noqa: S311  the same mutants at every run
    return [(how, changed) for how, changed in _bytes(data, chance, count) if changed != data]


def of_directory(directory: Path, *, seed: int, count: int) -> Iterator[tuple[str, dict[str, bytes | None]]]:
    """Yield changes of the public files of a log: contents by path, None for an absent one.

    Changed are only the files that a reader of this size needs; an older partial tile is nobody's business.
    """
    needed = _needed(directory)
    for number, path in enumerate(sorted(needed)):
        data = needed[path]
        for how, changed in of_file(data, seed=seed + number, count=count):
            yield f"{path}: {how}", {path: changed}
        yield f"{path}: absent", {path: None}
        yield f"{path}: empty", {path: b""}
        for other in sorted(needed):
            if needed[other] != data:
                yield f"{path} and {other} swapped", {path: needed[other], other: data}
                yield f"{other} in place of {path}", {path: needed[other]}


def _needed(directory: Path) -> dict[str, bytes]:
    """Return the files that the checkpoint's size implies."""
    size = int((directory / "checkpoint").read_bytes().split(b"\n")[1])
    names, width, level = ["checkpoint"], size, 0
    while width:
        for kind in ("entries", "0") if level == 0 else (str(level),):
            names += [f"tile/{kind}/{number:03d}" for number in range(width // 256)]
            names += [f"tile/{kind}/{width // 256:03d}.p/{width % 256}"] if width % 256 else []
        width, level = width // 256, level + 1
    return {name: (directory / name).read_bytes() for name in names}


def _bytes(data: bytes, chance: random.Random, count: int) -> Iterator[tuple[str, bytes]]:
    """Yield single changes of bytes at random places."""
    for _ in range(count):
        at = chance.randrange(len(data) + 1)
        rest = data[at + 1 :]
        yield chance.choice(
            [
                (
                    f"bit flipped at {at}",
                    data[:at] + bytes(b ^ 1 << chance.randrange(8) for b in data[at : at + 1]) + rest,
                ),
                (f"byte dropped at {at}", data[:at] + rest),
                (f"byte put in at {at}", data[:at] + chance.randbytes(1) + data[at:]),
                (f"byte doubled at {at}", data[:at] + data[at : at + 1] + data[at:]),
                (f"cut at {at}", data[:at]),
                (f"neighbours swapped at {at}", data[:at] + data[at : at + 2][::-1] + data[at + 2 :]),
            ]
        )
    yield "byte put behind the end", data + b"\n"


def _lines(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield changes of whole lines."""
    lines = data.split(b"\n")
    changes: dict[str, Callable[[bytes, bytes], list[bytes]]] = {
        "dropped": lambda _, after: [after],
        "doubled": lambda line, after: [line, line, after],
        "swapped with the next": lambda line, after: [after, line],
        "behind an empty line": lambda line, after: [b"", line, after],
        "ends with CR": lambda line, after: [line + b"\r", after],
        "ends with a space": lambda line, after: [line + b" ", after],
        "begins with a space": lambda line, after: [b" " + line, after],
        "with a tab for its spaces": lambda line, after: [line.replace(b" ", b"\t"), after],
        "joined with the next": lambda line, after: [line + after],
        "in capitals": lambda line, after: [line.upper(), after],
    }
    for number in range(len(lines) - 1):
        for how, change in changes.items():
            changed = [*lines[:number], *change(lines[number], lines[number + 1]), *lines[number + 2 :]]
            yield f"{number} {how}", b"\n".join(changed)
    yield "all end with CRLF", data.replace(b"\n", b"\r\n")
    yield "a byte order mark before all", b"\xef\xbb\xbf" + data


def _fields(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield changes of index, size, origin, hashes, key ids and base64."""
    head, _, note = data.partition(b"\n\n")
    lines = head.split(b"\n")
    index, origin, size = int(lines[1].split()[1]), *note.split(b"\n", 2)[:2]
    for other in (b"%d" % (index + 1), b"%d" % (index - 1), b"0%d" % index, b"+%d" % index, size,
                  b"%d" % (index + 2**32), b"%d" % (index + 2**64), b"-0", b"", b"1e2", b"0x0",
                  "\u0661".encode()):  # fmt: skip
        yield f"index {other!r}", data.replace(lines[1], b"index " + other, 1)
    for other in (b"%d" % (int(size) + 1), b"%d" % (int(size) - 1), b"0" + size, b"+" + size, size + b".0", b"", b"-1",
                  b"%d" % (int(size) + 2**64)):  # fmt: skip
        yield f"size {other!r}", data.replace(b"\n" + size + b"\n", b"\n" + other + b"\n", 1)
    for other in (origin + b"x", origin[:-1], origin.upper(), origin + b"/", b"other.example/log"):
        yield f"origin {other!r}", data.replace(origin, other, 1)
        yield f"origin and names {other!r}", data.replace(origin, other)
    stranger = _DASH + b"other.example/log " + base64.b64encode(bytes(range(68))) + b"\n"
    yield "a stranger signed too", data + stranger
    yield "a stranger signed first", head + b"\n\n" + note.replace(b"\n\n", b"\n\n" + stranger, 1)
    yield "extra that nobody signed", data.replace(b"\nindex", b"\nextra aGVsbG8=\nindex", 1)
    yield "extra twice", data.replace(b"\nindex", b"\nextra aGVsbG8=\nextra aGVsbG8=\nindex", 1)
    yield "an extension line", data.replace(b"\n\n" + note, b"\n\n" + note.replace(b"\n\n", b"\nmore\n\n", 1), 1)
    yield "another version", data.replace(b"@v1", b"@v2", 1)
    yield from _hashes(lines[2:], data)
    for found in _BASE64.finditer(data):
        yield from _encodings(found, data)


def _hashes(hashes: list[bytes], data: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield changes of the proof's path beyond those of single lines."""
    block = b"".join(line + b"\n" for line in hashes)
    for how, other in {
        "in reverse": hashes[::-1],
        "left out": [],
        "and one more": [*hashes, base64.b64encode(bytes(32))],
        "of 31 bytes": [*hashes[:-1], base64.b64encode(bytes(31))],
        "of 33 bytes": [*hashes[:-1], base64.b64encode(bytes(33))],
        "of zeros": [base64.b64encode(bytes(32))] * len(hashes),
        "twice": hashes * 2,
        "seventy": [base64.b64encode(bytes(32))] * 70,
    }.items():
        changed = b"".join(line + b"\n" for line in other)
        before, _, after = data.partition(b"\n" + block + b"\n")
        yield f"hashes {how}", before + b"\n" + changed + b"\n" + after


def _encodings(found: re.Match[bytes], data: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield other writings of a base64 field, some with the same bytes, some with a changed first or last one."""
    text, decoded = found.group(), base64.b64decode(found.group())
    alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    bare = text.rstrip(b"=")
    padding = text[len(bare) :]
    unused = bare[:-1] + alphabet[alphabet.index(bare[-1]) ^ 1 :][:1] + padding
    changes = {
        "unused bits set": unused,
        "without padding": bare,
        "more padding": text + b"=",
        "for addresses": text.replace(b"+", b"-").replace(b"/", b"_"),
        "with a line break": text[:20] + b"\n" + text[20:],
        "another key id": base64.b64encode(bytes([decoded[0] ^ 1]) + decoded[1:]),
        "a byte less": base64.b64encode(decoded[:-1]),
        "a byte more": base64.b64encode(decoded + b"\0"),
        "zeros": base64.b64encode(bytes(len(decoded))),
        "key id alone": base64.b64encode(decoded[:4]),
    }
    for how, changed in changes.items():
        yield f"base64 at {found.start()}: {how}", data[: found.start()] + changed + data[found.end() :]
