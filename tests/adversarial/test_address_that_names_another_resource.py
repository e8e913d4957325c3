"""Attack: an address that leads to the block of another resource, whose provider is permitted."""

import pytest
from simulators.terraform import GERMANY, Plan, verdict


def _plan() -> Plan:
    plan = Plan().provider("aws", region="us-east-1").provider("aws.frankfurt", region="eu-central-1")
    plan.block("aws_s3_bucket.good", (), {}, "aws.frankfurt")
    plan.block("aws_s3_bucket.bad", (), {}, "aws")
    return plan


@pytest.mark.parametrize(
    "address",
    [
        'aws_s3_bucket.bad["aws_s3_bucket.good"]',
        'aws_s3_bucket.bad["\\"].aws_s3_bucket.good"]',
        'aws_s3_bucket.bad["]"]',
        'aws_s3_bucket.bad["x[0].good"]',
    ],
)
def test_an_index_key_leads_nowhere(address: str) -> None:
    """It is dropped, and the block of the resource itself decides."""
    assert verdict(_plan().add(address, {"bucket": "b"}, configured=False).only(), GERMANY) == "no"


@pytest.mark.parametrize(
    "address",
    [
        "data.aws_s3_bucket.good",
        "aws_sqs_queue.good",
        "aws_s3_bucket",
        "good",
        "a.b.c.d",
        "aws_s3_bucket.bad[",
        "\x1b[31m.x",
    ],
)
def test_an_address_that_contradicts_its_change_is_not_followed(address: str) -> None:
    """The provider is then unknown, and so is the place."""
    plan = _plan().add("aws_s3_bucket.good", {"bucket": "b"}, configured=False)
    plan.changes[0]["address"] = address
    assert verdict(plan.only(), GERMANY) == "unknown"


@pytest.mark.parametrize("text", ["\x1b]0;owned\x07", "\u202e", "\x00", "a`b", "\n::error::"])
def test_control_characters_stay_text_and_reach_no_message_raw(text: str) -> None:
    """What is shown of them is quoted."""
    plan = (
        Plan()
        .provider(f"aws.{text}", region="nowhere")
        .add(f'aws_s3_bucket.a["{text}"]', {"bucket": "b"}, key=f"aws.{text}")
    )
    (missing,) = plan.only().missing
    assert all(character.isprintable() for character in missing.fact)
