"""Attack: entries of a sealed log are swapped, dropped or repeated, and their hashes are rewritten to match."""

import hashlib
import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from sovereign.audit.log import Log
from sovereign.audit.verify import verify_log
from sovereign.errors import VerificationError

ENTRIES = [b"permit a", b"deny b", b"permit c", b"deny d"]


def _rewrite(directory: Path, entries: list[bytes]) -> None:
    """Write bundle, level-0 tile and write-ahead log anew, as a careful forger would; only the signature stays."""
    width = len(entries)
    for path in (directory / "tile").rglob("*"):
        if path.is_file():
            path.unlink()
    bundle = directory / f"tile/entries/000.p/{width}"
    tile = directory / f"tile/0/000.p/{width}"
    for path in (bundle, tile):
        path.parent.mkdir(parents=True, exist_ok=True)
    bundle.write_bytes(b"".join(struct.pack(">H", len(entry)) + entry for entry in entries))
    tile.write_bytes(b"".join(hashlib.sha256(b"\0" + entry).digest() for entry in entries))
    for path in (directory / "wal").iterdir():
        path.unlink()


@pytest.mark.parametrize(
    "change",
    [
        lambda e: [e[1], e[0], e[2], e[3]],
        lambda e: [e[0], e[1], e[3], e[2]],
        lambda e: e[:3],
        lambda e: e[1:],
        lambda e: [e[0], e[0], e[2], e[3]],
        lambda e: [*e, e[3]],
    ],
    ids=["swap first", "swap last", "drop last", "drop first", "repeat in place", "repeat at the end"],
)
def test_consistent_forgery_below_the_checkpoint_is_found(
    tmp_path: Path, change: Callable[[list[bytes]], list[bytes]]
) -> None:
    """The signed root fits one sequence of entries only."""
    directory = tmp_path / "log"
    with Log.create_run(directory) as log:
        log.append_many(ENTRIES)
        verifier = log.verifier
    _rewrite(directory, ENTRIES)
    assert verify_log(directory, [verifier]).size == len(ENTRIES)
    _rewrite(directory, change(ENTRIES))
    with pytest.raises(VerificationError):
        verify_log(directory, [verifier])
