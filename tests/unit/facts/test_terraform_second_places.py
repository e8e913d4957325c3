"""Where else data of a resource go: replicas, backups, keys, logs, what leaves."""

import json
from typing import Any

import pytest
from simulators.terraform import CATALOGUE, GERMANY, UNION, Plan, constant, places, refers, verdict


def _aws() -> Plan:
    return Plan().provider("aws", region="eu-central-1").provider("aws.dublin", region="eu-west-1")


def _azure(kind: str, **after: Any) -> Plan:
    plan = Plan().provider("azurerm", "hashicorp/azurerm", features=[{}])
    return plan.add(f"{kind}.a", {"location": "germanywestcentral", **after}, key="azurerm")


def _google(kind: str, **after: Any) -> Plan:
    return Plan().provider("google", "hashicorp/google").add(f"{kind}.a", after, key="google")


_DESTINATION = {"rule": [{"destination": [{"bucket": "arn:aws:s3:::copy"}]}], "bucket": "b"}


def test_a_replica_bucket_in_the_same_plan_is_found_by_its_name() -> None:
    """An S3 ARN holds no region, so the bucket itself is asked."""
    plan = _aws().add("aws_s3_bucket.copy", {"bucket": "copy"}, key="aws.dublin")
    plan.add("aws_s3_bucket_replication_configuration.r", _DESTINATION)
    assert places(plan.parse().resources[1], "replica") == ["eu-west-1"]


def test_a_replica_bucket_outside_the_plan_is_unknown() -> None:
    """Its name proves nothing, even one that holds a region."""
    resource = _aws().add("aws_s3_bucket_replication_configuration.r", _DESTINATION).only()
    assert verdict(resource, GERMANY) == "unknown"
    assert "bucket" in resource.missing[0].fact


def test_blocks_written_as_objects_are_read_too() -> None:
    """Newer providers write an object where older ones write a list of one."""
    plan = _aws().add("aws_s3_bucket.copy", {"bucket": "copy"}, key="aws.dublin")
    after = {"rule": [{"destination": {"bucket": "arn:aws:s3:::copy"}}], "bucket": "b"}
    plan.add("aws_s3_bucket_replication_configuration.r", after)
    assert places(plan.parse().resources[1], "replica") == ["eu-west-1"]


def test_a_replica_bucket_known_after_apply_is_found_by_its_reference() -> None:
    """The configuration still says which block it is."""
    plan = _aws().add("aws_s3_bucket.copy", {"bucket": "copy"}, key="aws.dublin")
    plan.add(
        "aws_s3_bucket_replication_configuration.r",
        {"rule": [{"destination": [{}]}]},
        unknown={"rule": [{"destination": [{"bucket": True}]}]},
        expressions={"rule": [{"destination": [{"bucket": refers("aws_s3_bucket.copy.arn", "aws_s3_bucket.copy")}]}]},
    )
    assert places(plan.parse().resources[1], "replica") == ["eu-west-1"]


def test_a_whole_block_that_is_unknown_hides_a_replica() -> None:
    """Every place below it is unknown."""
    plan = _aws().add("aws_dynamodb_table.t", {"name": "t"}, unknown={"replica": True})
    assert verdict(plan.only(), GERMANY) == "unknown"


def test_a_block_that_the_provider_fills_in_hides_none() -> None:
    """Every new bucket has one that is unknown and not configured."""
    plan = _aws().add("aws_s3_bucket.b", {"bucket": "b"}, unknown={"replication_configuration": True, "logging": True})
    assert verdict(plan.only(), GERMANY) == "yes"


@pytest.mark.parametrize(
    ("kind", "after", "role"),
    [
        ("aws_dynamodb_table", {"replica": [{"region_name": "us-east-1"}]}, "replica"),
        ("aws_secretsmanager_secret", {"replica": [{"region": "us-east-1"}]}, "replica"),
        (
            "aws_ecr_replication_configuration",
            {"replication_configuration": [{"rule": [{"destination": [{"region": "us-east-1"}]}]}]},
            "replica",
        ),
        (
            "aws_backup_plan",
            {"rule": [{"copy_action": [{"destination_vault_arn": "arn:aws:backup:us-east-1:1:backup-vault:v"}]}]},
            "backup",
        ),
        ("aws_db_instance", {"kms_key_id": "arn:aws:kms:us-east-1:1:key/k"}, "key"),
        ("aws_kms_replica_key", {"primary_key_arn": "arn:aws:kms:us-east-1:1:key/mrk-1"}, "key"),
        (
            "aws_cloudwatch_log_subscription_filter",
            {"destination_arn": "arn:aws:logs:us-east-1:1:destination:d"},
            "log",
        ),
        ("aws_vpc_peering_connection", {"peer_region": "us-east-1"}, "egress"),
        ("aws_vpc_endpoint", {"service_name": "com.amazonaws.us-east-1.s3"}, "egress"),
        (
            "aws_ecs_task_definition",
            {"container_definitions": json.dumps([{"logConfiguration": {"options": {"awslogs-region": "us-east-1"}}}])},
            "log",
        ),
        (
            "aws_kinesis_firehose_delivery_stream",
            {"http_endpoint_configuration": [{"url": "https://firehose.us-east-1.amazonaws.com/x"}]},
            "egress",
        ),
        ("aws_cloudformation_stack_set_instance", {"stack_set_instance_region": "us-east-1"}, "replica"),
    ],
)
def test_second_places_of_aws_are_read(kind: str, after: dict[str, Any], role: str) -> None:
    """Each names the United States beside Frankfurt."""
    resource = _aws().add(f"{kind}.a", after).only()
    assert places(resource, role)[-1] == "us-east-1"
    assert verdict(resource, UNION) == "no"


@pytest.mark.parametrize("key", ["alias/data", "0f8fad5b-d9cb-469f-a165-70867728950e", "mrk-1234"])
def test_a_key_without_a_region_lies_where_its_user_is(key: str) -> None:
    """Services of AWS take keys of their own region by bare id."""
    assert places(_aws().add("aws_sqs_queue.q", {"kms_master_key_id": key}).only(), "key") == ["eu-central-1"]


def test_a_multi_region_key_can_be_copied_anywhere() -> None:
    """Where to is not in the plan."""
    assert verdict(_aws().add("aws_kms_key.k", {"multi_region": True}).only(), GERMANY) == "unknown"
    assert verdict(_aws().add("aws_kms_key.k", {"multi_region": False}).only(), GERMANY) == "yes"


@pytest.mark.parametrize(
    ("model", "answer"),
    [
        ("arn:aws:bedrock:eu-central-1:1:inference-profile/eu.anthropic.model", "yes"),
        ("eu.anthropic.model-v1", "unknown"),
        ("global.anthropic.model-v1", "unknown"),
        ("anthropic.model-v1", "yes"),
    ],
)
def test_a_profile_that_spreads_inference_is_undecided(model: str, answer: str) -> None:
    """Its prefix is no promise of a region."""
    expected = "unknown" if "profile" in model else answer
    assert verdict(_aws().add("aws_bedrockagent_agent.a", {"foundation_model": model}).only(), GERMANY) == expected


@pytest.mark.parametrize(
    ("code", "answer"), [("LRS", "yes"), ("ZRS", "yes"), ("GRS", "yes"), ("RAGZRS", "yes"), ("XRS", "unknown")]
)
def test_geo_redundancy_copies_to_the_paired_region(code: str, answer: str) -> None:
    """Frankfurt's pair is in Germany as well."""
    resource = _azure("azurerm_storage_account", account_replication_type=code).only()
    assert verdict(resource, GERMANY) == answer
    assert (
        places(resource, "replica")
        == {"yes": ["germanynorth"], "unknown": [None]}.get(answer, [])[
            : 0 if code[-3:] in {"LRS", "ZRS"} and code in {"LRS", "ZRS"} else 1
        ]
    )


@pytest.mark.parametrize(
    ("location", "germany", "union"),
    [("westeurope", "no", "yes"), ("brazilsouth", "no", "no"), ("polandcentral", "no", "unknown")],
)
def test_the_pair_table_decides_both_ways(location: str, germany: str, union: str) -> None:
    """Without a pair it is undecided."""
    resource = _azure("azurerm_storage_account", account_replication_type="GRS", location=location).only()
    assert (verdict(resource, GERMANY), verdict(resource, UNION)) == (germany, union)


@pytest.mark.parametrize(
    ("kind", "stays"),
    [
        ("azurerm_mssql_managed_instance", {"storage_account_type": "ZRS"}),
        ("azurerm_recovery_services_vault", {"storage_mode_type": "LocallyRedundant"}),
        ("azurerm_cosmosdb_account", {"backup": [{"storage_redundancy": "Local"}]}),
    ],
)
def test_defaults_that_copy_data_count_where_nothing_is_stated(kind: str, stays: dict[str, Any]) -> None:
    """Left out is not safe."""
    assert verdict(_azure(kind, location="polandcentral").only(), UNION) == "unknown"
    assert verdict(_azure(kind, location="polandcentral", **stays).only(), UNION) == "yes"


def test_a_database_of_azure_copies_its_backups_unless_told_otherwise() -> None:
    """It is where its server is, and so is the pair."""
    plan = _azure("azurerm_mssql_server", name="s", id="/subscriptions/1/servers/s")
    plan.add("azurerm_mssql_database.d", {"server_id": "/subscriptions/1/servers/s"}, key="azurerm")
    assert places(plan.parse().resources[1], "backup") == ["germanynorth"]


@pytest.mark.parametrize(
    ("sku", "answer"), [("GlobalStandard", "no"), ("DataZoneStandard", "unknown"), ("Standard", "yes")]
)
def test_a_model_deployment_runs_where_its_sku_says(sku: str, answer: str) -> None:
    """Global is every country; a data zone is the vendor's."""
    plan = _azure("azurerm_cognitive_account", id="/subscriptions/1/accounts/a")
    plan.add(
        "azurerm_cognitive_deployment.d",
        {"cognitive_account_id": "/subscriptions/1/accounts/a", "sku": [{"name": sku}]},
        key="azurerm",
    )
    assert verdict(plan.parse().resources[1], GERMANY) == answer


def test_a_replica_zone_of_a_disk_can_be_in_another_country() -> None:
    """Zurich beside Paris is no contradiction, but a second place."""
    resource = _google(
        "google_compute_region_disk", region="europe-west9", replica_zones=["europe-west9-a", "europe-west6-b"]
    ).only()
    assert not any(p.conflicts for p in resource.placements)
    assert verdict(resource, UNION) == "no"


@pytest.mark.parametrize(
    ("policy", "answer"), [(["europe-west3"], "yes"), (["europe-west3", "us-east1"], "no"), (None, "unknown")]
)
def test_a_topic_is_where_messages_may_persist(policy: list[str] | None, answer: str) -> None:
    """Without a policy that is any region."""
    after = {} if policy is None else {"message_storage_policy": [{"allowed_persistence_regions": policy}]}
    assert verdict(_google("google_pubsub_topic", **after).only(), GERMANY) == answer


@pytest.mark.parametrize(
    ("replication", "answer"),
    [({"user_managed": [{"replicas": [{"location": "europe-west3"}]}]}, "yes"), ({"auto": [{}]}, "unknown")],
)
def test_a_secret_is_where_its_replicas_are(replication: dict[str, Any], answer: str) -> None:
    """Automatic replication is any region."""
    assert verdict(_google("google_secret_manager_secret", replication=[replication]).only(), GERMANY) == answer


def test_a_backup_whose_location_is_left_out_is_unknown() -> None:
    """The service chooses a multi-region; no backup, no place."""
    settings = {"backup_configuration": [{"enabled": True, "location": None}]}
    on = _google("google_sql_database_instance", region="europe-west3", settings=[settings]).only()
    off = _google("google_sql_database_instance", region="europe-west3", settings=[{"tier": "x"}]).only()
    assert (verdict(on, GERMANY), verdict(off, GERMANY)) == ("unknown", "yes")


def test_a_line_ends_at_its_site_and_so_does_what_rides_on_it() -> None:
    """The location beside it says where it is managed."""
    plan = _azure("azurerm_express_route_port", name="p", id="/ports/port-0001", peering_location="Equinix-Seattle-SE2")
    plan.add(
        "azurerm_express_route_circuit.c",
        {"location": "germanywestcentral", "name": "c", "express_route_port_id": "/ports/port-0001"},
        key="azurerm",
    )
    plan.add("azurerm_express_route_circuit_peering.e", {"express_route_circuit_name": "c"}, key="azurerm")
    for resource in plan.parse().resources:
        assert (verdict(resource, GERMANY), places(resource, "egress")) == ("no", ["Equinix-Seattle-SE2"])


@pytest.mark.parametrize(("site", "answer"), [("Frankfurt2", "yes"), ("Atlantis", "unknown"), (None, "unknown")])
def test_a_site_that_nobody_lists_is_unknown(site: str | None, answer: str) -> None:
    """And so is a line without a site."""
    assert verdict(_azure("azurerm_express_route_circuit", peering_location=site).only(), GERMANY) == answer


def test_a_log_profile_is_judged_by_its_sink() -> None:
    """Its locations are a filter."""
    plan = _azure("azurerm_storage_account", id="/subscriptions/1/acc/a", account_replication_type="LRS")
    after = {"locations": ["westus", "global"], "storage_account_id": "/subscriptions/1/acc/a"}
    plan.add("azurerm_monitor_log_profile.l", after, key="azurerm")
    resource = plan.parse().resources[1]
    assert [(p.role, p.region) for p in resource.placements] == [("log", "germanywestcentral")]


@pytest.mark.parametrize(("types", "answer"), [(["REGIONAL"], "yes"), (["EDGE"], "no"), (None, "unknown")])
def test_an_edge_endpoint_is_in_every_country(types: list[str] | None, answer: str) -> None:
    """Left out, nobody knows the default for sure."""
    after = {"name": "a", **({"endpoint_configuration": [{"types": types}]} if types else {})}
    assert verdict(_aws().add("aws_api_gateway_rest_api.a", after).only(), GERMANY) == answer


def test_images_are_listed_and_not_judged() -> None:
    """A policy that names the role can judge them."""
    resource = _aws().add("aws_instance.i", {"ami": "ami-1", "instance_type": "m7i.large"}).only()
    assert places(resource, "image") == ["eu-central-1"]
    task = _aws().add("aws_lambda_function.f", {"image_uri": "ghcr.io/x/y:1"}).only()
    assert (verdict(task, GERMANY), task.missing) == ("yes", ())
    assert places(task, "image") == [None]


@pytest.mark.parametrize(
    "value", ["${bucket}", "copy", "arn:aws:s3:::", "arn:aws:s3", "arn:aws:s3:eu-central:1:copy", "s3://copy/x"]
)
def test_hostile_or_unresolved_targets_are_unknown(value: str) -> None:
    """Nothing is guessed from a text."""
    after = {"rule": [{"destination": [{"bucket": value}]}], "bucket": "b"}
    assert verdict(_aws().add("aws_s3_bucket_replication_configuration.r", after).only(), GERMANY) == "unknown"


def test_every_country_means_every_place_of_the_catalogue() -> None:
    """So that no list of countries permits it by accident."""
    resource = (
        _aws().add("aws_cloudfront_distribution.d", {"price_class": "PriceClass_100", "enabled": constant(True)}).only()
    )
    assert resource.placements[0].countries == CATALOGUE.groups.places
    assert (resource.service_class, verdict(resource, GERMANY), verdict(resource, UNION)) == (
        "content-cache",
        "no",
        "no",
    )


def test_sensitive_values_are_judged_and_never_shown() -> None:
    """Neither as evidence nor as the name of a region."""
    plan = _azure("azurerm_public_ip")
    plan.changes[0]["change"]["after_sensitive"] = {"location": True}
    (placement,) = plan.only().placements
    assert (placement.countries, placement.region, placement.evidence[0].value) == (GERMANY, None, None)
    plan.changes[0]["change"]["after"]["location"] = "top-secret"
    resource = plan.only()
    assert "top-secret" not in repr(resource)
    assert verdict(resource, GERMANY) == "unknown"
