"""Attack: the gate of a run read a trust file of the change's own, and its log is submitted beside honest ones."""

from pathlib import Path

import pytest
from simulators.run_logs import Parent, entry, write_run

from sovereign._internal.canonical import sha256_hex
from sovereign.audit.objects import load_object
from sovereign.errors import VerificationError

TRUST = b"trust: 1\nowner: platform team\n"
OURS = sha256_hex(TRUST)
THEIRS = sha256_hex(b"trust: 1\nowner: nobody\n")


@pytest.fixture
def parent(tmp_path: Path) -> Parent:
    """An empty parent."""
    return Parent.make(tmp_path / "parent")


@pytest.mark.parametrize("trust", [THEIRS, None])
def test_run_under_another_or_no_trust_file_is_refused(parent: Parent, tmp_path: Path, trust: str | None) -> None:
    """The digest in the entries is compared with that of the file which the ingest names."""
    packed = write_run(tmp_path / "run", [entry(0, trust=trust)])
    with pytest.raises(VerificationError) as caught:
        parent.take(packed, trust=TRUST)
    assert (caught.value.code, parent.size) == ("SOV-V041", 0)


def test_one_entry_under_another_trust_file_is_enough(parent: Parent, tmp_path: Path) -> None:
    """A run has one trust file; with two, some of its answers are somebody else's, whether or not one is named."""
    packed = write_run(tmp_path / "run", [entry(0, trust=OURS), entry(1, trust=THEIRS), entry(2, trust=OURS)])
    with pytest.raises(VerificationError, match="more than one trust file") as caught:
        parent.take(packed)
    assert (caught.value.code, parent.size) == ("SOV-V040", 0)


def test_run_under_the_trust_file_is_taken_in(parent: Parent, tmp_path: Path) -> None:
    """And the file itself is kept, so that a reader sees what the digest stands for."""
    assert parent.take(write_run(tmp_path / "run", [entry(0, trust=OURS)]), trust=TRUST).is_new
    assert load_object(parent.directory, OURS) == TRUST
