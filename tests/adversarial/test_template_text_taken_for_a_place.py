"""Attack: text that becomes a permitted place only for a reader that trims, folds, cuts or fills in."""

import pytest
from simulators.terraform import GERMANY, Plan, verdict

TEXTS = [
    "${var.region}",
    "{{ region }}",
    "%{ if true }eu-central-1%{ endif }",
    "eu-central-1 ",
    " eu-central-1",
    "eu-central-1\n",
    "eu-central-1\x00",
    "eu-central-1,us-east-1",
    "eu-central-1/us-east-1",
    "eu\u2011central\u20111",
    "\uff45\uff55-central-1",
    "eu-central-1a",
    "germanywestcentral",
    "europe-west3",
    "DE",
]


@pytest.mark.parametrize("text", TEXTS)
def test_a_region_is_the_exact_code_of_its_own_provider(text: str) -> None:
    """In a provider configuration, in a resource, and in a replica."""
    provider = Plan().provider("aws", region=text).add("aws_s3_bucket.a", {"bucket": "a"})
    own = Plan().provider("aws", region="eu-central-1").add("aws_sqs_queue.a", {"name": "a", "region": text})
    replica = (
        Plan().provider("aws", region="eu-central-1").add("aws_dynamodb_table.t", {"replica": [{"region_name": text}]})
    )
    assert {verdict(plan.only(), GERMANY) for plan in (provider, own, replica)} == {"unknown"}


@pytest.mark.parametrize("value", [["eu-central-1"], {"eu-central-1": 1}, 1, True, 1.5])
def test_a_region_of_another_json_type_is_no_region(value: object) -> None:
    """A number or an object names none; a list of one is how older providers write a block."""
    own = Plan().provider("aws", region="us-east-1").add("aws_sqs_queue.a", {"name": "a", "region": value})
    assert verdict(own.only(), GERMANY) == ("yes" if isinstance(value, list) else "unknown")
