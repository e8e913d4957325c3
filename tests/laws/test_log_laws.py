"""Laws of the log: what is written is read again, a grown tree is the tree, no flipped bit survives."""

import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from sovereign.audit.checkpoint import Checkpoint, format_checkpoint, parse_checkpoint
from sovereign.audit.entry import leaf_hash
from sovereign.audit.log import Log
from sovereign.audit.merkle import EMPTY_ROOT, node_hash
from sovereign.audit.proof import (
    consistency_proof,
    inclusion_proof,
    root_at,
    verify_consistency,
    verify_inclusion,
)
from sovereign.audit.reading import read_entries
from sovereign.audit.receipt import LogKind
from sovereign.audit.tiles import GrowingTree, join_bundle, split_bundle, stored_subtree
from sovereign.audit.tree_head import open_checkpoint, sign_checkpoint
from sovereign.audit.verify import verify_log
from sovereign.audit.wal import encode_frames, scan
from sovereign.errors import VerificationError
from sovereign.signing import Ed25519Verifier, Purpose, generate_signer, is_key_name, parse_vkey

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
SIGNER = generate_signer("audit.example/laws", Purpose.LOG)
ENTRIES = st.lists(st.binary(min_size=1, max_size=40), max_size=12)
NAMES = st.text(min_size=1, max_size=40).filter(is_key_name)


def mth(leaves: list[bytes]) -> bytes:
    """Return the root as RFC 6962 defines it, word for word."""
    if len(leaves) < 2:
        return leaves[0] if leaves else EMPTY_ROOT
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return node_hash(mth(leaves[:k]), mth(leaves[k:]))


@given(NAMES, st.integers(0, 2**63 - 1), st.binary(min_size=32, max_size=32))
def test_checkpoint_is_read_as_written(origin: str, size: int, root: bytes) -> None:
    """parse(write(x)) == x, signed and unsigned."""
    checkpoint = Checkpoint(origin=origin, size=size, root=root)
    assert parse_checkpoint(format_checkpoint(checkpoint)) == checkpoint
    signer = generate_signer(origin, Purpose.LOG)
    assert (
        open_checkpoint(sign_checkpoint(checkpoint, [signer], now=NOW), [signer.verifier], origin=origin) == checkpoint
    )


@given(st.text(max_size=120))
def test_any_other_text_is_no_checkpoint(text: str) -> None:
    """What is accepted has one spelling; everything else is refused, and by nothing but the stated error."""
    try:
        checkpoint = parse_checkpoint(text)
    except VerificationError:
        return
    assert format_checkpoint(checkpoint) == text


@given(NAMES, st.binary(min_size=32, max_size=32))
def test_vkey_is_read_as_written(name: str, key: bytes) -> None:
    """parse(write(x)) == x for keys, whatever stands in name and base64."""
    verifier = Ed25519Verifier(name=name, public_key=key)
    assert parse_vkey(verifier.vkey) == verifier


@given(ENTRIES, st.integers(0, 2**40), st.binary(max_size=30))
def test_frames_are_read_as_written(entries: list[bytes], first: int, torn: bytes) -> None:
    """Whole frames come back in order; what follows them and is no frame ends them."""
    data = encode_frames(first, entries)
    assert scan(data + torn, first).payloads == entries
    if data:
        assert scan(data[:-1], first).payloads == entries[:-1]
        assert scan(data, first + 1).payloads == []


@given(st.lists(st.binary(max_size=300), max_size=20))
def test_bundle_is_read_as_written(entries: list[bytes]) -> None:
    """A bundle holds its entries."""
    assert list(split_bundle(join_bundle(entries))) == entries


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 1500), st.data())
def test_proofs_over_tiles(size: int, data: st.DataObject) -> None:
    """Root, inclusion and consistency from stored tiles are those of the definition."""
    leaves = [leaf_hash(b"%d" % i) for i in range(size)]
    tree, files = GrowingTree(), {}
    for i in range(size):
        files.update(tree.extend([b"%d" % i]))
    files.update(tree.partials())
    subtrees = stored_subtree(files.__getitem__, size)
    assert tree.root() == root_at(subtrees, size) == mth(leaves)
    index, old = data.draw(st.integers(0, size - 1)), data.draw(st.integers(0, size))
    verify_inclusion(leaves[index], index, inclusion_proof(subtrees, index, size), size=size, root=tree.root())
    proof = consistency_proof(subtrees, old, size)
    verify_consistency(old, mth(leaves[:old]), size, tree.root(), proof)


@pytest.fixture(scope="module")
def sealed() -> Iterator[Path]:
    """A public copy of a sealed log of 600 entries."""
    with tempfile.TemporaryDirectory() as folder:
        directory = Path(folder) / "log"
        with Log.create(directory, origin=SIGNER.verifier.name, signer=SIGNER, kind=LogKind.RUN) as log:
            log.append_many([b"entry %d" % i for i in range(600)])
        yield directory


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_no_flipped_bit_survives(sealed: Path, data: st.DataObject) -> None:
    """Any bit of the checkpoint, any tile or any bundle."""
    paths = [sealed / "checkpoint", *sorted(p for p in (sealed / "tile").rglob("*") if p.is_file())]
    path = data.draw(st.sampled_from(paths))
    content = path.read_bytes()
    place, bit = data.draw(st.integers(0, len(content) - 1)), data.draw(st.integers(0, 7))
    try:
        path.write_bytes(content[:place] + bytes([content[place] ^ 1 << bit]) + content[place + 1 :])
        with pytest.raises(VerificationError):
            verify_log(sealed, [SIGNER.verifier])
    finally:
        path.write_bytes(content)


class LogMachine(RuleBasedStateMachine):
    """A log against a list: append, seal, reopen, restart, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self._folder = tempfile.TemporaryDirectory()
        self.directory = Path(self._folder.name) / "log"
        self.model: list[bytes] = []
        self.log = Log.create(self.directory, origin=SIGNER.verifier.name, signer=SIGNER, kind=LogKind.RUN)

    @rule(entries=st.lists(st.binary(min_size=1, max_size=20), min_size=1, max_size=120))
    def append(self, entries: list[bytes]) -> None:
        """Entries get the next numbers."""
        receipts = self.log.append_many(entries)
        assert [r.index for r in receipts] == list(range(len(self.model), len(self.model) + len(entries)))
        self.model += entries

    @rule()
    def seal(self) -> None:
        """The checkpoint commits to the whole list."""
        checkpoint = self.log.publish()
        assert (checkpoint.size, checkpoint.root) == (len(self.model), mth([leaf_hash(e) for e in self.model]))

    @rule(is_restart=st.booleans())
    def vanish(self, is_restart: bool) -> None:
        """The process dies without closing; perhaps the machine starts again."""
        self.log._release()
        if is_restart:
            (self.directory / "lock").write_bytes(b"")
        self.log = Log.open(self.directory, SIGNER)

    @invariant()
    def holds_the_list(self) -> None:
        """What is read is the list, and the sealed part verifies."""
        assert [entry.data for entry in read_entries(self.directory)] == self.model
        report = verify_log(self.directory, [SIGNER.verifier])
        assert report.size + report.unsealed == len(self.model)

    def teardown(self) -> None:
        """Let go of the files."""
        self.log._release()
        self._folder.cleanup()


TestLogMachine = LogMachine.TestCase
TestLogMachine.settings = settings(max_examples=20, stateful_step_count=15, deadline=None)
