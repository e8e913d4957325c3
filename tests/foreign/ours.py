"""Our own readers, asked the questions that the programs of others are asked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from foreign.artefacts import Written
from foreign.mutants import Mutant

from sovereign.audit.checkpoint import Checkpoint
from sovereign.audit.note import parse_note
from sovereign.audit.proof_file import verify_proof
from sovereign.audit.tree_head import open_checkpoint
from sovereign.audit.verify import verify_log
from sovereign.audit.verify_note import open_head
from sovereign.errors import SovereignError
from sovereign.signing import Verifier

__all__ = ["ChangedFiles", "read_checkpoint", "read_log", "read_proof", "says_the_same"]


def read_checkpoint(note: bytes, keys: Sequence[Verifier]) -> str | None:
    """Return what a checkpoint says, None if it is refused; both our readers, which share no code, must agree."""
    try:
        head = open_head(note, keys)
        verified = Checkpoint(origin=head.origin, size=head.size, root=head.root)
    except SovereignError:
        verified = None
    try:
        opened = open_checkpoint(note, keys)
    except SovereignError:
        opened = None
    assert verified == opened, note
    return verified and f"{verified.origin} {verified.size} {verified.root.hex()}"


def read_proof(mutant: Mutant, keys: Sequence[Verifier]) -> str | None:
    """Return what a proof file says of an entry; None if it is refused."""
    try:
        proven = verify_proof(mutant.entry, mutant.proof, keys)
    except SovereignError:
        return None
    return f"{proven.origin} {proven.size} {proven.root.hex()} {proven.index} {proven.leaf_hash.hex()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedFiles:
    """The public files of a log at an address, some of them changed or absent; nobody can list them."""

    log: Written
    changed: Mapping[str, bytes | None]
    place: str = "a changed log"

    def read(self, path: str) -> bytes:
        """Return a file's bytes."""
        if not path.startswith(("checkpoint", "tile/")) or self.changed.get(path, b"") is None:
            raise FileNotFoundError(path)
        return self.changed.get(path) or (b"" if path in self.changed else (self.log.directory / path).read_bytes())

    def names(self, folder: str = "") -> None:
        """Return nothing: files at an address cannot be listed."""


def read_log(log: Written, changed: Mapping[str, bytes | None]) -> str | None:
    """Return what the whole log says, with some files changed; None if it is refused."""
    try:
        report = verify_log(ChangedFiles(log=log, changed=changed), log.keys)
    except SovereignError:
        return None
    return f"{report.origin} {report.size} {report.root.hex()}"


def says_the_same(mutant: Mutant, proof: bytes, keys: Sequence[Verifier]) -> bool:
    """Whether a mutant that our reader accepts differs from the true file in what is no part of its statement.

    That are lines of strangers, the order of signatures, and in a rotation, of two keys of one type, the line of one.
    """
    statement, true = _parts(proof, keys)
    changed, left = _parts(mutant.proof, keys)
    types = {key.type for key in keys}
    return changed == statement and left <= true and {key.type for key, _ in left} == types


def _parts(proof: bytes, keys: Sequence[Verifier]) -> tuple[bytes, set[tuple[Verifier, bytes]]]:
    """Return what stands before the signatures, and the signatures of known keys."""
    known = {(key.name, key.key_id): key for key in keys}
    signatures = parse_note(proof.partition(b"\n\n")[2]).signatures
    own = {(known[s.name, s.key_id], s.signature) for s in signatures if (s.name, s.key_id) in known}
    return proof.rpartition(b"\n\n")[0], own
