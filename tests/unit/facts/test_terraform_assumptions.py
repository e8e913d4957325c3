"""What a caller states about places: it fills what is unknown, and nothing else."""

import pytest
from simulators.terraform import CATALOGUE, GERMANY, Plan, places, refers, verdict

from sovereign.errors import UsageError
from sovereign.facts.model import Confidence
from sovereign.facts.sources.terraform.assumptions import ASSUME_KEYS
from sovereign.facts.sources.terraform.vendors import VENDORS
from sovereign.facts.sources.terraform_plan import parse_terraform_plan
from sovereign.settings.assumptions import ASSUMPTION_KEYS


def _unknown() -> Plan:
    return Plan().provider("aws", profile="x").add("aws_s3_bucket.a", {"bucket": "a"})


def test_an_assumption_fills_an_unknown_place_as_somebody_s_word() -> None:
    """Its confidence is `asserted`, and the report says which ones were used."""
    plan = _unknown().parse(aws_region="eu-central-1", google_region="europe-west3")
    (placement,) = plan.resources[0].placements
    assert (placement.region, placement.confidence) == ("eu-central-1", Confidence.ASSERTED)
    assert placement.evidence[0].value == "--assume aws.region=eu-central-1"
    assert (plan.assumptions_used, plan.assumptions_unused) == (("aws.region",), ("google.region",))


def test_a_country_can_be_assumed() -> None:
    """Without naming a region."""
    (placement,) = _unknown().only(aws_region="DE").placements
    assert (placement.region, placement.countries) == (None, GERMANY)


def test_an_assumption_never_replaces_a_known_place() -> None:
    """And is reported as not needed."""
    plan = (
        Plan()
        .provider("aws", region="us-east-1")
        .add("aws_s3_bucket.a", {"bucket": "a"})
        .parse(aws_region="eu-central-1")
    )
    assert places(plan.resources[0]) == ["us-east-1"]
    assert plan.assumptions_unused == ("aws.region",)


def test_an_assumption_never_repairs_a_malformed_place() -> None:
    """The text of the plan is evidence of something else."""
    plan = Plan().provider("aws", profile="x").add("aws_ebs_volume.a", {"availability_zone": "us-east-1"})
    assert verdict(plan.only(aws_region="eu-central-1"), GERMANY) == "unknown"


def test_an_assumption_says_nothing_about_second_places() -> None:
    """A replica goes to where somebody sent it."""
    plan = _unknown().add(
        "aws_s3_bucket_replication_configuration.r", {"rule": [{"destination": [{"bucket": "arn:aws:s3:::x"}]}]}
    )
    resource = plan.parse(aws_region="eu-central-1").resources[1]
    assert (places(resource, "storage"), places(resource, "replica")) == (["eu-central-1"], [None])


@pytest.mark.parametrize(
    ("assumed", "answer"), [("eu-central-1", "no"), ("eu-west-1", "no"), ("DE", "no"), ("IE", "no")]
)
def test_an_assumption_against_evidence_about_the_same_placement_is_a_contradiction(assumed: str, answer: str) -> None:
    """The provider says Ireland; where the assumption agrees, Ireland is denied for itself."""
    plan = Plan().provider("aws", region="eu-west-1")
    plan.add("aws_sqs_queue.a", {"name": "a"}, unknown={"region": True}, expressions={"region": refers("each.value")})
    resource = plan.only(aws_region=assumed)
    assert verdict(resource, GERMANY) == answer
    assert bool(resource.placements[0].conflicts) is (assumed in {"eu-central-1", "DE"})


def test_another_resource_with_a_known_place_contradicts_nothing() -> None:
    """It is another placement."""
    plan = _unknown().provider("aws.b", region="us-east-1").add("aws_s3_bucket.b", {"bucket": "b"}, key="aws.b")
    assert not any(p.conflicts for r in plan.parse(aws_region="eu-central-1").resources for p in r.placements)


@pytest.mark.parametrize("key", ["aws", "aws.zone", "azurerm.region", "confidence", "tag.classification", "Runner", ""])
def test_keys_are_a_closed_list(key: str) -> None:
    """Only places can be stated."""
    with pytest.raises(UsageError) as caught:
        parse_terraform_plan(_unknown().bytes(), source="x", catalogue=CATALOGUE, assume={key: "DE"})
    assert (caught.value.code, caught.value.exit_code) == ("SOV-C215", 2)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("aws.region", "europe-west3"),
        ("aws.region", "eu-central"),
        ("aws.region", "eu"),
        ("aws.region", ""),
        ("google.region", "global"),
        ("runner", "munich"),
        ("runner", "aws/europe-west3"),
        ("runner", "nobody/x"),
    ],
)
def test_a_value_is_a_region_of_that_provider_or_a_country(key: str, value: str) -> None:
    """A region of another provider is none."""
    with pytest.raises(UsageError) as caught:
        parse_terraform_plan(_unknown().bytes(), source="x", catalogue=CATALOGUE, assume={key: value})
    assert caught.value.code == "SOV-C216"


def test_every_key_names_a_provider_of_the_catalogue() -> None:
    """A key that could never be stated would be a trap."""
    assert {vendor.name for vendor in VENDORS if vendor.assume} <= CATALOGUE.providers


def test_every_key_can_stand_in_settings_and_in_a_trust_file() -> None:
    """Otherwise a key that the gate asks for could not be kept, and under a trust file not be stated at all."""
    assert ASSUMPTION_KEYS.keys() >= ASSUME_KEYS
