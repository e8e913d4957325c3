"""One run of the gate, judged again from its result document: from the recorded placements and tag, not from the plan.

1. The document is the one that the entry names, and says what the entry says: inputs, policies, verdict, exit, summary.
2. Its summary, verdict and exit follow from the results that it lists: a result left out shows in the numbers.
3. Each result follows from its placements, the tag and the policies of its input: verdict and findings.
4. Each placement was asked about; a program's place only where a policy is about such places.
5. Sentences, laws and what would pass are rendered, not evidence: they are not compared.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from pydantic import ValidationError

from sovereign._internal.canonical import canonical
from sovereign.audit.record import finding_fields
from sovereign.decision.deployment import (
    deployment_exit,
    deployment_request,
    findings_of_candidates,
    verdict_of_candidates,
    worst_verdict,
)
from sovereign.decision.document import SHOWN_MEMBERS, placement_document
from sovereign.decision.request import Context
from sovereign.errors import PolicyError
from sovereign.evidence.kept import Engines, Kept
from sovereign.evidence.outcome import Difference, Reason, ReplayOutcome, StoppedError
from sovereign.evidence.replay_decision import check_always, decide_alike, finding_differences, not_of_the_clock
from sovereign.evidence.stored import digests_of, instant_of, mapping_of, read_object, rows_of, text_of, with_objects
from sovereign.facts.model import Confidence, Placement, Role
from sovereign.policy.ir import names_role
from sovereign.policy.outcome import Outcome
from sovereign.tags.model import Controller, ResidencyTag

__all__ = ["replay_run"]

_NATIVE: Final = "native"
_SHARED: Final = ("verdict", "exit", "policies", "snapshot", "assertions", "summary", "trust")
_OF_INPUT: Final = ("path", "sha256", "kind")
_COUNTED: Final = (Outcome.PERMIT, Outcome.DENY, Outcome.UNDECIDED, Outcome.WAIVED, Outcome.NOT_APPLICABLE)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Input:
    """What judged the resources of one input: both engines, and whether the places of programs counted."""

    engines: Engines
    judges_images: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """What a run recorded beside its results."""

    at: datetime
    tag: ResidencyTag
    controller: Controller | None
    inputs: tuple[_Input, ...]


def replay_run(entry: Mapping[str, Any], kept: Kept) -> tuple[Difference, ...]:
    """Return what of a `gate_run` does not follow from its result document.

    Args:
        entry: as parsed, its type and version known.
        kept: the objects of its log.

    Raises:
        StoppedError: it was not replayed, and why.
    """
    entry = with_objects(entry, kept)
    document = _document(entry, kept)
    found = (*not_of_the_clock(entry), *_beside(entry, document), *_recounted(document))
    if "default_tag" not in document:
        _stop(found, Reason.OLDER_DOCUMENT)
        return found
    run, always = _read_run(entry, document, kept)
    found += always
    is_native = text_of(mapping_of(entry.get("engine"), "engine"), "name") == _NATIVE
    for member in ("results", "drift"):
        for result in rows_of(document, member):
            found += tuple(_of_result(result, run, is_native=is_native))
    if not is_native:
        _stop(found, Reason.REMOTE_ENGINE)
    return found


def _stop(found: tuple[Difference, ...], reason: Reason) -> None:
    """Say that the rest cannot be replayed, unless something was found that is wrong already."""
    if not found:
        raise StoppedError(ReplayOutcome.CANNOT, reason)


def _document(entry: Mapping[str, Any], kept: Kept) -> Mapping[str, Any]:
    named = mapping_of(entry.get("result"), "result")
    digest = text_of(named, "sha256")
    data = kept.content(digest)
    if named.get("bytes") != len(data):
        raise StoppedError(ReplayOutcome.DIFFERS, Reason.ILL_FORMED, "result.bytes")
    document = read_object(data, Reason.UNREADABLE, digest)
    if (document.get("schema"), document.get("simulated")) != ("sovereign.gate/1", False):
        raise StoppedError(ReplayOutcome.DIFFERS, Reason.UNREADABLE, digest)
    return document


def _beside(entry: Mapping[str, Any], document: Mapping[str, Any]) -> Iterator[Difference]:
    """Yield where the entry says something else than its document."""
    inputs = [{name: item.get(name) for name in _OF_INPUT} for item in rows_of(document, "inputs")]
    for member, said in (*((name, document.get(name)) for name in _SHARED), ("inputs", inputs)):
        if canonical(entry.get(member)) != canonical(said):
            yield Difference(member=member, recorded=entry.get(member), follows=said)


def _recounted(document: Mapping[str, Any]) -> Iterator[Difference]:
    """Yield where summary, verdict and exit do not follow from the results that the document lists."""
    results = rows_of(document, "results")
    verdicts = [_verdict(result) for result in results]
    counts: dict[str, int] = {outcome.value: verdicts.count(outcome) for outcome in _COUNTED}
    counts["asserted"] = sum(_is_asserted(result) for result in results)
    summary = mapping_of(document.get("summary"), "summary")
    for name in sorted(counts.keys() | summary.keys()):
        if canonical(summary.get(name)) != canonical(counts.get(name)):
            yield Difference(member=f"summary.{name}", recorded=summary.get(name), follows=counts.get(name))
    verdict = worst_verdict(verdicts)
    code = deployment_exit(verdict, unreadable=bool(rows_of(document, "errors")))
    for member, follows in (("verdict", verdict.value), ("exit", code)):
        if canonical(document.get(member)) != canonical(follows):
            yield Difference(member=member, recorded=document.get(member), follows=follows)


def _verdict(result: Mapping[str, Any]) -> Outcome:
    try:
        return Outcome(text_of(result, "verdict"))
    except ValueError:
        raise StoppedError(ReplayOutcome.DIFFERS, Reason.ILL_FORMED, "results[].verdict") from None


def _is_asserted(result: Mapping[str, Any]) -> bool:
    return any(row.get("confidence") == Confidence.ASSERTED for row in rows_of(result, "placements"))


def _read_run(entry: Mapping[str, Any], document: Mapping[str, Any], kept: Kept) -> tuple[_Run, tuple[Difference, ...]]:
    """Return what judged, and the policies that a trust file always demands and an input went without."""
    digests, snapshot, trust = digests_of(document), text_of(document, "snapshot"), document.get("trust")
    found: tuple[Difference, ...] = ()
    inputs = []
    tag, controller = _claims(document)
    for row in rows_of(document, "inputs"):
        own = _of_input(row, digests)
        engines = kept.engines(own.values(), snapshot, demands_proof=trust is not None, packs=digests.values())
        if trust is not None:
            found += check_always(kept, text_of(document, "trust"), own)
        inputs.append(_Input(engines=engines, judges_images=_judges_images(engines, tag)))
    run = _Run(at=instant_of(entry, "at"), tag=tag, controller=controller, inputs=tuple(inputs))
    return run, found


def _claims(document: Mapping[str, Any]) -> tuple[ResidencyTag, Controller | None]:
    stated = document.get("controller")
    try:
        tag = ResidencyTag.model_validate_json(canonical(document["default_tag"]))
        return tag, None if stated is None else Controller.model_validate_json(canonical(stated))
    except ValidationError:
        raise StoppedError(ReplayOutcome.DIFFERS, Reason.ILL_FORMED, "default_tag, controller") from None


def _of_input(row: Mapping[str, Any], digests: Mapping[str, str]) -> dict[str, str]:
    names = row.get("policies")
    if not isinstance(names, list) or not set(map(str, names)) <= digests.keys():
        raise StoppedError(ReplayOutcome.DIFFERS, Reason.ILL_FORMED, "inputs[].policies")
    return {str(name): digests[str(name)] for name in names}


def _judges_images(engines: Engines, tag: ResidencyTag) -> bool:
    policies = list(engines.first.policies)
    for pack in tag.packs or ():
        try:
            policies.append(engines.first.policy(pack))
        except PolicyError:
            continue  # one that is not there is denied by SOV-004
    return any(names_role(policy, Role.IMAGE) for policy in policies)


# -- one result ----------------------------------------------------------------------------------------------------


def _of_result(result: Mapping[str, Any], run: _Run, *, is_native: bool) -> Iterator[Difference]:
    """Yield what does not follow of one result; where a remote engine took part, only what it cannot have added."""
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
    recorded = _verdict(result)
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
    placements: tuple[Placement, ...], candidates: list[tuple[int, ...]], judged_by: _Input, address: str
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
