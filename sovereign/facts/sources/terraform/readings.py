"""From a text to a place: regions, zones, paths, ARNs and hosts, always by an exact hit in the catalogue."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from sovereign.jurisdiction import Catalogue, Location

__all__ = ["Arn", "Reading", "asks_for_zone", "parse_arn", "path_place", "read_host", "read_place", "service_of"]

_PARTS_OF_ARN: Final = 6
_ARN_PARTITION: Final = re.compile(r"aws(-[a-z]+)*")
# a resource of Google, by its path or by a link to Google's own interfaces; a path on any other host is a text
_GOOGLE_PLACE: Final = re.compile(
    r"(?:https://(?:[a-z0-9-]+\.)?googleapis\.com/(?:[a-z0-9]+/){0,2}|//[a-z0-9-]+\.googleapis\.com/)?"
    r"projects/[^/]+/(?:global/)?(locations|regions|zones)/([^/]+)(?:/.*)?"
)
_AWS_HOST: Final = re.compile(
    r"(?:[a-z0-9.-]+\.)?(?:s3[.-]|[a-z0-9-]+\.)([a-z]{2,4}(?:-[a-z]+)+-\d+)\.amazonaws\.(?:com|eu|com\.cn)"
)
_ENDPOINT_SERVICE: Final = re.compile(r"(?:com|eu|cn\.com)\.amazonaws\.(?:vpce\.)?([a-z]{2,4}(?:-[a-z]+)+-\d+)\..+")
_URL: Final = re.compile(r"(?:[a-z][a-z0-9+.-]*://)?([A-Za-z0-9.-]+)(?::\d+)?(?:[/?#].*)?")
# whose multi-region codes a type uses, and how it spells them
_SERVICES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "google_storage_": "gcs",
        "google_bigquery_": "bigquery",
        "google_spanner_": "spanner",
        "google_firestore_": "firestore",
        "aws_s3_bucket": "s3",
    }
)
_LOWER_CASE: Final = frozenset({"gcs", "spanner", "firestore"})
_SPANNER_REGIONAL: Final = "regional-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A place that a text names.

    Attributes:
        provider, region: the catalogue's key; a local zone stands for itself.
        countries: every one counts; None if the provider makes no promise.
    """

    provider: str
    region: str
    countries: frozenset[str] | None

    def agrees(self, other: "Reading") -> bool:
        """Whether both can be true of one thing: the same place, or a local zone of the region."""
        if self.provider != other.provider:
            return False
        if self.region == other.region:
            return True
        return self.region.startswith(f"{other.region}-") or other.region.startswith(f"{self.region}-")


@dataclass(frozen=True, slots=True)
class Arn:
    """An Amazon resource name; the region is empty for global services and for S3."""

    service: str
    region: str
    resource: str


def parse_arn(text: str) -> Arn | None:
    """Return the parts of an ARN, None if `text` is none (`auto-arn`, `arn:aws:vpc:some_vpc`)."""
    parts = text.split(":", _PARTS_OF_ARN - 1)
    if len(parts) != _PARTS_OF_ARN or parts[0] != "arn" or not _ARN_PARTITION.fullmatch(parts[1]) or not parts[2]:
        return None
    return Arn(parts[2], parts[3], parts[5])


def service_of(resource_type: str) -> str:
    """Return the service whose codes a type uses, `*` for those of every service."""
    return next((service for prefix, service in _SERVICES.items() if resource_type.startswith(prefix)), "*")


def read_place(catalogue: Catalogue, provider: str, text: str, *, name: str, resource_type: str) -> Reading | None:
    """Return the place that the value of an argument names, None if it names none.

    Args:
        catalogue: the places.
        provider: as the catalogue names it.
        text: the value.
        name: of the argument; one that asks for a zone takes no region, and one that asks for a region takes no zone.
        resource_type: whose argument it is.
    """
    service = service_of(resource_type)
    code = text.rpartition("/")[2] if provider == "gcp" else text
    if service in _LOWER_CASE:
        code = code.lower()
    if service == "spanner":
        code = code.removeprefix(_SPANNER_REGIONAL)
    if asks_for_zone(name):
        location = catalogue.lookup_zone(provider, code)
    elif provider == "gcp" and "location" in name:
        location = catalogue.locate(provider, code, service)
    else:
        location = catalogue.lookup(provider, code, service)
    return None if location is None else _reading(catalogue, location, code)


def asks_for_zone(name: str) -> bool:
    """Whether the values of an argument of this name are zones."""
    return "zone" in name or name.endswith("azs") or name in {"datacenter", "node_locations"}


def _reading(catalogue: Catalogue, location: Location, code: str) -> Reading:
    region = catalogue.zone_region(location.provider, code) or location.code
    return Reading(provider=location.provider, region=region, countries=location.countries)


def path_place(catalogue: Catalogue, text: str) -> Reading | None:
    """Return the place in a Google path such as `projects/p/locations/europe-west3/keyRings/k`."""
    found = _GOOGLE_PLACE.fullmatch(text)
    if found is None:
        return None
    kind, code = found[1], found[2]
    location = catalogue.lookup_zone("gcp", code) if kind == "zones" else catalogue.locate("gcp", code)
    return None if location is None else _reading(catalogue, location, code)


def read_host(catalogue: Catalogue, text: str) -> Reading | None:
    """Return the place in the host name of a URL of AWS, or in the name of a service behind an endpoint, else None."""
    url = _URL.fullmatch(text)
    host = (_AWS_HOST.fullmatch(url[1].lower()) if url else None) or _ENDPOINT_SERVICE.fullmatch(text)
    location = catalogue.lookup("aws", host[1]) if host else None
    return None if location is None else _reading(catalogue, location, location.code)
