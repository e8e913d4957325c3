"""Where the write-ahead log ends, cached in the lock file so that an append does not read the segment.

1. The cache is never synced: it is believed only in the boot that wrote it, and only if the segment has exactly the
size it names. 2. Behind it, at a place of its own, stands the mark POISONED from one process to all others of the same
boot: it is set without the lock, the moment a sync fails, and no tail that is written later covers it. 3. After a
restart the segment is read from the disk itself, so the mark may go.
"""

import os
import struct
import zlib
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

__all__ = [
    "POISON_OFFSET",
    "RECORD_BYTES",
    "TAIL_BYTES",
    "Tail",
    "boot_id",
    "decode_tail",
    "encode_poison",
    "encode_tail",
    "is_poisoned",
]

_BODY: Final = struct.Struct(">4s16sQQQ")
_CRC: Final = struct.Struct(">I")
_MAGIC: Final = b"SVT1"
_POISON: Final = b"SVP1"
TAIL_BYTES: Final = _BODY.size + _CRC.size
_BOOT_BYTES: Final = 16
POISON_OFFSET: Final = 64
"""Where the mark stands in the lock file."""
RECORD_BYTES: Final = POISON_OFFSET + len(_POISON) + _BOOT_BYTES + _CRC.size
"""How much of the lock file is read."""
_BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")


class Tail(NamedTuple):
    """The end of the write-ahead log.

    Attributes:
        segment: number of the first entry in the last segment.
        offset: size of that segment in bytes, all whole frames.
        next: number that the next entry gets.
    """

    segment: int
    offset: int
    next: int


def encode_tail(tail: Tail, boot: bytes) -> bytes:
    """Return the record, `TAIL_BYTES` long."""
    body = _BODY.pack(_MAGIC, boot, tail.segment, tail.offset, tail.next)
    return body + _CRC.pack(zlib.crc32(body))


def decode_tail(data: bytes, boot: bytes) -> Tail | None:
    """Return the tail at the beginning of the lock file; None if it is damaged, absent, or of another boot."""
    body = data[: _BODY.size]
    if len(data) < TAIL_BYTES or data[_BODY.size : TAIL_BYTES] != _CRC.pack(zlib.crc32(body)):
        return None
    magic, written_in, segment, offset, following = _BODY.unpack(body)
    if magic != _MAGIC or written_in != boot:
        return None
    return Tail(segment=segment, offset=offset, next=following)


@cache
def encode_poison(boot: bytes) -> bytes:
    """Return the mark that forbids every append before a restart; it stands at `POISON_OFFSET`."""
    body = _POISON + boot
    return body + _CRC.pack(zlib.crc32(body))


def is_poisoned(data: bytes, boot: bytes) -> bool:
    """Whether the lock file bears the mark of this boot."""
    return data[POISON_OFFSET:RECORD_BYTES] == encode_poison(boot)


@cache
def boot_id() -> bytes:
    """Return 16 bytes that differ from boot to boot; where the system has none, from process to process."""
    try:
        return bytes.fromhex(_BOOT_ID.read_text().strip().replace("-", ""))[:_BOOT_BYTES].ljust(_BOOT_BYTES, b"\x00")
    except (OSError, ValueError):
        # A random value is safe: it makes each process read the segment instead of believing another one.
        return os.urandom(_BOOT_BYTES)
