"""`sovereign gate PATH…|-`: decides infrastructure before it exists."""

import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import click

from sovereign.cli.options import common, trust_log_policy
from sovereign.cli.output import tell, write_json, write_text
from sovereign.cli.session import assembly_for, recording_for
from sovereign.enforce.assembly import Assembly
from sovereign.enforce.gate import GateResult
from sovereign.enforce.gate_document import gate_document
from sovereign.enforce.gate_inputs import collect
from sovereign.enforce.gate_report import GateReport
from sovereign.enforce.gate_run import record_run, run_gate
from sovereign.errors import Span, UsageError, quoted
from sovereign.policy.outcome import Outcome
from sovereign.report.diagnostic import Diagnostic, from_error
from sovereign.report.findings import read_lines
from sovereign.report.findings import tell as told
from sovereign.report.terminal import clean

__all__ = ["gate"]

_MOST_LINES: Final = 3
_NO_CHANGE: Final = "no single change of place helps"


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path, allow_dash=True), metavar="PATH…|-")
@trust_log_policy
@click.option("--assume", "stated", multiple=True, metavar="KEY=VALUE", help="State an unknown place; repeatable.")
@click.option("--type", "kind", type=click.Choice(["terraform-plan"]), help="The kind that every input must be of.")
@common
def gate(
    paths: tuple[Path, ...],
    policies: tuple[str, ...],
    trust: Path | None,
    log: Path | None,
    no_log: bool,
    stated: tuple[str, ...],
    kind: str | None,  # noqa: ARG001  one kind is built, and an input of another is an error anyway
    form: str,
    lang: str | None,
) -> int:
    """Decide a Terraform or OpenTofu plan: where everything in it would be, before it exists."""
    assume = dict(_assumption(text) for text in stated)
    assembly = assembly_for(paths, trust=trust, policies=policies, log=log, lang=lang)
    settings = assembly.settings
    ignore = assembly.trust.gate_ignore if assembly.trust is not None else settings.gate_ignore
    collected = collect(paths, stdin=sys.stdin.buffer, ignore=ignore, root=settings.root, own=settings.path)
    report = run_gate(collected, assembly, assume)
    with recording_for(assembly, no_log=no_log) as recording:
        if recording is not None:
            document = record_run(report, assembly, recording)
        else:
            document = gate_document(report, assembly, receipt=None)
    if form == "json":
        write_json(document)
    else:
        _show(report, assembly, document["receipt"])
    return report.exit_code


def _assumption(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not (key and equals and value):
        raise UsageError(f"{quoted(text)} is no assumption", hint="--assume aws.region=eu-central-1")
    return key, value


def _show(report: GateReport, assembly: Assembly, receipt: dict[str, object] | None) -> None:
    for key, value, used in report.assertions:
        write_text(clean(f"asserted   {key} = {value}{'' if used else '; no input needed it'}") + "\n")
    tell(from_error(error) for error in report.errors)
    for result in report.results:
        if result.verdict.blocks:
            write_text(clean(f"{result.verdict.value:<10} {result.resource}  ({_places(result)})") + "\n")
            tell(_diagnostics(result, report, assembly.settings.lang))
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
        where = ", ".join(countries[:6]) + (f", … {len(countries)} countries" if len(countries) > 6 else "")  # noqa: PLR2004  what fits
        shown.append(
            f"{placement.role} {placement.provider or ''} {placement.region or ''} {where or 'unknown'}".strip()
        )
    return "; ".join(dict.fromkeys(" ".join(text.split()) for text in shown)) or result.reason or "no place"


def _diagnostics(result: GateResult, report: GateReport, lang: str) -> Iterator[Diagnostic]:
    source = report.inputs[result.input].path
    for finding in result.findings:
        if not finding.outcome.blocks:
            continue
        words = told(finding, report.policies, lang)
        denied = finding.outcome is Outcome.DENY
        pointer = result.pointer
        if finding.placement is not None and result.placements[finding.placement].evidence:
            pointer = result.placements[finding.placement].evidence[0].pointer or pointer
        yield Diagnostic(
            level="error" if denied else "undecided",
            code=finding.rule,
            title=words.title if denied else f"not decided, a fact is missing: {words.title}",
            span=Span(path=source, pointer=pointer),
            law=words.law,
            read=read_lines(finding, lang),
            passes_if=f"{result.passes_if} (decided again: permit)" if result.passes_if else _NO_CHANGE,
            hint=words.fix or None,
        )


def _summarise(report: GateReport, receipt: dict[str, object] | None) -> None:
    counts = Counter(result.verdict.value for result in report.results)
    parts = [
        f"{counts[o.value]} {o.value}"
        for o in (Outcome.PERMIT, Outcome.DENY, Outcome.UNDECIDED, Outcome.NOT_APPLICABLE)
    ]
    under = ", ".join(report.policies)
    write_text(clean(f"{report.verdict.value:<10} {', '.join(parts)}; under {under}") + "\n")
    if receipt is not None:
        write_text(clean(f"receipt    entry {receipt['index']} of {receipt['origin']}, {receipt['state']}") + "\n")


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
        first = next((item.path for item in report.inputs), "plan.json")
        lines.append(f"keep it: sovereign init --from {first}")
    yield from lines


def _waiting(fact: str, assume: str | None, count: int) -> str:
    who = f"{count} resources wait" if count > 1 else "1 resource waits"
    return f"{who} for one fact: {fact}" + (f": --assume {assume}=…" if assume else "")
