"""Evidence about a place in its order, what contradicts, and what is no place."""

from typing import Any

import pytest
from simulators.terraform import GERMANY, UNION, Plan, constant, places, refers, verdict

from sovereign.facts.model import Confidence


def _aws(region: str = "eu-central-1") -> Plan:
    return Plan().provider("aws", region=region)


def _google(**expressions: object) -> Plan:
    return Plan().provider("google", "hashicorp/google", **expressions)


def _azure() -> Plan:
    return Plan().provider("azurerm", "hashicorp/azurerm", features=[{}])


@pytest.mark.parametrize(("zone", "answer"), [("eu-central-1b", "yes"), ("us-east-1a", "no")])
def test_a_zone_must_lie_in_the_region_of_its_provider(zone: str, answer: str) -> None:
    """A zone under another region is a contradiction, whatever is permitted."""
    resource = _aws().add("aws_ebs_volume.a", {"availability_zone": zone}).only()
    assert verdict(resource, GERMANY) == answer
    assert bool(resource.placements[0].conflicts) is (answer == "no")


def test_a_contradiction_shows_both_evidences() -> None:
    """One is the evidence, the other the conflict."""
    (placement,) = _aws("us-west-2").add("aws_subnet.a", {"availability_zone": "us-east-1a"}).only().placements
    assert [e.value for e in placement.evidence] == ["us-east-1a"]
    assert [e.value for e in placement.conflicts] == ["us-west-2"]


def test_zones_in_two_regions_contradict_each_other() -> None:
    """A group cannot span regions."""
    after = {"availability_zones": ["eu-central-1a", "eu-west-1a"]}
    assert _aws().add("aws_autoscaling_group.a", after).only().placements[0].conflicts


@pytest.mark.parametrize(
    "zone", ["eu-west-1", "eu-central-1", "string", "", "${var.zone}", "eu-central-1a\n", "euc1", "EU"]
)
def test_a_malformed_zone_is_undecided_even_where_the_region_is_known(zone: str) -> None:
    """Something is wrong with it; only an empty one is none."""
    resource = _aws().add("aws_ebs_volume.a", {"availability_zone": zone}).only()
    assert verdict(resource, GERMANY) == ("yes" if not zone else "unknown")


@pytest.mark.parametrize(
    ("zone", "country"), [("eu-central-1-ham-1a", "DE"), ("eu-central-1-waw-1a", "PL"), ("us-east-1-qro-1a", "MX")]
)
def test_a_local_zone_lies_where_it_lies_itself(zone: str, country: str) -> None:
    """Warsaw and Hamburg are both under Frankfurt."""
    region = "-".join(zone.split("-")[:3])
    (placement,) = _aws(region).add("aws_subnet.a", {"availability_zone": zone}).only().placements
    assert placement.countries == frozenset({country})
    assert not placement.conflicts


def test_an_unknown_suffix_of_a_local_zone_is_unknown() -> None:
    """It is not cut down to its region."""
    resource = _aws().add("aws_subnet.a", {"availability_zone": "eu-central-1-ber-1a"}).only()
    assert verdict(resource, GERMANY) == "unknown"


def test_a_zone_that_is_not_known_yet_stays_in_the_region_at_aws() -> None:
    """The provider's region decides."""
    plan = _aws().add(
        "aws_db_instance.a",
        {"identifier": "a"},
        unknown={"availability_zone": True},
        expressions={"availability_zone": refers("random_shuffle.az.result", "random_shuffle.az")},
    )
    assert places(plan.only()) == ["eu-central-1", "eu-central-1"]


def test_a_zone_that_is_not_known_yet_can_be_anywhere_at_google() -> None:
    """The region of the provider does not hold it; its zone would."""
    unknown = {"zone": True}
    assert (
        verdict(
            _google(region="europe-west3")
            .add("google_compute_disk.a", {"name": "a"}, unknown=unknown, key="google")
            .only(),
            GERMANY,
        )
        == "unknown"
    )
    resource = (
        _google(zone="europe-west3-a").add("google_compute_disk.a", {"name": "a"}, unknown=unknown, key="google").only()
    )
    assert verdict(resource, GERMANY) == "yes"


def test_an_own_zone_of_google_stands_above_the_provider() -> None:
    """It is no contradiction."""
    resource = (
        _google(zone="europe-west2-c").add("google_compute_disk.a", {"zone": "us-central1-c"}, key="google").only()
    )
    assert places(resource) == ["us-central1"]
    assert not resource.placements[0].conflicts


def test_a_location_that_google_would_choose_is_not_the_region_of_the_provider() -> None:
    """A bucket without location is in the United States."""
    resource = _google(region="europe-west3").add("google_storage_bucket.a", {"name": "a"}, key="google").only()
    assert verdict(resource, GERMANY) == "unknown"


@pytest.mark.parametrize(
    "zone",
    [
        "europe-west3-a",
        "projects/foobar/global/zones/europe-west3-a",
        "https://www.googleapis.com/compute/v1/projects/p/zones/europe-west3-a",
    ],
)
def test_paths_and_links_of_google_name_their_last_segment(zone: str) -> None:
    """The project in front says nothing."""
    assert verdict(_google().add("google_compute_disk.a", {"zone": zone}, key="google").only(), GERMANY) == "yes"


@pytest.mark.parametrize("zone", ["europe-west3a", "europe-west3", "us-central1a", "blah", "zones/europe-west3-a/x"])
def test_what_only_looks_like_a_zone_of_google_is_unknown(zone: str) -> None:
    """No dash, no zone, another last segment."""
    resource = _google(zone="europe-west3-a").add("google_compute_disk.a", {"zone": zone}, key="google").only()
    assert verdict(resource, GERMANY) == "unknown"


@pytest.mark.parametrize(
    ("kind", "name", "value", "union"),
    [
        ("google_storage_bucket", "location", "EU", "yes"),
        ("google_storage_bucket", "location", "EUR8", "no"),
        ("google_storage_bucket", "location", "US", "no"),
        ("google_spanner_instance", "config", "regional-europe-west1", "yes"),
        ("google_spanner_instance", "config", "eur6", "no"),
        ("google_spanner_instance", "config", "eur7", "unknown"),
        ("google_firestore_database", "location_id", "eur3", "yes"),
        ("google_kms_key_ring", "location", "global", "unknown"),
        ("google_kms_key_ring", "location", "EU", "unknown"),
    ],
)
def test_a_multi_region_is_the_set_of_its_members(kind: str, name: str, value: str, union: str) -> None:
    """A code of one service is none of another's."""
    assert verdict(_google().add(f"{kind}.a", {name: value}, key="google").only(), UNION) == union


@pytest.mark.parametrize("location", ["Germany West Central", "germanywestcentral", "GermanyWestCentral"])
def test_locations_of_azure_are_read_without_blanks_and_case(location: str) -> None:
    """Portals write them in three ways."""
    resource = _azure().add("azurerm_public_ip.a", {"location": location}, key="azurerm").only()
    assert (places(resource), verdict(resource, GERMANY)) == (["germanywestcentral"], "yes")


def test_logical_zones_of_azure_are_no_place() -> None:
    """`1` means another building in each subscription."""
    resource = (
        _azure().add("azurerm_public_ip.a", {"location": "westeurope", "zones": ["1", "2"]}, key="azurerm").only()
    )
    assert places(resource) == ["westeurope"]


def test_an_edge_zone_leaves_the_region() -> None:
    """The location beside it is only its parent."""
    after = {"location": "germanywestcentral", "edge_zone": "x", "account_replication_type": "LRS"}
    assert verdict(_azure().add("azurerm_storage_account.a", after, key="azurerm").only(), GERMANY) == "unknown"


def test_an_outpost_is_the_site_of_a_customer() -> None:
    """The region beside it says nothing."""
    after = {"availability_zone": "eu-central-1a", "outpost_arn": "arn:aws:outposts:eu-central-1:1:outpost/op-1"}
    assert verdict(_aws().add("aws_subnet.a", after).only(), GERMANY) == "unknown"


@pytest.mark.parametrize("attribute", ["tags", "tags_all", "labels", "name", "bucket"])
def test_tags_and_names_never_say_a_place(attribute: str) -> None:
    """A region in a name is a name."""
    value: Any = {"region": "eu-central-1"} if "ag" in attribute or attribute == "labels" else "x-eu-central-1"
    plan = Plan().provider("aws", profile="x").add("aws_s3_bucket.a", {attribute: value})
    assert verdict(plan.only(), GERMANY) == "unknown"


@pytest.mark.parametrize("region", ["eu-central-1", "us-east-1"])
def test_a_region_per_resource_stands_above_the_provider(region: str) -> None:
    """Version 6 of the provider gives each resource its own."""
    resource = _aws("eu-west-1").add("aws_sqs_queue.a", {"name": "a", "region": region}).only()
    assert places(resource) == [region]
    assert not resource.placements[0].conflicts


def test_a_region_per_resource_that_is_not_known_yet_is_unknown() -> None:
    """The provider's region is not what will be."""
    plan = _aws().add(
        "aws_sqs_queue.a", {"name": "a"}, unknown={"region": True}, expressions={"region": refers("each.value")}
    )
    assert verdict(plan.only(), GERMANY) == "unknown"


def test_a_region_per_resource_that_nobody_configured_is_that_of_the_provider() -> None:
    """The provider fills it in."""
    plan = _aws().add("aws_sqs_queue.a", {"name": "a"}, unknown={"region": True}, expressions={"name": constant("a")})
    assert places(plan.only()) == ["eu-central-1"]


@pytest.mark.parametrize(
    ("arn", "answer"),
    [
        ("arn:aws:sqs:eu-central-1:111122223333:a", "yes"),
        ("arn:aws:sqs:us-east-1:111122223333:a", "no"),
        ("arn:aws:sqs::111122223333:a", "yes"),
        ("arn:aws:vpc:some_vpc", "yes"),
        ("auto-arn", "yes"),
    ],
)
def test_an_own_arn_is_evidence_where_it_holds_a_region(arn: str, answer: str) -> None:
    """What only looks like one is none."""
    assert (
        verdict(_aws().add("aws_sqs_queue.a", {"name": "a", "arn": arn}, actions=["no-op"]).only(), GERMANY) == answer
    )


def test_a_child_of_azure_is_where_its_parent_is() -> None:
    """By reference, with the confidence of an inference, or by a name that is literally equal."""
    plan = _azure().add("azurerm_virtual_network.v", {"location": "northeurope", "name": "v"}, key="azurerm")
    plan.add("azurerm_subnet.literal", {"virtual_network_name": "v"}, key="azurerm")
    plan.add(
        "azurerm_subnet.reference",
        {},
        unknown={"virtual_network_name": True},
        expressions={"virtual_network_name": refers("azurerm_virtual_network.v.name", "azurerm_virtual_network.v")},
        key="azurerm",
    )
    _, literal, reference = plan.parse().resources
    assert places(literal) == places(reference) == ["northeurope"]
    assert literal.placements[0].confidence == Confidence.INFERRED


def test_a_name_in_another_resource_group_is_another_object() -> None:
    """Names of networks are unique only inside a group."""
    plan = _azure().add(
        "azurerm_virtual_network.v",
        {"location": "germanywestcentral", "name": "v", "resource_group_name": "a"},
        key="azurerm",
    )
    plan.add("azurerm_subnet.s", {"virtual_network_name": "v", "resource_group_name": "b"}, key="azurerm")
    assert verdict(plan.parse().resources[1], GERMANY) == "unknown"


def test_a_resource_group_is_not_the_place_of_its_members() -> None:
    """Its location says where its list is kept."""
    plan = _azure().add("azurerm_resource_group.g", {"location": "germanywestcentral", "name": "g"}, key="azurerm")
    plan.add(
        "azurerm_public_ip.a",
        {"resource_group_name": "g"},
        unknown={"location": True},
        expressions={"location": refers("azurerm_resource_group.g.location", "azurerm_resource_group.g")},
        key="azurerm",
    )
    assert verdict(plan.parse().resources[1], GERMANY) == "unknown"


def test_a_parent_behind_a_data_source_is_not_followed() -> None:
    """It is read while Terraform applies."""
    plan = _azure().add(
        "azurerm_subnet.s",
        {},
        unknown={"virtual_network_name": True},
        expressions={
            "virtual_network_name": refers("data.azurerm_virtual_network.v.name", "data.azurerm_virtual_network.v")
        },
        key="azurerm",
    )
    assert verdict(plan.only(), GERMANY) == "unknown"


def test_a_parent_is_followed_through_inputs_and_outputs_of_modules() -> None:
    """As long as it is one block."""
    plan = _azure().add(
        "module.net.azurerm_virtual_network.v",
        {"location": "germanywestcentral", "name": "v"},
        modules=("net",),
        key="azurerm",
    )
    plan.module("net")["outputs"] = {
        "name": {"expression": refers("azurerm_virtual_network.v.name", "azurerm_virtual_network.v")}
    }
    plan.add(
        "module.sub.azurerm_subnet.s",
        {},
        unknown={"virtual_network_name": True},
        expressions={"virtual_network_name": refers("var.network")},
        modules=("sub",),
        key="azurerm",
    )
    plan.module("sub")["expressions"] = {"network": refers("module.net.name", "module.net")}
    assert places(plan.parse().resources[1]) == ["germanywestcentral"]


def test_a_choice_between_two_parents_counts_only_if_they_agree() -> None:
    """Which one is taken is not in the plan."""
    plan = _azure()
    for name, location in (("a", "germanywestcentral"), ("b", "westus")):
        plan.add(f"azurerm_virtual_network.{name}", {"location": location, "name": name}, key="azurerm")
    chosen = refers(
        "azurerm_virtual_network.a.name",
        "azurerm_virtual_network.a",
        "azurerm_virtual_network.b.name",
        "azurerm_virtual_network.b",
    )
    plan.add(
        "azurerm_subnet.s",
        {},
        unknown={"virtual_network_name": True},
        expressions={"virtual_network_name": chosen},
        key="azurerm",
    )
    assert verdict(plan.parse().resources[2], GERMANY) == "unknown"


def test_a_child_of_aws_under_a_parent_elsewhere_is_a_contradiction() -> None:
    """Its provider and its parent name two places."""
    plan = _aws().provider("aws.dublin", region="eu-west-1")
    plan.add("aws_s3_bucket.b", {"bucket": "b"}, key="aws.dublin").add("aws_s3_bucket_policy.p", {"bucket": "b"})
    assert plan.parse().resources[1].placements[0].conflicts


def test_a_key_of_google_lies_where_the_path_of_its_ring_says() -> None:
    """Not where the provider is."""
    after = {"key_ring": "projects/p/locations/europe-west3/keyRings/k"}
    resource = _google(region="us-east1").add("google_kms_crypto_key.k", after, key="google").only()
    assert [(p.role, p.region) for p in resource.placements] == [("key", "europe-west3")]


@pytest.mark.parametrize(
    "kind", ["aws_rolesanywhere_profile", "aws_something_new", "azurerm_something_new", "google_something_new"]
)
def test_a_type_that_nobody_classified_is_undecided(kind: str) -> None:
    """The provider's region is not taken for it."""
    key = kind.partition("_")[0]
    plan = Plan().provider(key, f"hashicorp/{key}", region="eu-central-1", zone="europe-west3-a")
    assert verdict(plan.add(f"{kind}.a", {"name": "a"}, key=key).only(), GERMANY) == "unknown"


def test_a_type_classified_by_schema_alone_is_located_but_never_not_applicable() -> None:
    """Nobody read whether it holds data."""
    resource = _aws().add("aws_accessanalyzer_analyzer.a", {"analyzer_name": "a"}).only()
    assert (places(resource), resource.not_applicable) == (["eu-central-1"], None)
    assert _aws().add("aws_account_alternate_contact.a", {"name": "a"}).only().not_applicable is None


@pytest.mark.parametrize("kind", ["aws_rds_global_cluster", "aws_ecrpublic_repository", "aws_docdb_global_cluster"])
def test_the_region_that_manages_a_global_type_is_not_its_place(kind: str) -> None:
    """Neither an own one nor the provider's."""
    resource = _aws().add(f"{kind}.a", {"region": "eu-central-1", "repository_name": "a"}).only()
    assert verdict(resource, GERMANY) == "unknown"


def test_a_global_table_is_the_set_of_its_replicas() -> None:
    """Every member counts."""
    after = {"name": "t", "replica": [{"region_name": "eu-central-1"}, {"region_name": "us-east-1"}]}
    resource = _aws().add("aws_dynamodb_global_table.t", after).only()
    assert verdict(resource, GERMANY) == "no"
    assert set(places(resource)) == {"eu-central-1", "us-east-1"}


@pytest.mark.parametrize(
    "kind", ["azurerm_arc_machine", "azurerm_stack_hci_cluster", "google_container_attached_cluster"]
)
def test_what_is_only_managed_from_a_region_is_not_there(kind: str) -> None:
    """The machines are in a building of the customer."""
    after = {"location": "germanywestcentral" if kind.startswith("azurerm") else "europe-west3"}
    plan = _azure() if kind.startswith("azurerm") else _google()
    assert verdict(plan.add(f"{kind}.a", after, key=kind.partition("_")[0]).only(), GERMANY) == "unknown"
