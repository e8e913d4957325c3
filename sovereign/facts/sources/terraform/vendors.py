"""Which provider of Terraform stands for which provider of the catalogue.

Rules:
1. A provider is told by its full source address; the same type from another namespace is another program.
   A bare name counts only in plans of format 0.x, which knew no namespaces (Terraform 0.12).
2. Arguments that send requests somewhere else than the region says move the place: it is then unknown.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

__all__ = ["VENDORS", "Vendor", "moved_by", "type_prefix_matches", "vendor_of"]

_REGISTRIES: Final = ("registry.terraform.io/", "registry.opentofu.org/")


@dataclass(frozen=True, slots=True, kw_only=True)
class Vendor:
    """A provider of Terraform that is known.

    Attributes:
        name: as the catalogue calls it; empty for a provider that places nothing in a cloud.
        table: as the type table calls it.
        prefixes: of its resource types.
        own: arguments of a resource that can name its place, for a type that is in no table.
        region, zone: arguments of the provider configuration; empty if it has none.
        moving: arguments of the provider configuration that send requests elsewhere; a leading `*` is any beginning.
        everywhere: whether the provider's region holds for a type that is in no table.
        elsewhere: parts of a type's name for which it does not.
        assumed: what stands for `<name>.region` as the key of `--assume`; the keys are fixed in `settings`.
    """

    name: str
    table: str
    prefixes: tuple[str, ...]
    own: tuple[str, ...] = ()
    region: tuple[str, ...] = ()
    zone: str = ""
    moving: tuple[str, ...] = ()
    everywhere: bool = False
    elsewhere: tuple[str, ...] = ()
    assumed: str = ""

    @property
    def assume(self) -> str | None:
        """The key of `--assume` that states a place at this provider."""
        return self.assumed or (f"{self.name}.region" if self.name else None)


_NOT_REGIONAL: Final = ("_dns_", "_domain_", "_iam_", "_identity_", "_authorization_", "_cdn_", "_git_", "_account_")

_AWS: Final = Vendor(
    name="aws", table="aws", prefixes=("aws_",), own=("region",), region=("region",), moving=("endpoints",)
)
_AZURE: Final = Vendor(
    name="azure",
    table="azurerm",
    prefixes=("azurerm_",),
    own=("location",),
    moving=("environment", "metadata_host"),
    assumed="azure.resource_group",
)
_GOOGLE: Final = Vendor(
    name="gcp",
    table="google",
    prefixes=("google_",),
    own=("location", "zone", "region"),
    region=("region",),
    zone="zone",
    moving=("*_custom_endpoint", "universe_domain"),
    assumed="google.region",
)
_OTC: Final = Vendor(
    name="otc",
    table="opentelekomcloud",
    prefixes=("opentelekomcloud_",),
    own=("region",),
    region=("region",),
    moving=("auth_url", "cloud", "endpoints"),
    everywhere=True,
    elsewhere=_NOT_REGIONAL,
)
_STACKIT: Final = Vendor(
    name="stackit",
    table="stackit",
    prefixes=("stackit_",),
    own=("region",),
    region=("default_region", "region"),
    moving=("*_custom_endpoint",),
    everywhere=True,
    elsewhere=_NOT_REGIONAL,
)
_SCALEWAY: Final = Vendor(
    name="scaleway",
    table="scaleway",
    prefixes=("scaleway_",),
    own=("zone", "region"),
    region=("region",),
    moving=("api_url",),
    everywhere=True,
    elsewhere=_NOT_REGIONAL,
)
_HETZNER: Final = Vendor(
    name="hetzner",
    table="hcloud",
    prefixes=("hcloud_",),
    own=("location", "home_location", "datacenter"),
    moving=("endpoint",),
)
_IONOS: Final = Vendor(
    name="ionos", table="ionoscloud", prefixes=("ionoscloud_",), own=("location",), moving=("endpoint",)
)
_OVH: Final = Vendor(name="ovhcloud", table="ovh", prefixes=("ovh_",), own=("region", "location", "datacenter"))
_EXOSCALE: Final = Vendor(
    name="exoscale", table="exoscale", prefixes=("exoscale_",), own=("zone",), moving=("*_endpoint",)
)

_NOWHERE: Final = ("random", "null", "local", "template", "archive", "tls", "time", "external")

_SOURCES: Final[Mapping[str, Vendor]] = MappingProxyType(
    {
        "hashicorp/aws": _AWS,
        "hashicorp/azurerm": _AZURE,
        "hashicorp/google": _GOOGLE,
        "hashicorp/google-beta": _GOOGLE,
        "opentelekomcloud/opentelekomcloud": _OTC,
        "stackitcloud/stackit": _STACKIT,
        "scaleway/scaleway": _SCALEWAY,
        "hetznercloud/hcloud": _HETZNER,
        "ionos-cloud/ionoscloud": _IONOS,
        "ovh/ovh": _OVH,
        "exoscale/exoscale": _EXOSCALE,
        **{f"hashicorp/{name}": Vendor(name="", table=name, prefixes=(f"{name}_",)) for name in _NOWHERE},
    }
)
VENDORS: Final = tuple(dict.fromkeys(_SOURCES.values()))
"""Every provider that is known, each once."""

_BUILT_IN: Final = Vendor(name="", table="terraform", prefixes=("terraform_",))
_BARE: Final[Mapping[str, Vendor]] = MappingProxyType(
    {source.partition("/")[2]: vendor for source, vendor in _SOURCES.items() if source.startswith("hashicorp/")}
)


def vendor_of(provider_name: str | None, format_version: str) -> Vendor | None:
    """Return the provider that a plan names, None if it is not on the list."""
    if provider_name is None:
        return None
    if provider_name == "terraform.io/builtin/terraform":
        return _BUILT_IN
    for registry in _REGISTRIES:
        if provider_name.startswith(registry):
            return _SOURCES.get(provider_name.removeprefix(registry))
    if format_version.startswith("0."):
        return _BUILT_IN if provider_name == "terraform" else _BARE.get(provider_name)
    return None


def type_prefix_matches(vendor: Vendor, resource_type: str) -> bool:
    """Whether a resource type is one of this provider's own."""
    return resource_type.startswith(vendor.prefixes) or f"{resource_type}_" in vendor.prefixes


def moved_by(vendor: Vendor, expressions: Mapping[str, Any]) -> str | None:
    """Return the first argument of a provider configuration that sends requests elsewhere, None if there is none."""
    return next(_moving(vendor, expressions), None)


def _moving(vendor: Vendor, expressions: Mapping[str, Any]) -> Iterator[str]:
    endings = tuple(argument.removeprefix("*") for argument in vendor.moving if argument.startswith("*"))
    for argument in sorted(expressions):
        listed = argument in vendor.moving or (endings and argument.endswith(endings))
        if listed and not _harmless(argument, expressions):
            yield argument


def _harmless(argument: str, expressions: Mapping[str, Any]) -> bool:
    """Whether the argument states what holds without it."""
    expression = expressions[argument]
    if expression in ([], {}, [{}]):
        return True
    value = expression.get("constant_value") if isinstance(expression, dict) else None
    if argument == "auth_url":  # the host of the identity service names the region: it must be the stated one
        region = _constant(expressions.get("region"))
        hosts = [f"https://iam.{region}.otc.t-systems.com{end}" for end in _OTC_ENDS]
        return region is not None and value in hosts
    return value is not None and value == _USUAL.get(argument)


def _constant(expression: Any) -> str | None:  # noqa: ANN401  JSON is any of six types
    value = expression.get("constant_value") if isinstance(expression, dict) else None
    return value if isinstance(value, str) else None


_USUAL: Final = {"environment": "public", "universe_domain": "googleapis.com"}
_OTC_ENDS: Final = ("", "/v3", ":443/v3")
