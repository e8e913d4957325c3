"""What of a plan is judged: everything that is there afterwards."""

import pytest
from simulators.terraform import GERMANY, Plan, places, verdict


def _plan(**extra: object) -> Plan:
    return Plan(extra=dict(extra)).provider("aws", region="eu-central-1")


@pytest.mark.parametrize("actions", [["create"], ["update"], ["no-op"], ["delete", "create"], ["create", "delete"]])
def test_what_exists_afterwards_is_judged(actions: list[str]) -> None:
    """An unchanged resource that violates is a violation."""
    resource = _plan().add("aws_s3_bucket.a", {"bucket": "a"}, actions=actions).only()
    assert places(resource) == ["eu-central-1"]
    assert resource.actions == tuple(actions)


def test_a_plan_that_only_deletes_has_nothing_to_judge() -> None:
    """It is a pass with a notice, and counts what goes."""
    plan = _plan().add("aws_s3_bucket.a", None, actions=["delete"], before={"bucket": "a"}).parse()
    assert plan.nothing_to_judge
    assert plan.deleted == 1


def test_an_unchanged_resource_without_values_is_ignored() -> None:
    """There is nothing about it in the plan."""
    plan = _plan().add("aws_s3_bucket.a", {}, actions=["no-op"])
    plan.changes[0]["change"]["after"] = None
    assert plan.parse().nothing_to_judge


@pytest.mark.parametrize("actions", [["forget"], ["create", "forget"], ["forget", "create"]])
def test_what_is_forgotten_goes_on_running_and_is_told(actions: list[str]) -> None:
    """Terraform and OpenTofu write the two words in different order."""
    plan = _plan().add("aws_s3_bucket.a", {"bucket": "a"}, actions=actions).parse()
    assert plan.left_running == ("aws_s3_bucket.a",)
    assert len(plan.resources) == len(actions) - 1


def test_a_deposed_object_is_judged_by_what_it_was() -> None:
    """It exists until it is destroyed."""
    plan = Plan().provider("google", "hashicorp/google", region="europe-west3")
    before = {"zone": "us-central1-a", "name": "old"}
    plan.add("google_compute_instance.a", {"zone": "europe-west3-a"}, key="google")
    plan.add("google_compute_instance.a", None, key="google", actions=["delete"], deposed="1a2b3c4d", before=before)
    kept, old = plan.parse().resources
    assert verdict(kept, GERMANY) == "yes"
    assert (verdict(old, GERMANY), old.deposed) == ("no", "1a2b3c4d")


def test_a_data_source_is_a_read_of_a_description() -> None:
    """Its role is metadata, and it counts."""
    resource = _plan().add("data.aws_vpc.a", {"id": None}, actions=["read"]).only()
    assert [(p.role, p.region) for p in resource.placements] == [("metadata", "eu-central-1")]


def test_drift_is_reported_apart() -> None:
    """Existing state that differs from the last run is no change of this plan."""
    plan = _plan().add("aws_s3_bucket.a", {"bucket": "a"}, actions=["update"])
    plan.extra["resource_drift"] = plan.changes
    plan.changes = []
    read = plan.parse()
    assert read.nothing_to_judge
    assert [r.address for r in read.drift] == ["aws_s3_bucket.a"]


def test_a_deferred_change_is_listed_apart_with_its_place() -> None:
    """Terraform put it off, so it is neither permitted nor lost."""
    plan = _plan().add("aws_s3_bucket.a", {"bucket": "a"})
    plan.extra["deferred_changes"] = [{"reason": "instance_count_unknown", "resource_change": plan.changes.pop()}]
    read = plan.parse()
    assert not read.nothing_to_judge
    assert places(read.deferred[0]) == ["eu-central-1"]


def test_evidence_names_the_input_the_place_in_it_and_the_value() -> None:
    """Whoever reads a denial finds the line that caused it."""
    plan = Plan().provider("azurerm", "hashicorp/azurerm", features=[{}])
    plan.add("azurerm_virtual_network.a", {"location": "West Europe", "name": "a"}, key="azurerm")
    read = plan.parse()
    (placement,) = read.resources[0].placements
    assert placement.evidence[0].pointer == "/resource_changes/0/change/after/location"
    assert placement.evidence[0].value == "West Europe"
    assert placement.evidence[0].input == read.sha256
    assert (placement.provider, placement.region, placement.countries) == ("azure", "westeurope", frozenset({"NL"}))
