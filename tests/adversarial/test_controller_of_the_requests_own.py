"""Attack: a request says that its controller is one to whom a law does not apply."""

import json
from pathlib import Path
from typing import Any

import pytest
from simulators.command import request, run

POLICY = """sovereign: 1
policy: essential-entities
version: 2026.11.24
owner: management
status: house_rule
rules:
  - id: NIS-01
    title: {en: an essential entity exports public data only, de: nur Öffentliches wird herausgegeben}
    law: [{act: house rule}]
    severity: high
    when: {controller.nis2_class: {one_of: [essential, important]}}
    must: {data.classification: {is: public}}
"""


@pytest.mark.parametrize(
    ("stated", "code", "shown"),
    [
        ({"controller": {"nis2_class": "none"}}, 3, "SOV-I302"),
        ({"controller": {"nis2_class": "essential"}}, 1, None),
        ({"controller": None}, 1, None),
        ({}, 1, None),
    ],
    ids=["another", "the same", "null", "left out"],
)
def test_controller_is_that_of_the_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stated: dict[str, Any], code: int, shown: str | None
) -> None:
    """Who decides is said once, by the project; a request repeats it or leaves it out."""
    monkeypatch.chdir(tmp_path)
    Path("own.yaml").write_text(POLICY, encoding="utf-8")
    Path("sovereign.yaml").write_text(
        "sovereign: 1\npolicies: [./own.yaml]\ncontroller: {nis2_class: essential}\n", encoding="utf-8"
    )
    asked = request({"role": "storage", "provider": "stackit", "region": "eu01"}, **stated)
    Path("request.json").write_text(json.dumps(asked), encoding="utf-8")
    ran = run("check", "request.json", "--no-log")
    assert ran.code == code
    assert ran.codes == ([shown] if shown else [])
