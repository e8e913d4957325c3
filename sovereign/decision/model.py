"""The answer: one `Decision`, permit or deny, with everything it rests on.

A decision is true even when it says deny, so `bool(decision)` raises; callers ask `decision.permits`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from sovereign.policy.outcome import Outcome
from sovereign.policy.view import Value

__all__ = ["Basis", "Decision", "Effect", "EngineRef", "Finding", "Notice", "PolicyRef"]


class Effect(StrEnum):
    """The combined answer; the enforcement point has two branches only."""

    PERMIT = "permit"
    DENY = "deny"


class Basis(StrEnum):
    """What the effect rests on: rules in force, the default because there is none, or a failure."""

    RULE = "rule"
    DEFAULT = "default"
    FAILURE = "failure"


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyRef:
    """A policy as it was evaluated; `sha256` is over the bytes of its file."""

    id: str
    version: str
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineRef:
    """The program that evaluated."""

    name: str
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Something the reader should know that changed no answer."""

    code: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One rule's answer about one placement, or about the request as a whole (`placement` None).

    Attributes:
        rule: `<policy>/<rule>`, or a built-in rule alone.
        outcome: its answer; `advice` never changes the effect.
        placement: index into the request's placements.
        read: the attributes the rule read, with their values; an unknown one is None.
        message: only of a remote engine, whose sentences are in no policy file; else None.
    """

    rule: str
    outcome: Outcome
    placement: int | None = None
    read: Mapping[str, Value | None] = field(default_factory=lambda: MappingProxyType({}))
    message: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What follows from one request, a set of policies and one snapshot at one instant.

    Attributes:
        id: 32 hexadecimal digits, new for each decision.
        effect, basis: the answer, and what it rests on.
        findings: every answer that is not a plain permit.
        obligations: duties of a permit; an enforcement point that knows one of them not must deny.
        policies: what was evaluated, sorted by id.
        snapshot: digest of the jurisdiction data.
        at, known: the instants, aware, UTC.
        valid_until: the instant from which the answer may change; at most one hour after `at`.
        engine: which engine answered.
        notices: what changed no answer.
        simulated: asked about an instant other than now; enforces nothing.
    """

    id: str
    effect: Effect
    basis: Basis
    findings: tuple[Finding, ...]
    obligations: tuple[str, ...]
    policies: tuple[PolicyRef, ...]
    snapshot: str
    at: datetime
    known: datetime
    valid_until: datetime
    engine: EngineRef
    notices: tuple[Notice, ...] = ()
    simulated: bool = False

    @property
    def permits(self) -> bool:
        """Whether the effect is permit."""
        return self.effect is Effect.PERMIT

    @property
    def outcome(self) -> Outcome:
        """The worst answer of a rule; permit when nothing denied or stayed undecided.

        No rule in force (basis default) is deny. An engine that failed said nothing: undecided, unless a rule denied.
        A denial that nothing blocked is one for a duty that cannot be met.
        """
        if self.permits:
            waived = any(f.outcome is Outcome.WAIVED for f in self.findings)
            return Outcome.WAIVED if waived else Outcome.PERMIT
        if self.basis is Basis.DEFAULT or any(f.outcome is Outcome.DENY for f in self.findings):
            return Outcome.DENY
        unknown = self.basis is Basis.FAILURE or any(f.outcome is Outcome.UNDECIDED for f in self.findings)
        return Outcome.UNDECIDED if unknown else Outcome.DENY

    def __bool__(self) -> bool:
        """Raise: a decision is no truth value."""
        raise TypeError("a Decision has no truth value; ask decision.permits")
