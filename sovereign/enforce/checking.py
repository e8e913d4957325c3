"""Answers questions of `check`: each one request, one decision, one entry; a simulation is said to be one."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sovereign._internal.clock import parse_utc
from sovereign.analysis.passes_if import find_change
from sovereign.decision.document import request_document
from sovereign.enforce.assembly import Assembly, no_policy
from sovereign.enforce.questions import Question
from sovereign.enforce.recording import Recording
from sovereign.errors import Span, UsageError, quoted
from sovereign.report.decisions import Answered

__all__ = ["Instants", "answer", "check_is_under_policy", "check_may_simulate", "instants_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Instants:
    """What is asked about: now, or for a simulation another instant."""

    at: datetime
    known: datetime
    simulated: bool


def check_may_simulate(assembly: Assembly, environ: Mapping[str, str]) -> None:
    """Refuse a simulation where answers are enforced.

    Raises:
        UsageError: under a trust file or CI (SOV-C008).
    """
    if assembly.trust is not None or environ.get("CI"):
        raise UsageError(
            "an instant other than now is not asked about under a trust file or CI",
            code="SOV-C008",
            hint="take --at, --known and context.at out; simulate on a desk",
        )


def instants_of(
    question: Question, assembly: Assembly, environ: Mapping[str, str], *, at: str | None, known: str | None
) -> Instants:
    """Return the instants of one question: options, else the request's own, else the clock."""
    now = assembly.clock()
    asked_at = at if at is not None else question.request.context.at
    asked_known = known if known is not None else question.request.context.known
    if asked_at is None and asked_known is None:
        return Instants(at=now, known=now, simulated=False)
    check_may_simulate(assembly, environ)
    return Instants(at=_instant(asked_at, now), known=_instant(asked_known, now), simulated=True)


def check_is_under_policy(question: Question, assembly: Assembly) -> None:
    """Return when a policy applies to the question: one of the settings, of an OPA server, or of its own tag.

    Raises:
        PolicyError: no policy is named, by nobody (SOV-C002).
    """
    tag = question.request.resource.properties
    if not assembly.policies and assembly.settings.opa_url is None and not (tag and tag.packs):
        raise no_policy()


def answer(question: Question, assembly: Assembly, recording: Recording | None, instants: Instants) -> Answered:
    """Decide one question and, with a log, return only after its entry was durable.

    Raises:
        PolicyError: no policy is named, by nobody (SOV-C002).
        AuditWriteError: the entry is not durable.
    """
    request, point = question.request, assembly.point
    check_is_under_policy(question, assembly)
    prepared = point.prepare(request, at=instants.at)
    document: dict[str, Any] | None = None
    if assembly.settings.opa_url is not None:
        document = request_document(prepared.request, at=instants.at, known=instants.known)
    decision = point.decide(
        prepared, at=instants.at, known=instants.known, document=document, simulated=instants.simulated
    )
    receipt = recording.decision(decision, prepared).receipt if recording is not None else None
    lang = assembly.settings.lang
    change = None if decision.permits else find_change(point, prepared.request, decision, at=instants.at, lang=lang)
    return Answered(
        subject=request.subject.id,
        action=request.action.name,
        resource=request.resource.id,
        title=question.title,
        decision=decision,
        placements=prepared.request.context.placements,
        places=_places(question),
        passes_if=change.text if change is not None else None,
        receipt=receipt,
    )


def _places(question: Question) -> tuple[Span, ...]:
    count = len(question.request.context.placements)
    return (*(question.placement_span(index) for index in range(count)), question.placement_span(None))


def _instant(text: str | None, now: datetime) -> datetime:
    if text is None:
        return now
    try:
        return parse_utc(text)
    except ValueError:
        raise UsageError(
            f"{quoted(text)} is no instant", code="SOV-C001", hint="write YYYY-MM-DDTHH:MM:SSZ, in UTC"
        ) from None
