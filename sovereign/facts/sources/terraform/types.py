"""The table of resource types: where a type says its place, and where it says second places.

Rules:
1. A reviewed row counts as it is. A row that was made from the provider's schema alone may locate a resource or leave
   it undecided; it never makes one not applicable.
2. A type in neither table is unknown: its own place is read where it states one.
"""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Final

from sovereign.facts.sources.terraform.model import ResourceClass
from sovereign.facts.sources.terraform.vendors import Vendor

__all__ = ["SecondPath", "TypeRow", "type_row"]

_DATA: Final = Path(__file__).parents[2] / "data"
_PROVIDER_REGION: Final = "provider.region"
_PARENT: Final = "parent:"
# lists of parents that the table writes as paths: their place is that of the object they name
_PARENT_PATHS: Final = frozenset(
    {
        "subnet_id",
        "subnet_ids",
        "subnet_ids[]",
        "subnets",
        "subnets[]",
        "vpc_zone_identifier[]",
        "network_configuration[].subnets[]",
        "subnetwork",
        "web_acl_arn",
    }
)
# not places: a price list, the countries of viewers, the scope of a firewall, the host name of a bucket, service names
_NO_PLACES: Final = frozenset(
    {
        "price_class",
        "restrictions[].geo_restriction[]",
        "scope",
        "bucket_regional_domain_name",
        "service_name",
        "edge_zone",
        "zones",
        "home_region",
    }
)
# types whose place is a set of others, or whose listed path says something else
_OWN: Final[Mapping[str, tuple[str, ...]]] = {
    "aws_dynamodb_global_table": ("replica[].region_name",),
    "google_compute_snapshot": ("storage_locations[]",),
}
_CANDIDATE_ROLES: Final = frozenset({"replica", "backup", "key", "log"})


@dataclass(frozen=True, slots=True)
class SecondPath:
    """One attribute that names a second place: its role in the words of the table, and its path or `self`."""

    role: str
    path: str


# what the tables lack: where messages, results and copies are sent; the service behind an endpoint says its region
_SECOND: Final[Mapping[str, tuple[SecondPath, ...]]] = {
    "aws_athena_workgroup": (SecondPath("egress", "configuration[].result_configuration[].output_location"),),
    "aws_chime_voice_connector": (SecondPath("egress", "aws_region"),),
    "aws_cloudformation_stack_set_instance": (
        SecondPath("replica", "region"),
        SecondPath("replica", "stack_set_instance_region"),
    ),
    "aws_cloudwatch_event_api_destination": (SecondPath("egress", "invocation_endpoint"),),
    "aws_fsx_lustre_file_system": (SecondPath("egress", "export_path"),),
    "aws_iot_topic_rule": (SecondPath("egress", "http[].url"), SecondPath("egress", "error_action[].http[].url")),
    "aws_redshift_cluster": (SecondPath("backup", "snapshot_copy[].destination_region"),),
    "aws_sns_topic_subscription": (SecondPath("egress", "endpoint"),),
    "aws_vpc_endpoint": (SecondPath("egress", "service_name"),),
    "azurerm_eventgrid_event_subscription": (SecondPath("egress", "webhook_endpoint[].url"),),
    "azurerm_eventgrid_system_topic_event_subscription": (SecondPath("egress", "webhook_endpoint[].url"),),
    "google_cloud_scheduler_job": (SecondPath("egress", "http_target[].uri"),),
    "google_eventarc_trigger": (SecondPath("egress", "destination[].cloud_run_service[].region"),),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeRow:
    """One resource type.

    Attributes:
        resource_class: how it comes to its place.
        reviewed: whether a person read it.
        own: paths that name its place, in order of precedence.
        parents: arguments that name the object whose place it shares.
        provider_region: whether the provider's region counts.
        second: attributes that name second places.
    """

    resource_class: ResourceClass
    reviewed: bool
    own: tuple[str, ...] = ()
    parents: tuple[str, ...] = ()
    provider_region: bool = False
    second: tuple[SecondPath, ...] = ()


@lru_cache(maxsize=4096)
def type_row(vendor: Vendor, resource_type: str, *, data: bool) -> TypeRow:
    """Return the row of a type; of class unknown if no table holds it."""
    row = _rows("terraform_types.csv").get(resource_type)
    if row is not None and row[0] == vendor.table:
        return _reviewed(vendor, resource_type, row)
    row = _rows("terraform_types_auto.csv").get(resource_type)
    if row is not None and row[0] == vendor.table:
        return _by_schema(vendor, resource_type, row)
    # a data source of a type that is not in the tables reads through the provider's region, but may show other places
    regional = vendor.everywhere and not data and not any(part in resource_type for part in vendor.elsewhere)
    return TypeRow(
        resource_class=ResourceClass.REGIONAL if regional else ResourceClass.UNKNOWN,
        reviewed=False,
        own=vendor.own,
        provider_region=regional,
    )


def _reviewed(vendor: Vendor, resource_type: str, row: tuple[str, str, str, str]) -> TypeRow:
    _, named_class, locations, second = row
    resource_class = ResourceClass(named_class)
    paths = [path for path in locations.split(";") if path]
    if resource_class is ResourceClass.GLOBAL:  # the region through which it is managed says nothing about its place
        paths = [path for path in paths if path not in {"region", _PROVIDER_REGION}]
    own = tuple(
        p for p in paths if not p.startswith(_PARENT) and p not in _PARENT_PATHS | _NO_PLACES | {_PROVIDER_REGION}
    )
    parents = [p.removeprefix(_PARENT) for p in paths if p.startswith(_PARENT) or p in _PARENT_PATHS]
    return TypeRow(
        resource_class=resource_class,
        reviewed=True,
        own=_OWN.get(resource_type, own if resource_class is not ResourceClass.UNKNOWN else vendor.own),
        parents=tuple(name for group in parents for name in group.split(",")),
        provider_region=_PROVIDER_REGION in paths or _regional_at_google(vendor, resource_class, frozenset(own)),
        second=(*_second(second), *_SECOND.get(resource_type, ())),
    )


def _by_schema(vendor: Vendor, resource_type: str, row: tuple[str, str, str, str]) -> TypeRow:
    _, named_class, locations, second = row
    schema_class = ResourceClass(named_class)
    placed = schema_class in {ResourceClass.REGIONAL, ResourceClass.ZONAL, ResourceClass.CHILD}
    return TypeRow(
        resource_class=schema_class if placed else ResourceClass.UNKNOWN,
        reviewed=False,
        own=tuple(p for p in locations.split(";") if p and p not in _NO_PLACES and not p.startswith("parent"))
        or vendor.own,
        provider_region=placed and vendor.name == "aws",
        second=(
            *(path for path in _second(second) if path.role in _CANDIDATE_ROLES),
            *_SECOND.get(resource_type, ()),
        ),
    )


def _regional_at_google(vendor: Vendor, resource_class: ResourceClass, own: frozenset[str]) -> bool:
    """At Google the provider's region or zone stands in for one that is left out; for a location it does not."""
    placed = resource_class in {ResourceClass.REGIONAL, ResourceClass.ZONAL}
    return vendor.name == "gcp" and placed and not own.isdisjoint({"region", "zone"})


def _second(text: str) -> Iterator[SecondPath]:
    role = ""
    for part in (piece for group in text.split(";") for piece in group.split(",")):
        # a role holds for the paths behind it up to the next one; what stands in brackets explains
        head, colon, path = part.strip().partition(":")
        role, path = (head, path) if colon else (role, head)
        path = path.partition(" (")[0].partition("(")[0]
        if path:
            yield SecondPath(role, path)


@cache
def _rows(name: str) -> dict[str, tuple[str, str, str, str]]:
    with (_DATA / name).open(encoding="utf-8", newline="") as file:
        reader = csv.reader(file)
        next(reader)
        return {row[1]: (row[0], row[2], row[3], row[4]) for row in reader}
