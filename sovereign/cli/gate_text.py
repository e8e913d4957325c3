"""The report of the gate as text: what blocks, then one line that counts, then at most three lines to paste."""

import shlex
from collections import Counter
from collections.abc import Iterator
from typing import Final

from sovereign.cli.output import lead, tell, write_text
from sovereign.enforce.gate import GateResult
from sovereign.enforce.gate_report import GateReport
from sovereign.errors import Span
from sovereign.policy.outcome import Outcome
from sovereign.report.diagnostic import Diagnostic, from_error
from sovereign.report.findings import passes_text, read_lines, rule_lines, undecided_title
from sovereign.report.findings import tell as told
from sovereign.report.terminal import clean
from sovereign.report.waiting import together

__all__ = ["show_gate"]

_STDIN: Final = "<stdin>"  # a shell would read it as a redirection
_MOST_LINES: Final = 3
_MOST_COUNTRIES: Final = 6
_NO_CHANGE: Final = {"en": "no single change of place helps", "de": "keine einzelne Änderung des Ortes hilft"}


def show_gate(report: GateReport, lang: str, receipt: dict[str, object] | None) -> None:
    """Write a report as text to stdout."""
    for key, value, used in report.assertions:
        write_text(clean(f"asserted   {key} = {value}{'' if used else '; no input needed it'}") + "\n")
    tell(from_error(error) for error in report.errors)
    for result in report.results:
        if result.verdict.blocks:
            lead(result.verdict, f"{result.resource}  ({_places(result)})")
            tell(_diagnostics(result, report, lang))
    for result in report.drift:
        write_text(clean(f"drift      {result.resource}: {result.verdict.value} ({_places(result)})") + "\n")
    for notice in report.notices:
        write_text(clean(f"notice     {notice}") + "\n")
    _summarise(report, receipt)
    for line in _to_paste(report):
        write_text(clean(line) + "\n")


def _places(result: GateResult) -> str:
    shown = []
    for placement in result.placements:
        countries = sorted(placement.countries or ())
        where = ", ".join(countries[:_MOST_COUNTRIES]) + (
            f", … {len(countries)} countries" if len(countries) > _MOST_COUNTRIES else ""
        )
        shown.append(
            f"{placement.role} {placement.provider or ''} {placement.region or ''} {where or 'unknown'}".strip()
        )
    return "; ".join(dict.fromkeys(" ".join(text.split()) for text in shown)) or result.reason or "no place"


def _diagnostics(result: GateResult, report: GateReport, lang: str) -> Iterator[Diagnostic]:
    source = report.inputs[result.input].path
    for finding, waiting in together(result.findings):
        words = told(finding, report.policies, lang)
        denied = finding.outcome is Outcome.DENY
        pointer = result.pointer
        if finding.placement is not None and result.placements[finding.placement].evidence:
            pointer = result.placements[finding.placement].evidence[0].pointer or pointer
        yield Diagnostic(
            level="error" if denied else "undecided",
            code=finding.rule,
            title=words.title if denied or finding.message else undecided_title(words.title, lang),
            span=Span(path=source, pointer=pointer),
            law=words.law,
            read=read_lines(finding, lang),
            passes_if=passes_text(result.passes_if, lang) if result.passes_if else _NO_CHANGE[lang],
            waiting=rule_lines(waiting, report.policies, lang),
            hint=words.fix or None,
            lang=lang,
        )


def _summarise(report: GateReport, receipt: dict[str, object] | None) -> None:
    """Write one line that counts, unless nothing was judged, which is no verdict; and where the evidence is."""
    if report.results or not report.errors:
        lead(report.verdict, f"{_counted(report)}; under {', '.join(report.policies)}")
    else:
        write_text("not read   nothing was judged, so nothing is permitted\n")
    if receipt is not None:
        write_text(clean(f"receipt    entry {receipt['index']} of {receipt['origin']}, {receipt['state']}") + "\n")


def _counted(report: GateReport) -> str:
    counts = Counter(result.verdict.value for result in report.results)
    shown = (Outcome.PERMIT, Outcome.DENY, Outcome.UNDECIDED, Outcome.NOT_APPLICABLE)
    unread = f", {len(report.errors)} not read" if report.errors else ""
    return ", ".join(f"{counts[outcome.value]} {outcome.value}" for outcome in shown) + unread


def _to_paste(report: GateReport) -> Iterator[str]:
    """Yield at most three lines made for this input: the missing fact once, and where to keep it."""
    waiting: dict[str, tuple[str, str | None, set[str]]] = {}
    for result in report.results:
        for missing in result.missing:
            found = waiting.setdefault(missing.group, (missing.fact, missing.assume, set()))
            found[2].add(result.resource)
    ordered = sorted(waiting.values(), key=lambda item: -len(item[2]))
    lines = [_waiting(fact, assume, len(resources)) for fact, assume, resources in ordered[: _MOST_LINES - 1]]
    if any(assume for _, assume, _ in ordered):
        first = next((item.path for item in report.inputs if item.path != _STDIN), "plan.json")
        lines.append(f"keep it: sovereign init --from {shlex.quote(first)}")
    yield from lines


def _waiting(fact: str, assume: str | None, count: int) -> str:
    who = f"{count} resources wait" if count > 1 else "1 resource waits"
    return f"{who} for one fact: {fact}" + (f": --assume {assume}=…" if assume else "")
