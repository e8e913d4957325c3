"""The decision point: a request, the policies that apply to it, one snapshot, one instant, one answer (PDP).

1. The policies of the point, and the packs of the request's own tag, apply; a pack that cannot be loaded is SOV-004.
2. Every policy is evaluated natively; a remote engine can add denials and nothing else.
3. Answers become findings, findings one effect (combine.py).
4. An engine that fails is a denial with basis `failure`. A permit with a duty that the caller cannot meet is a denial.
"""

import os
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sovereign._internal.clock import local_day
from sovereign.decision.builtin import pack_findings
from sovereign.decision.combine import Verdict, combine
from sovereign.decision.engines.native import NativeEngine, PolicyOnDay
from sovereign.decision.engines.protocol import RemoteAnswer, RemoteEngine
from sovereign.decision.model import Decision, EngineRef, Finding, Notice, PolicyRef
from sovereign.decision.prepare import Prepared, distrusted, prepare, without_unproven
from sovereign.decision.request import Request
from sovereign.decision.validity import Span, legal_day, valid_until
from sovereign.errors import EngineError, EngineResponseError, PolicyError, quoted
from sovereign.jurisdiction.snapshot import Snapshot
from sovereign.policy.ir import Policy
from sovereign.policy.outcome import Outcome
from sovereign.policy.view import View

__all__ = ["LEGAL_TIME", "DecisionPoint", "PackLoader"]

LEGAL_TIME: Final = "Europe/Berlin"
"""In which instants meet the days of the catalogue and of the built-in rules."""

_ID_BYTES: Final = 16

PackLoader = Callable[[str], Policy]
"""Returns the policy of an id; raises PolicyError when it cannot be loaded or is not trusted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Heard:
    """What the native engine and the remote one said together."""

    findings: tuple[Finding, ...]
    in_force: int
    applied: int
    obligations: frozenset[str]
    failure: EngineError | None = None


class DecisionPoint:
    """Answers requests under a fixed set of policies and one snapshot.

    Args:
        policies: apply to every request.
        snapshot: the dated facts about places.
        load_pack: finds the policies that a tag binds its data to.
        engine: native evaluation.
        remote: a further engine, which can add denials.
        demands_proof: whether records and claims about keys need a signature, as under a trust file.
    """

    def __init__(
        self,
        policies: Iterable[Policy],
        *,
        snapshot: Snapshot,
        load_pack: PackLoader,
        engine: NativeEngine,
        remote: RemoteEngine | None = None,
        demands_proof: bool = False,
    ) -> None:
        self._policies = {policy.id: policy for policy in policies}
        self._snapshot = snapshot
        self._load_pack = load_pack
        self._engine = engine
        self._remote = remote
        self._demands_proof = demands_proof
        name = engine.name if remote is None else f"{engine.name}+{remote.name}"
        self._ref = EngineRef(name=name, version=engine.version)
        self._kept: _Today | None = None

    @property
    def snapshot(self) -> Snapshot:
        """The dated facts about places."""
        return self._snapshot

    @property
    def policies(self) -> tuple[Policy, ...]:
        """The policies that apply to every request, sorted by id."""
        return tuple(self._policies[name] for name in sorted(self._policies))

    @property
    def engine(self) -> EngineRef:
        """What stands in decisions."""
        return self._ref

    @property
    def is_remote(self) -> bool:
        """Whether a remote engine takes part, which reads the request document."""
        return self._remote is not None

    def policy(self, identifier: str) -> Policy:
        """Return a policy that applied: one of the point's, or a pack.

        Raises:
            PolicyError: it cannot be loaded or is not trusted.
        """
        return self._policies.get(identifier) or self._load_pack(identifier)

    def prepare(self, request: Request, *, at: datetime, believe: bool = False) -> Prepared:
        """Return the request as rules read it at `at`.

        Args:
            request: from outside, or made by a fact source.
            at: aware instant.
            believe: the placements were made by a fact source of this process; else they are `asserted`.
        """
        day = self._today(at).day
        vouched = unproven = False
        if not believe:
            request, vouched = distrusted(request)
        if self._demands_proof:
            request, unproven = without_unproven(request)
        return prepare(request, self._snapshot.catalogue, day, vouched=vouched, unproven=unproven)

    def decide(
        self,
        prepared: Prepared,
        *,
        at: datetime,
        known: datetime | None = None,
        document: Mapping[str, Any] | None = None,
        meets: Collection[str] = (),
        simulated: bool = False,
    ) -> Decision:
        """Return what follows at `at`.

        Args:
            prepared: for the legal day of `at`; another day is prepared again.
            at: aware instant that is asked about.
            known: aware instant whose knowledge counts; `at` if left out.
            document: the request as a remote engine reads it; needed only with one.
            meets: obligations that the caller can meet; a permit with any other is a denial.
            simulated: asked about an instant other than now.
        """
        today = self._today(at)
        if today.day != prepared.day:
            prepared = prepare(
                prepared.request,
                self._snapshot.catalogue,
                today.day,
                vouched=prepared.vouched,
                unproven=prepared.unproven,
            )
        tag = prepared.request.resource.properties
        applying = self._applying(today, at, tag.packs if tag is not None else None)
        heard = self._hear(prepared.view, applying.policies, document)
        findings = (*prepared.builtin, *pack_findings(tag, applying.missing), *heard.findings)
        obligations = heard.obligations | ((tag.obligations if tag is not None else None) or frozenset())
        unmet = sorted(obligations.difference(meets))
        verdict = combine(
            findings,
            rules_in_force=heard.in_force,
            rules_applied=heard.applied,
            failed=heard.failure is not None,
            unmet=bool(unmet),
        )
        return Decision(
            id=os.urandom(_ID_BYTES).hex(),
            effect=verdict.effect,
            basis=verdict.basis,
            findings=findings,
            obligations=tuple(sorted(obligations)),
            policies=applying.refs,
            snapshot=self._snapshot.digest,
            at=at,
            known=known or at,
            valid_until=valid_until(at, applying.span),
            engine=self._ref,
            notices=_notices(prepared, heard, verdict, unmet),
            simulated=simulated,
        )

    def _today(self, at: datetime) -> "_Today":
        """Return what holds on the legal day of `at`; the last one is kept, since most questions are about now."""
        today = self._kept
        if today is None or not today.span.covers(at):
            span = legal_day(at, (LEGAL_TIME, *(policy.legal_time for policy in self._policies.values())))
            today = self._kept = _Today(span=span, day=local_day(at, LEGAL_TIME), by_packs={})
        return today

    def _applying(self, today: "_Today", at: datetime, packs: frozenset[str] | None) -> "_Applying":
        """Return the policies that apply at `at`, sorted by id, and the packs that are missing."""
        found = today.by_packs.get(packs)
        if found is not None:
            return found
        chosen, missing = dict(self._policies), set()
        for pack in (packs or frozenset()) - chosen.keys():
            try:
                chosen[pack] = self._load_pack(pack)
            except PolicyError:
                missing.add(pack)
        on_day = {name: self._engine.on_day(chosen[name], at, self._snapshot.groups) for name in sorted(chosen)}
        missing |= {name for name in packs or () if name in on_day and not on_day[name].in_force}
        found = _Applying(
            policies=tuple(on_day.values()),
            refs=tuple(policy.ref for policy in on_day.values()),
            missing=frozenset(missing),
            span=legal_day(at, (LEGAL_TIME, *(policy.legal_time for policy in chosen.values()))),
        )
        # a pack that failed to load is tried again; one of another legal time changes its day within ours
        if not missing and found.span == today.span:
            today.by_packs[packs] = found
        return found

    def _hear(self, view: View, policies: tuple[PolicyOnDay, ...], document: Mapping[str, Any] | None) -> _Heard:
        answers = [policy.answer(view) for policy in policies]
        findings = [finding for answer in answers for finding in answer.findings]
        in_force = sum(policy.duties for policy in policies)
        applied = sum(answer.applied for answer in answers)
        failure = None
        if self._remote is not None:
            try:
                findings += _remote_findings(self._remote, document)
                in_force, applied = in_force + 1, applied + 1
            except EngineError as error:
                failure = error
        return _Heard(
            findings=tuple(findings),
            in_force=in_force,
            applied=applied,
            obligations=frozenset[str]().union(*(answer.obligations for answer in answers)),
            failure=failure,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Applying:
    """The policies that apply to tags with one set of packs, on one day."""

    policies: tuple[PolicyOnDay, ...]
    refs: tuple[PolicyRef, ...]
    missing: frozenset[str]
    span: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class _Today:
    """What holds during one legal day; `by_packs` is filled as tags ask."""

    span: Span
    day: date
    by_packs: dict[frozenset[str] | None, _Applying]


def _remote_findings(remote: RemoteEngine, document: Mapping[str, Any] | None) -> list[Finding]:
    if document is None:
        raise EngineError("a remote engine needs the request document")
    answer: RemoteAnswer = remote.evaluate(document)
    if answer.permit is any(Outcome(finding.outcome).blocks for finding in answer.findings):
        raise EngineResponseError("the remote engine's permit contradicts its findings")
    return [
        Finding(
            rule=f"{remote.package}/{finding.rule}",
            outcome=Outcome(finding.outcome),
            placement=finding.placement,
            message=finding.message,
        )
        for finding in answer.findings
    ]


def _notices(prepared: Prepared, heard: _Heard, verdict: Verdict, unmet: list[str]) -> tuple[Notice, ...]:
    notices = []
    if verdict.nothing_applied:
        notices.append(Notice(code="SOV-A003", message="every rule in force is provably not applicable"))
    if prepared.vouched:
        notices.append(
            Notice(
                code="SOV-A004",
                message="the request vouched for its own placements; their confidence is read as asserted",
            )
        )
    if prepared.unproven:
        message = "records and claims about keys are not signed; under a trust file they do not count"
        notices.append(Notice(code="SOV-A006", message=message))
    if prepared.request.context.waivers:
        notices.append(Notice(code="SOV-A005", message="waivers named by a request do not count in this version"))
    if verdict.unmet:
        message = f"this enforcement point does not know the obligation {quoted(unmet[0])}"
        notices.append(Notice(code="SOV-E040", message=message))
    if heard.failure is not None:
        notices.append(Notice(code=heard.failure.code, message=heard.failure.message))
    return tuple(notices)
