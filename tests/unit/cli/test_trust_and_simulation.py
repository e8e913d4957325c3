"""What a trust file, CI, a simulation and a preview change, on the way a user takes."""

import hashlib
import json
import os
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from simulators.command import GERMAN, IRISH, Ran, bucket_plan, jobs, request, run

from sovereign.audit.objects import load_object

CHECK = ("check", "permit.yaml", "--policy", "eu-only")
THEN = "2019-01-01T00:00:00Z"
OWN = """sovereign: 1
policy: ours
version: 2026.11.24
owner: management
status: house_rule
rules:
  - id: OUR-01
    title: {en: in Germany, de: in Deutschland}
    law: [{act: house rule}]
    severity: high
    for_each: {over: placements}
    must: {placement.countries: {all_within: [DE]}}
"""


def refused(ran: Ran, code: str, *words: str) -> None:
    """Check that a command ended with exit 2, one error, and no answer."""
    assert (ran.code, ran.codes, ran.out) == (2, [code], ""), ran.err
    assert "  = help: " in ran.err
    for word in words:
        assert word in ran.err


@pytest.fixture
def platform(tmp_path: Path) -> Path:
    """Return the folder of whoever answers for the gate, with a trust file that demands nothing of its own."""
    folder = tmp_path / "platform"
    folder.mkdir(mode=0o755)
    _write_trust(folder, "")
    return folder


def _write_trust(folder: Path, text: str) -> Path:
    path = folder / "trust.yaml"
    path.write_text(f"trust: 1\nowner: platform team\n{text}")
    path.chmod(0o644)
    return path


def _entries(directory: str | Path = ".sovereign/log") -> list[dict[str, Any]]:
    document = run("audit", "show", "--log", directory, "--format", "json").document
    return [entry["entry"] for entry in document["entries"]]


# --at and --known


@pytest.mark.parametrize("option", [("--at", THEN), ("--known", THEN), ("--at", THEN, "--known", THEN)])
def test_other_instants_are_a_simulation(project: Path, option: tuple[str, ...]) -> None:
    """The document, the text and the entry say so; whatever is not asked about is now."""
    ran = run(*CHECK, *option, "--format", "json")
    assert ran.document["simulated"] is True
    (result,) = ran.document["results"]
    assert [result[name] == THEN for name in ("at", "known")] == [f"--{name}" in option for name in ("at", "known")]
    assert _entries()[-1]["type"] == "simulation"
    assert "(simulated)" in run(*CHECK, *option, "--no-log").out


def test_request_with_an_instant_is_a_simulation(project: Path) -> None:
    """A request file that carries `at` asks about another instant, with or without an option."""
    (project / "request.json").write_text(json.dumps(request({"role": "storage", "countries": ["DE"]}, at=THEN)))
    ran = run("check", "request.json", "--policy", "eu-only", "--no-log", "--format", "json")
    assert (ran.document["simulated"], ran.document["results"][0]["at"]) == (True, THEN)


@pytest.mark.parametrize(
    "instant", ["", "yesterday", "2019-01-01", "2019-01-01T00:00:00+01:00", "2019-02-30T00:00:00Z"]
)
def test_instant_that_is_none(project: Path, instant: str) -> None:
    """Instants are in UTC and to the second; nothing else is guessed."""
    refused(run(*CHECK, "--no-log", "--at", instant), "SOV-C001", "YYYY-MM-DDTHH:MM:SSZ")


@pytest.mark.parametrize("place", ["option", "known", "request"])
@pytest.mark.parametrize("reason", ["CI", "trust"])
def test_simulation_is_refused_where_answers_are_enforced(
    project: Path, platform: Path, monkeypatch: pytest.MonkeyPatch, place: str, reason: str
) -> None:
    """Under CI and under a trust file: exit 2, a preview included."""
    (project / "request.json").write_text(json.dumps(request({"role": "storage", "countries": ["DE"]}, at=THEN)))
    options = {
        "option": (*CHECK, "--at", THEN),
        "known": (*CHECK, "--known", THEN),
        "request": ("check", "request.json", "--policy", "eu-only"),
    }[place]
    if reason == "CI":
        monkeypatch.setenv("CI", "true")
    else:
        options += ("--trust", str(platform / "trust.yaml"))
    for preview in ((), ("--no-log",)):
        refused(run(*options, *preview), "SOV-C008")
    assert not (project / ".sovereign").exists()


# --no-log


def test_preview_makes_nothing_and_reads_no_key(project: Path) -> None:
    """No log, no key, no state: the verdict as usual, and a null in place of the receipt."""
    home = Path(os.environ["SOVEREIGN_HOME"])
    for arguments in (CHECK, (*CHECK, "--at", THEN)):
        ran = run(*arguments, "--no-log", "--format", "json")
        assert (ran.code, ran.err, ran.document["results"][0]["receipt"]) == (0, "", None)
    (project / "plan.json").write_text(bucket_plan("us-east-1"))
    ran = run("gate", "plan.json", "--policy", "eu-only", "--no-log", "--format", "json")
    assert (ran.code, ran.document["receipt"]) == (1, None)
    assert not (project / ".sovereign").exists()
    assert list(home.iterdir()) == []


def test_preview_does_not_look_for_the_key(project: Path) -> None:
    """With a log whose key is gone a preview answers, and everything else is refused."""
    assert run(*CHECK).code == 0
    before = len(_entries())
    for key in (Path(os.environ["SOVEREIGN_HOME"]) / "keys").iterdir():
        key.unlink()
    refused(run(*CHECK), "SOV-C250")
    assert run(*CHECK, "--no-log").code == 0
    assert len(_entries()) == before


@pytest.mark.parametrize("verb", ["check", "gate"])
def test_preview_is_refused_where_evidence_is_required(project: Path, platform: Path, verb: str) -> None:
    """`evidence: required` of the trust file is stronger than the option, for both verbs."""
    (project / "plan.json").write_text(bucket_plan("eu-central-1"))
    file = {"check": "permit.yaml", "gate": "plan.json"}[verb]
    arguments = (verb, file, "--policy", "eu-only", "--trust", _write_trust(platform, "evidence: required\n"))
    refused(run(*arguments, "--no-log"), "SOV-C009", "--no-log")
    assert run(*arguments).code == 0


# --trust


def test_trust_digest_stands_in_document_and_entry(
    project: Path, platform: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Named by option or variable, the same file gives the same digest; without it there is null."""
    path = platform / "trust.yaml"
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert run(*CHECK, "--format", "json").document["trust"] is None
    assert run(*CHECK, "--trust", path, "--format", "json").document["trust"] == digest
    assert _entries()[-1]["trust"] == digest
    assert load_object(Path(".sovereign/log"), digest) == path.read_bytes()
    monkeypatch.setenv("SOVEREIGN_TRUST", str(path))
    assert run(*CHECK, "--format", "json").document["trust"] == digest


@pytest.mark.parametrize("place", ["trust.yaml", "sub/trust.yaml"])
@pytest.mark.parametrize("judged", ["permit.yaml", "-"])
def test_trust_file_of_the_judged_tree(project: Path, place: str, judged: str) -> None:
    """It is refused beside an input and in the working directory of standard input, named together with another."""
    (project / place).parent.mkdir(exist_ok=True)
    trust = _write_trust((project / place).parent, "")
    if judged == "-":
        elsewhere = project.parent / "elsewhere"
        elsewhere.mkdir()
        (elsewhere / "plan.json").write_text(bucket_plan("eu-central-1"))
        ran = run("gate", "-", elsewhere / "plan.json", "--policy", "eu-only", "--trust", trust)
    else:
        ran = run(*CHECK, "--trust", trust)
    refused(ran, "SOV-C210")


def test_own_policy_needs_a_signature_that_is_listed(project: Path, platform: Path) -> None:
    """From the key to the trusted policy: made, listed, signed, permitted; one more byte, and refused."""
    (project / "ours.yaml").write_text(OWN)
    check = ("check", "permit.yaml", "--policy", "./ours.yaml", "--trust", platform / "trust.yaml")
    refused(run(*check), "SOV-C004", "neither shipped nor listed nor signed")
    vkey = run("keys", "new", "--for", "policy", "--name", "example.org/policy", "--file", "../policy.key").out.strip()
    key = f'{{id: head, for: policy, vkey: "{vkey}", holder: management}}'
    _write_trust(platform, f"policies: {{signers: [head]}}\nkeys: [{key}]\n")
    refused(run(*check), "SOV-C004")
    signed = run("keys", "sign", "ours.yaml", "--key", "../policy.key", "--for", "policy")
    assert (signed.code, signed.out.strip()) == (0, "ours.yaml.dsse.json")
    assert run(*check).code == 0
    (project / "ours.yaml").write_text(OWN.replace("[DE]", "[DE, US]"))
    refused(run(*check), "SOV-C004", "not the document that was signed")


def test_signature_of_a_key_that_is_not_listed(project: Path, platform: Path) -> None:
    """Whoever can make a key cannot make a policy trusted."""
    (project / "ours.yaml").write_text(OWN)
    listed = run("keys", "new", "--for", "policy", "--name", "example.org/policy", "--file", "../a.key").out.strip()
    assert run("keys", "new", "--for", "policy", "--name", "example.org/policy", "--file", "../b.key").code == 0
    _write_trust(platform, f'policies: {{signers: [head]}}\nkeys: [{{id: head, for: policy, vkey: "{listed}"}}]\n')
    assert run("keys", "sign", "ours.yaml", "--key", "../b.key", "--for", "policy").code == 0
    check = ("check", "permit.yaml", "--policy", "./ours.yaml", "--trust", platform / "trust.yaml")
    refused(run(*check), "SOV-C004")


def test_policy_that_the_trust_file_always_demands(project: Path, platform: Path) -> None:
    """Neither `--policy` nor the settings take it out."""
    (project / "irish.yaml").write_text(jobs(IRISH))
    check = ("check", "irish.yaml", "--policy", "eu-only", "--no-log", "--format", "json")
    assert run(*check).code == 0
    digest = next(
        policy["sha256"]
        for policy in run(*check, "--policy", "de-only").document["policies"]
        if policy["id"] == "de-only"
    )
    trust = _write_trust(platform, f'policies: {{always: [{{id: de-only, sha256: "{digest}"}}]}}\n')
    ran = run(*check, "--trust", trust)
    assert (ran.code, [policy["id"] for policy in ran.document["policies"]]) == (1, ["de-only", "eu-only"])


@pytest.mark.parametrize("text", ["opa: {url: 'http://127.0.0.1:9'}", "log: {dir: mine}", "keys: {log: {env: MINE}}"])
def test_tree_names_nothing_that_is_contacted_or_unlocked(
    project: Path, platform: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    """Under a trust file and under CI the settings of the tree choose no server, log or key; a preview included."""
    (project / "sovereign.yaml").write_text(f"sovereign: 1\n{text}\n")
    refused(run(*CHECK, "--trust", platform / "trust.yaml", "--no-log"), "SOV-C204", "sovereign.yaml:2:")
    refused(run("doctor", "--settings", "--trust", platform / "trust.yaml"), "SOV-C204")
    monkeypatch.setenv("CI", "1")
    refused(run(*CHECK, "--no-log"), "SOV-C204")


# CI


def test_ci_writes_a_run_log_that_its_notice_verifies(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A log of this run with a key that is forgotten; the notice is the command that verifies it."""
    monkeypatch.setenv("CI", "true")
    ran = run(*CHECK, "--format", "json")
    receipt = ran.document["results"][0]["receipt"]
    assert (receipt["log_kind"], receipt["origin"].startswith("local/run/")) == ("run", True)
    assert list((Path(os.environ["SOVEREIGN_HOME"])).rglob("*.key")) == []
    found = re.search(r"sovereign (audit verify --log .*)", ran.err)
    assert found is not None
    assert run(*shlex.split(found[1])).code == 0
    assert run(*CHECK).code == 0
    assert len(list((project / ".sovereign" / "runs").glob("*.slog"))) == 2


def test_line_to_paste_holds_a_hostile_directory(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A project in a directory whose name is a shell command is one argument of the line, and runs nothing."""
    hostile = project / "a; touch owned #$(touch owned)"
    hostile.mkdir()
    for name in ("tags.yaml", "permit.yaml"):
        (hostile / name).write_bytes((project / name).read_bytes())
    (hostile / "undecided $(touch owned).json").write_text(bucket_plan(None))
    monkeypatch.chdir(hostile)
    monkeypatch.setenv("CI", "true")
    found = re.search(r"sovereign (audit verify --log .*)", run(*CHECK).err)
    assert found is not None
    assert Path(shlex.split(found[1])[3]).parent == hostile / ".sovereign" / "runs"
    shown = run("gate", "undecided $(touch owned).json", "--policy", "eu-only", "--no-log").out
    assert shlex.split(shown.splitlines()[-1])[-1] == "undecided $(touch owned).json"


@pytest.mark.parametrize("purpose", ["policy", "waiver"])
def test_keys_of_people_are_refused_in_ci(project: Path, monkeypatch: pytest.MonkeyPatch, purpose: str) -> None:
    """Who changes the pipeline could sign with them."""
    assert run("keys", "new", "--for", purpose, "--name", "example.org/k", "--file", "k.key").code == 0
    monkeypatch.setenv("CI", "true")
    (project / "ours.yaml").write_text(OWN)
    refused(run("keys", "sign", "ours.yaml", "--key", "k.key", "--for", purpose), "SOV-C254")


# the gate has no other instants, and its settings are told apart


def test_asserted_place_is_shown_and_an_unused_one_reported(project: Path) -> None:
    """`--assume` fills an unknown place, is told first, and is counted; one that nobody needed is reported."""
    (project / "plan.json").write_text(bucket_plan(None))
    arguments = ("gate", "plan.json", "--policy", "eu-only", "--no-log", "--assume", "aws.region=eu-central-1")
    ran = run(*arguments, "--format", "json")
    assert (ran.code, ran.document["summary"]["asserted"]) == (0, 1)
    assert ran.document["assertions"] == [{"key": "aws.region", "value": "eu-central-1", "used": True}]
    assert run(*arguments).out.startswith("asserted   aws.region = eu-central-1\n")
    (project / "plan.json").write_text(bucket_plan("us-east-1"))
    assert run(*arguments).code == 1
    assert "no input needed it" in run(*arguments).out


@pytest.mark.parametrize("stated", ["aws.region=mars", "aws.colour=blue", "aws.region=", "=DE", "aws.region"])
def test_assumption_that_is_none(project: Path, stated: str) -> None:
    """The keys are a closed list, and the value is a region of that provider."""
    (project / "plan.json").write_text(bucket_plan(None))
    ran = run("gate", "plan.json", "--policy", "eu-only", "--no-log", "--assume", stated)
    assert (ran.code, ran.out, len(ran.codes)) == (2, "", 1)


def test_assumption_that_the_trust_file_does_not_list(project: Path, platform: Path) -> None:
    """Under a trust file only listed values are assumed."""
    (project / "plan.json").write_text(bucket_plan(None))
    gate = ("gate", "plan.json", "--policy", "eu-only", "--no-log", "--assume", "aws.region=eu-central-1", "--trust")
    refused(run(*gate, platform / "trust.yaml"), "SOV-C213")
    assert run(*gate, _write_trust(platform, "assume: {aws.region: [eu-central-1]}\n")).code == 0


def test_german_place_needs_no_assumption(project: Path) -> None:
    """A permitted job is told in one line, and nothing is on stderr."""
    (project / "permit.yaml").write_text(jobs(GERMAN))
    ran = run(*CHECK, "--no-log")
    assert (ran.code, ran.err, len(ran.out.splitlines())) == (0, "", 1)
