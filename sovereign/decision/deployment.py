"""The question about one resource of a deployment, and what follows from the answers about it; pure.

A resource has one candidate, or several where it is not certain which provider configuration is the real one.

1. Each candidate is asked about with all of its placements. All permitted is permit, none permitted is deny, everything
   else is undecided.
2. What is put off to a later run is never permitted: undecided, or denied.
3. The verdict of a run is the worst of its resources.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final

from sovereign.decision.model import Basis, Decision, Finding
from sovereign.decision.request import Action, Context, Request, Resource, Subject
from sovereign.facts.model import Placement
from sovereign.policy.attributes import CATEGORY_TREE
from sovereign.policy.outcome import Outcome
from sovereign.tags.model import Controller, ResidencyTag

__all__ = [
    "NO_TAG",
    "deployment_exit",
    "deployment_request",
    "findings_of_candidates",
    "strictest_tag",
    "verdict_of_candidates",
    "worst_verdict",
]

NO_TAG: Final = "none found"
"""What a report says of the tag of a resource that takes the strictest one."""

_WORST: Final = (Outcome.DENY, Outcome.UNDECIDED, Outcome.WAIVED, Outcome.PERMIT, Outcome.NOT_APPLICABLE)
_EXIT: Final = {Outcome.DENY: 1, Outcome.UNDECIDED: 4}
_UNREADABLE: Final = 3


def deployment_request(
    address: str, tag: ResidencyTag, placements: tuple[Placement, ...], controller: Controller | None
) -> Request:
    """Return the question whether data of `tag` may be where the resource `address` would be."""
    return Request(
        subject=Subject(type="deployment", id=address),
        action=Action(name="other"),
        resource=Resource(type="resource", id=tag.id, properties=tag),
        context=Context(placements=placements, controller=controller),
    )


def strictest_tag() -> ResidencyTag:
    """Return the tag of a resource about which nobody said anything: everything it could hold, no claim of its own."""
    return ResidencyTag(
        id="untagged", classification="restricted", categories=frozenset(CATEGORY_TREE), status="personal"
    )


def verdict_of_candidates(outcomes: Sequence[Outcome], *, deferred: bool = False) -> Outcome:
    """Return the verdict over candidates: all permitted, none permitted, or not decided."""
    verdict = _together(outcomes)
    return Outcome.UNDECIDED if deferred and verdict is not Outcome.DENY else verdict


def findings_of_candidates(candidates: Iterable[tuple[Sequence[int], Decision]]) -> Iterator[Finding]:
    """Yield the findings of every candidate, each once.

    Args:
        candidates: for each its decision, and where the placements it was asked with stand in the list of all.
    """
    seen: set[tuple[str, Outcome, int | None]] = set()
    for positions, decision in candidates:
        for finding in (*decision.findings, *_failure(decision)):
            if finding.outcome is Outcome.NOT_APPLICABLE:
                continue
            own = None if finding.placement is None else positions[finding.placement]
            key = (finding.rule, finding.outcome, own)
            if key not in seen:
                seen.add(key)
                yield replace(finding, placement=own)


def worst_verdict(verdicts: Iterable[Outcome]) -> Outcome:
    """Return the worst verdict; not_applicable for none."""
    return min(verdicts, key=_WORST.index, default=Outcome.NOT_APPLICABLE)


def deployment_exit(verdict: Outcome, *, unreadable: bool) -> int:
    """Return the exit code of a run: 3 if an input could not be judged, else 1 denied, 4 undecided, 0."""
    return _UNREADABLE if unreadable else _EXIT.get(verdict, 0)


def _together(outcomes: Sequence[Outcome]) -> Outcome:
    if not outcomes:
        return Outcome.UNDECIDED
    if len(set(outcomes)) == 1:
        return outcomes[0]
    if all(outcome in {Outcome.PERMIT, Outcome.WAIVED} for outcome in outcomes):
        return Outcome.WAIVED
    return Outcome.UNDECIDED


def _failure(decision: Decision) -> Iterator[Finding]:
    """Yield why a decision is a failure: its engine's error, as a finding under the error's code."""
    if decision.basis is Basis.FAILURE:
        for notice in decision.notices:
            if notice.code.startswith("SOV-U"):
                yield Finding(rule=notice.code, outcome=Outcome.UNDECIDED, message=notice.message)
