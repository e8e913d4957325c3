"""The report of the gate as one JSON document, `sovereign.gate/1`."""

from typing import Any, Final

from sovereign.audit.receipt import Receipt
from sovereign.audit.record import plain_value
from sovereign.decision.document import further_document, model_document
from sovereign.enforce.assembly import Assembly
from sovereign.enforce.gate import GateResult
from sovereign.enforce.gate_report import GateReport
from sovereign.errors import InputError
from sovereign.policy.outcome import Outcome
from sovereign.report.decisions import placement_json, receipt_json
from sovereign.report.diagnostic import hint_of
from sovereign.report.findings import tell

__all__ = ["gate_document"]

SCHEMA: Final = "sovereign.gate/1"
_COUNTED: Final = (Outcome.PERMIT, Outcome.DENY, Outcome.UNDECIDED, Outcome.WAIVED, Outcome.NOT_APPLICABLE)


def gate_document(report: GateReport, assembly: Assembly, *, receipt: Receipt | None) -> dict[str, Any]:
    """Return the document; deterministic for equal inputs, policies and day, but for the receipt."""
    lang = assembly.settings.lang
    return {
        "schema": SCHEMA,
        "verdict": report.verdict.value,
        "exit": report.exit_code,
        "trust": assembly.trust_digest,
        "simulated": False,
        "snapshot": assembly.snapshot.digest,
        "inputs": [
            {"path": item.path, "sha256": item.sha256, "kind": item.kind, "policies": list(item.policies)}
            for item in report.inputs
        ],
        "ignored": list(report.collected.ignored),
        "skipped": report.collected.skipped,
        "errors": [_error(error) for error in report.errors],
        "notices": list(report.notices),
        "policies": [{"id": p.id, "version": p.version, "sha256": p.sha256} for p in report.policies.values()],
        "assertions": [{"key": key, "value": value, "used": used} for key, value, used in report.assertions],
        "waivers": [],
        "default_tag": model_document(report.tag),
        "controller": None if assembly.settings.controller is None else model_document(assembly.settings.controller),
        "results": [_result(result, report, lang) for result in report.results],
        "drift": [_result(result, report, lang) for result in report.drift],
        "summary": _summary(report),
        "receipt": receipt_json(receipt),
    }


def _summary(report: GateReport) -> dict[str, int]:
    verdicts = [result.verdict for result in report.results]
    counts = {outcome.value: verdicts.count(outcome) for outcome in _COUNTED}
    return {**counts, "asserted": sum(result.is_asserted for result in report.results)}


def _result(result: GateResult, report: GateReport, lang: str) -> dict[str, Any]:
    return {
        "resource": result.resource,
        "input": result.input,
        "verdict": result.verdict.value,
        "tag": result.tag,
        "pointer": result.pointer,
        "reason": result.reason,
        "deferred": result.deferred,
        "placements": [
            {**placement_json(placement), "further": further_document(placement)} for placement in result.placements
        ],
        "candidates": [list(positions) for positions in result.candidates],
        "missing": [{"fact": m.fact, "assume": m.assume, "pointer": m.pointer} for m in result.missing],
        "findings": [
            {
                "rule": finding.rule,
                "outcome": finding.outcome.value,
                "placement": finding.placement,
                "severity": (told := tell(finding, report.policies, lang)).severity,
                "message": told.title,
                "law": list(told.law),
                "read": {name: plain_value(value) for name, value in finding.read.items()},
                "passes_if": result.passes_if if finding.outcome.blocks else None,
            }
            for finding in result.findings
        ],
    }


def _error(error: InputError) -> dict[str, Any]:
    span = error.span
    return {
        "code": error.code,
        "message": error.message,
        "hint": hint_of(error),
        "path": span.path if span else None,
        "line": span.line if span else None,
    }
