"""Attack: the checkpoint of a child is padded until its parent cannot read it again, or a server shows two pasts."""

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest
from simulators.run_logs import Parent, entry

from sovereign.audit.directory_files import DirectoryFiles
from sovereign.audit.errors import ForkError
from sovereign.audit.ingest import Ingest
from sovereign.audit.log import Log
from sovereign.audit.receipt import LogKind
from sovereign.audit.slog import pack_log, packed_path
from sovereign.errors import VerificationError
from sovereign.signing import Purpose, Signer, Verifier, generate_mldsa_signer, generate_signer

HOST = "audit.example/host"
KEY, MLDSA = generate_signer(HOST, Purpose.LOG), generate_mldsa_signer(HOST, Purpose.LOG)
BOTH: list[Verifier] = [KEY.verifier, MLDSA.verifier]
RUN = 'say"' * 40 + "/run/4f6f3a1e-8f0f-4c2e-9a55-0f6f6a0d9b11"


@pytest.fixture
def parent(tmp_path: Path) -> Parent:
    """An empty parent."""
    return Parent.make(tmp_path / "parent")


def a_log(place: Path, origin: str, signer: Signer, *cosigners: Signer, said: tuple[str, ...] = ("permit",)) -> Path:
    """Make a log of entries that say this."""
    with Log.create(place, origin=origin, signer=signer, cosigners=cosigners, kind=LogKind.RUN) as log:
        log.append_many([entry(number, said=word) for number, word in enumerate(said)])
    return place


def padded(note: bytes, size: int, name: str = "stranger") -> bytes:
    """Return a checkpoint with signatures of strangers, `size` bytes long: anybody on its way can add them."""
    line = "— stranger ".encode() + base64.b64encode(b"abcd" + bytes(2000)) + b"\n"
    last = f"— {name} ".encode()
    note += line * ((size - len(note) - len(last)) // len(line) - 1)
    return note + last + base64.b64encode(bytes((size - len(note) - len(last)) // 4 * 3)) + b"\n"


def test_padded_head_of_a_host_log_is_refused_when_it_could_not_be_found_again(parent: Parent, tmp_path: Path) -> None:
    """Else it would be entered anew each time, and a second tree of this log after it."""
    note = (a_log(tmp_path / "log", HOST, KEY, MLDSA) / "checkpoint").read_bytes()
    with pytest.raises(VerificationError) as refusal:
        parent.take_checkpoint(padded(note, 63_900), BOTH)
    assert (refusal.value.code, parent.size) == ("SOV-V040", 0)
    assert [parent.take_checkpoint(padded(note, 60_000), BOTH).is_new for _ in range(2)] == [True, False]
    fork = (a_log(tmp_path / "fork", HOST, KEY, MLDSA, said=("deny",)) / "checkpoint").read_bytes()
    with pytest.raises(ForkError):
        parent.take_checkpoint(fork, BOTH)


@pytest.mark.parametrize("quotes", [700, 1300])
def test_padded_checkpoint_of_a_run_is_the_fault_of_its_file(quotes: int, parent: Parent, tmp_path: Path) -> None:
    """Quotation marks are two bytes in an entry: the file is refused, and the parent goes on with others."""
    packed = []
    for number, name in enumerate(('"' * quotes, "stranger")):
        log = a_log(tmp_path / str(number), RUN, generate_signer(RUN, Purpose.LOG))
        (log / "checkpoint").write_bytes(padded((log / "checkpoint").read_bytes(), 63_990, name))
        pack_log(log, packed_path(log))
        packed.append(packed_path(log))
    with pytest.raises(VerificationError) as refusal:
        parent.take(packed[0])
    assert (refusal.value.code, parent.size) == ("SOV-V040", 0)
    assert [parent.take(packed[1]).is_new for _ in range(2)] == [True, False]


class TwoPasts:
    """A log that a server hands out: one tree to the first walk, another one to the next; its key signed both."""

    def __init__(self, first: Path, then: Path) -> None:
        self.place = "https://log.example"
        self._walks, self._files = 0, (DirectoryFiles(first), DirectoryFiles(then))

    def read(self, path: str) -> bytes:
        """A walk begins with the checkpoint."""
        self._walks += path == "checkpoint"
        return self._files[min(self._walks, 2) - 1].read(path)

    def exists(self, path: str) -> bool:
        """Whether the present walk is shown it."""
        return self._files[min(self._walks, 2) - 1].exists(path)

    def names(self, folder: str = "") -> Iterator[str] | None:
        """A server lists nothing."""


def test_new_head_and_known_head_are_held_against_one_tree(parent: Parent, tmp_path: Path) -> None:
    """Verified against one tree each, two branches would follow each other in the parent."""
    known = (a_log(tmp_path / "known", HOST, KEY, said=("deny",)) / "checkpoint").read_bytes()
    grown = a_log(tmp_path / "grown", HOST, KEY, said=("deny", "deny"))
    other = a_log(tmp_path / "other", HOST, KEY, said=("permit", "permit"))
    parent.take_checkpoint(known, [KEY.verifier])
    files = TwoPasts(other, grown)
    with parent.open() as log, Ingest(log) as into, pytest.raises(ForkError):
        into.take_checkpoint((other / "checkpoint").read_bytes(), [KEY.verifier], files)
    assert parent.size == 1
