"""Attack: the place of a resource is known after apply only, when nobody asks any more."""

from pathlib import Path
from typing import Any

import pytest
from simulators.plans import a_plan, gate_exit

COMPUTED = {"references": ["random_shuffle.place.result"]}


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    "plan",
    [
        a_plan("aws_s3_bucket", {"bucket": "b"}, unknown={"region": True}, expressions={"region": COMPUTED}),
        a_plan("aws_s3_bucket", {"bucket": "b"}, region=COMPUTED),
        a_plan("aws_dynamodb_table", {"name": "t"}, unknown={"replica": True}, expressions={"replica": COMPUTED}),
        a_plan("aws_dynamodb_table", {"name": "t"}, unknown={"replica": [{"region_name": True}]}),
    ],
    ids=["own region", "region of the provider", "all replicas", "one replica"],
)
def test_unknown_place_is_undecided(tmp_path: Path, plan: dict[str, Any]) -> None:
    """What is not known now is not permitted now."""
    assert gate_exit(plan, tmp_path) == 4


def test_unknown_value_that_is_no_place_changes_nothing(tmp_path: Path) -> None:
    """An id is known after apply too, and says nothing about the place."""
    assert gate_exit(a_plan("aws_s3_bucket", {"bucket": "b"}, unknown={"id": True, "arn": True}), tmp_path) == 0
