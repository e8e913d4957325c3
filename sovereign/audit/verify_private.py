"""The verifier's look at what a public copy of a log does not have: `log.json`, `head`, `wal/`.

None of it is evidence; it must not contradict the evidence. Shares no code with the writer.
"""

import base64
import json
import os
import re
import struct
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from sovereign.audit.errors import KEEP, EntryError, ForkError
from sovereign.errors import ProofError

__all__ = ["check_description", "check_head", "read_wal"]

_FRAME: Final = struct.Struct(">IIIQ")  # magic, length, CRC-32 of number and entry, number
_MAGIC: Final = 0x53565731
_LARGEST_ENTRY: Final = 65_535
_SEGMENT: Final = re.compile(r"[0-9]{20}\.wal")


def check_description(directory: Path, origin: str, vkeys: Sequence[str]) -> None:
    """Return unless `log.json` names another origin or lacks a key that signed.

    Raises:
        ProofError: it does (SOV-V001).
    """
    try:
        document = json.loads((directory / "log.json").read_bytes())
        agrees = document["origin"] == origin and set(vkeys) <= set(document["vkeys"])
    except FileNotFoundError:
        return  # a public copy has none
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        agrees = False
    if not agrees:
        raise ProofError("log.json does not name the origin and the key of the checkpoint", hint=KEEP)


def check_head(directory: Path, origin: str, size: int, root: bytes, notices: list[str]) -> None:
    """Return unless the head contradicts the checkpoint; it is ahead of it while a publisher runs or after its crash.

    Raises:
        ProofError: the file is not of the form, or behind the checkpoint (SOV-V001).
        ForkError: same size, another root (SOV-V003).
    """
    try:
        text = (directory / "head").read_bytes().decode("utf-8")
    except FileNotFoundError:
        return  # a public copy has none
    except (OSError, UnicodeDecodeError):
        text = ""
    found = f"{origin}\n{size}\n{base64.b64encode(root).decode()}\n"
    match = re.fullmatch(r"([^\n]+)\n(0|[1-9][0-9]{0,18})\n[A-Za-z0-9+/]{43}=\n", text)
    if match is None or match[1] != origin or int(match[2]) < size:
        raise ProofError("the head file is not of the form, of another origin, or behind the checkpoint", hint=KEEP)
    if int(match[2]) > size:
        notices.append(f"the head file names {match[2]} entries, the checkpoint seals {size}")
    elif text != found:
        raise ForkError("head file and checkpoint cannot both be true", seen=text, found=found, hint=KEEP)


def read_wal(directory: Path, notices: list[str]) -> dict[int, bytes]:
    """Return the entries in the write-ahead log by index; a torn end is a notice.

    Raises:
        EntryError: a frame that others follow is damaged, or one is missing (SOV-V001).
    """
    wal = directory / "wal"
    if not wal.is_dir():
        notices.append("no write-ahead log is here: what came after the checkpoint cannot be seen")
        return {}
    names = sorted(name for name in os.listdir(wal) if _SEGMENT.fullmatch(name))  # noqa: PTH208  names are all we need
    frames: dict[int, bytes] = {}
    for name in names:
        first = int(name[:20])
        if frames and first != max(frames) + 1:
            raise EntryError("the write-ahead log lacks it", index=max(frames) + 1)
        data = (wal / name).read_bytes()
        end = 0
        for index, payload, end in _frames(data, first):  # noqa: B007  `end` is where the last whole frame ended
            frames[index] = payload
        if end < len(data):
            _check_torn(data, end, index=max(frames, default=first - 1) + 1, is_last=name == names[-1])
            notices.append(f"the write-ahead log ends with {len(data) - end} bytes that are no whole frame")
    return frames


def _frames(data: bytes, first: int) -> Iterator[tuple[int, bytes, int]]:
    """Yield index, entry and end of each whole frame."""
    position, index = 0, first
    while position + _FRAME.size <= len(data):
        magic, length, crc, number = _FRAME.unpack_from(data, position)
        start, end = position + _FRAME.size, position + _FRAME.size + length
        payload = data[start:end]
        is_whole = magic == _MAGIC and number == index and length <= _LARGEST_ENTRY and end <= len(data)
        if not is_whole or zlib.crc32(number.to_bytes(8, "big") + payload) != crc:
            return
        yield index, payload, end
        position, index = end, index + 1


def _check_torn(data: bytes, end: int, *, index: int, is_last: bool) -> None:
    """Refuse what no crash of a writer leaves: a damaged frame with a whole one, or a whole segment, behind it."""
    magic = _MAGIC.to_bytes(4, "big")
    position = data.find(magic, end + 1)
    while is_last and position >= 0:
        number = int.from_bytes(data[position + 12 : position + _FRAME.size], "big")
        is_last = not any(True for _ in _frames(data[position:], number))
        position = data.find(magic, position + 1)
    if not is_last:
        raise EntryError("its frame in the write-ahead log is damaged", index=index)
