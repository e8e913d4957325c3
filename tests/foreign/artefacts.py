"""What strangers are given to verify: logs of our writer, their checkpoints, and proof files."""

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from simulators.disk import UnsyncedDisk

from sovereign.audit.entry import leaf_hash
from sovereign.audit.log import Log
from sovereign.audit.merkle import root_of
from sovereign.audit.placement import LogKind
from sovereign.audit.proof import consistency_proof, inclusion_proof
from sovereign.audit.proof_file import ProofFile, format_proof
from sovereign.signing import Purpose, Verifier, generate_mldsa_signer, generate_signer

SIZES = (0, 1, 255, 256, 257, 700)
ORIGIN = "audit.example/foreign"


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A log as it lies on the disk.

    Attributes:
        directory: its files.
        entries: all of them.
        ed25519: the keys of type 0x01 that signed its checkpoint, the current one first.
        mldsa: the key of type 0x06; None if the log has Ed25519 alone.
        earlier: checkpoints that it had before, by their size.
    """

    directory: Path
    entries: tuple[bytes, ...]
    ed25519: tuple[Verifier, ...]
    mldsa: Verifier | None = None
    earlier: dict[int, bytes] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """The number of entries."""
        return len(self.entries)

    @property
    def checkpoint(self) -> bytes:
        """The signed note."""
        return (self.directory / "checkpoint").read_bytes()

    @property
    def keys(self) -> tuple[Verifier, ...]:
        """All keys that signed the checkpoint."""
        return (*self.ed25519, *([] if self.mldsa is None else [self.mldsa]))

    @property
    def statement(self) -> str:
        """What whoever verified the checkpoint knows: origin, size, root."""
        return f"{self.keys[0].name} {self.size} {root_of([leaf_hash(e) for e in self.entries]).hex()}"


def entry(number: int) -> bytes:
    """Return an entry: canonical JSON as the log's own, the sizes differ."""
    record = {"n": number, "reason": "x" * (number % 37), "type": "decision", "v": 1}
    return json.dumps(record, separators=(",", ":"), sort_keys=True).encode()


def write_logs(folder: Path, sizes: Sequence[int], *, hybrid: bool, rotating: bool = False) -> list[Written]:
    """Write one log, sealed at each of `sizes`, and return a copy of it at each.

    Args:
        folder: an empty one.
        sizes: ascending.
        hybrid: whether an ML-DSA-44 key signs too.
        rotating: whether the Ed25519 key before signs too.
    """
    signer = generate_signer(ORIGIN, Purpose.LOG)
    before = [generate_signer(ORIGIN, Purpose.LOG)] if rotating else []
    mldsa = [generate_mldsa_signer(ORIGIN, Purpose.LOG)] if hybrid else []
    path = folder / "log"
    log = Log.create(
        path, origin=ORIGIN, signer=signer, cosigners=[*mldsa, *before], kind=LogKind.HOST, disk=UnsyncedDisk()
    )
    copies: list[Written] = []
    earlier: dict[int, bytes] = {}
    for size in sizes:
        while log.size < size:
            log.append_many([entry(i) for i in range(log.size, min(size, log.size + 2048))])
        log.publish()
        written = Written(
            directory=Path(shutil.copytree(path, folder / f"at-{size}")),
            entries=tuple(entry(i) for i in range(size)),
            ed25519=(signer.verifier, *(s.verifier for s in before)),
            mldsa=mldsa[0].verifier if mldsa else None,
            earlier=dict(earlier),
        )
        earlier[size] = written.checkpoint
        copies.append(written)
    log.close()
    return copies


class Proofs:
    """Makes the proofs of a log from its entries; the roots of subtrees are kept."""

    def __init__(self, written: Written) -> None:
        self._written = written
        self._leaves = [leaf_hash(entry) for entry in written.entries]
        self._roots: dict[tuple[int, int], bytes] = {}

    def _subtree(self, height: int, index: int) -> bytes:
        key = (height, index)
        if key not in self._roots:
            self._roots[key] = root_of(self._leaves[index << height : (index + 1) << height])
        return self._roots[key]

    def inclusion(self, index: int) -> tuple[bytes, ...]:
        """Return the hashes from a leaf to the root."""
        return inclusion_proof(self._subtree, index, self._written.size)

    def consistency(self, old: int) -> tuple[bytes, ...]:
        """Return the hashes that join an earlier size with this one."""
        return consistency_proof(self._subtree, old, self._written.size)

    def file(self, index: int) -> bytes:
        """Return the `.tlog-proof` file of an entry."""
        hashes = self.inclusion(index)
        return format_proof(ProofFile(index=index, hashes=hashes, note=self._written.checkpoint))

    def statement(self, index: int) -> str:
        """Return what whoever verified that file knows: the checkpoint's statement, index, leaf hash."""
        return f"{self._written.statement} {index} {self._leaves[index].hex()}"
