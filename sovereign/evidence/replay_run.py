"""One run of the gate, judged again from its result document: from the recorded placements and tag, not from the plan.

1. The document is the one that the entry names, and says what the entry says: inputs, policies, verdict, exit, summary.
2. Its summary, verdict and exit follow from the results that it lists: a result left out shows in the numbers.
3. Each result follows from its placements, the tag and the policies of its input: verdict and findings.
4. Each placement was asked about; a program's place only where a policy is about such places.
5. Each policy is the one that its id and version name; what had no tag was judged by the strictest.
6. Sentences, laws and what would pass are rendered, not evidence: they are not compared.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from pydantic import ValidationError

from sovereign._internal.canonical import canonical
from sovereign._internal.version import VERSION
from sovereign.decision.deployment import NO_TAG, deployment_exit, strictest_tag, worst_verdict
from sovereign.errors import PolicyError
from sovereign.evidence.kept import Engines, Kept
from sovereign.evidence.outcome import Difference, Reason, ReplayOutcome, StoppedError
from sovereign.evidence.replay_decision import check_always, not_of_the_clock
from sovereign.evidence.replay_result import GateRun, JudgedBy, result_differences, verdict_of
from sovereign.evidence.stored import digests_of, instant_of, mapping_of, read_object, rows_of, text_of, with_objects
from sovereign.facts.model import Confidence, Role
from sovereign.policy.ir import names_role
from sovereign.policy.outcome import Outcome
from sovereign.tags.model import Controller, ResidencyTag

__all__ = ["replay_run"]

_NATIVE: Final = "native"
_SHARED: Final = ("verdict", "exit", "policies", "snapshot", "assertions", "summary", "trust")
_OF_INPUT: Final = ("path", "sha256", "kind")
_COUNTED: Final = (Outcome.PERMIT, Outcome.DENY, Outcome.UNDECIDED, Outcome.WAIVED, Outcome.NOT_APPLICABLE)


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
    run, missing = _gate_run(entry, document, kept)
    found += (*missing, *_misnamed(document, kept), *_milder_tag(entry, document, run.tag))
    is_native = text_of(mapping_of(entry.get("engine"), "engine"), "name") == _NATIVE
    for member in ("results", "drift"):
        for result in rows_of(document, member):
            found += tuple(result_differences(result, run, is_native=is_native))
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
    verdicts = [verdict_of(result) for result in results]
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


def _is_asserted(result: Mapping[str, Any]) -> bool:
    return any(row.get("confidence") == Confidence.ASSERTED for row in rows_of(result, "placements"))


def _gate_run(
    entry: Mapping[str, Any], document: Mapping[str, Any], kept: Kept
) -> tuple[GateRun, tuple[Difference, ...]]:
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
        inputs.append(JudgedBy(engines=engines, judges_images=_judges_images(engines, tag)))
    run = GateRun(at=instant_of(entry, "at"), tag=tag, controller=controller, inputs=tuple(inputs))
    return run, found


def _misnamed(document: Mapping[str, Any], kept: Kept) -> Iterator[Difference]:
    """Yield the policies whose bytes say another id or version than the document does."""
    for row in rows_of(document, "policies"):
        policy = kept.policy(text_of(row, "sha256"), text_of(document, "snapshot"))
        follows = {"id": policy.id, "version": policy.version, "sha256": policy.sha256}
        if canonical(row) != canonical(follows):
            yield Difference(member="policies", recorded=row, follows=follows, rule=policy.id)


def _milder_tag(entry: Mapping[str, Any], document: Mapping[str, Any], tag: ResidencyTag) -> Iterator[Difference]:
    """Yield the tag of resources that had none, where it is not the strictest.

    A later version may know more categories; it makes no claim either, and is restricted and personal too.
    """
    strictest = strictest_tag()
    version = mapping_of(entry.get("engine"), "engine").get("version")
    if version != VERSION and (tag.categories or frozenset()) >= (strictest.categories or frozenset()):
        strictest = strictest.model_copy(update={"categories": tag.categories})
    labels = {text_of(result, "tag") for name in ("results", "drift") for result in rows_of(document, name)}
    if NO_TAG in labels and tag != strictest:
        follows = {"classification": "restricted", "status": "personal"}
        yield Difference(member="default_tag", recorded=document["default_tag"], follows=follows)


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
