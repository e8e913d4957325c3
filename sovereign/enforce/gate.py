"""The gate: every resource of a deployment becomes a question about the place where it would be, before it exists.

1. A resource without a tag takes the default tag, the strictest one; the policies decide by its place.
2. Each candidate of a resource whose provider configuration is not certain is decided: all permitted is permit, all
   denied is deny, everything else is undecided.
3. A resource's verdict is the worst over its placements. What Terraform put off is undecided, or denied.
4. One `gate_run` entry stands for the run; it names the result document by digest.
"""

import contextlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sovereign.analysis.passes_if import find_change
from sovereign.decision.deployment import deployment_request, findings_of_candidates, verdict_of_candidates
from sovereign.decision.document import request_document
from sovereign.decision.model import Decision, Finding
from sovereign.decision.point import DecisionPoint
from sovereign.decision.request import Request
from sovereign.errors import PolicyError
from sovereign.facts.model import Confidence, Evidence, Placement, Role
from sovereign.facts.sources.terraform.model import Alternative, Missing, PlannedResource
from sovereign.policy.ir import names_role
from sovereign.policy.outcome import Outcome
from sovereign.tags.model import Controller, ResidencyTag

__all__ = ["GateResult", "Judge"]


@dataclass(frozen=True, slots=True, kw_only=True)
class GateResult:
    """What is said of one resource.

    Attributes:
        resource: its address; text of the input.
        input: position of the input.
        verdict: permit, deny, undecided, waived or not_applicable.
        tag: whose tag it was judged by.
        placements: as observed, those of every candidate.
        candidates: with which of `placements`, by position, each candidate was decided; none if nothing was.
        deferred: Terraform put it off to a later run.
        findings: answers that are not plain permits, with the placement's position in `placements`.
        missing: facts that would place it.
        reason: why it is not applicable, or put off; None otherwise.
        passes_if: a change that was decided again and permitted; None if none was found or needed.
        pointer: place in the input.
    """

    resource: str
    input: int
    verdict: Outcome
    tag: str
    placements: tuple[Placement, ...] = ()
    candidates: tuple[tuple[int, ...], ...] = ()
    deferred: bool = False
    findings: tuple[Finding, ...] = ()
    missing: tuple[Missing, ...] = ()
    reason: str | None = None
    passes_if: str | None = None
    pointer: str | None = None

    @property
    def is_asserted(self) -> bool:
        """Whether a permit rests on somebody's word."""
        return any(placement.confidence == Confidence.ASSERTED for placement in self.placements)


@dataclass(slots=True)
class Judge:
    """Judges planned resources under one set of policies at one instant.

    Attributes:
        point: decides.
        at: the clock's instant.
        tag: of resources without one of their own, and what the report says of it.
        tag_label: what the report says of the tag.
        controller: who decides, for packs that ask.
        lang: of sentences, `en` or `de`.
    """

    point: DecisionPoint
    at: datetime
    tag: ResidencyTag
    tag_label: str
    controller: Controller | None = None
    lang: str = "en"
    _changes: dict[object, str | None] = field(default_factory=dict)
    _judges_images: bool = field(init=False)

    def __post_init__(self) -> None:
        """Find out whether a policy in force is about images; else the places of programs do not count."""
        policies = list(self.point.policies)
        for pack in self.tag.packs or ():
            with contextlib.suppress(PolicyError):  # one that does not load is denied by SOV-004
                policies.append(self.point.policy(pack))
        self._judges_images = any(names_role(policy, Role.IMAGE) for policy in policies)

    def results(
        self, resources: Iterable[PlannedResource], *, number: int, deferred: bool = False
    ) -> Iterator[GateResult]:
        """Yield the result of each resource of the input `number`; a deferred one is never permitted."""
        for resource in resources:
            yield self._result(resource, number, deferred=deferred)

    def _result(self, resource: PlannedResource, number: int, *, deferred: bool) -> GateResult:
        asked = [self._asked(alternative) for alternative in resource.alternatives]
        if resource.not_applicable is not None and not any(asked):
            return GateResult(
                resource=resource.address,
                input=number,
                verdict=Outcome.NOT_APPLICABLE,
                tag=self.tag_label,
                deferred=deferred,
                reason=resource.not_applicable,
                pointer=resource.pointer,
            )
        decided = [self._decide(resource, placements) for placements in asked]
        verdict = verdict_of_candidates([decision.outcome for _, decision in decided], deferred=deferred)
        positions = {placement: index for index, placement in enumerate(resource.placements)}
        candidates = tuple(tuple(positions[placement] for placement in placements) for placements in asked)
        answers = zip(candidates, (decision for _, decision in decided), strict=True)
        return GateResult(
            resource=resource.address,
            input=number,
            verdict=verdict,
            tag=self.tag_label,
            placements=resource.placements,
            candidates=candidates,
            deferred=deferred,
            findings=tuple(findings_of_candidates(answers)),
            missing=resource.missing if verdict is Outcome.UNDECIDED else (),
            reason="put off by Terraform to a later run" if deferred else None,
            passes_if=self._change(decided) if verdict.blocks and not deferred else None,
            pointer=resource.pointer,
        )

    def _asked(self, alternative: Alternative) -> tuple[Placement, ...]:
        return alternative.placements if self._judges_images else alternative.judged

    def _decide(self, resource: PlannedResource, placements: tuple[Placement, ...]) -> tuple[Request, Decision]:
        request = deployment_request(resource.address, self.tag, placements, self.controller)
        prepared = self.point.prepare(request, at=self.at, believe=True)
        return request, self.point.decide(prepared, at=self.at, document=self._document(request))

    def _document(self, request: Request) -> dict[str, Any] | None:
        return request_document(request, at=self.at, known=self.at) if self.point.is_remote else None

    def _change(self, decided: list[tuple[Request, Decision]]) -> str | None:
        """Return what would pass for the first candidate that does not; equal questions are searched once."""
        request, decision = next((r, d) for r, d in decided if not d.permits)
        key = tuple(_without_names(placement) for placement in request.context.placements)
        if key not in self._changes:
            change = find_change(self.point, request, decision, at=decision.at, lang=self.lang)
            self._changes[key] = change.text if change is not None else None
        return self._changes[key]


def _without_names(placement: Placement) -> Placement:
    """Return what a rule can read of a placement; of its evidence only whether it contradicts."""
    return replace(placement, id=None, resource=None, evidence=(), conflicts=placement.conflicts and (Evidence(),))
