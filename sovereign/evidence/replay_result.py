"""One resource of a run of the gate, judged again from its recorded placements, candidates and the run's tag."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from sovereign._internal.canonical import canonical
from sovereign.audit.record import finding_fields
from sovereign.decision.deployment import (
    deployment_request,
    findings_of_candidates,
    verdict_of_candidates,
    worst_verdict,
)
from sovereign.decision.document import SHOWN_MEMBERS, placement_document
from sovereign.decision.request import Context
from sovereign.evidence.kept import Engines
from sovereign.evidence.outcome import Difference, Reason, ReplayOutcome, StoppedError
from sovereign.evidence.replay_decision import decide_alike, finding_differences
from sovereign.evidence.stored import mapping_of, rows_of, text_of
from sovereign.facts.model import Placement, Role
from sovereign.policy.outcome import Outcome
from sovereign.tags.model import Controller, ResidencyTag

__all__ = ["GateRun", "JudgedBy", "result_differences", "verdict_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedBy:
    """What judged the resources of one input: both engines, and whether the places of programs counted."""

    engines: Engines
    judges_images: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class GateRun:
    """What a run recorded beside its results."""

    at: datetime
    tag: ResidencyTag
    controller: Controller | None
    inputs: tuple[JudgedBy, ...]


def result_differences(result: Mapping[str, Any], run: GateRun, *, is_native: bool) -> Iterator[Difference]:
    """Yield what does not follow of one result.

    Args:
        result: as the document lists it.
        run: what judged.
        is_native: no remote engine took part; else only what it cannot have added is told.

    Raises:
        StoppedError: it is not of the form of a result.
    """
    address = text_of(result, "resource")
    placements = _placements(result)
    judged_by = run.inputs[_position(result.get("input"), len(run.inputs), "results[].input")]
    candidates = [_positions(row, len(placements)) for row in _listed(result, "candidates")]
    yield from _unasked(placements, candidates, judged_by, address)

    decided = []
    for positions in candidates:
        asked = tuple(placements[position] for position in positions)
        request = deployment_request(address, run.tag, asked, run.controller)
        decided.append(decide_alike(judged_by.engines, request, at=run.at, known=run.at))
    verdict = Outcome.NOT_APPLICABLE
    if candidates:
        outcomes = [decision.outcome for decision in decided]
        verdict = verdict_of_candidates(outcomes, deferred=_flag(result, "deferred"))
    follows = [finding_fields(f) for f in findings_of_candidates(zip(candidates, decided, strict=True))]
    recorded = verdict_of(result)
    if recorded is not verdict and (is_native or worst_verdict([recorded, verdict]) is verdict):
        rules = sorted({row["rule"] for row in follows if Outcome(row["outcome"]).blocks})
        yield Difference(
            member="verdict",
            recorded=recorded.value,
            follows=verdict.value,
            rule=", ".join(rules) or None,
            resource=address,
        )
    for difference in finding_differences(rows_of(result, "findings"), follows, resource=address):
        if is_native or difference.follows is not None:
            yield difference


def _placements(result: Mapping[str, Any]) -> tuple[Placement, ...]:
    documents = []
    for row in rows_of(result, "placements"):
        further = mapping_of(row.get("further"), "results[].placements[].further")
        if further.keys() & {*SHOWN_MEMBERS} or not row.keys() >= {*SHOWN_MEMBERS}:
            raise StoppedError(ReplayOutcome.DIFFERS, Reason.ILL_FORMED, "results[].placements[]")
        documents.append(placement_document(row, further))
    try:
        return Context.model_validate_json(canonical({"placements": documents})).placements
    except ValidationError:
        raise StoppedError(ReplayOutcome.DIFFERS, Reason.ILL_FORMED, "results[].placements[]") from None


def _unasked(
    placements: tuple[Placement, ...], candidates: list[tuple[int, ...]], judged_by: JudgedBy, address: str
) -> Iterator[Difference]:
    """Yield each placement that no candidate was asked about: leaving one out would be a way to a permit."""
    asked = {position for positions in candidates for position in positions}
    for position, placement in enumerate(placements):
        if position not in asked and (placement.role != Role.IMAGE or judged_by.judges_images):
            yield Difference(member="candidates", recorded=None, follows=position, placement=position, resource=address)


def _listed(result: Mapping[str, Any], member: str) -> list[Any]:
    found = result.get(member)
    if not isinstance(found, list):
        raise StoppedError(ReplayOutcome.DIFFERS, Reason.ILL_FORMED, f"results[].{member}")
    return found


def _positions(value: object, count: int) -> tuple[int, ...]:
    if not isinstance(value, list):
        raise StoppedError(ReplayOutcome.DIFFERS, Reason.ILL_FORMED, "results[].candidates")
    return tuple(_position(item, count, "results[].candidates") for item in value)


def _position(value: object, count: int, member: str) -> int:
    if type(value) is not int or not 0 <= value < count:
        raise StoppedError(ReplayOutcome.DIFFERS, Reason.ILL_FORMED, member)
    return value


def _flag(result: Mapping[str, Any], member: str) -> bool:
    found = result.get(member)
    if not isinstance(found, bool):
        raise StoppedError(ReplayOutcome.DIFFERS, Reason.ILL_FORMED, f"results[].{member}")
    return found


def verdict_of(result: Mapping[str, Any]) -> Outcome:
    """Return the verdict of a result.

    Raises:
        StoppedError: it is none.
    """
    try:
        return Outcome(text_of(result, "verdict"))
    except ValueError:
        raise StoppedError(ReplayOutcome.DIFFERS, Reason.ILL_FORMED, "results[].verdict") from None
