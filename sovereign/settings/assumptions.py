"""What may be assumed about a place that an input leaves open: a closed list of keys.

An assumption fills an unknown place only. It never replaces a known one, and never states a tag, a role, a confidence
or a certification (trust.md, section 2), so no key here could say one.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, TypeVar

from sovereign.errors import quoted

__all__ = ["ASSUMPTION_KEYS", "check_assumptions"]

ASSUMPTION_KEYS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "aws.region": "the region of an AWS provider configuration that states none",
        "azure.resource_group": "the region of an Azure resource group outside the input",
        "exoscale.region": "the zone of an Exoscale resource that states none",
        "google.region": "the region of a Google provider configuration that states none",
        "hetzner.region": "the location of a Hetzner resource that states none",
        "ionos.region": "the location of an IONOS resource that states none",
        "otc.region": "the region of an Open Telekom Cloud provider configuration that states none",
        "ovhcloud.region": "the region of an OVHcloud resource that states none",
        "scaleway.region": "the region of a Scaleway provider configuration that states none",
        "stackit.region": "the region of a STACKIT provider configuration that states none",
        "kubernetes.cluster": "the place of the cluster that manifests are applied to",
        "compose.host": "the place of the host that runs containers",
        "runner": "the place of the machine that runs the deployment",
    }
)
"""Each key and what it fills in; the value is a region of that provider, `provider/region`, or a country."""


M = TypeVar("M", bound=Mapping[str, object])


def check_assumptions(assumptions: M) -> M:
    """Return `assumptions` when every key is one of the list.

    Raises:
        ValueError: one is not.
    """
    for key in assumptions:
        if key not in ASSUMPTION_KEYS:
            raise ValueError(f"nothing can be assumed about {quoted(key)}; known are {', '.join(ASSUMPTION_KEYS)}")
    return assumptions
