"""The documents that programs read, and the entries of the log, are described field by field, and nothing else is."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from docs.typed_page import environment
from simulators.run_logs import entry, write_branches

ROOT: Final = Path(__file__).resolve().parents[2]
REFERENCE: Final = ROOT / "docs" / "reference"
OPEN: Final = {"read", "context", "further", "default_tag", "controller", "run"}
"""Members whose keys are attributes, those of a form with a page of its own, or chosen by the caller."""
LIKE_RESULTS: Final = {"drift"}
"""Members with the form of another one, described there."""

JOBS: Final = """\
sovereign_jobs: 1
jobs:
  - id: smoke-test
    kind: etl
    purpose: testing
    inputs: [example]
    placements:
      - {id: bucket, role: storage, provider: aws, region: eu-central-1}
      - {id: copy, role: backup, provider: aws, region: us-east-1}
"""
REQUEST: Final = {
    "subject": {"type": "job", "id": "voucher"},
    "action": {"name": "etl"},
    "resource": {"type": "dataset", "id": "nothing", "properties": {"id": "nothing", "status": "synthetic"}},
    "context": {"placements": [{"role": "storage", "countries": ["DE"], "confidence": "attested"}]},
}
"""A request that vouches for itself, which is a notice."""
SETTINGS: Final = """\
sovereign: 1
policies: [eu-only, ./policies/notify.yaml]
tags: [tags/*.yaml]
gate: {ignore: [plans/ignored.json]}
"""
POLICY: Final = """\
sovereign: 1
policy: notify
version: 2026.11.24
title: {en: Tell somebody, de: Jemanden benachrichtigen}
owner: management
status: house_rule
rules:
  - id: NOT-01
    title: {en: somebody is told, de: jemand wird benachrichtigt}
    law: [{act: house rule}]
    severity: low
    for_each: {over: placements}
    must: {placement.countries: {all_within: [DE, US, IE]}}
    obligations: [notify]
"""
PROGRAM: Final = """\
import sovereign as sv
from sovereign.errors import ObligationError

def refuse(decision):
    raise RuntimeError("nobody can be told")

place = sv.Placement(id="bucket", role="storage", provider="aws", region="eu-central-1")
for duty in (print, refuse):
    with sv.Guard.load("sovereign.yaml", obligations={"notify": lambda decision, duty=duty: duty(decision)}) as guard:
        try:
            with guard.job(id="j", kind="etl", purpose="testing", inputs=["example"], placements=[place]) as job:
                job.check(size_bytes=7)
        except ObligationError:
            pass
"""


IDENTITY: Final = {
    "provider": "github",
    "repository": "example/app",
    "ref": "refs/heads/main",
    "sha": "6dcb09b5b57875f334f61aebed695e2e4193db5e",
    "workflow": "gate",
    "run_id": "7",
    "attempt": "1",
    "job": "gate",
}


def _run(folder: Path, *command: str) -> str:
    """Run a command in the project and return what stands on stdout; it says more by its exit code."""
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment(folder.parent / "state"),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode in {0, 1, 3, 4, 5}, done.stderr
    return done.stdout


def _sovereign(folder: Path, *arguments: str) -> str:
    return _run(folder, sys.executable, "-m", "sovereign", *arguments)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with a job, two plans, a file that is no plan, and a log of every kind of entry."""
    base = tmp_path_factory.mktemp("documents")
    (base / "state").mkdir(mode=0o700)
    folder = base / "project"
    (folder / "plans").mkdir(parents=True)
    _sovereign(folder, "init")
    (folder / "sovereign.yaml").write_text(SETTINGS)
    (folder / "policies" / "notify.yaml").write_text(POLICY)
    (folder / "jobs.yaml").write_text(JOBS)
    (folder / "request.json").write_text(json.dumps(REQUEST))
    (folder / "program.py").write_text(PROGRAM)
    (folder / "plans" / "broken.json").write_text("[")
    (folder / "plans" / "ignored.json").write_text("{}")
    shutil.copy(ROOT / "examples" / "munich" / "plan.json", folder / "plans")
    return folder


def _paths(value: Any, prefix: str = "") -> Iterator[str]:
    """Yield the path of every member, `results[].findings[].rule`."""
    if isinstance(value, list):
        for item in value:
            yield from _paths(item, f"{prefix}[]")
    elif isinstance(value, dict):
        for key, item in value.items():
            path = f"{prefix}.{key}" if prefix else key
            yield path
            if key not in OPEN | LIKE_RESULTS:
                yield from _paths(item, path)


def _described(text: str) -> set[str]:
    """Return the paths in the first column of the tables in a text."""
    rows = [line.split("|")[1] for line in text.splitlines() if line.startswith("| `")]
    return {path for row in rows for path in re.findall(r"`([\w.\[\]]+)`", row)}


def test_document_of_check(project: Path) -> None:
    """Each field of `sovereign.check/1` is described, and each one that is described is there."""
    document = json.loads(_sovereign(project, "check", "jobs.yaml", "request.json", "--format", "json"))
    assert document["schema"] == "sovereign.check/1"
    assert set(_paths(document)) == _described((REFERENCE / "check-json.md").read_text("utf-8"))


def test_document_of_gate(project: Path) -> None:
    """Each field of `sovereign.gate/1` is described, and each one that is described is there."""
    document = json.loads(
        _sovereign(project, "gate", "plans", "--assume", "aws.region=eu-central-1", "--format", "json")
    )
    assert document["schema"] == "sovereign.gate/1"
    assert set(_paths(document)) == _described((REFERENCE / "gate-json.md").read_text("utf-8"))


def _ingest(project: Path) -> Any:
    """Make a parent if there is none, and submit a run, a fork of it and an announcement that nothing answers."""
    if not (project / "parent").exists():
        _sovereign(project, "audit", "new", "--kind", "parent", "--origin", "audit.example.org/all", "--log", "parent")
        write_branches(project / "made", "local/run/4f6f3a1e-8f0f-4c2e-9a55-0f6f6a0d9b11", [entry(0)], [entry(1)])
    (project / "identity.json").write_text(json.dumps(IDENTITY))
    (project / "announced").write_text(json.dumps({"run_id": 8, "attempt": 1, "job": "gate"}))
    files = ["made/branch0.slog", "made/branch1.slog"]
    options = ["--ci-identity", "identity.json", "--announced", "announced", "--log", "parent", "--format", "json"]
    return json.loads(_sovereign(project, "audit", "ingest", *files, *options))


def test_document_of_ingest(project: Path) -> None:
    """Each field of `sovereign.ingest/1` is described, and each one that is described is there."""
    document = _ingest(project)
    assert document["schema"] == "sovereign.ingest/1"
    assert set(_paths(document)) == _described((REFERENCE / "ingest-json.md").read_text("utf-8"))


def _rotate(project: Path) -> list[Any]:
    """Make a log of its own, give it a new key, and return its entries."""
    _sovereign(project, "audit", "new", "--origin", "example.org/rotated", "--log", "rotated")
    for purpose, name in (("log", "example.org/rotated"), ("recovery", "example.org/recovery")):
        _sovereign(project, "keys", "new", "--for", purpose, "--name", name, "--file", f"{purpose}.key")
    _sovereign(project, "keys", "rotate", "--log", "rotated", "--new", "log.key", "--recovery", "recovery.key")
    entries: list[Any] = json.loads(_sovereign(project, "audit", "show", "--log", "rotated", "--format", "json"))[
        "entries"
    ]
    return entries


def test_entries_of_the_log(project: Path) -> None:
    """Each type of entry has its section, which names each of its fields beside those of all."""
    _sovereign(project, "check", "jobs.yaml")
    _sovereign(project, "check", "jobs.yaml", "--at", "2026-12-24T09:00:00Z")
    _sovereign(project, "gate", "plans", "--assume", "aws.region=eu-central-1")
    _run(project, sys.executable, "program.py")
    shown = json.loads(_sovereign(project, "audit", "show", "--format", "json"))["entries"]
    shown += _rotate(project)
    _ingest(project)
    shown += json.loads(_sovereign(project, "audit", "show", "--log", "parent", "--format", "json"))["entries"]
    found: dict[str, set[str]] = {}
    for one in shown:
        found.setdefault(one["entry"]["type"], set()).update(_paths(one["entry"]))
    _, *parts = re.split(r"^## (.+)$", (REFERENCE / "log-entries.md").read_text("utf-8"), flags=re.MULTILINE)
    sections = {name: _described(text) for name, text in zip(parts[::2], parts[1::2], strict=True)}
    common = sections.pop("Every entry")
    sections["simulation"] |= sections["decision"]
    described = {name: fields | common for name, fields in sections.items() if fields}
    assert found == described
