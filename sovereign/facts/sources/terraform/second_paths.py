"""How the attributes of the type table that name second places are to be read.

Most name a region, or an object by ARN, id, name or URL, and are told by their name. What is listed here is different:
a code for redundancy, a switch, a value that is a place only in some spelling, or no place at all.
"""

from collections.abc import Mapping
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from sovereign.facts.sources.terraform.values import path_steps

__all__ = ["COMPUTED_BLOCKS", "DEFAULTS", "GEO_REDUNDANT", "SINKS", "Manner", "manner_of"]


class Manner(StrEnum):
    """What the value of an attribute is."""

    PLACE = "place"
    OBJECT = "object"
    REDUNDANCY = "redundancy"
    SWITCH = "switch"
    OWN = "own"
    EDGE = "edge"
    MODEL = "model"
    CONTAINERS = "containers"
    MULTI_REGION = "multi-region"
    NONE = "none"


GEO_REDUNDANT: Final = frozenset(
    {"GRS", "RAGRS", "GZRS", "RAGZRS", "Geo", "GeoZone", "GeoRedundant", "Default", "ReadAccessGeoZoneRedundant"}
)
"""Codes of Azure that copy to the paired region; `LRS`, `ZRS`, `Local`, `Zone` and their like stay."""

DEFAULTS: Final[Mapping[tuple[str, str], str]] = MappingProxyType(
    {
        ("azurerm_mssql_database", "storage_account_type"): "Geo",
        ("azurerm_mssql_managed_instance", "storage_account_type"): "GRS",
        ("azurerm_recovery_services_vault", "storage_mode_type"): "GeoRedundant",
        ("azurerm_cosmosdb_account", "backup[].storage_redundancy"): "Geo",
        ("azurerm_synapse_sql_pool", "geo_backup_policy_enabled"): "true",
        ("azurerm_notification_hub_namespace", "replication_region"): "Default",
        ("azurerm_key_vault", "self"): "GeoRedundant",
        ("azurerm_key_vault_managed_hardware_security_module", "self"): "GeoRedundant",
    }
)
"""What an argument means that is left out, where that copies data to another region."""

COMPUTED_BLOCKS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "aws_instance": ("ebs_block_device", "root_block_device"),
        "aws_s3_bucket": ("logging", "replication_configuration", "server_side_encryption_configuration"),
        "aws_spot_instance_request": ("ebs_block_device", "root_block_device"),
        "azurerm_cosmosdb_account": ("backup",),
        "google_compute_instance": ("boot_disk.initialize_params",),
        "google_container_cluster": ("database_encryption",),
        "google_sql_database_instance": ("settings.backup_configuration", "settings.location_preference"),
    }
)
"""Blocks that the provider fills in where none is written, so that they are unknown in every new object."""

SINKS: Final = frozenset(
    {
        "azurerm_monitor_log_profile",
        "google_logging_folder_sink",
        "google_logging_organization_sink",
        "google_logging_project_sink",
        "google_monitoring_notification_channel",
        "google_storage_transfer_job",
    }
)
"""Types that only send data to somewhere else: their place is that of the target."""

_REDUNDANCY: Final = frozenset(
    {"account_replication_type", "storage_account_type", "storage_mode_type", "redundancy", "storage_redundancy"}
)
_SWITCHES: Final = frozenset(
    {
        "geo_backup_enabled",
        "geo_backup_policy_enabled",
        "geo_redundant_backup_enabled",
        "cross_region_restore_enabled",
    }
)
# what is written goes to the log service of the own region
_OWN: Final = frozenset(
    {
        "enabled_cloudwatch_logs_exports",
        "enabled_cluster_log_types",
        "cloudwatch_role_arn",
        "cloud_watch_log_group_name",
        "log_group",
    }
)
# rules about packets and callers, what is collected from elsewhere into here, and settings without a place
_NO_PLACE: Final = frozenset(
    {
        "all_regions",
        "cidr_blocks",
        "create_mode",
        "cross_tenant_replication_enabled",
        "data_replication_mode",
        "direct_internet_access",
        "domain_name_servers",
        "egress_policies",
        "gateway_id",
        "is_multi_region_trail",
        "log_destination_type",
        "multi_region_enabled",
        "multiple_write_locations_enabled",
        "nat_ip",
        "ntp_servers",
        "peer_network",
        "region_order",
        "secondary_type",
        "specified_regions",
        "supported_regions",
        "target_resource_group_id",
        "vpc_config",
    }
)
_MODELS: Final = frozenset({"copy_from", "foundation_model", "guardrail_profile_identifier"})
_CONTAINERS: Final = frozenset({"container_definitions", "container_properties"})
_PLACES: Final = ("region", "regions", "region_name", "region_list", "location", "locations", "zone", "zones")
# exact paths whose last name would mislead
_BY_PATH: Final[Mapping[tuple[str, str], Manner]] = MappingProxyType(
    {
        ("aws_codebuild_project", "artifacts[].location"): Manner.OBJECT,
        ("aws_codebuild_project", "logs_config[].s3_logs[].location"): Manner.OBJECT,
        ("aws_codebuild_project", "source[].location"): Manner.OBJECT,
        ("aws_config_configuration_aggregator", "account_aggregation_source[].regions[]"): Manner.NONE,
        ("aws_kms_external_key", "multi_region"): Manner.MULTI_REGION,
        ("aws_kms_key", "multi_region"): Manner.MULTI_REGION,
        ("aws_s3_bucket_accelerate_configuration", "status"): Manner.EDGE,
        ("azurerm_cognitive_deployment", "sku[].name"): Manner.MODEL,
        ("azurerm_notification_hub_namespace", "replication_region"): Manner.REDUNDANCY,
        ("google_spanner_instance", "config"): Manner.PLACE,
    }
)
_BY_NAME: Final[Mapping[Manner, frozenset[str]]] = MappingProxyType(
    {
        Manner.NONE: _NO_PLACE,
        Manner.REDUNDANCY: _REDUNDANCY,
        Manner.SWITCH: _SWITCHES,
        Manner.OWN: _OWN,
        Manner.EDGE: frozenset({"types"}),
        Manner.MODEL: _MODELS,
        Manner.CONTAINERS: _CONTAINERS,
        Manner.PLACE: frozenset(_PLACES),
    }
)


@lru_cache(maxsize=4096)
def manner_of(resource_type: str, path: str) -> Manner:
    """Return how the value at `path` is to be read."""
    listed = _BY_PATH.get((resource_type, path))
    if listed is not None:
        return listed
    name = path_steps(path)[-1]
    for manner, names in _BY_NAME.items():
        if name in names:
            return manner
    return Manner.PLACE if name.endswith(("_region", "_location", "_locations", "_zones", "_zone")) else Manner.OBJECT
