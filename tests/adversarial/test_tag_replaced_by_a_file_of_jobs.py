"""Attack: a file of jobs brings a milder tag of its own for a dataset that the settings tag."""

from pathlib import Path

import pytest
from simulators.command import AMERICAN, TAGS, jobs, run

POLICY = """sovereign: 1
policy: health-at-home
version: 2026.11.24
owner: management
status: house_rule
rules:
  - id: HLT-01
    title: {en: health data are in Germany, de: Gesundheitsdaten liegen in Deutschland}
    law: [{act: house rule}]
    severity: high
    for_each: {over: placements}
    when: {data.categories: {includes: health}}
    must: {placement.countries: {all_within: [DE]}}
"""
MILD = "sovereign_tag: 1\nid: patients\nclassification: public\ncategories: []\nstatus: non_personal\n"


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    files = {
        "own.yaml": POLICY,
        "tags.yaml": TAGS,
        "mild.yaml": MILD,
        "sovereign.yaml": "sovereign: 1\npolicies: [./own.yaml]\ntags: [tags.yaml]\n",
    }
    for name, text in files.items():
        Path(name).write_text(text, encoding="utf-8")


def test_second_tag_is_refused() -> None:
    """Two tags for one dataset have no order, wherever they stand."""
    Path("job.yaml").write_text(jobs(AMERICAN, dataset="patients", tags="mild.yaml"), encoding="utf-8")
    ran = run("check", "job.yaml", "--no-log")
    assert ran.code != 0
    assert ran.codes == ["SOV-I103"]


def test_same_tag_named_twice_counts_once() -> None:
    """A file of jobs may name the tag files of the settings again."""
    Path("job.yaml").write_text(jobs(AMERICAN, dataset="patients", tags="tags.yaml"), encoding="utf-8")
    assert run("check", "job.yaml", "--no-log").code == 1
