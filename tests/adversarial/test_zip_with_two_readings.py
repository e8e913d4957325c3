"""A zip that two programs read differently: one is shown the sealed log, the other whatever its packer likes."""

import stat
import struct
import warnings
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from sovereign.audit.log import Log
from sovereign.audit.receipt import LogKind
from sovereign.audit.verify import verify_log
from sovereign.errors import UsageError, VerificationError
from sovereign.signing import Ed25519Signer, Purpose, generate_signer

Members = list[tuple[zipfile.ZipInfo, bytes]]


@pytest.fixture
def signer() -> Ed25519Signer:
    """The log's key."""
    return generate_signer("audit.example/zip", Purpose.LOG)


@pytest.fixture
def members(tmp_path: Path, signer: Ed25519Signer) -> Members:
    """The files of a sealed log, ready to be packed."""
    with Log.create(tmp_path / "log", origin=signer.verifier.name, signer=signer, kind=LogKind.RUN) as log:
        log.append_many([b"entry %d" % i for i in range(3)])
    names = ["checkpoint", "log.json", "tile/0/000.p/3", "tile/entries/000.p/3"]
    return [(zipfile.ZipInfo(name), (tmp_path / "log" / name).read_bytes()) for name in names]


def packed(target: Path, members: Members, method: int = zipfile.ZIP_STORED) -> Path:
    """Pack the members in this order, also where a name stands twice."""
    with zipfile.ZipFile(target, "w") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about names that stand twice
        for info, data in members:
            archive.writestr(info, data, method)
    return target


def named(
    name: str, data: bytes = b"x", *, mode: int = 0, attributes: int = 0, extra: bytes = b"", system: int = 3
) -> tuple[zipfile.ZipInfo, bytes]:
    """Return a member."""
    info = zipfile.ZipInfo(name)
    info.create_system, info.external_attr, info.extra = system, mode << 16 | attributes, extra
    return info, data


def test_plain_zip_verifies(members: Members, signer: Ed25519Signer, tmp_path: Path) -> None:
    """Nothing but the attack makes the difference."""
    assert verify_log(packed(tmp_path / "log.zip", members), [signer.verifier]).size == 3


ADDED: dict[str, tuple[zipfile.ZipInfo, bytes]] = {
    "a name twice": named("checkpoint"),
    "a name twice but for capitals": named("Checkpoint"),
    "a file as folder of another": named("tile"),
    "a path upwards": named("../checkpoint"),
    "a path upwards in between": named("tile/../checkpoint"),
    "an absolute path": named("/etc/passwd"),
    "a drive": named("C:/checkpoint"),
    "a backslash": named("tile\\0\\001"),
    "an empty part": named("tile//0"),
    "a dot": named("./checkpoint"),
    "a path of very many parts": named("a/" * 30_000 + "a"),
    "more folders than a log has": named("a/" * 16 + "a"),
    "letters of two forms": named("caf\u00e9"),
    "a link": named("tile/0/001", b"/etc/passwd", mode=stat.S_IFLNK | 0o777),
    **{
        f"a link of system {system}": named("tile/0/001", b"/etc/passwd", mode=stat.S_IFLNK | 0o777, system=system)
        for system in (0, 2, 5, 16, 30)
    },
    "a device": named("tile/0/001", mode=stat.S_IFCHR | 0o666),
    "a folder with bytes": named("objects/", b"x"),
    "a file that DOS takes for a folder": named("tile/0/001", attributes=0x10),
    "a folder of a file's name": named("checkpoint/", b""),
    "a folder below a file": named("checkpoint/more/", b""),
    "a folder of other capitals": named("TILE/", b""),
    "a file in a folder of other capitals": named("TILE/0/001"),
    "a file that says it is a folder": named("tile/0/001", mode=stat.S_IFDIR | 0o755),
    "a second name": named("other", extra=struct.pack("<HHBL", 0x7075, 15, 1, zlib.crc32(b"other")) + b"checkpoint"),
    "a long length": named("other", extra=struct.pack("<HHQ", 0x0001, 8, 1)),
    "encryption": named("other", extra=struct.pack("<HHHHBH", 0x9901, 7, 2, 0x4541, 3, 0)),
    "a broken field": named("other", extra=struct.pack("<HH", 0x5455, 99)),
}


@pytest.mark.parametrize("attack", ADDED)
def test_file_that_would_be_read_in_two_ways(
    attack: str, members: Members, signer: Ed25519Signer, tmp_path: Path
) -> None:
    """One member more refuses the whole zip, whether or not the log needs it."""
    for place in (0, len(members)):
        added = [*members[:place], ADDED[attack], *members[place:]]
        with pytest.raises(VerificationError) as refusal:
            verify_log(packed(tmp_path / f"{place}.zip", added), [signer.verifier])
        assert refusal.value.code == "SOV-V020"


def replaced(old: bytes, new: bytes, count: int = -1) -> Callable[[bytes], bytes]:
    """Return the change of some bytes of the zip by as many others."""
    assert len(old) == len(new)
    return lambda data: data.replace(old, new, count)


def end_of(data: bytes, **changes: int) -> bytes:
    """Return the zip with other fields in its end record."""
    fields = list(struct.unpack("<4s4H2LH", data[-22:]))
    for name, value in changes.items():
        fields[["_", "disk", "first", "here", "all", "length", "start", "comment"].index(name)] += value
    return data[:-22] + struct.pack("<4s4H2LH", *fields)


LAYOUTS: dict[str, Callable[[bytes], bytes]] = {
    "data before": lambda d: b"#!/bin/sh\n" + d,
    "data behind": lambda d: d + b"x",
    "a comment": lambda d: end_of(d, comment=1) + b"x",
    "a zip in front": lambda d: d + d,
    "a zip in the comment": lambda d: end_of(d, comment=len(d)) + d,
    "two end records": lambda d: d + d[-22:],
    "the header under another name": replaced(b"log.json", b"log_json", 1),
    "the directory under another name": lambda d: d[::-1].replace(b"nosj.gol", b"nosj_gol", 1)[::-1],
    "one file less in the count": lambda d: end_of(d, here=-1, all=-1),
    "one file more in the count": lambda d: end_of(d, here=1, all=1),
    "counts that differ": lambda d: end_of(d, here=-1),
    "another disk": lambda d: end_of(d, disk=1),
    "the directory elsewhere": lambda d: end_of(d, start=-1, length=1),
    "a shorter directory": lambda d: end_of(d, start=4),
    "a gap before the directory": lambda d: end_of(d.replace(b"PK\x01\x02", b"GAP!PK\x01\x02", 1), start=4),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_zip_of_another_layout(layout: str, members: Members, signer: Ed25519Signer, tmp_path: Path) -> None:
    """Every byte belongs to one file, header and directory agree, and the end is the end."""
    path = packed(tmp_path / "log.zip", members)
    path.write_bytes(LAYOUTS[layout](path.read_bytes()))
    with pytest.raises((VerificationError, UsageError)):
        verify_log(path, [signer.verifier])


def test_bomb_is_not_unpacked(members: Members, signer: Ed25519Signer, tmp_path: Path) -> None:
    """A file that inflates beyond what such a file of a log has: refused by what is stated, and by what comes out."""
    bomb = [*members, named("tile/0/001", bytes(50_000_000))]
    path = packed(tmp_path / "bomb.zip", bomb, zipfile.ZIP_DEFLATED)
    with pytest.raises(VerificationError):
        verify_log(path, [signer.verifier])
    data = path.read_bytes().replace(struct.pack("<L", 50_000_000), struct.pack("<L", 8192))
    path.write_bytes(data)
    with pytest.raises(VerificationError):
        verify_log(path, [signer.verifier])


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_methods_are_refused(method: int, members: Members, signer: Ed25519Signer, tmp_path: Path) -> None:
    """Not every reader has them."""
    with pytest.raises(VerificationError):
        verify_log(packed(tmp_path / "log.zip", members, method), [signer.verifier])


def test_streamed_or_encrypted_is_refused(members: Members, signer: Ed25519Signer, tmp_path: Path) -> None:
    """A length that stands behind the file is a second one; what is encrypted is not evidence to all."""
    data = packed(tmp_path / "log.zip", members).read_bytes()
    for flag in (0x0001, 0x0008, 0x0040, 0x2000):
        changed = bytearray(data)
        header, entry = data.index(b"PK\x03\x04"), data.index(b"PK\x01\x02")
        struct.pack_into("<H", changed, header + 6, flag)
        struct.pack_into("<H", changed, entry + 8, flag)
        (tmp_path / "bad.zip").write_bytes(changed)
        with pytest.raises(VerificationError):
            verify_log(tmp_path / "bad.zip", [signer.verifier])
