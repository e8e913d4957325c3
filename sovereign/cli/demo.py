"""`sovereign demo`: the main job on the data of an invented site, told in plain words, in a temporary folder.

It reads no settings and no state of the user, and contacts nothing. Every line it prints was just decided, recorded
and verified by the same code that the other verbs use.
"""

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import click

from sovereign._internal.clock import local_day, system_clock
from sovereign._internal.shipped import shipped_directory
from sovereign.audit.log import Log
from sovereign.audit.verify import verify_log
from sovereign.cli.gate_text import show_gate
from sovereign.cli.output import tell, write_text
from sovereign.decision.point import LEGAL_TIME
from sovereign.enforce.assembly import Assembly, build
from sovereign.enforce.checking import Instants, answer
from sovereign.enforce.gate_inputs import Collected, GateInput
from sovereign.enforce.gate_run import record_run, run_gate
from sovereign.enforce.questions import Question, read_questions
from sovereign.enforce.recording import Recording
from sovereign.errors import UsageError, VerificationError, quoted
from sovereign.report.decisions import Answered, diagnostics
from sovereign.report.diagnostic import from_error
from sovereign.report.terminal import clean, painter_for
from sovereign.tags.sources.sidecar import TagSet, load_tag_file

__all__ = ["demo"]

_POLICIES: Final = ("de-only", "eu-only", "eea-gdpr")
_KEPT: Final = "checkpoint-kept"
_SHOWN: Final = (("de-only", "backup-payroll"), ("eu-only", "ask-the-turbine"), ("eea-gdpr", "mirror-patients"))
_FORGED: Final = (b'"placement.countries":["IE"]', b'"placement.countries":["DE"]')
"""One byte: a backup in Ireland that somebody would like to have been in Germany."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stage:
    """Where the demo plays: the sample data, the log, and the three policies, each with what decides under it."""

    site: Path
    folder: Path
    log: Log
    worlds: dict[str, Assembly]


@click.command(short_help="Tell the whole story on sample data, in under a minute.")
@click.option(
    "--keep", type=click.Path(path_type=Path), help="Play in this new folder and keep it; else nothing is left."
)
def demo(keep: Path | None) -> int:
    """Tell the whole story on sample data: tags, decisions, a gate, a signed log, one flipped byte."""
    with _folder(keep) as folder, Log.create_run(folder / "log", "demo") as log:
        stage = _Stage(
            site=shipped_directory("_munich"), folder=folder, log=log, worlds={name: _world(name) for name in _POLICIES}
        )
        _tags(stage)
        answers = _decisions(stage)
        _denials(stage, answers)
        _gate(stage)
        log.publish()
        _evidence(stage)
        _next(keep)
    return 0


def _world(policy: str) -> Assembly:
    return build(None, trust=None, judged_paths=[], environ={}, flags={"policies": (policy,)})


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    if keep is not None:
        _make(keep)
        yield keep
        return
    with tempfile.TemporaryDirectory(prefix="sovereign-demo-") as folder:
        yield Path(folder)


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True)
    except OSError as error:
        raise UsageError(
            f"cannot make {quoted(str(folder))}: {(error.strerror or 'no reason given').lower()}",
            hint="--keep names a folder that does not exist yet",
        ) from None


def _heading(number: int, title: str) -> None:
    paint = painter_for(sys.stdout)
    write_text("\n" + paint(f"{number}. {title}", "bold") + "\n\n")


def _say(*lines: str) -> None:
    for line in lines:
        write_text(clean(line) + "\n")


def _tags(stage: _Stage) -> None:
    _heading(1, "What an industrial site in Munich says of its data")
    for tagged in load_tag_file(stage.site / "tags.yaml").datasets:
        tag = tagged.tag
        kinds = ", ".join(sorted(tag.categories or ())) or "no category"
        _say(f"  {tag.id:<18} {tag.classification:<13} {tag.status:<14} {kinds}")
    _say("", "  These are claims of owners (examples/munich/tags.yaml); every name is invented.")


def _decisions(stage: _Stage) -> dict[tuple[str, str], Answered]:
    _heading(2, "What is about to happen with them, and what three policies say")
    now = system_clock()
    questions = read_questions(
        stage.site / "jobs.yaml",
        tags=TagSet(datasets={}, jobs={}),
        controller=None,
        day=local_day(now, LEGAL_TIME),
    )
    answers = {}
    moment = Instants(at=now, known=now, simulated=False)
    for name, world in stage.worlds.items():
        recording = Recording(stage.log, world.point, clock=world.clock)
        recording.announce()
        for question in questions:
            answers[name, question.request.subject.id] = answer(question, world, recording, moment)
    _table(questions, answers)
    stage.log.publish()
    shutil.copy(stage.log.directory / "checkpoint", stage.folder / _KEPT)
    return answers


def _table(questions: tuple[Question, ...], answers: dict[tuple[str, str], Answered]) -> None:
    paint = painter_for(sys.stdout)
    colour = {"permit": "green", "deny": "red", "undecided": "yellow"}
    _say(("  " + " " * 55 + "".join(f"{name:<12}" for name in _POLICIES)).rstrip())
    for question in questions:
        verdicts = [answers[name, question.request.subject.id].decision.outcome.value for name in _POLICIES]
        cells = "".join(paint(verdict, colour[verdict]) + " " * (12 - len(verdict)) for verdict in verdicts)
        write_text(f"  {clean(question.title):<55}{cells}".rstrip() + "\n")
    _say(
        "",
        "  de-only and eu-only are rules of the house. So is eea-gdpr: Art. 44 GDPR forbids no transfer, it demands a",
        "  basis; this rule is stricter and says so. `undecided` is a denial too: a fact is missing, and it is named.",
    )


def _denials(stage: _Stage, answers: dict[tuple[str, str], Answered]) -> None:
    _heading(3, "Three of the denials in full: rule, law, place in the input, what would pass")
    for policy, job in _SHOWN:
        answered = answers[policy, job]
        _say(f"{answered.title}, under {policy}")
        point = stage.worlds[policy].point
        policies = {ref.id: point.policy(ref.id) for ref in answered.decision.policies}
        tell(diagnostics(answered, policies, "en"))


def _gate(stage: _Stage) -> None:
    _heading(4, "A gate over a Terraform plan, before anything exists")
    world = stage.worlds["de-only"]
    plan = stage.site / "plan.json"
    entry = GateInput(path="examples/munich/plan.json", data=plan.read_bytes(), file=None)
    report = run_gate(Collected(inputs=(entry,), ignored=(), skipped=0, errors=()), world, {})
    document = record_run(report, world, Recording(stage.log, world.point, clock=world.clock))
    show_gate(report, "en", document["receipt"])
    _say(f"exit code  {report.exit_code}; only 0 opens a gate")


def _evidence(stage: _Stage) -> None:
    _heading(5, "Every answer above is an entry in a signed log")
    key = stage.log.verifier
    report = verify_log(stage.log.directory, [key], seen=(stage.folder / _KEPT).read_bytes())
    (stage.folder / "log.vkey").write_text(key.vkey + "\n")
    _say(
        f"verified   {report.size} entries of {report.origin}",
        f"root       {report.root.hex()}",
        f"key        {key.vkey}",
        "           made for this run, in memory only; it signs one tree and is forgotten",
        f"extends    the checkpoint of {report.seen_size} entries, kept after the decisions: nothing was rewritten",
    )
    _heading(6, "Somebody changes one byte in a copy: the backup in Ireland shall have been in Germany")
    copy = stage.folder / "forged"
    shutil.copytree(stage.log.directory, copy)
    _forge(copy)
    try:
        verify_log(copy, [key])
    except VerificationError as error:
        tell([from_error(error)])
    else:
        raise VerificationError(f"the forged copy {quoted(str(copy))} was verified", code="SOV-X001")


def _forge(copy: Path) -> None:
    for bundle in sorted((copy / "tile" / "entries").rglob("*")):
        data = bundle.read_bytes() if bundle.is_file() else b""
        if _FORGED[0] in data:  # in every bundle that holds the entry: the partial ones of earlier seals too
            bundle.write_bytes(data.replace(*_FORGED, 1))


def _next(keep: Path | None) -> None:
    _heading(7, "Where to look next")
    where = (
        f"the log of this run: {keep / 'log'}"
        if keep is not None
        else "keep what you saw:   sovereign demo --keep FOLDER"
    )
    _say(
        f"  {where}",
        "  your own project:    sovereign init, then sovereign check and sovereign gate",
        "  why a rule exists:   sovereign explain rule:eea-gdpr/EEA-01 --lang de",
        "  in a program:        docs/tutorials/first-decision.md",
        "  without our code:    docs/how-to/verify-a-log-without-us.md",
    )
