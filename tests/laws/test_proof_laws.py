"""Laws of proofs: a log that grows at random proves each entry as the definition of the tree does, and no other."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from sovereign.audit.entry import leaf_hash
from sovereign.audit.log import Log
from sovereign.audit.log_files import open_log_files
from sovereign.audit.merkle import EMPTY_ROOT, node_hash
from sovereign.audit.proof_file import ProofFile, format_proof, parse_proof, verify_proof
from sovereign.audit.proving import prove_entry
from sovereign.audit.receipt import LogKind
from sovereign.audit.verify import verify_log
from sovereign.errors import ProofError, SovereignError, VerificationError
from sovereign.signing import Purpose, generate_signer

SIGNER = generate_signer("audit.example/proof-laws", Purpose.LOG)
KEYS = [SIGNER.verifier]


def mth(leaves: list[bytes]) -> bytes:
    """Return the root as RFC 6962 defines it, word for word."""
    if len(leaves) < 2:
        return leaves[0] if leaves else EMPTY_ROOT
    k = _split(len(leaves))
    return node_hash(mth(leaves[:k]), mth(leaves[k:]))


def path(index: int, leaves: list[bytes]) -> list[bytes]:
    """Return the proof of inclusion as RFC 6962 defines it, word for word."""
    if len(leaves) == 1:
        return []
    k = _split(len(leaves))
    if index < k:
        return [*path(index, leaves[:k]), mth(leaves[k:])]
    return [*path(index - k, leaves[k:]), mth(leaves[:k])]


def _split(size: int) -> int:
    k = 1
    while k * 2 < size:
        k *= 2
    return k


class ProvenLog(RuleBasedStateMachine):
    """A log and a list: every proof is that of the list, at every size at which it is asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.directory = Path(self.folder.name) / "log"
        self.model: list[bytes] = []
        self.kept: list[tuple[bytes, bytes, int]] = []
        self.log = Log.create(
            self.directory, origin=SIGNER.verifier.name, signer=SIGNER, kind=LogKind.RUN, unsafe_filesystem=True
        )
        self.log.publish()

    @rule(entries=st.lists(st.binary(min_size=1, max_size=20), min_size=1, max_size=200))
    def grow(self, entries: list[bytes]) -> None:
        """Append and seal."""
        self.log.append_many(entries)
        self.log.publish()
        self.model += entries

    @precondition(lambda self: self.model)
    @rule(data=st.data())
    def prove(self, data: st.DataObject) -> None:
        """Any entry has the proof of the definition, which shows its bytes and no others."""
        index = data.draw(st.integers(0, len(self.model) - 1))
        entry, proof = prove_entry(open_log_files(self.directory), index, KEYS)
        leaves = [leaf_hash(e) for e in self.model]
        assert entry == self.model[index]
        assert list(parse_proof(proof).hashes) == path(index, leaves)
        assert verify_proof(entry, proof, KEYS).root == mth(leaves)
        self.kept.append((entry, proof, index))
        other = data.draw(st.sampled_from(self.model))
        if other != entry:
            with pytest.raises(ProofError):
                verify_proof(other, proof, KEYS)

    @rule()
    def old_proofs_still_verify(self) -> None:
        """A proof is for its own checkpoint, and stays one; the log extends each of those checkpoints."""
        for entry, proof, index in self.kept[-3:]:
            assert verify_proof(entry, proof, KEYS).index == index
            note = parse_proof(proof).note
            assert verify_log(self.directory, KEYS, seen=note).size == len(self.model)

    def teardown(self) -> None:
        """Close the log."""
        self.log.close()
        self.folder.cleanup()


TestProvenLog = ProvenLog.TestCase
TestProvenLog.settings = settings(max_examples=12, stateful_step_count=12, deadline=None)


@given(
    st.integers(0, 2**63 - 1),
    st.lists(st.binary(min_size=32, max_size=32), max_size=63).map(tuple),
    st.binary(max_size=200),
)
def test_proof_file_is_read_as_written(index: int, hashes: tuple[bytes, ...], note: bytes) -> None:
    """parse(write(x)) == x, whatever the checkpoint is."""
    proof = ProofFile(index=index, hashes=hashes, note=note)
    assert parse_proof(format_proof(proof)) == proof


@given(st.binary(max_size=400))
def test_any_bytes_are_no_proof(data: bytes) -> None:
    """What nobody signed proves nothing, and ends in an error of ours."""
    for text in (data, b"c2sp.org/tlog-proof@v1\n" + data, b"c2sp.org/tlog-proof@v1\nindex 0\n\n" + data):
        with pytest.raises(VerificationError):
            verify_proof(b"entry", text, KEYS)


@given(st.binary(max_size=300))
def test_any_bytes_are_no_zip(data: bytes) -> None:
    """A file that is called a zip, and one that begins like one: an error of ours."""
    with tempfile.TemporaryDirectory() as folder:
        for start in (b"", b"PK\x03\x04", b"PK\x05\x06"):
            file = Path(folder) / "log.slog"
            file.write_bytes(start + data)
            with pytest.raises(SovereignError):
                verify_log(file, KEYS)
