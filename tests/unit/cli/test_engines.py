"""An OPA server that settings name, asked through the command: it can deny, and its silence is never a permit."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from simulators.command import AMERICAN, GERMAN, IRISH, bucket_plan, jobs, run
from simulators.fault_server import (
    DENY,
    PERMIT,
    Fault,
    body,
    delay,
    document,
    flood,
    gzip_bomb,
    redirect,
    reset,
    result,
    serving,
    status,
)
from simulators.opa import ROOT, RunningOpa, running_opa

EU = ("--policy", "eu-only", "--no-log")
WAIVED = {"permit": True, "findings": [{"rule": "A-1", "message": "m", "outcome": "waived"}]}
LAME: dict[str, tuple[Fault, str]] = {
    "HTML": (body("<html>sign in</html>"), "SOV-U006"),
    "undefined rule": (document({}), "SOV-U006"),
    "null": (result(None), "SOV-U006"),
    "bare true": (result(value=True), "SOV-U006"),
    "permit with a denial": (result({"permit": True, "findings": DENY["findings"]}), "SOV-U006"),
    "waived": (
        result({"permit": True, "findings": [{"rule": "A-1", "message": "m", "outcome": "waived"}]}),
        "SOV-U006",
    ),
    "slow": (delay(3, result(PERMIT)), "SOV-U005"),
    "500": (status(500), "SOV-U006"),
    "reset": (reset, "SOV-U005"),
    "redirect": (redirect("http://127.0.0.1:9/"), "SOV-U006"),
    "flood": (flood(64), "SOV-U006"),
    "bomb": (gzip_bomb(64), "SOV-U006"),
}


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Fault], None]]:
    """Return a function that starts a server with one answer and names it to the command."""
    running = []

    def begin(fault: Fault) -> None:
        context = serving(fault)
        monkeypatch.setenv("SOVEREIGN_OPA_URL", context.__enter__().url)
        running.append(context)

    yield begin
    for context in running:
        context.__exit__(None, None, None)


@pytest.mark.parametrize(("fault", "code"), LAME.values(), ids=LAME)
def test_engine_that_fails_leaves_everything_undecided(
    project: Path, server: Callable[[Fault], None], fault: Fault, code: str
) -> None:
    """Exit 4, the code, one line that says what is wrong, one that says what to do, and no traceback."""
    server(fault)
    ran = run("check", "permit.yaml", *EU)
    assert ran.code == 4
    assert ran.shown == [code]
    assert "= help: `sovereign doctor`" in ran.out
    assert "Traceback" not in ran.out + ran.err


def test_engine_that_fails_is_told_by_the_gate(project: Path, server: Callable[[Fault], None]) -> None:
    """The gate says why a resource is undecided, in both forms."""
    server(LAME["HTML"][0])
    (project / "plan.json").write_text(bucket_plan("eu-central-1"))
    ran = run("gate", "plan.json", *EU, "--format", "json")
    assert (ran.code, ran.document["verdict"]) == (4, "undecided")
    findings = ran.document["results"][0]["findings"]
    assert [(finding["rule"], finding["outcome"]) for finding in findings] == [("SOV-U006", "undecided")]
    assert "SOV-U006" in run("gate", "plan.json", *EU).shown


def test_address_that_nobody_listens_at(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stopped server: undecided, recorded as a failure."""
    monkeypatch.setenv("SOVEREIGN_OPA_URL", "http://127.0.0.1:9")
    ran = run("check", "permit.yaml", "--policy", "eu-only")
    assert (ran.code, ran.shown) == (4, ["SOV-U005"])
    entry = run("audit", "show", "--format", "json").document["entries"][-1]["entry"]
    assert (entry["effect"], entry["basis"]) == ("deny", "failure")


@pytest.mark.parametrize(
    "url", ["http://opa.example:8181", "file:///etc/passwd", "https://user:secret@opa.example", "opa", "ftp://x"]
)
def test_address_that_is_refused(project: Path, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    """Plain HTTP beyond loopback, other schemes and secrets in an address: exit 2, and no secret is shown."""
    monkeypatch.setenv("SOVEREIGN_OPA_URL", url)
    ran = run("check", "permit.yaml", *EU)
    assert (ran.code, ran.out, len(ran.codes)) == (2, "", 1)
    assert "  = help: " in ran.err


def test_engine_can_deny_and_never_permit(project: Path, server: Callable[[Fault], None]) -> None:
    """Its denial counts beside a native permit; its permit does not touch a native denial."""
    server(result(DENY))
    ran = run("check", "permit.yaml", *EU)
    assert (ran.code, ran.shown) == (1, ["residency/EU-01"])
    server(result(PERMIT))
    assert run("check", "permit.yaml", *EU).code == 0
    assert run("check", "deny.yaml", *EU).code == 1
    assert run("check", "undecided.yaml", *EU).code == 4


@pytest.fixture(scope="module")
def opa(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningOpa]:
    """Run a real OPA with the example's policy."""
    folder = tmp_path_factory.mktemp("opa")
    example = ROOT / "examples" / "rego"
    with running_opa([example / "residency.rego", example / "data.json"], folder / "log.txt") as running:
        yield running


def test_real_server_decides_by_its_policy_alone(
    project: Path, opa: RunningOpa, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A policy in Rego is a policy: without a native one it decides, and an undefined rule of it does not."""
    monkeypatch.setenv("SOVEREIGN_OPA_URL", opa.url)
    (project / "three.yaml").write_text(jobs(GERMAN, IRISH, AMERICAN))
    ran = run("check", "three.yaml", "--no-log", "--format", "json")
    verdicts = [item["verdict"] for item in ran.document["results"]]
    assert (ran.code, verdicts[0], verdicts[-1]) == (1, "permit", "deny"), json.dumps(ran.document, indent=1)
    monkeypatch.setenv("SOVEREIGN_OPA_ENTRYPOINT", "data.residency.no_such_rule")
    assert run("check", "permit.yaml", "--no-log").shown == ["SOV-U006"]
    assert run("doctor", "--format", "json").document["checks"][-1]["well"] is True


def test_doctor_asks_the_server(project: Path, server: Callable[[Fault], None]) -> None:
    """A server that is not healthy is a finding: exit 1."""
    server(status(500))
    ran = run("doctor", "--format", "json")
    assert (ran.code, ran.document["checks"][-1]["name"], ran.document["checks"][-1]["well"]) == (1, "opa", False)
