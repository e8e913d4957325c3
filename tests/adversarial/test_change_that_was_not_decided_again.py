"""Attack: the gate shows a change as decided again, and it does not pass."""

import json
from pathlib import Path
from typing import Any

import pytest
from simulators.command import run
from simulators.plans import a_plan

POLICY = """sovereign: 1
policy: read-and-german
version: 2026.11.24
owner: management
status: house_rule
rules:
  - id: PLACE-01
    title: {en: places are in Germany and not from variables, de: Orte liegen in Deutschland und stehen fest}
    law: [{act: house rule}]
    severity: high
    for_each: {over: placements}
    must: {placement.countries: {all_within: [DE]}, placement.confidence: {at_least: provider}}
"""


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("own.yaml").write_text(POLICY, encoding="utf-8")


def _bucket(name: str, region: dict[str, Any]) -> dict[str, Any]:
    """Return a plan of one bucket `name` under a provider configuration of the same name."""
    text = json.dumps(a_plan("aws_s3_bucket", {"bucket": "x"}, region=region))
    plan: dict[str, Any] = json.loads(text.replace('"main"', f'"{name}"').replace(".main", f".{name}"))
    plan["configuration"]["root_module"]["resources"][0]["provider_config_key"] = name
    plan["configuration"]["provider_config"] = {name: plan["configuration"]["provider_config"]["aws"]}
    return plan


def _both(first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any]:
    first["resource_changes"] += second["resource_changes"]
    first["configuration"]["provider_config"] |= second["configuration"]["provider_config"]
    first["configuration"]["root_module"]["resources"] += second["configuration"]["root_module"]["resources"]
    return first


def _judged(plan: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    Path("plan.json").write_text(json.dumps(plan), encoding="utf-8")
    ran = run("gate", "plan.json", "--policy", "./own.yaml", "--no-log", "--format", "json")
    return ran.code, {result["resource"]: result for result in ran.document["results"]}


@pytest.mark.parametrize("is_first", [True, False])
def test_change_of_another_resource_is_not_shown(*, is_first: bool) -> None:
    """Two resources in one region, known with different confidence, are two questions."""
    read = _bucket("read", {"constant_value": "us-east-1"})
    told = _bucket("told", {"references": ["var.region"]})
    plan = _both(read, told) if is_first else _both(told, read)
    plan["variables"] = {"region": {"value": "us-east-1"}}
    code, results = _judged(plan)
    shown = {name: {f["passes_if"] for f in result["findings"]} for name, result in results.items()}
    assert code == 1
    assert shown == {
        "aws_s3_bucket.read": {"the storage is in aws eu-central-1 (DE)"},
        "aws_s3_bucket.told": {None},
    }


@pytest.mark.parametrize(("region", "verdict", "code"), [("eu-central-1", "undecided", 4), ("us-east-1", "deny", 1)])
def test_change_that_terraform_put_off_passes_nowhere(region: str, verdict: str, code: int) -> None:
    """What is put off is never permitted: no place is shown as one that would be, and a good place is no crash."""
    plan = a_plan("aws_s3_bucket", {"bucket": "x"}, region={"constant_value": region})
    plan["deferred_changes"] = [{"reason": "instance_count_unknown", "resource_change": plan["resource_changes"].pop()}]
    found, results = _judged(plan)
    result = results["aws_s3_bucket.main"]
    assert (found, result["verdict"]) == (code, verdict)
    assert {finding["passes_if"] for finding in result["findings"]} <= {None}
