"""Attack: a plan uses a provider that calls itself like a known one, so that its region text is believed."""

from pathlib import Path

import pytest
from simulators.plans import AWS, a_plan, gate_exit


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_known_provider_is_believed(tmp_path: Path) -> None:
    """The same plan with the provider that everybody means is permitted."""
    assert gate_exit(a_plan("aws_s3_bucket", {"bucket": "b"}), tmp_path) == 0


@pytest.mark.parametrize(
    "provider",
    [
        "registry.terraform.io/hashicorp2/aws",
        "registry.attacker.example/hashicorp/aws",
        "registry.terraform.io/hashicorp/aws/x",
        "registry.terraform.io/hashicorp/AWS2",
        "registry.terraform.io.attacker.example/hashicorp/aws",
        f"{AWS}\n",
        f" {AWS}",
        "",
    ],
)
def test_look_alike_places_nothing(tmp_path: Path, provider: str) -> None:
    """A region written by a stranger names no place."""
    assert gate_exit(a_plan("aws_s3_bucket", {"bucket": "b"}, provider=provider), tmp_path) in {3, 4}


@pytest.mark.parametrize(
    "region",
    [
        {"constant_value": "eu-central-1 "},
        {"constant_value": "eu-central-1\u200b"},
        {"constant_value": "eu-central-9"},
        {"constant_value": "${var.region}"},
        {"constant_value": ["eu-central-1"]},
        {"references": ["var.region"]},
        {},
    ],
)
def test_text_that_is_no_region_places_nothing(tmp_path: Path, region: dict[str, object]) -> None:
    """A region is looked up exactly; templates, variables without a value and other types name no place."""
    assert gate_exit(a_plan("aws_s3_bucket", {"bucket": "b"}, region=region), tmp_path) in {3, 4}
