"""Attack: a rule about training is escaped by not saying that the job trains."""

from pathlib import Path

import pytest
from simulators.command import GERMAN, TAGS, jobs, run

POLICY = """sovereign: 1
policy: no-training
version: 2026.11.24
owner: management
status: house_rule
rules:
  - id: TRAIN-01
    title: {en: only public data train models, de: Nur öffentliche Daten trainieren Modelle}
    law: [{act: house rule}]
    severity: high
    when: {job.kind: {is: training}}
    must: {data.classification: {is: public}}
"""


@pytest.mark.parametrize(
    ("kind", "code"), [("", 4), ("    kind: null\n", 4), ("    kind: backup\n", 0), ("    kind: training\n", 1)]
)
def test_kind_left_out_is_unknown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, code: int) -> None:
    """Absent and null are unknown, and unknown is not another kind."""
    monkeypatch.chdir(tmp_path)
    Path("own.yaml").write_text(POLICY, encoding="utf-8")
    Path("tags.yaml").write_text(TAGS, encoding="utf-8")
    Path("job.yaml").write_text(jobs(GERMAN).replace("    kind: backup\n", kind), encoding="utf-8")
    assert run("check", "job.yaml", "--policy", "./own.yaml", "--no-log").code == code
