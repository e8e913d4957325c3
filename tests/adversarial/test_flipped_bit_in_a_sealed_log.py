"""Attack: somebody with access to the disk changes one bit of a sealed log, anywhere."""

from pathlib import Path

import pytest

from sovereign.audit.errors import EntryError
from sovereign.audit.log import Log
from sovereign.audit.verify import verify_log
from sovereign.errors import SovereignError
from sovereign.signing import Verifier

ENTRIES = 3
EXPECTED = ("checkpoint", "tile/0/000.p/3", "tile/entries/000.p/3")


@pytest.fixture
def sealed(tmp_path: Path) -> tuple[Path, Verifier]:
    """Return a log of three entries and its key."""
    with Log.create_run(tmp_path / "log") as log:
        log.append_many([f'{{"decision":{i},"effect":"deny"}}'.encode() for i in range(ENTRIES)])
        verifier = log.verifier
    return tmp_path / "log", verifier


@pytest.mark.parametrize("name", EXPECTED)
def test_every_flipped_bit_of_what_is_published_is_found(sealed: tuple[Path, Verifier], name: str) -> None:
    """No bit of checkpoint, tile or bundle can change without notice."""
    directory, verifier = sealed
    path = directory / name
    original = path.read_bytes()
    for position in range(len(original) * 8):
        changed = bytearray(original)
        changed[position // 8] ^= 1 << position % 8
        path.write_bytes(changed)
        with pytest.raises(SovereignError) as caught:
            verify_log(directory, [verifier])
        assert caught.value.exit_code == 5
    path.write_bytes(original)
    assert verify_log(directory, [verifier]).size == ENTRIES


def test_the_changed_entry_is_named(sealed: tuple[Path, Verifier]) -> None:
    """A denial that was turned into something else is found by its index."""
    directory, verifier = sealed
    bundle = directory / "tile/entries/000.p/3"
    bundle.write_bytes(
        bundle.read_bytes().replace(b'{"decision":1,"effect":"deny"}', b'{"decision":1,"effect":"Deny"}')
    )
    with pytest.raises(EntryError) as caught:
        verify_log(directory, [verifier])
    assert caught.value.index == 1
