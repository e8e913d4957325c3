"""Attack: a plan states a German region where everybody looks, and another place where few do."""

from pathlib import Path
from typing import Any

import pytest
from simulators.plans import a_plan, gate_exit


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("kind", "after"),
    [
        ("aws_ebs_volume", {"size": 1, "availability_zone": "us-east-1a"}),
        ("aws_s3_bucket", {"bucket": "b", "region": "us-east-1"}),
        ("aws_rds_cluster", {"cluster_identifier": "c", "availability_zones": ["eu-central-1a", "us-east-1b"]}),
        ("aws_dynamodb_table", {"name": "t", "replica": [{"region_name": "us-east-1"}]}),
        ("aws_ebs_volume", {"size": 1, "availability_zone": "eu-central-1-waw-1a"}),
    ],
    ids=["zone", "own region", "one zone of two", "replica", "local zone in Warsaw"],
)
def test_hidden_place_is_not_permitted(tmp_path: Path, kind: str, after: dict[str, Any]) -> None:
    """Every place that the plan names counts; two that exclude each other are a denial."""
    assert gate_exit(a_plan(kind, after), tmp_path) in {1, 4}


def test_assumption_does_not_replace_a_known_place(tmp_path: Path) -> None:
    """What is known abroad stays abroad, whatever the command line states."""
    plan = a_plan("aws_s3_bucket", {"bucket": "b"}, region={"constant_value": "us-east-1"})
    assert gate_exit(plan, tmp_path, "--assume", "aws.region=eu-central-1") in {1, 2}


def test_tag_names_no_place(tmp_path: Path) -> None:
    """Tags and names of a resource are what its author wrote, and place nothing."""
    tagged = {"bucket": "munich-eu-central-1", "tags": {"region": "eu-central-1", "country": "DE"}}
    assert gate_exit(a_plan("aws_s3_bucket", tagged, region={}), tmp_path) == 4
