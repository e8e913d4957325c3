"""What a replay says of one entry, and of a range of them.

1. `same` alone counts as replayed. 2. What differs, and an object that is not what its name says, contradicts the log.
3. Everything else was not replayed, and says why: it is neither right nor wrong.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any

__all__ = ["Difference", "Reason", "Relied", "ReplayOutcome", "ReplayReport", "Replayed", "StoppedError"]


class ReplayOutcome(StrEnum):
    """What came of replaying one entry."""

    SAME = "same"
    DIFFERS = "differs"
    WRONG_OBJECT = "wrong_object"
    ERASED = "erased"
    NOT_KEPT = "not_kept"
    CANNOT = "cannot_be_replayed"

    @property
    def contradicts(self) -> bool:
        """Whether the log is shown to say what does not follow."""
        return self in {ReplayOutcome.DIFFERS, ReplayOutcome.WRONG_OBJECT}


class Reason(StrEnum):
    """Why an entry has its outcome, where the differences do not say it themselves."""

    REQUEST_GONE = "request_gone"
    OBJECT_GONE = "object_gone"
    OBJECT_WRONG = "object_wrong"
    REMOTE_ENGINE = "remote_engine"
    OTHER_ENGINE = "other_engine"
    ENGINE_FAILED = "engine_failed"
    OTHER_VERSION = "other_version"
    OLDER_DOCUMENT = "older_document"
    NO_ENTRY = "no_entry"
    ILL_FORMED = "ill_formed"
    UNREADABLE = "unreadable"
    ENGINES_DISAGREE = "engines_disagree"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One thing that does not follow from what was recorded.

    Attributes:
        member: of the entry or of the result document, such as `effect`, `findings`, `summary.deny`.
        recorded: what the log says, as JSON; None where it says nothing.
        follows: what follows, as JSON; None where nothing does.
        rule: the rule it is about, or those that decide; None for others.
        placement: position of the placement; None for the request as a whole.
        resource: address in a run of the gate; None elsewhere.
    """

    member: str
    recorded: Any
    follows: Any
    rule: str | None = None
    placement: int | None = None
    resource: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """What a replay says of one entry.

    Attributes:
        index: its position in the log.
        type: as the entry says; empty for one that cannot be read.
        recorded_at: as the entry says; empty for one that cannot be read.
        outcome: what came of it.
        reason: why, where the differences do not say it.
        detail: what the reason is about: a digest, a member, a name.
        differences: what does not follow.
        engine: version that the entry names.
        trust: digest of the trust file that the entry names; None where it names none.
    """

    index: int
    type: str
    recorded_at: str
    outcome: ReplayOutcome
    reason: Reason | None = None
    detail: str = ""
    differences: tuple[Difference, ...] = ()
    engine: str = ""
    trust: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Relied:
    """What verdicts were recomputed from: right by its digest, and of the log's keeper's own choice.

    Attributes:
        kind: `policy`, `snapshot` or `trust`.
        name: id of the policy, day of the data, owner of the trust file.
        version: of the policy; empty for others.
        sha256: of its bytes.
        is_shipped: whether this installation ships the very same; of a trust file never.
    """

    kind: str
    name: str
    version: str
    sha256: str
    is_shipped: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayReport:
    """What a replay says of the sealed entries `[start, stop)`.

    Attributes:
        start, stop: the range; `stop` is at most the size of the verified tree.
        counts: entries by outcome; each outcome is a key.
        others: entries that record no verdict, such as `policy.loaded`.
        other_versions: replayed or not, entries made by another version of the engine, by version.
        without_trust: entries that name no trust file, replayed or not: under one, more would have been demanded.
        not_same: what is to be told, in order.
        relied: the policies, data and trust files behind the verdicts; whoever reads compares their digests.
        unsealed: entries after the checkpoint; none of them was replayed.
    """

    start: int
    stop: int
    counts: Mapping[ReplayOutcome, int]
    others: int
    other_versions: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    without_trust: int = 0
    not_same: tuple[Replayed, ...]
    relied: tuple[Relied, ...]
    unsealed: int

    @property
    def verdicts(self) -> int:
        """How many entries record a verdict."""
        return sum(self.counts.values())

    @property
    def holds(self) -> bool:
        """Whether something was replayed, and nothing contradicts."""
        contradicts = any(count for outcome, count in self.counts.items() if outcome.contradicts)
        return self.counts[ReplayOutcome.SAME] > 0 and not contradicts


class StoppedError(Exception):
    """The replay of one entry ends here; never leaves the room."""

    def __init__(self, outcome: ReplayOutcome, reason: Reason, detail: str = "") -> None:
        super().__init__(outcome, reason, detail)
        self.outcome = outcome
        self.reason = reason
        self.detail = detail
