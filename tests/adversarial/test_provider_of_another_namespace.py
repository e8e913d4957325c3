"""Attack: a provider of the same name from another namespace, whose types look like those of a cloud."""

import pytest
from simulators.terraform import GERMANY, Plan, verdict


@pytest.mark.parametrize(
    "source",
    [
        "registry.terraform.io/hashicorp2/aws",
        "registry.terraform.io/evil/aws",
        "registry.terraform.io/hashicorp/aws2",
        "registry.terraform.io/hashicorp/aws/x",
        "registry.terraform.io.example.org/hashicorp/aws",
        "example.org/hashicorp/aws",
        "REGISTRY.terraform.io/hashicorp/aws",
        "registry.terraform.io/hashicorp/azurerm",
        "registry.terraform.io/hashicorp/null",
        "terraform.io/builtin/terraform",
        "hashicorp/aws",
        "aws",
        " registry.terraform.io/hashicorp/aws",
        "registry.terraform.io/hashicorp/aws\n",
    ],
)
def test_only_the_full_address_of_a_known_provider_counts(source: str) -> None:
    """Everything else is another program: undecided, neither located nor not applicable."""
    plan = Plan().provider("aws", region="eu-central-1")
    for kind in ("aws_s3_bucket", "aws_iam_role"):
        plan.add(f"{kind}.a", {"bucket": "a", "location": "germanywestcentral"}, source=source)
    assert [verdict(resource, GERMANY) for resource in plan.parse().resources] == ["unknown", "unknown"]


def test_a_missing_provider_is_no_known_one() -> None:
    """Nothing is inferred from the type."""
    plan = Plan().provider("aws", region="eu-central-1").add("aws_s3_bucket.a", {"bucket": "a"})
    del plan.changes[0]["provider_name"]
    assert verdict(plan.only(), GERMANY) == "unknown"


def test_a_bare_name_counts_only_in_formats_without_namespaces() -> None:
    """Terraform 0.12 knew none."""
    plan = Plan(resolved=False, format_version="0.1").provider("aws", region="eu-central-1")
    plan.add("aws_s3_bucket.a", {"bucket": "a"}, source="aws").add("aws_s3_bucket.b", {"bucket": "b"}, source="aws2")
    assert [verdict(resource, GERMANY) for resource in plan.parse().resources] == ["yes", "unknown"]


def test_a_type_of_another_provider_is_not_this_one_s() -> None:
    """`aws_s3_bucket` of the provider for nothing is not a thing that holds nothing."""
    plan = (
        Plan()
        .provider("null", "hashicorp/null")
        .add("aws_s3_bucket.a", {"bucket": "a"}, source="registry.terraform.io/hashicorp/null", key="null")
    )
    assert verdict(plan.only(), GERMANY) == "unknown"
