"""Attack: a program comes from another country, under a policy that asks for the place of programs."""

import json
from pathlib import Path

import pytest
from simulators.command import run
from simulators.plans import a_plan

POLICY = """sovereign: 1
policy: own-images
version: 2026.11.24
owner: management
status: house_rule
rules:
  - id: IMG-01
    title: {en: programs come from Germany, de: Programme kommen aus Deutschland}
    law: [{act: house rule}]
    severity: high
    %s
    must: {placement.countries: {all_within: [DE]}}
"""
BY_ROLE = "for_each: {over: placements, roles: [image], may_be_empty: true}"
BY_CONDITION = "for_each: {over: placements, where: {placement.role: {one_of: [image, log]}}, may_be_empty: true}"
AMERICAN = "123456789012.dkr.ecr.us-east-1.amazonaws.com/job:1"
GERMAN = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/job:1"
ANYWHERE = "docker.io/library/job:1"


@pytest.mark.parametrize("each", [BY_ROLE, BY_CONDITION])
@pytest.mark.parametrize(("image", "code"), [(AMERICAN, 1), (GERMAN, 0), (ANYWHERE, 4)])
def test_policy_that_names_images_judges_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, each: str, image: str, code: int
) -> None:
    """A rule about images is never answered as if there were none."""
    monkeypatch.chdir(tmp_path)
    Path("own.yaml").write_text(POLICY % each, encoding="utf-8")
    after = {"function_name": "f", "image_uri": image}
    plan = a_plan("aws_lambda_function", after, expressions={"image_uri": {"constant_value": image}})
    Path("plan.json").write_text(json.dumps(plan), encoding="utf-8")
    assert run("gate", "plan.json", "--policy", "./own.yaml", "--no-log").code == code
    assert run("gate", "plan.json", "--policy", "de-only", "--no-log").code == 0
