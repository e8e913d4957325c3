"""What is not applicable, what is a cache, and names that look like places and are none."""

from typing import Any

import pytest
from simulators.terraform import GERMANY, UNION, Plan, places, verdict


def _plan(kind: str, after: dict[str, Any]) -> Plan:
    key = {"azurerm": "azurerm", "google": "google"}.get(kind.partition("_")[0], "aws")
    plan = Plan().provider(key, f"hashicorp/{key}", region="eu-central-1" if key == "aws" else "europe-west3")
    return plan.add(f"{kind}.a", after, key=key)


@pytest.mark.parametrize(
    "kind",
    [
        "aws_iam_role",
        "aws_iam_openid_connect_provider",
        "aws_organizations_account",
        "aws_cloudfront_origin_access_identity",
        "aws_route53_record",
        "aws_route53_zone",
        "aws_dx_gateway",
        "azurerm_dns_zone",
        "azurerm_role_assignment",
        "azurerm_traffic_manager_profile",
        "google_service_account",
        "google_dns_managed_zone",
        "google_project",
        "google_compute_firewall",
        "google_compute_network",
        "google_compute_network_peering",
        "google_project_iam_member",
        "google_storage_bucket_iam_binding",
        "random_password",
        "null_resource",
        "terraform_data",
    ],
)
def test_configuration_that_holds_no_data_is_not_applicable(kind: str) -> None:
    """With a reason, and whatever it points at."""
    after = {"name": "a", "url": "https://x.example", "records": ["x"], "peer_network": "n"}
    resource = _plan(kind, after).add("aws_s3_bucket.b", {"bucket": "b"}).parse().resources[0]
    assert resource.not_applicable
    assert verdict(resource, GERMANY) == "n/a"


@pytest.mark.parametrize(
    "kind",
    [
        "aws_cloudfront_distribution",
        "aws_globalaccelerator_accelerator",
        "azurerm_cdn_frontdoor_profile",
        "azurerm_cdn_profile",
        "azurerm_frontdoor",
        "google_compute_global_forwarding_rule",
    ],
)
def test_a_content_cache_is_denied_by_every_list_of_countries(kind: str) -> None:
    """Even where it has a location, or cannot say one."""
    resource = _plan(kind, {"name": "a", "location": "germanywestcentral"}).only()
    assert verdict(resource, UNION) == "no"


@pytest.mark.parametrize(
    ("kind", "after"),
    [
        ("aws_api_gateway_documentation_part", {"location": [{"path": "/us-east-1"}], "rest_api_id": None}),
        ("aws_launch_configuration", {"image_id": "ami-1", "name": "us-east-1"}),
        ("aws_glue_catalog_database", {"location_uri": "s3://us-east-1-x/y"}),
        ("aws_cloudtrail", {"is_multi_region_trail": True, "name": "t"}),
        ("aws_wafv2_web_acl", {"scope": "REGIONAL", "name": "us-east-1"}),
        (
            "aws_config_configuration_aggregator",
            {"account_aggregation_source": [{"regions": ["us-east-1"], "all_regions": True}]},
        ),
        ("aws_security_group_rule", {"cidr_blocks": ["0.0.0.0/0"], "type": "egress"}),
        ("aws_dlm_lifecycle_policy", {"policy_details": [{"schedule": [{"create_rule": [{"location": "CLOUD"}]}]}]}),
    ],
)
def test_names_that_look_like_places_of_aws_are_none(kind: str, after: dict[str, Any]) -> None:
    """The provider's region stays what it is."""
    resource = _plan(kind, after).only()
    assert verdict(resource, GERMANY) == "yes"


@pytest.mark.parametrize(
    ("kind", "after"),
    [
        ("google_monitoring_uptime_check_config", {"selected_regions": ["EUROPE"]}),
        ("google_org_policy_policy", {"spec": [{"rules": [{"condition": [{"location": "europe-west3"}]}]}]}),
        ("google_access_context_manager_access_policy", {"regions": ["DE"]}),
        ("google_compute_snapshot", {"zone": "europe-west3-a"}),
        ("azurerm_monitor_log_profile", {"locations": ["germanywestcentral"]}),
        ("aws_route53_health_check", {"regions": ["eu-central-1"]}),
        ("aws_identitystore_user", {"addresses": [{"region": "eu-central-1"}]}),
    ],
)
def test_names_that_look_like_places_elsewhere_prove_none(kind: str, after: dict[str, Any]) -> None:
    """None of them is read as where the object is."""
    resource = _plan(kind, after).only()
    read = [p for p in places(resource) if p is not None]
    assert read in ([], ["eu-central-1"] if kind == "aws_identitystore_user" else [])


def test_a_local_file_is_on_the_runner() -> None:
    """Which can be anywhere."""
    plan = Plan().add("local_file.a", {"filename": "x"})
    assert verdict(plan.only(), GERMANY) == "unknown"
    assert plan.only().missing[0].assume == "runner"
    assert verdict(plan.only(runner="dt-industrial-ai-cloud/munich-tucherpark"), GERMANY) == "yes"
    assert verdict(plan.only(runner="US"), GERMANY) == "no"


@pytest.mark.parametrize(
    ("source", "kind", "after", "provider", "answer"),
    [
        (
            "opentelekomcloud/opentelekomcloud",
            "opentelekomcloud_obs_bucket",
            {"bucket": "a"},
            {"region": "eu-de"},
            "yes",
        ),
        (
            "opentelekomcloud/opentelekomcloud",
            "opentelekomcloud_obs_bucket",
            {"region": "eu-nl"},
            {"region": "eu-de"},
            "no",
        ),
        (
            "opentelekomcloud/opentelekomcloud",
            "opentelekomcloud_dns_zone_v2",
            {"name": "a"},
            {"region": "eu-de"},
            "unknown",
        ),
        ("stackitcloud/stackit", "stackit_server", {"name": "a"}, {"default_region": "eu01"}, "yes"),
        ("stackitcloud/stackit", "stackit_server", {"region": "eu02"}, {"default_region": "eu01"}, "no"),
        ("stackitcloud/stackit", "stackit_cdn_distribution", {"name": "a"}, {"default_region": "eu01"}, "no"),
        ("hetznercloud/hcloud", "hcloud_server", {"location": "fsn1"}, {}, "yes"),
        ("hetznercloud/hcloud", "hcloud_server", {"location": "ash"}, {}, "no"),
        ("hetznercloud/hcloud", "hcloud_server", {"name": "a"}, {}, "unknown"),
        ("hetznercloud/hcloud", "hcloud_server", {"location": "fsn1"}, {"endpoint": "https://x"}, "yes"),
        ("ionos-cloud/ionoscloud", "ionoscloud_datacenter", {"location": "de/fra"}, {}, "yes"),
        ("ionos-cloud/ionoscloud", "ionoscloud_datacenter", {"location": "us/las"}, {}, "no"),
        ("exoscale/exoscale", "exoscale_compute_instance", {"zone": "de-muc-1"}, {}, "yes"),
        ("exoscale/exoscale", "exoscale_compute_instance", {"zone": "ch-gva-2"}, {}, "no"),
    ],
)
def test_european_providers_are_read_by_what_a_resource_says_itself(
    source: str, kind: str, after: dict[str, Any], provider: dict[str, Any], answer: str
) -> None:
    """A type that no table holds is located, or undecided."""
    key = source.rpartition("/")[2]
    plan = Plan().provider(key, source, **provider)
    plan.add(f"{kind}.a", after, key=key, source=f"registry.terraform.io/{source}")
    assert verdict(plan.only(), GERMANY) == answer
