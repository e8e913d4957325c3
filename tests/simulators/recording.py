"""Records decisions and runs of the gate in a real log, and lies of somebody who holds its key: entries and objects."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from simulators.asking import NOW, a_point, pack

from sovereign._internal.canonical import canonical, sha256_hex
from sovereign.audit.log import Log
from sovereign.audit.reading import read_entries
from sovereign.audit.record import salted
from sovereign.decision.model import Decision
from sovereign.decision.point import DecisionPoint
from sovereign.decision.request import Request, read_request
from sovereign.enforce.recording import Recording
from sovereign.evidence.outcome import Replayed, ReplayReport
from sovereign.evidence.replay import verify_and_replay

__all__ = ["Book"]


@dataclass
class Book:
    """A run log that decisions are recorded in, and that its own keeper may falsify before it is sealed.

    Attributes:
        directory: where the log lies.
        point: decides; `de-only` if left out.
        trust: bytes of a trust file.
        now: what the clock says.
    """

    directory: Path
    point: DecisionPoint = field(default_factory=lambda: a_point(pack("de-only")))
    trust: bytes | None = None
    now: datetime = NOW

    def __post_init__(self) -> None:
        """Open the log and announce policies and data."""
        self.log = Log.create_run(self.directory, clock=lambda: self.now)
        self.recording = Recording(self.log, self.point, clock=lambda: self.now, trust=self.trust)
        self.recording.announce()

    def record(self, body: Mapping[str, Any], *, point: DecisionPoint | None = None, **how: Any) -> Decision:
        """Decide a request document and record the answer as an enforcement point does."""
        return self.record_request(read_request(dict(body), source="request"), point=point, **how)

    def record_request(self, request: Request, *, point: DecisionPoint | None = None, **how: Any) -> Decision:
        """Decide a request and record the answer."""
        point = point or self.point
        recording = (
            self.recording
            if point is self.point
            else Recording(self.log, point, clock=lambda: self.now, trust=self.trust)
        )
        at = how.pop("at", self.now)
        prepared = point.prepare(request, at=at, believe=how.pop("believe", False))
        decision = point.decide(prepared, at=at, **how)
        recording.decision(decision, prepared)
        return decision

    def forge(self, change: Callable[[dict[str, Any]], None], *, index: int = -1) -> None:
        """Write a changed copy of a recorded entry, as whoever holds the key can: its proofs will be right."""
        entries = [json.loads(entry.data) for entry in read_entries(self.directory)]
        entry = entries[index]
        change(entry)
        self.log.append(canonical(entry))

    def keep(self, content: bytes) -> str:
        """Put an object beside the log and return its digest."""
        folder = self.directory / "objects"
        folder.mkdir(exist_ok=True)
        (folder / sha256_hex(content)).write_bytes(content)
        return sha256_hex(content)

    def keep_request(self, document: Mapping[str, Any]) -> str:
        """Put a request beside the log, salted, and return its digest."""
        return self.keep(salted(canonical(dict(document))))

    def object(self, digest: str) -> Path:
        """Return where an object lies."""
        return self.directory / "objects" / digest

    def seal(self) -> None:
        """Close the log: its last checkpoint covers all entries."""
        self.log.close()

    def replay(self, **how: Any) -> ReplayReport:
        """Seal, verify and replay; an error of the verification is the caller's."""
        self.seal()
        _, report = verify_and_replay(self.directory, [self.log.verifier], **how)
        return report

    def last(self) -> Replayed:
        """Return what a replay says of the last entry that is not the same."""
        return self.replay().not_same[-1]
