"""Attack: a program makes a tag of health data that it calls non-personal, to escape the rules about persons."""

from pathlib import Path

import pytest

from sovereign.enforce.guard import Guard
from sovereign.errors import TagConflictError
from sovereign.facts.model import Placement
from sovereign.tags.model import ResidencyTag

POLICY = """sovereign: 1
policy: persons-at-home
version: 2026.11.24
owner: management
status: house_rule
rules:
  - id: PER-01
    title: {en: personal data are in Germany, de: Personenbezogene Daten liegen in Deutschland}
    law: [{act: house rule}]
    severity: high
    for_each: {over: placements}
    when: {data.status: {none_of: [anonymised, synthetic, non_personal]}}
    must: {placement.countries: {all_within: [DE]}}
"""
AMERICA = (Placement(role="storage", provider="aws", region="us-east-1"),)
PATIENTS = ResidencyTag(id="patients", classification="public", categories=frozenset({"health"}), status="non_personal")


def test_guard_refuses_it_as_a_file_does(tmp_path: Path) -> None:
    """What no tag file may say, no caller may either."""
    (tmp_path / "own.yaml").write_text(POLICY, encoding="utf-8")
    (tmp_path / "sovereign.yaml").write_text("sovereign: 1\npolicies: [./own.yaml]\n", encoding="utf-8")
    with Guard.load(tmp_path / "sovereign.yaml") as guard:
        with pytest.raises(TagConflictError):
            guard.check(PATIENTS, kind="training", placements=AMERICA)
        with pytest.raises(TagConflictError):
            guard.job(id="job", kind="training", inputs=[PATIENTS], placements=AMERICA)
