"""Runs and decisions that an OPA server took part in: they cannot be replayed, and cover no lie of ours."""

import json
from pathlib import Path
from typing import Any

import pytest
from simulators.command import bucket_plan, run
from simulators.fault_server import DENY, PERMIT, Fault, result, serving, status

from sovereign._internal.canonical import canonical, sha256_hex
from sovereign.audit.log import Log
from sovereign.evidence.outcome import Reason, ReplayOutcome
from sovereign.evidence.replay import verify_and_replay


@pytest.fixture(autouse=True)
def _project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name, region in (("home", "eu-central-1"), ("away", "us-east-1")):
        Path(f"{name}.json").write_text(bucket_plan(region))


def _gate(monkeypatch: pytest.MonkeyPatch, fault: Fault) -> None:
    with serving(fault) as server:
        monkeypatch.setenv("SOVEREIGN_OPA_URL", server.url)
        run("gate", "home.json", "away.json", "--policy", "de-only")
    monkeypatch.delenv("SOVEREIGN_OPA_URL")


@pytest.mark.parametrize("fault", [result(PERMIT), result(DENY), status(500)], ids=["permit", "deny", "500"])
def test_run_with_a_server_cannot_be_replayed(monkeypatch: pytest.MonkeyPatch, fault: Fault) -> None:
    """Whether it permitted, denied or failed: what ours denies is there, and the rest cannot be had again."""
    _gate(monkeypatch, fault)
    done = run("audit", "verify", "--replay", "--format", "json")
    (found,) = done.document["replay"]["not_same"]
    assert (done.code, found["outcome"], found["reason"]) == (5, "cannot_be_replayed", "remote_engine")


def test_permit_behind_a_server_is_no_cover(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A server only adds denials: a resource in Virginia that de-only denies was permitted by nobody."""
    _gate(monkeypatch, result(PERMIT))
    shown = run("audit", "show", "--format", "json").document["entries"]
    entry: dict[str, Any] = next(item["entry"] for item in shown if item["entry"]["type"] == "gate_run")
    objects = {path.name: path.read_bytes() for path in Path(".sovereign/log/objects").iterdir()}
    document = json.loads(objects[entry["result"]["sha256"]])
    for told in (entry, document):
        told.update(verdict="permit", exit=0)
        told["summary"] |= {"permit": 2, "deny": 0}
    document["results"][1].update(verdict="permit", findings=[])
    body = canonical(document)
    entry["result"] |= {"sha256": sha256_hex(body), "bytes": len(body)}
    with Log.create_run(tmp_path / "forged") as log:
        log.append(canonical(entry), {**objects, sha256_hex(body): body})
    _, report = verify_and_replay(tmp_path / "forged", [log.verifier])
    (found,) = report.not_same
    assert (found.outcome, found.reason) == (ReplayOutcome.DIFFERS, None)
    assert {difference.member for difference in found.differences} == {"verdict", "findings"}
    assert Reason.REMOTE_ENGINE not in {item.reason for item in report.not_same}
