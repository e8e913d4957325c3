"""Decisions as diagnostics and as JSON: the same facts for a person and for a program."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Final, Literal

from sovereign._internal.clock import format_utc
from sovereign.audit.receipt import Receipt
from sovereign.audit.record import plain_value
from sovereign.decision.model import Basis, Decision, Finding, Notice
from sovereign.errors import Span
from sovereign.facts.model import Placement
from sovereign.policy.ir import Policy
from sovereign.policy.outcome import Outcome
from sovereign.report.diagnostic import Diagnostic, Level
from sovereign.report.findings import passes_text, read_lines, rule_lines, tell, undecided_title
from sovereign.report.waiting import together

__all__ = ["Answered", "decision_json", "diagnostics", "finding_json", "placement_json", "receipt_json"]

_NO_CHANGE = {
    "en": "no single change of place or purpose helps",
    "de": "keine einzelne Änderung von Ort oder Zweck hilft",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """One decided request with what a report needs of it.

    Attributes:
        subject, action, resource: ids.
        title: for people.
        decision: the answer.
        placements: as asked about.
        places: per placement its place in the input; the last one is that of the whole request.
        passes_if: a change that was decided again and permitted; None if none was found or none is needed.
        receipt: where the evidence is; None for a preview.
    """

    subject: str
    action: str
    resource: str
    title: str
    decision: Decision
    placements: tuple[Placement, ...]
    places: tuple[Span, ...]
    passes_if: str | None
    receipt: Receipt | None


def diagnostics(
    answered: Answered,
    policies: Mapping[str, Policy],
    lang: str,
    doubts: Mapping[int | None, str] = MappingProxyType({}),
) -> Iterator[Diagnostic]:
    """Yield one diagnostic for each finding that blocks, those that wait for one fact together, and for each notice.

    Args:
        answered: what was decided.
        policies: by id; those the decision was made under.
        lang: `en` or `de`.
        doubts: why facts are unknown, by placement, None for those of the whole request; told where SOV-000 waits.
    """
    decision = answered.decision
    receipt = _receipt_text(answered.receipt, lang)
    if decision.basis is Basis.DEFAULT:
        text = (
            "no rule of effect deny is in force"
            if lang == "en"
            else "keine Regel mit der Wirkung Ablehnung ist in Kraft"
        )
        place = answered.places[-1]
        yield Diagnostic(level="error", code="SOV-E001", title=text, span=place, receipt=receipt, lang=lang)
    for finding, waiting in together(decision.findings):
        told = _diagnostic(answered, finding, policies, lang, receipt)
        doubt = doubts.get(finding.placement) if finding.rule == "SOV-000" else None
        hint = doubt if doubt is not None else told.hint
        yield replace(told, hint=hint, waiting=rule_lines(waiting, policies, lang))
    for notice in decision.notices:
        yield _notice(notice, answered, lang, receipt)


def _notice(notice: Notice, answered: Answered, lang: str, receipt: str | None) -> Diagnostic:
    """Return a notice; that an engine failed, or a duty cannot be met, is no notice: it is why there is no permit."""
    level, hints = _REASONS.get(notice.code[:5], ("notice", {}))
    if level == "notice":
        return Diagnostic(level=level, code=notice.code, title=notice.message)
    return Diagnostic(
        level=level,
        code=notice.code,
        title=notice.message,
        span=answered.places[-1],
        hint=hints[lang],
        receipt=receipt,
        lang=lang,
    )


_REASONS: Final[Mapping[str, tuple[Level, Mapping[str, str]]]] = {
    "SOV-U": (
        "undecided",
        {
            "en": "`sovereign doctor` asks the server; without its answer nothing is permitted",
            "de": "`sovereign doctor` fragt den Server; ohne seine Antwort wird nichts zugelassen",
        },
    ),
    "SOV-E": (
        "error",
        {
            "en": "a command meets no duties; ask through a guard that has a handler for this one",
            "de": "ein Befehl erfüllt keine Auflagen; zu fragen ist über einen Wächter, der diese kennt",
        },
    ),
}


def _diagnostic(
    answered: Answered, finding: Finding, policies: Mapping[str, Policy], lang: str, receipt: str | None
) -> Diagnostic:
    told = tell(finding, policies, lang)
    level: Literal["error", "undecided"] = "error" if finding.outcome is Outcome.DENY else "undecided"
    place = answered.places[finding.placement if finding.placement is not None else -1]
    return Diagnostic(
        level=level,
        code=finding.rule,
        title=told.title if level == "error" else undecided_title(told.title, lang),
        span=place,
        law=told.law,
        read=read_lines(finding, lang),
        passes_if=_passes_if(answered, lang),
        hint=told.fix or None,
        receipt=receipt,
        lang=lang,
    )


def _passes_if(answered: Answered, lang: str) -> str:
    return _NO_CHANGE[lang] if answered.passes_if is None else passes_text(answered.passes_if, lang)


def _receipt_text(receipt: Receipt | None, lang: str) -> str | None:
    if receipt is None:
        return None
    entry, of, leaf = {"en": ("entry", "of", "leaf"), "de": ("Eintrag", "von", "Blatt")}[lang]
    return f"{entry} {receipt.index} {of} {receipt.origin}, {leaf} {receipt.leaf_hash[:16]}…, {receipt.state}"


def decision_json(answered: Answered, policies: Mapping[str, Policy], lang: str) -> dict[str, Any]:
    """Return one result of `sovereign.check/1`."""
    decision = answered.decision
    return {
        "subject": answered.subject,
        "action": answered.action,
        "resource": answered.resource,
        "title": answered.title,
        "effect": decision.effect.value,
        "basis": decision.basis.value,
        "verdict": decision.outcome.value,
        "id": decision.id,
        "at": format_utc(decision.at),
        "known": format_utc(decision.known),
        "valid_until": format_utc(decision.valid_until),
        "placements": [placement_json(placement) for placement in answered.placements],
        "findings": [finding_json(finding, answered, policies, lang) for finding in decision.findings],
        "obligations": list(decision.obligations),
        "notices": [{"code": notice.code, "message": notice.message} for notice in decision.notices],
        "receipt": receipt_json(answered.receipt),
    }


def finding_json(finding: Finding, answered: Answered, policies: Mapping[str, Policy], lang: str) -> dict[str, Any]:
    """Return one finding; `passes_if` only where the answer blocks."""
    told = tell(finding, policies, lang)
    place = answered.places[finding.placement if finding.placement is not None else -1]
    blocks = finding.outcome.blocks
    return {
        "rule": finding.rule,
        "outcome": finding.outcome.value,
        "placement": finding.placement,
        "severity": told.severity,
        "message": told.title,
        "law": list(told.law),
        "read": {name: plain_value(value) for name, value in finding.read.items()},
        "place": {"path": place.path, "line": place.line, "column": place.column, "pointer": place.pointer},
        "passes_if": answered.passes_if if blocks else None,
        "no_change_helps": blocks and answered.passes_if is None,
    }


def placement_json(placement: Placement) -> dict[str, Any]:
    """Return a placement as observed."""
    first = placement.evidence[0] if placement.evidence else None
    return {
        "id": placement.id,
        "role": placement.role,
        "provider": placement.provider,
        "region": placement.region,
        "countries": None if placement.countries is None else sorted(placement.countries),
        "confidence": placement.confidence,
        "evidence": None if first is None else {"pointer": first.pointer, "line": first.line, "value": first.value},
    }


def receipt_json(receipt: Receipt | None) -> dict[str, Any] | None:
    """Return a receipt; null for a preview."""
    if receipt is None:
        return None
    return {
        "log_kind": receipt.log_kind.value,
        "origin": receipt.origin,
        "index": receipt.index,
        "leaf": receipt.leaf_hash,
        "state": receipt.state.value,
    }
