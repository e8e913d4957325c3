"""Attack: settings add a policy for a path, and it bears the id of a stricter one that is in force."""

import json
from pathlib import Path

import pytest
from simulators.command import bucket_plan, run

HEAD = """sovereign: 1
policy: house
version: 2026.11.24
owner: management
status: house_rule
rules:
  - id: PLACE-01
    title: {en: places are in Germany, de: Orte liegen in Deutschland}
    law: [{act: house rule}]
    severity: high
"""
STRICT = HEAD + "    for_each: {over: placements}\n    must: {placement.countries: {all_within: [DE]}}\n"
LOOSE = HEAD + "    must: {data.classification: {known: true}}\n"
PATHS = "gate: {paths: [{match: '*.json', policies: [./loose.yaml]}]}\n"


@pytest.mark.parametrize("by_option", [False, True])
def test_policy_for_a_path_is_added_and_never_replaces(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, by_option: bool
) -> None:
    """Two different policies of one id are refused wherever they are named."""
    monkeypatch.chdir(tmp_path)
    Path("strict.yaml").write_text(STRICT, encoding="utf-8")
    Path("loose.yaml").write_text(LOOSE, encoding="utf-8")
    Path("plan.json").write_text(bucket_plan("us-east-1"), encoding="utf-8")
    named = "" if by_option else "policies: [./strict.yaml]\n"
    Path("sovereign.yaml").write_text(f"sovereign: 1\n{named}{PATHS}", encoding="utf-8")
    ran = run("gate", "plan.json", "--no-log", *(["--policy", "./strict.yaml"] if by_option else []))
    assert ran.code == 2
    assert ran.codes == ["SOV-C113"]


def test_one_policy_named_twice_counts_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same bytes for everything and for a path are no contradiction."""
    monkeypatch.chdir(tmp_path)
    Path("loose.yaml").write_text(STRICT, encoding="utf-8")
    Path("plan.json").write_text(bucket_plan("us-east-1"), encoding="utf-8")
    Path("sovereign.yaml").write_text(f"sovereign: 1\npolicies: [./loose.yaml]\n{PATHS}", encoding="utf-8")
    ran = run("gate", "plan.json", "--no-log", "--format", "json")
    assert ran.code == 1
    assert [policy["id"] for policy in json.loads(ran.out)["policies"]] == ["house"]
