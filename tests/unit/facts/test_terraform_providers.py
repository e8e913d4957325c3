"""The provider configuration of a resource: resolved, inherited, or one of several."""

import pytest
from simulators.terraform import GERMANY, UNION, Plan, constant, places, refers, verdict

from sovereign.facts.model import Confidence

BUCKET = {"bucket": "a"}


def _old() -> Plan:
    return Plan(resolved=False, format_version="1.0")


def test_a_resolved_key_is_used_as_it_is_two_modules_down() -> None:
    """Terraform 1.2 and later point at the passed configuration."""
    plan = Plan().provider("aws", region="us-east-1").provider("aws.dublin", region="eu-west-1")
    plan.add("module.a.module.b.aws_s3_bucket.x", BUCKET, modules=("a", "b"), key="aws.dublin")
    assert places(plan.only()) == ["eu-west-1"]


def test_a_resolved_key_without_a_block_leaves_the_region_to_the_environment() -> None:
    """Another configuration of the provider is not taken for it."""
    plan = Plan().provider("aws.frankfurt", region="eu-central-1").add("aws_s3_bucket.a", BUCKET)
    resource = plan.only()
    assert verdict(resource, GERMANY) == "unknown"
    assert (resource.missing[0].group, resource.missing[0].assume) == ("provider:aws:aws", "aws.region")


def test_resources_that_wait_for_one_configuration_share_one_missing_fact() -> None:
    """The gate can say once what a dozen resources wait for."""
    plan = Plan().provider("aws", profile="munich")
    for number in range(12):
        plan.add(f"aws_s3_bucket.b{number}", BUCKET)
    assert len({m.group for r in plan.parse().resources for m in r.missing}) == 1


def test_an_inherited_configuration_of_an_older_plan_is_found() -> None:
    """The key is the last module's name; the only configuration that states a region is inherited."""
    plan = _old().provider("aws", region="eu-central-1")
    plan.add("module.a.module.b.aws_s3_bucket.x", BUCKET, modules=("a", "b"), key="b:aws")
    resource = plan.only()
    assert places(resource) == ["eu-central-1"]
    assert resource.placements[0].confidence == Confidence.PROVIDER


@pytest.mark.parametrize(
    ("other", "germany", "union"),
    [("eu-west-1", "unknown", "yes"), ("us-east-1", "unknown", "unknown"), ("eu-central-1", "yes", "yes")],
)
def test_several_candidates_permit_only_together(other: str, germany: str, union: str) -> None:
    """All permitted is permit, none is deny, all else is undecided."""
    plan = _old().provider("aws", region="eu-central-1").provider("aws.other", region=other)
    resource = plan.add("module.m.aws_s3_bucket.x", BUCKET, modules=("m",), key="m:aws").only()
    assert (verdict(resource, GERMANY), verdict(resource, UNION)) == (germany, union)


def test_candidates_none_of_which_is_permitted_are_a_denial() -> None:
    """Whichever it is, it is outside."""
    plan = _old().provider("aws", region="eu-west-1").provider("aws.other", region="us-east-1")
    resource = plan.add("module.m.aws_s3_bucket.x", BUCKET, modules=("m",), key="m:aws").only()
    assert verdict(resource, GERMANY) == "no"
    assert len(resource.alternatives) == 2


def test_a_default_configuration_without_region_is_a_candidate_too() -> None:
    """A module may have got it, and the environment then decides."""
    plan = _old().provider("aws", profile="x").provider("aws.frankfurt", region="eu-central-1")
    assert (
        verdict(plan.add("module.m.aws_s3_bucket.x", BUCKET, modules=("m",), key="m:aws").only(), GERMANY) == "unknown"
    )


def test_an_alias_alone_does_not_prove_what_a_module_got() -> None:
    """The default configuration needs no block to exist."""
    plan = _old().provider("aws.frankfurt", region="eu-central-1")
    assert (
        verdict(plan.add("module.m.aws_s3_bucket.x", BUCKET, modules=("m",), key="m:aws").only(), GERMANY) == "unknown"
    )


def test_a_module_with_a_provider_block_of_its_own_uses_it() -> None:
    """Its key in the map carries the whole path."""
    plan = _old().provider("aws", region="us-east-1").provider("module.m:aws", region="eu-central-1")
    assert places(plan.add("module.m.aws_s3_bucket.x", BUCKET, modules=("m",), key="m:aws").only()) == ["eu-central-1"]


def test_a_root_key_without_a_block_of_an_older_plan_is_unknown() -> None:
    """Only keys inside modules are inherited."""
    plan = _old().provider("aws.frankfurt", region="eu-central-1")
    assert verdict(plan.add("aws_s3_bucket.a", BUCKET).only(), GERMANY) == "unknown"


def test_one_variable_of_the_root_gives_its_value_with_less_confidence() -> None:
    """Its value stands in `variables`, else its default counts."""
    plan = Plan().provider("aws", region=refers("var.region")).add("aws_s3_bucket.a", BUCKET)
    plan.module()["variables"] = {"region": {"default": "us-east-1"}}
    assert places(plan.only()) == ["us-east-1"]
    plan.extra["variables"] = {"region": {"value": "eu-central-1"}}
    (placement,) = plan.only().placements
    assert (placement.region, placement.confidence) == ("eu-central-1", Confidence.VARIABLE)


@pytest.mark.parametrize(
    "expression",
    [
        refers("var.dr", "var.region"),
        refers("local.region"),
        refers("data.aws_region.x.name", "data.aws_region.x"),
        refers("each.value"),
        refers("module.m.region", "module.m"),
        refers("var.regions[0]", "var.regions"),
        refers("var.settings.region", "var.settings"),
        refers(),
        {},
        constant(None),
        constant("${var.region}"),
        constant("eu-central"),
        constant("EU-CENTRAL-1\n"),
        constant(["eu-central-1"]),
    ],
)
def test_any_other_expression_of_a_region_is_unknown(expression: dict[str, object]) -> None:
    """Operators and functions are gone from the plan, so references prove nothing."""
    plan = Plan().provider("aws", region=expression).add("aws_s3_bucket.a", BUCKET)
    plan.extra["variables"] = {
        "region": {"value": "eu-central-1"},
        "dr": {"value": False},
        "regions": {"value": ["eu-central-1"]},
    }
    assert verdict(plan.only(), GERMANY) == "unknown"


def test_a_module_variable_of_the_same_name_is_not_the_root_variable() -> None:
    """Its value is not in the plan."""
    plan = _old().provider("module.m:aws", region=refers("var.region"))
    plan.extra["variables"] = {"region": {"value": "eu-central-1"}}
    assert (
        verdict(plan.add("module.m.aws_s3_bucket.x", BUCKET, modules=("m",), key="m:aws").only(), GERMANY) == "unknown"
    )


def test_a_data_source_that_shows_the_region_proves_it() -> None:
    """It was read under the same key."""
    plan = Plan().provider("aws", profile="x").add("aws_s3_bucket.a", BUCKET)
    plan.read("data.aws_region.current", {"id": "eu-west-1", "name": "eu-west-1"})
    assert places(plan.only()) == ["eu-west-1"]


def test_zones_that_a_data_source_shows_prove_the_region() -> None:
    """They are those of the provider's region."""
    plan = Plan().provider("aws", profile="x").add("aws_s3_bucket.a", BUCKET)
    plan.read("data.aws_availability_zones.all", {"names": ["eu-central-1a", "eu-central-1b"]})
    assert places(plan.only()) == ["eu-central-1"]


def test_a_data_source_under_another_key_proves_nothing() -> None:
    """It was read with another configuration."""
    plan = Plan().provider("aws", profile="x").provider("aws.b", profile="y").add("aws_s3_bucket.a", BUCKET)
    plan.read("data.aws_region.current", {"name": "eu-central-1"}, key="aws.b")
    assert verdict(plan.only(), GERMANY) == "unknown"


@pytest.mark.parametrize("argument", ["name", "region", "endpoint"])
def test_a_data_source_that_is_asked_for_a_region_proves_nothing(argument: str) -> None:
    """`data.aws_region` with a name shows that region, not its provider's."""
    plan = Plan().provider("aws", profile="x").add("aws_s3_bucket.a", BUCKET)
    plan.read("data.aws_region.frankfurt", {"name": "eu-central-1"}, **{argument: "eu-central-1"})
    assert verdict(plan.only(), GERMANY) == "unknown"


def test_data_sources_that_disagree_prove_nothing() -> None:
    """One of them shows something else."""
    plan = Plan().provider("aws", profile="x").add("aws_s3_bucket.a", BUCKET)
    plan.read("data.aws_region.a", {"name": "eu-central-1"}).read("data.aws_region.b", {"name": "us-east-1"})
    assert verdict(plan.only(), GERMANY) == "unknown"


@pytest.mark.parametrize(
    ("kind", "source", "key", "moving"),
    [
        (
            "aws_s3_bucket",
            "hashicorp/aws",
            "aws",
            {"region": "eu-central-1", "endpoints": [{"s3": constant("http://x")}]},
        ),
        (
            "google_compute_address",
            "hashicorp/google",
            "google",
            {"region": "europe-west3", "compute_custom_endpoint": "https://x"},
        ),
        (
            "google_compute_address",
            "hashicorp/google",
            "google",
            {"region": "europe-west3", "universe_domain": "example.org"},
        ),
        (
            "opentelekomcloud_vpc_v1",
            "opentelekomcloud/opentelekomcloud",
            "opentelekomcloud",
            {"region": "eu-de", "cloud": "otc"},
        ),
        (
            "opentelekomcloud_vpc_v1",
            "opentelekomcloud/opentelekomcloud",
            "opentelekomcloud",
            {"region": "eu-de", "auth_url": "https://iam.eu-nl.otc.t-systems.com/v3"},
        ),
        (
            "stackit_network",
            "stackitcloud/stackit",
            "stackit",
            {"default_region": "eu01", "iaas_custom_endpoint": "https://x"},
        ),
    ],
)
def test_arguments_that_send_requests_elsewhere_make_the_place_unknown(
    kind: str, source: str, key: str, moving: dict[str, object]
) -> None:
    """The region text then says nothing."""
    plan = Plan().provider(key, source, **moving).add(f"{kind}.a", {"name": "a"}, key=key)
    resource = plan.only(aws_region="eu-central-1") if key == "aws" else plan.only()
    assert verdict(resource, GERMANY) == "unknown"


def test_harmless_values_of_such_arguments_change_nothing() -> None:
    """The usual identity service of the stated region is where it always is."""
    plan = Plan().provider(
        "opentelekomcloud",
        "opentelekomcloud/opentelekomcloud",
        region="eu-de",
        auth_url="https://iam.eu-de.otc.t-systems.com/v3",
    )
    assert places(plan.add("opentelekomcloud_vpc_v1.a", {"name": "a"}, key="opentelekomcloud").only()) == ["eu-de"]


def test_a_plan_without_configuration_leaves_the_provider_unknown() -> None:
    """Nothing says which configuration a resource has."""
    plan = Plan().add("aws_s3_bucket.a", BUCKET, configured=False)
    plan.extra["configuration"] = None
    assert verdict(plan.only(), GERMANY) == "unknown"
