"""Attack: the server of a parent log answers honestly while it is verified, and names another key afterwards."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from simulators.run_logs import Parent, entry, write_branches

from sovereign.audit.children import child_keys
from sovereign.audit.log_files import open_log_files
from sovereign.errors import ProofError

ORIGIN = "local/run/4f6f3a1e-8f0f-4c2e-9a55-0f6f6a0d9b11"


class _TwoFaced:
    """Two logs: entries come from the first as often as a verifier reads them, then from the second."""

    def __init__(self, honest: Path, forged: Path) -> None:
        self._honest, self._forged = open_log_files(honest), open_log_files(forged)
        self._is_verified = False

    @property
    def place(self) -> str:
        return "https://log.example.org"

    def read(self, path: str) -> bytes:
        if not path.startswith("tile/entries/"):
            return self._honest.read(path)
        files, self._is_verified = (self._forged if self._is_verified else self._honest), True
        return files.read(path)

    def exists(self, path: str) -> bool:
        return self._honest.exists(path)

    def names(self, folder: str = "") -> Iterator[str] | None:
        return iter(()) if folder else None


def test_entries_that_were_not_verified_make_no_key_known(tmp_path: Path) -> None:
    """The key in the second answer is that of the attacker, and the answer is refused."""
    (true,) = write_branches(tmp_path / "true", ORIGIN, [entry(0)])
    (made_up,) = write_branches(tmp_path / "made", ORIGIN, [entry(0)])
    parent, forged = Parent.make(tmp_path / "parent"), Parent.make(tmp_path / "forged")
    parent.take(true)
    forged.take(made_up)
    with pytest.raises(ProofError, match="changed"):
        child_keys(_TwoFaced(parent.directory, forged.directory), parent.verifiers, ORIGIN)
