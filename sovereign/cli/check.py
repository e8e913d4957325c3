"""`sovereign check FILE…`: decides requests and tagged jobs."""

import os
from pathlib import Path
from typing import Any, Final

import click

from sovereign._internal.clock import local_day
from sovereign.cli.options import common, instants, trust_log_policy
from sovereign.cli.output import lead, say, tell, write_json
from sovereign.cli.session import assembly_for, recording_for
from sovereign.decision.point import LEGAL_TIME
from sovereign.enforce.assembly import Assembly
from sovereign.enforce.checking import answer, check_is_under_policy, check_may_simulate, instants_of
from sovereign.enforce.questions import Question, read_questions
from sovereign.policy.ir import Policy
from sovereign.policy.outcome import Outcome
from sovereign.report.decisions import Answered, decision_json, diagnostics
from sovereign.report.doubts import kind_doubt, placement_doubt, untagged_text

__all__ = ["check"]

_EXIT: Final = {Outcome.DENY: 1, Outcome.UNDECIDED: 4, Outcome.PERMIT: 0, Outcome.WAIVED: 0}
_SEVEREST: Final = (1, 4, 0)


@click.command(short_help="Decide requests (JSON) or tagged jobs (YAML).")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE…")
@trust_log_policy
@instants
@common
def check(
    files: tuple[Path, ...],
    policies: tuple[str, ...],
    trust: Path | None,
    log: Path | None,
    no_log: bool,
    at: str | None,
    known: str | None,
    form: str,
    lang: str | None,
) -> int:
    """Decide requests (JSON) or tagged jobs (YAML); each answer is in the log before it is shown."""
    assembly = assembly_for(files, trust=trust, policies=policies, log=log, lang=lang)
    if at is not None or known is not None:
        check_may_simulate(assembly, os.environ)
    questions = _questions(files, assembly)
    for question in questions:  # before the log is opened: nothing is decided of some of them only
        check_is_under_policy(question, assembly)
    asked = [(question, instants_of(question, assembly, os.environ, at=at, known=known)) for question in questions]
    with recording_for(assembly, no_log=no_log) as recording:
        answers = [answer(question, assembly, recording, moment) for question, moment in asked]
    code = next(code for code in _SEVEREST if any(_EXIT[a.decision.outcome] == code for a in answers))
    if form == "json":
        write_json(_document(assembly, questions, answers, code))
    else:
        _show(questions, answers, assembly)
    return code


def _questions(files: tuple[Path, ...], assembly: Assembly) -> list[Question]:
    day = local_day(assembly.clock(), LEGAL_TIME)
    tags = assembly.tags()
    controller = assembly.settings.controller
    return [q for path in files for q in read_questions(path, tags=tags, controller=controller, day=day)]


def _policies_of(assembly: Assembly, answers: list[Answered]) -> dict[str, Policy]:
    """Return every policy that an answer names, packs of tags included."""
    names = {policy.id for answered in answers for policy in answered.decision.policies}
    return {name: assembly.point.policy(name) for name in sorted(names)}


def _show(questions: list[Question], answers: list[Answered], assembly: Assembly) -> None:
    policies, lang = _policies_of(assembly, answers), assembly.settings.lang
    for question, answered in zip(questions, answers, strict=True):
        named = [ref.id for ref in answered.decision.policies]
        under = ", ".join(named) or f"no policy but that of {answered.decision.engine.name}"
        simulated = " (simulated)" if answered.decision.simulated else ""
        text = f"{answered.title}: {answered.action} of {answered.resource}, under {under}{simulated}"
        lead(answered.decision.outcome, text)
        tell(diagnostics(answered, policies, lang, _doubts(question, answered, assembly)))
        job = question.request.subject.properties
        if (doubt := kind_doubt(job.kind if job is not None else None, lang)) is not None:
            say(f"{question.source}: {doubt}")


def _doubts(question: Question, answered: Answered, assembly: Assembly) -> dict[int | None, str]:
    """Return why facts are unknown, by placement, None for the whole request."""
    lang, catalogue = assembly.settings.lang, assembly.snapshot.catalogue
    found = {None: untagged_text(question.untagged, lang)} | {
        index: placement_doubt(placement, catalogue, lang) for index, placement in enumerate(answered.placements)
    }
    return {index: text for index, text in found.items() if text is not None}


def _document(assembly: Assembly, questions: list[Question], answers: list[Answered], code: int) -> dict[str, Any]:
    policies = _policies_of(assembly, answers)
    inputs = {question.source: question.sha256 for question in questions}
    outcomes = [answered.decision.outcome for answered in answers]
    return {
        "schema": "sovereign.check/1",
        "verdict": {0: "permit", 1: "deny", 4: "undecided"}[code],
        "exit": code,
        "trust": assembly.trust_digest,
        "simulated": any(answered.decision.simulated for answered in answers),
        "snapshot": assembly.snapshot.digest,
        "inputs": [{"path": path, "sha256": digest} for path, digest in inputs.items()],
        "policies": [{"id": p.id, "version": p.version, "sha256": p.sha256} for p in policies.values()],
        "results": [decision_json(answered, policies, assembly.settings.lang) for answered in answers],
        "summary": {outcome.value: outcomes.count(outcome) for outcome in _EXIT},
    }
