"""Attack: text of an input, a policy, a server, a log or a file name rewrites what the terminal of its judge shows.

Every verb is run with hostile text in every place that a stranger fills. In text mode nothing but printable characters
and our own line feeds reaches stdout and stderr, and no line begins as the attacker wants; a JSON document stays one.
"""

import json
import os
import subprocess
import unicodedata
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from simulators.command import IRISH, SCRIPT, TAGS, Ran, bucket_plan, jobs, request, run
from simulators.fault_server import body, result, serving

from sovereign.audit.placement import default_log, state_directory

HOSTILE = "a\x1b[2K\r\x1b]0;t\x07\x08\x7f\x85\x9b2J\u202etimrep\u202c\u2066x\u2069\u200f\u2028\u2029\nFORGED permit\tb"
QUOTED = json.dumps(HOSTILE)  # a scalar in double quotes, in JSON as in YAML
BIDI = set("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
NAME = HOSTILE.replace("/", "")

EU = ("--policy", "eu-only", "--no-log")
POLICY = f"""sovereign: 1
policy: ours
version: 2026.11.24
title: {{en: {QUOTED}, de: {QUOTED}}}
owner: {QUOTED}
status: house_rule
rules:
  - id: OUR-01
    title: {{en: {QUOTED}, de: {QUOTED}}}
    law: [{{act: {QUOTED}, ref: {{en: {QUOTED}, de: {QUOTED}}}, note: {{en: {QUOTED}, de: {QUOTED}}}}}]
    severity: high
    for_each: {{over: placements}}
    must: {{placement.countries: {{all_within: [DE]}}}}
    fix: {{en: {QUOTED}, de: {QUOTED}}}
    tests:
      - {{name: {QUOTED}, given: {{placements: [{{role: storage, countries: [DE]}}]}}, expect: EXPECT}}
"""

Call = tuple[str, ...]
Scene = Callable[[Path], list[Call]]


def is_harmless(text: str) -> bool:
    """Whether a terminal shows nothing but `text`, in the order in which it was written."""
    return not any(
        (unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"} and character != "\n") or character in BIDI
        for character in text
    )


def _request(project: Path, change: Callable[[dict[str, Any]], Any]) -> list[Call]:
    document = request({"id": "p", "role": "storage", "provider": "aws", "region": "us-east-1"})
    change(document)
    (project / "request.json").write_text(json.dumps(document))
    return [("check", "request.json", *EU)]


def _ids_of_a_request(project: Path) -> list[Call]:
    def change(document: dict[str, Any]) -> None:
        document["subject"]["id"] = document["resource"]["id"] = HOSTILE
        document["resource"]["properties"]["id"] = HOSTILE
        document["resource"]["properties"]["title"] = HOSTILE
        document["context"]["placements"][0]["id"] = HOSTILE

    return _request(project, change)


def _values_of_a_request(project: Path) -> list[Call]:
    def change(document: dict[str, Any]) -> None:
        document["context"]["placements"][0] |= dict.fromkeys(("provider", "region", "operator", "resource"), HOSTILE)
        document["resource"]["properties"] |= {"classification": HOSTILE, "purposes": [HOSTILE], "packs": [HOSTILE]}
        document["context"]["waivers"] = [HOSTILE]

    return _request(project, change)


def _key_of_a_request(project: Path) -> list[Call]:
    return _request(project, lambda document: document["context"].update({HOSTILE: 1}))


def _action_of_a_request(project: Path) -> list[Call]:
    return _request(project, lambda document: document["action"].update(name=HOSTILE))


def _instant_of_a_request(project: Path) -> list[Call]:
    return _request(project, lambda document: document["context"].update(at=HOSTILE))


def _jobs(project: Path) -> list[Call]:
    (project / "jobs.yaml").write_text(jobs(IRISH.replace("vault", QUOTED)).replace("job-0", QUOTED))
    (project / "title.yaml").write_text(
        jobs(IRISH).replace("id: job-0", f"id: job-0\n    title: {QUOTED}").replace("recovery", QUOTED)
    )
    (project / "key.yaml").write_text(f"sovereign_jobs: 1\n{QUOTED}: 1\n")
    (project / "inputs.yaml").write_text(jobs(IRISH, dataset=QUOTED))
    (project / "tags-missing.yaml").write_text(jobs(IRISH, tags=QUOTED))
    files = ("jobs.yaml", "title.yaml", "key.yaml", "inputs.yaml", "tags-missing.yaml")
    return [("check", file, "--policy", "de-only", "--no-log") for file in files]


def _source_line(project: Path) -> list[Call]:
    (project / "raw.yaml").write_text("sovereign_jobs: 1\njobs: [\u202etimrep\u202c\u200f\u2066]\n")
    (project / "raw.json").write_text('{"a": \x1b[2K\u202e}')
    (project / "policy.yaml").write_text("sovereign: 1\npolicy: \u202eours\u2066\n")
    return [("check", "raw.yaml", *EU), ("check", "raw.json", *EU), ("policy", "check", "./policy.yaml")]


def _tags(project: Path) -> list[Call]:
    text = TAGS.replace("id: payroll", f"id: {QUOTED}").replace("title: Images", f"title: {QUOTED}")
    (project / "tags.yaml").write_text(
        text.replace("[health]", f"[{QUOTED}]").replace("owner: clinic", f"owner: {QUOTED}")
    )
    return [
        ("tag", "show", "tags.yaml"),
        ("tag", "combine", HOSTILE, "patients", "--tags", "tags.yaml"),
        ("tag", "combine", "nothing", "--tags", "tags.yaml"),
        ("check", "jobs.yaml", *EU),
    ]


def _policy(project: Path) -> list[Call]:
    (project / "ours.yaml").write_text(POLICY.replace("EXPECT", "permit"))
    (project / "wrong.yaml").write_text(POLICY.replace("EXPECT", "deny"))
    (project / "broken.yaml").write_text(POLICY.replace("severity: high", f"severity: {QUOTED}\n    {QUOTED}: 1"))
    (project / "jobs.yaml").write_text(jobs(IRISH))
    return [
        ("check", "jobs.yaml", "--policy", "./ours.yaml", "--no-log"),
        ("check", "jobs.yaml", "--policy", "./ours.yaml", "--no-log", "--lang", "de"),
        ("explain", "rule:ours/OUR-01", "--policy", "./ours.yaml"),
        ("explain", "pack:ours", "--policy", "./ours.yaml"),
        ("policy", "test", "./wrong.yaml"),
        ("policy", "check", "./wrong.yaml", "./broken.yaml"),
    ]


def _plan(project: Path) -> list[Call]:
    plan = json.loads(bucket_plan("us-east-1"))
    for entry in (plan["resource_changes"][0], plan["configuration"]["root_module"]["resources"][0]):
        entry["address"] = f"aws_s3_bucket.{HOSTILE}"
        entry["name"] = HOSTILE
    (project / "address.json").write_text(json.dumps(plan))
    (project / "region.json").write_text(bucket_plan(HOSTILE))
    plan["resource_changes"][0]["provider_name"] = f"registry.terraform.io/{HOSTILE}/aws"
    plan["resource_changes"][0]["type"] = HOSTILE
    (project / "provider.json").write_text(json.dumps(plan))
    plan["format_version"] = HOSTILE
    (project / "version.json").write_text(json.dumps(plan))
    (project / "text.json").write_text(HOSTILE)
    return [("gate", f"{name}.json", *EU) for name in ("address", "region", "provider", "version", "text")]


def _file_names(project: Path) -> list[Call]:
    for suffix, text in ((".yaml", jobs(IRISH)), (".json", bucket_plan(None)), (".policy.yaml", POLICY)):
        (project / f"{NAME}{suffix}").write_text(text)
    (project / "walked").mkdir()
    (project / "walked" / f"{NAME}.json").write_text("{")
    (project / "walked" / f"{NAME}.tf").symlink_to("/etc/passwd")
    return [
        ("check", f"{NAME}.yaml", "--policy", "de-only", "--no-log"),
        ("check", f"missing{NAME}.yaml", *EU),
        ("gate", f"{NAME}.json", *EU),
        ("gate", "walked", *EU),
        ("policy", "check", f"./{NAME}.policy.yaml"),
        ("policy", "test", f"./missing{NAME}.yaml"),
        ("tag", "show", f"missing{NAME}.yaml"),
        ("keys", "show", f"missing{NAME}.key"),
        ("keys", "sign", f"missing{NAME}.yaml", "--key", f"{NAME}.key", "--for", "policy"),
        ("audit", "show", "--log", NAME),
        ("audit", "verify", "--log", NAME),
        ("audit", "verify", "--trust", f"{NAME}.yaml"),
        ("init", "--from", f"missing{NAME}.json"),
        ("demo", "--keep", f"{NAME}.yaml"),
    ]


def _arguments(_: Path) -> list[Call]:
    return [
        (HOSTILE,),
        ("check", "jobs.yaml", f"--{HOSTILE}"),
        ("check", "jobs.yaml", "--lang", HOSTILE),
        ("check", "jobs.yaml", "--policy", HOSTILE),
        ("gate", "plan.json", *EU, "--assume", HOSTILE),
        ("gate", "plan.json", *EU, "--assume", f"{HOSTILE}={HOSTILE}"),
        ("explain", HOSTILE),
        ("explain", f"rule:{HOSTILE}"),
        ("policy", "check", HOSTILE),
        ("keys", "new", "--for", "policy", "--name", HOSTILE),
        ("audit", "new", "--origin", HOSTILE),
        ("audit", "verify", "--key", HOSTILE),
        ("audit", "show", "--from", HOSTILE),
        ("tag", "combine", HOSTILE, "--tags", "tags.yaml"),
    ]


def _settings(project: Path) -> list[Call]:
    (project / "sovereign.yaml").write_text(f"sovereign: 1\nproject: {QUOTED}\ntags: [{QUOTED}]\n")
    calls: list[Call] = [("doctor",), ("doctor", "--settings"), ("check", "request.json", *EU)]
    (project / "request.json").write_text(json.dumps(request({"role": "storage", "countries": ["IE"]})))
    return calls


def _unknown_setting(project: Path) -> list[Call]:
    (project / "sovereign.yaml").write_text(f"sovereign: 1\n{QUOTED}: {QUOTED}\n")
    return [("doctor",), ("doctor", "--settings"), ("check", "request.json", *EU)]


def _entries(project: Path) -> list[Call]:
    entry = {
        "recorded_at": HOSTILE,
        "type": HOSTILE,
        "effect": HOSTILE,
        "action": HOSTILE,
        "subject": {"id": HOSTILE},
        "resource": {"id": HOSTILE},
        "findings": [{"rule": HOSTILE, "outcome": "deny"}],
    }
    with default_log(project, state_directory(os.environ), lambda: datetime.now(UTC)).log as log:
        log.append(json.dumps(entry).encode())
        log.append(json.dumps({"type": "x", "verdict": HOSTILE}).encode())
        log.append(json.dumps({"type": "x", "sha256": HOSTILE, "policy": HOSTILE}).encode())
        log.append(HOSTILE.encode())
    return [("audit", "show"), *(("explain", f"entry:{number}") for number in range(4)), ("audit", "verify")]


def _forged_checkpoint(project: Path) -> list[Call]:
    assert run("audit", "new", "--origin", "a.example/log").code == 0
    checkpoint = project / ".sovereign" / "log" / "checkpoint"
    checkpoint.write_text(checkpoint.read_text().replace("a.example/log", "\x1b[2K\u202ea.example/log"))
    return [("audit", "verify"), ("audit", "show"), ("check", "jobs.yaml", "--policy", "eu-only"), ("doctor",)]


SCENES: dict[str, Scene] = {
    scene.__name__.strip("_").replace("_", " "): scene
    for scene in (
        _ids_of_a_request,
        _values_of_a_request,
        _key_of_a_request,
        _action_of_a_request,
        _instant_of_a_request,
        _jobs,
        _source_line,
        _tags,
        _policy,
        _plan,
        _file_names,
        _arguments,
        _settings,
        _unknown_setting,
        _entries,
        _forged_checkpoint,
    )
}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a working directory with tags, jobs and a plan."""
    (tmp_path / "tags.yaml").write_text(TAGS)
    (tmp_path / "jobs.yaml").write_text(jobs(IRISH))
    (tmp_path / "plan.json").write_text(bucket_plan("eu-west-1"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _check_text(ran: Ran, call: Call) -> None:
    assert ran.code != 70, (call, ran.err)
    assert ran.out or ran.err, call
    for shown in (ran.out, ran.err):
        assert is_harmless(shown), (call, shown)
        assert not any(line.lstrip().startswith("FORGED") for line in shown.splitlines()), (call, shown)


def _has_json(call: Call) -> bool:
    return call[:1] in {("check",), ("gate",), ("doctor",)} or call[:2] in {
        ("tag", "show"),
        ("tag", "combine"),
        ("policy", "check"),
        ("policy", "test"),
        ("audit", "show"),
        ("audit", "verify"),
    }


@pytest.mark.parametrize("scene", SCENES.values(), ids=SCENES)
def test_no_text_of_a_stranger_reaches_the_terminal_raw(project: Path, scene: Scene) -> None:
    """Text is cleaned wherever it comes from; the JSON form of the same answer is one document that says the same."""
    for call in scene(project):
        ran = run(*call)
        _check_text(ran, call)
        if _has_json(call):
            document = run(*call, "--format", "json")
            assert document.code == ran.code, call
            assert is_harmless(document.err), call
            assert not any(ord(character) < 32 and character != "\n" for character in document.out), call
            if document.out:
                assert isinstance(document.document, dict), call


@pytest.fixture
def hostile_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A server whose every string is hostile."""
    finding = {"rule": "A-1", "message": HOSTILE}
    with serving(result({"permit": False, "findings": [finding]}), body(HOSTILE), result(HOSTILE)) as server:
        monkeypatch.setenv("SOVEREIGN_OPA_URL", server.url)
        yield


@pytest.mark.usefixtures("hostile_server")
def test_no_text_of_a_server_reaches_the_terminal_raw(project: Path) -> None:
    """Its messages, its rule names and its errors, through check, gate and doctor."""
    calls: tuple[Call, ...] = (("check", "jobs.yaml", *EU), ("gate", "plan.json", *EU), ("doctor",))
    for call in (*calls, *calls):
        _check_text(run(*call), call)


def test_hostile_text_survives_in_json(project: Path) -> None:
    """A program that reads the document gets what the input said, unchanged: cleaning is for terminals."""
    (call,) = _ids_of_a_request(project)
    answered = run(*call, "--format", "json").document["results"][0]
    assert (answered["subject"], answered["resource"]) == (HOSTILE, HOSTILE)
    assert answered["placements"][0]["id"] == HOSTILE


def test_crash_shows_no_text_of_a_stranger(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The door of the command says nothing but a kind and a place; whoever debugs sees the text, cleaned."""

    def broken() -> None:
        raise ValueError(HOSTILE)

    monkeypatch.setattr("sovereign.cli.ownership.check_ownership", broken)
    for debug in ("", "1"):
        monkeypatch.setenv("SOVEREIGN_DEBUG", debug)
        ran = run("doctor")
        assert ran.code == 70
        assert is_harmless(ran.err), ran.err
        assert ("timrep" in ran.err) == bool(debug)


def test_whole_process_is_as_harmless(project: Path) -> None:
    """What the installed script writes to a pipe, with hostile names in arguments and input."""
    (project / f"{NAME}.yaml").write_text(jobs(IRISH.replace("vault", QUOTED)))
    command = [SCRIPT, "check", f"{NAME}.yaml", "--policy", "de-only", "--no-log"]
    ran = subprocess.run(command, capture_output=True, check=False, timeout=60)
    assert ran.returncode == 1
    for shown in (ran.stdout, ran.stderr):
        assert is_harmless(shown.decode())
