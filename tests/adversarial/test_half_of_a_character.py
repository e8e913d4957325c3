"""Attack: a document names things by halves of characters, which no record can hold, so that the gate breaks down."""

import json
from pathlib import Path

import pytest
from simulators.command import bucket_plan, request, run

from sovereign._internal.strict_json import parse_json
from sovereign.errors import InputError


@pytest.mark.parametrize("text", [r'"\ud800"', r'{"\uDFFF": 1}', r'[["a\udc00\ud800"]]', r'"\ud83d\u0041"'])
def test_half_of_a_pair_is_no_json_of_ours(text: str) -> None:
    """It is refused as a document, wherever it stands."""
    with pytest.raises(InputError) as refused:
        parse_json(text.encode(), source="a.json")
    assert refused.value.code == "SOV-I002"


def test_whole_pair_and_escaped_backslash_are_text() -> None:
    """A pair is one character; what only looks like an escape is none."""
    assert parse_json(rb'"\ud83d\ude00"', source="a.json") == "\U0001f600"
    assert parse_json(rb'"\\ud800"', source="a.json") == r"\ud800"


def test_gate_and_check_end_with_an_unreadable_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a crash nor a verdict."""
    monkeypatch.chdir(tmp_path)
    plan, asked = json.loads(bucket_plan("eu-central-1")), request({"role": "storage"})
    plan["resource_changes"][0]["address"] = asked["subject"]["id"] = "a\ud800"
    for name, document in (("plan.json", plan), ("request.json", asked)):
        Path(name).write_text(json.dumps(document), encoding="utf-8")
    assert run("gate", "plan.json", "--policy", "de-only", "--no-log").code == 3
    assert run("check", "request.json", "--policy", "de-only", "--no-log").code == 3


def test_plan_whose_changes_are_null_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Null is not an empty list of changes: nothing was judged, and nothing is permitted."""
    monkeypatch.chdir(tmp_path)
    plan = {**json.loads(bucket_plan("us-east-1")), "resource_changes": None}
    Path("plan.json").write_text(json.dumps(plan), encoding="utf-8")
    assert run("gate", "plan.json", "--policy", "de-only", "--no-log").code == 3
