"""A log directory, its key, and a way to write one; under the `run` rules, so that a /tmp in memory is good enough."""

from collections.abc import Callable
from pathlib import Path

import pytest

from sovereign.audit.log import Log
from sovereign.audit.receipt import LogKind
from sovereign.signing import Ed25519Signer, Purpose, generate_signer

ORIGIN = "audit.example/test"


@pytest.fixture
def signer() -> Ed25519Signer:
    """A log key of its own."""
    return generate_signer(ORIGIN, Purpose.LOG)


@pytest.fixture
def make_log(tmp_path: Path, signer: Ed25519Signer) -> Callable[[int], Path]:
    """Return a function that writes a sealed log of so many entries and returns its directory."""

    def make(entries: int) -> Path:
        directory = tmp_path / "log"
        with Log.create(directory, origin=ORIGIN, signer=signer, kind=LogKind.RUN) as log:
            log.append_many([f"entry {i}".encode() for i in range(entries)])
        return directory

    return make
