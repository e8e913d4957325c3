"""Attack: a plan sends data to an object in another country by its full name, at an argument that no table lists."""

from pathlib import Path
from typing import Any

import pytest
from simulators.plans import a_plan, gate_exit

AZURE = "registry.terraform.io/hashicorp/azurerm"
GOOGLE = "registry.terraform.io/hashicorp/google"
AMERICAN = "arn:aws:sqs:us-east-1:123456789012:queue"
GERMAN = "arn:aws:sqs:eu-central-1:123456789012:queue"
DENIED, UNDECIDED, PERMITTED = 1, 4, 0


def _exit(kind: str, after: dict[str, Any], folder: Path, **options: Any) -> int:
    written = {name: {"constant_value": value} for name, value in after.items()}
    return gate_exit(a_plan(kind, after, expressions=written, **options), folder)


@pytest.mark.parametrize(("queue", "code"), [(AMERICAN, DENIED), (GERMAN, PERMITTED)])
@pytest.mark.parametrize(
    ("kind", "after"),
    [
        ("aws_scheduler_schedule", lambda queue: {"name": "n", "target": [{"arn": queue}]}),
        ("aws_pipes_pipe", lambda queue: {"name": "n", "source": GERMAN, "target": queue}),
        ("aws_s3_bucket_notification", lambda queue: {"bucket": "b", "queue": [{"queue_arn": queue}]}),
        ("aws_sns_topic_subscription", lambda queue: {"protocol": "sqs", "endpoint": queue}),
        ("aws_bedrock_inference_profile", lambda queue: {"name": "n", "model_source": [{"copy_from": queue}]}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_target_in_another_country_denies(kind: str, after: Any, queue: str, code: int, tmp_path: Path) -> None:
    """Whatever the argument is called, the region in an ARN is one that data go to."""
    assert _exit(kind, after(queue), tmp_path) == code


@pytest.mark.parametrize(
    ("kind", "after", "code"),
    [
        ("aws_sns_topic_subscription", {"protocol": "https", "endpoint": "https://example.org/in"}, UNDECIDED),
        ("aws_cloudwatch_event_api_destination", {"invocation_endpoint": "https://example.org/in"}, UNDECIDED),
        ("aws_iot_topic_rule", {"name": "n", "http": [{"url": "https://example.org/in"}]}, UNDECIDED),
        ("aws_fsx_lustre_file_system", {"export_path": "s3://bucket-of-others/out"}, UNDECIDED),
        ("aws_redshift_cluster", {"snapshot_copy": [{"destination_region": "us-east-1"}]}, DENIED),
        ("aws_cloudformation_stack_set_instance", {"stack_set_instance_region": "us-east-1"}, DENIED),
    ],
)
def test_target_that_is_no_full_name(kind: str, after: dict[str, Any], code: int, tmp_path: Path) -> None:
    """A host or a bucket of others has no place that the plan knows; a region in an argument has one."""
    assert _exit(kind, after, tmp_path) == code


@pytest.mark.parametrize(
    ("kind", "after", "code"),
    [
        ("google_cloud_scheduler_job", {"http_target": [{"uri": "https://example.org/in"}]}, UNDECIDED),
        ("google_eventarc_trigger", {"destination": [{"cloud_run_service": [{"region": "us-east1"}]}]}, DENIED),
        ("azurerm_eventgrid_event_subscription", {"webhook_endpoint": [{"url": "https://example.org"}]}, UNDECIDED),
    ],
)
def test_target_at_other_providers(kind: str, after: dict[str, Any], code: int, tmp_path: Path) -> None:
    """The same at Google and Azure."""
    place = {"location": "germanywestcentral"} if kind.startswith("azurerm") else {"region": "europe-west3"}
    source = AZURE if kind.startswith("azurerm") else GOOGLE
    assert _exit(kind, {"location": "europe-west3"} | place | after, tmp_path, provider=source) == code


def test_path_of_google_in_another_country_denies(tmp_path: Path) -> None:
    """A path that holds a location is a full name too."""
    function = "projects/p/locations/us-central1/functions/f"
    region = {"constant_value": "europe-west3"}
    for location, code in (("us-central1", DENIED), ("europe-west3", PERMITTED)):
        after = {"region": "europe-west3", "http_target": [{"uri": function.replace("us-central1", location)}]}
        assert _exit("google_cloud_scheduler_job", after, tmp_path, provider=GOOGLE, region=region) == code
