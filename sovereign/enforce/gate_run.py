"""One run of the gate: inputs in, one report out, one entry in the log, one exit code."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sovereign._internal.canonical import canonical, sha256_hex
from sovereign._internal.clock import format_utc
from sovereign.decision.deployment import NO_TAG, strictest_tag
from sovereign.enforce.assembly import Assembly, no_policy
from sovereign.enforce.gate import GateResult, Judge
from sovereign.enforce.gate_document import gate_document
from sovereign.enforce.gate_inputs import Collected, GateInput
from sovereign.enforce.gate_report import GateReport, Judged
from sovereign.enforce.recording import Recording
from sovereign.errors import InputError, UsageError, quoted
from sovereign.facts.sources.terraform_plan import parse_terraform_plan
from sovereign.policy.ir import Policy
from sovereign.policy.store import same_id
from sovereign.settings.globs import rule_for
from sovereign.tags.model import ResidencyTag
from sovereign.tags.sources.sidecar import parse_tag_file

__all__ = ["record_run", "run_gate"]


@dataclass(slots=True)
class _Run:
    """What is gathered while inputs are judged."""

    inputs: list[Judged]
    results: list[GateResult]
    drift: list[GateResult]
    errors: list[InputError]
    notices: list[str]
    used: set[str]
    stated: dict[str, str]
    policies: dict[str, Policy]


def run_gate(collected: Collected, assembly: Assembly, assume: Mapping[str, str]) -> GateReport:
    """Judge every input.

    Args:
        collected: what was given.
        assembly: decides; its settings may add policies and places for some paths.
        assume: places stated by options; they win over those of the settings.

    Raises:
        PolicyError: no policy is named, or one does not load.
        UsageError: a place is stated that the trust file does not list.
    """
    run = _Run([], [], [], list(collected.errors), [], set(), {}, dict(assembly.policies))
    now = assembly.clock()
    tag, label = _default_tag(assembly)
    for entry in collected.inputs:
        try:
            _judge(entry, assembly, assume, run, now=now, tag=tag, label=label)
        except InputError as error:
            run.errors.append(error)
    if not collected.inputs and not run.errors:
        run.errors.append(
            InputError(
                "nothing was judged: no input of a known kind",
                code="SOV-I003",
                hint="`terraform show -json tfplan > plan.json` makes an input; empty is never permitted",
            )
        )
    unused = tuple((key, value, key in run.used) for key, value in sorted(run.stated.items()))
    return GateReport(
        at=now,
        tag=tag,
        inputs=tuple(run.inputs),
        results=tuple(run.results),
        drift=tuple(run.drift),
        assertions=unused,
        policies=run.policies,
        collected=collected,
        errors=tuple(run.errors),
        notices=tuple(dict.fromkeys(run.notices)),
    )


def record_run(report: GateReport, assembly: Assembly, recording: Recording) -> dict[str, Any]:
    """Make the run's one entry durable, its result document before it, and return the document with the receipt.

    Raises:
        AuditWriteError: it is not durable.
    """
    recording.announce(report.policies.values())
    document = gate_document(report, assembly, receipt=None)
    body = canonical(document)
    fields = {
        "at": format_utc(report.at),
        "known": format_utc(report.at),
        "verdict": report.verdict.value,
        "exit": report.exit_code,
        "inputs": [{name: item[name] for name in ("path", "sha256", "kind")} for item in document["inputs"]],
        "policies": document["policies"],
        "snapshot": document["snapshot"],
        "engine": {"name": assembly.point.engine.name, "version": assembly.point.engine.version},
        "assertions": document["assertions"],
        "summary": document["summary"],
        "result": {"sha256": sha256_hex(body), "bytes": len(body), "media_type": "application/vnd.sovereign.gate+json"},
    }
    receipt = recording.event("gate_run", fields, {sha256_hex(body): body})
    return gate_document(report, assembly, receipt=receipt)


def _judge(
    entry: GateInput,
    assembly: Assembly,
    assume: Mapping[str, str],
    run: _Run,
    *,
    now: datetime,
    tag: ResidencyTag,
    label: str,
) -> None:
    settings = assembly.settings
    rule = rule_for(settings.gate_paths, entry.file, root=settings.root) if entry.file is not None else None
    places = {**(rule.assume if rule is not None else {}), **assume}
    for key, value in places.items():
        if assembly.trust is not None:
            assembly.trust.require_assumption(key, value)
    point = assembly.point_with(rule.policies if rule is not None else ())
    if not point.policies and not point.is_remote and not tag.packs:
        raise no_policy()
    plan = parse_terraform_plan(entry.data, source=entry.path, catalogue=assembly.snapshot.catalogue, assume=places)
    number = len(run.inputs)
    judged_by = tuple(policy.id for policy in point.policies)
    run.inputs.append(Judged(path=entry.path, sha256=plan.sha256, kind="terraform-plan", policies=judged_by))
    judge = Judge(point=point, at=now, tag=tag, tag_label=label, controller=settings.controller, lang=settings.lang)
    run.results += judge.results(plan.resources, number=number)
    run.results += judge.results(plan.deferred, number=number, deferred=True)
    run.drift += judge.results(plan.drift, number=number)
    run.stated |= places
    run.used |= set(plan.assumptions_used)
    for policy in (*point.policies, *(point.policy(name) for name in tag.packs or ())):
        if run.policies.setdefault(policy.id, policy).sha256 != policy.sha256:
            raise same_id(run.policies[policy.id], policy)  # one name in the report must mean one text
    run.notices += [
        f"{entry.path}: {quoted(address)} is forgotten and goes on running" for address in plan.left_running
    ]
    if plan.nothing_to_judge:
        run.notices.append(f"{entry.path}: nothing is made or kept, so nothing was judged")


def _default_tag(assembly: Assembly) -> tuple[ResidencyTag, str]:
    """Return the tag of resources without one, and what the report says of it."""
    path = assembly.settings.gate_default_tag
    if path is None:
        return strictest_tag(), NO_TAG
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UsageError(
            f"the default tag {quoted(str(path))} cannot be read: {(error.strerror or 'unreadable').lower()}",
            code="SOV-C200",
        ) from None
    if assembly.trust is not None:
        assembly.trust.require_default_tag(data, source=str(path))
    found = parse_tag_file(data, source=str(path))
    if len(found.datasets) != 1:
        raise UsageError(f"the default tag {quoted(str(path))} is not one dataset", code="SOV-C201")
    return found.datasets[0].tag, f"default {path.name}"
