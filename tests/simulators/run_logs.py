"""Logs of runs as a runner leaves them, and a parent to take them in; on any file system."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sovereign._internal.canonical import sha256_hex
from sovereign.audit.ci_identity import Announcement, CiIdentity, parse_announcements, parse_identity
from sovereign.audit.ingest import Ingest, Taken
from sovereign.audit.log import Log
from sovereign.audit.reading import read_entries
from sovereign.audit.receipt import LogKind
from sovereign.audit.slog import pack_log, packed_path
from sovereign.audit.submitted import received
from sovereign.signing import Ed25519Signer, Purpose, Verifier, generate_signer

ORIGIN: Final = "audit.example/parent"
POLICY: Final = b"a policy that an entry names"


def entry(number: int, *, trust: str | None = None, said: str = "permit") -> bytes:
    """Return an entry of a run, which names one object."""
    fields = {
        "type": "decision",
        "id": f"{number:032x}",
        "recorded_at": f"2026-11-24T09:00:{number % 60:02d}Z",
        "trust": trust,
        "effect": said,
        "policies": [{"id": "p", "sha256": sha256_hex(POLICY)}],
    }
    return json.dumps(fields, separators=(",", ":"), sort_keys=True).encode()


def write_run(directory: Path, entries: Sequence[bytes] = (entry(0), entry(1), entry(2))) -> Path:
    """Make a sealed run log of `entries` in a new directory, pack it, and return the `.slog` file."""
    with Log.create_run(directory) as log:
        log.append_many(entries, {sha256_hex(POLICY): POLICY})
    pack_log(directory, packed_path(directory))
    return packed_path(directory)


def write_branches(folder: Path, origin: str, *branches: Sequence[bytes]) -> list[Path]:
    """Make run logs of one origin and one key, as a runner would that signs several trees; return the `.slog` files."""
    signer = generate_signer(origin, Purpose.LOG)
    packed = []
    for number, entries in enumerate(branches):
        directory = folder / f"branch{number}"
        with Log.create(directory, origin=origin, signer=signer, kind=LogKind.RUN) as log:
            log.append_many(entries)
        pack_log(directory, packed_path(directory))
        packed.append(packed_path(directory))
    return packed


def ci_run(run_id: str = "7", job: str = "gate") -> CiIdentity:
    """Return an identity as a submitter states it."""
    found = parse_identity([("run_id", run_id), ("attempt", "1"), ("job", job)])
    assert found is not None
    return found


def announced(*lines: str) -> tuple[Announcement, ...]:
    """Return what a CI system announced."""
    return parse_announcements("\n".join(lines).encode(), source="announced")


@dataclass(frozen=True, slots=True)
class Parent:
    """A parent log and its key."""

    directory: Path
    signer: Ed25519Signer

    @classmethod
    def make(cls, directory: Path) -> "Parent":
        """Make an empty one."""
        signer = generate_signer(ORIGIN, Purpose.LOG)
        Log.create(directory, origin=ORIGIN, signer=signer, kind=LogKind.PARENT, unsafe_filesystem=True).close()
        return cls(directory, signer)

    @property
    def verifiers(self) -> list[Verifier]:
        """What a reader has to be given."""
        return [self.signer.verifier]

    @property
    def size(self) -> int:
        """The number of its entries, unsealed ones too."""
        return sum(1 for _ in read_entries(self.directory))

    def open(self) -> Log:
        """Open it for appending."""
        return Log.open(self.directory, self.signer, unsafe_filesystem=True)

    def take(
        self,
        path: Path,
        identity: CiIdentity | None = None,
        *,
        expected: Sequence[Announcement] = (),
        trust: bytes | None = None,
    ) -> Taken:
        """Submit one file, as one command does."""
        with self.open() as log, Ingest(log, announced=expected, trust=trust) as into, received(path) as submitted:
            return into.take_run(submitted, identity)

    def take_checkpoint(self, note: bytes, verifiers: Sequence[Verifier], place: Path | None = None) -> Taken:
        """Submit the checkpoint of a host log, as one command does."""
        with self.open() as log, Ingest(log) as into:
            return into.take_checkpoint(note, verifiers, place)
