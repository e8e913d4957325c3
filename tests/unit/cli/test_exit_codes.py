import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from simulators.command import AMERICAN, GERMAN, NOWHERE, bucket_plan, jobs, request, run
from simulators.fault_server import body, serving

from sovereign import errors
from sovereign.cli.root import root

EU = ("--policy", "eu-only", "--no-log")
NO_DUTY = """sovereign: 1
policy: only-warns
version: 2026.11.24
owner: management
status: house_rule
rules:
  - id: W-01
    title: {en: a warning, de: ein Hinweis}
    law: [{act: house rule}]
    severity: low
    effect: warn
    must: {data.classification: {known: true}}
"""


@pytest.mark.parametrize(("file", "code"), [("permit", 0), ("deny", 1), ("undecided", 4)])
def test_verdict_is_the_exit_code(project: Path, file: str, code: int) -> None:
    """Permitted is 0, denied 1, undecided 4; with a log as without."""
    assert run("check", f"{file}.yaml", *EU).code == code
    assert run("check", f"{file}.yaml", "--policy", "eu-only").code == code


def test_no_duty_in_force_is_a_denial(project: Path) -> None:
    """A policy that demands nothing permits nothing: basis default, exit 1."""
    (project / "warns.yaml").write_text(NO_DUTY)
    ran = run("check", "permit.yaml", "--policy", "./warns.yaml", "--no-log", "--format", "json")
    assert ran.code == 1
    assert [(r["effect"], r["basis"], r["verdict"]) for r in ran.document["results"]] == [("deny", "default", "deny")]
    assert "SOV-E001" in run("check", "permit.yaml", "--policy", "./warns.yaml", "--no-log").shown


@pytest.mark.parametrize(
    ("placements", "code"),
    [
        ((GERMAN, NOWHERE), 4),
        ((NOWHERE, AMERICAN), 1),
        ((GERMAN, NOWHERE, AMERICAN), 1),
        ((AMERICAN, GERMAN), 1),
    ],
)
def test_the_worst_of_several_answers_is_the_exit_code(project: Path, placements: tuple[str, ...], code: int) -> None:
    """1 > 4 > 0, in whatever order they are asked."""
    for order in (placements, placements[::-1]):
        (project / "several.yaml").write_text(jobs(*order))
        assert run("check", "several.yaml", *EU).code == code


def test_unreadable_input_is_worse_than_a_denial(project: Path) -> None:
    """3 > 1: nothing is decided when one of the files cannot be read, and no log is made."""
    for order in (("deny.yaml", "missing.yaml"), ("missing.yaml", "deny.yaml")):
        ran = run("check", *order, "--policy", "eu-only")
        assert (ran.code, ran.codes, ran.out) == (3, ["SOV-I001"], "")
    assert not (project / ".sovereign").exists()


def test_configuration_is_worse_than_an_unreadable_input(project: Path) -> None:
    """2 > 3: settings, policies and options are looked at first."""
    assert run("check", "missing.yaml", "--policy", "no-such-policy", "--no-log").code == 2
    (project / "sovereign.yaml").write_text("sovereign: 1\nunknown_key: 1\n")
    ran = run("check", "missing.yaml", *EU)
    assert (ran.code, ran.codes) == (2, ["SOV-C003"])


def test_unreadable_plan_is_worse_than_a_denied_one(project: Path) -> None:
    """3 > 1 in the gate, which judges what it can read and shows both."""
    (project / "plan.json").write_text(bucket_plan("us-east-1"))
    (project / "broken.json").write_text("{")
    assert run("gate", "plan.json", *EU).code == 1
    ran = run("gate", "plan.json", "broken.json", *EU, "--format", "json")
    assert (ran.code, ran.document["exit"], ran.document["verdict"]) == (3, 3, "deny")
    assert [error["code"] for error in ran.document["errors"]] == ["SOV-I002"]


@pytest.mark.parametrize(("region", "code"), [("eu-central-1", 0), ("us-east-1", 1), (None, 4)])
def test_gate_ends_with_the_worst_verdict(project: Path, region: str | None, code: int) -> None:
    """The same table holds for plans."""
    (project / "plan.json").write_text(bucket_plan(region))
    assert run("gate", "plan.json", *EU).code == code


@pytest.fixture
def lame_engine(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An OPA server that answers HTML."""
    with serving(body("<html>not found</html>")) as server:
        monkeypatch.setenv("SOVEREIGN_OPA_URL", server.url)
        yield


@pytest.mark.usefixtures("lame_engine")
def test_failed_engine_is_undecided_unless_a_rule_denied(project: Path) -> None:
    """An engine that says nothing denies nothing: 4; a rule that denied stands: 1. The effect is deny in both."""
    ran = run("check", "permit.yaml", *EU, "--format", "json")
    (result,) = ran.document["results"]
    assert (ran.code, result["effect"], result["basis"], result["verdict"]) == (4, "deny", "failure", "undecided")
    assert run("check", "deny.yaml", *EU).code == 1
    assert run("check", "undecided.yaml", *EU).code == 4


def test_crash_is_70_and_says_nothing_of_values(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not a finding, not a pass, no traceback, and no data of a person."""
    (project / "secret.json").write_text(json.dumps(request({"role": "storage", "countries": ["DE"]})))

    def broken() -> None:
        raise ValueError("Erika Mustermann")

    monkeypatch.setattr("sovereign.cli.ownership.check_ownership", broken)
    ran = run("check", "secret.json", *EU)
    assert (ran.code, ran.codes, ran.out) == (70, ["SOV-X001"], "")
    assert "Mustermann" not in ran.err
    assert "Traceback" not in ran.err


def test_interruption_is_130(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever presses Ctrl-C did not get an answer."""

    def interrupted() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("sovereign.cli.ownership.check_ownership", interrupted)
    assert run("explain", "SOV-I001").code == 130


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("no-such-verb",),
        ("policy",),
        ("check",),
        ("check", "permit.yaml", "--no-such-option"),
        ("check", "permit.yaml", "--format", "xml"),
        ("check", "permit.yaml", "--lang", "fr"),
        ("check", "permit.yaml", "--policy"),
        ("gate",),
        ("gate", "plan.json", "--assume", "aws.region"),
        ("gate", "plan.json", "--at", "2019-01-01T00:00:00Z"),
        ("audit", "show", "--from", "x"),
        ("keys", "new", "--for", "everything", "--name", "k"),
        ("tag", "combine"),
    ],
)
def test_mistakes_of_usage_are_2(project: Path, arguments: tuple[str, ...]) -> None:
    """Click's own endings, those of a call without a verb included, are mapped: one error, one line, one hint."""
    ran = run(*arguments)
    assert (ran.code, ran.codes, ran.out) == (2, ["SOV-C001"], "")
    assert [line.split(":")[0].strip() for line in ran.err.splitlines()] == ["error[SOV-C001]", "= help"]


@pytest.mark.parametrize("arguments", [("--help",), ("--version",), ("check", "--help"), ("keys", "-h")])
def test_help_and_version_are_0(arguments: tuple[str, ...]) -> None:
    """They answer on stdout and nothing is on stderr."""
    ran = run(*arguments)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out


def test_table_of_letters_is_the_table_of_exit_codes() -> None:
    """Each code of an error says by its letter how a command ends, and the help of the command lists the same table."""
    assert dict(errors.EXIT_BY_LETTER) == {"A": 0, "E": 1, "C": 2, "I": 3, "U": 4, "V": 5, "X": 70}
    help_text = " ".join(root.epilog.split()) if root.epilog else ""
    for number in (0, 1, 2, 3, 4, 5, 70):
        assert f"{number} " in help_text
