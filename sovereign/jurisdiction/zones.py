"""Names of zones, read by the patterns of their own provider.

Rules:
1. A pattern is applied only to text that is known to come from its provider, and to the whole of it.
2. A zone of `kind` in `IN_REGION` lies in the country of its region, and the pattern gives the region's code.
3. A local zone can lie in another country than its region (`us-east-1-qro-1a` is in Mexico): its name is looked up
   whole and never stripped. Wavelength zones and local zone ids are not in the data: unknown.
4. An AZ id holds an abbreviation; only those listed in `AZ_ID_REGIONS` are read.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any, Final

__all__ = ["AZ_ID_REGIONS", "IN_REGION", "LOCAL_ZONE", "ZonePattern", "parse_patterns"]

LOCAL_ZONE: Final = "local-zone"

IN_REGION: Final = frozenset(
    {"az-name", "zone", "zone-label", "availability-domain", "availability-zone", "datacenter", "subregion"}
)

AZ_ID_REGIONS: Final = MappingProxyType(
    {"euc1": "eu-central-1", "euw1": "eu-west-1", "euw2": "eu-west-2", "use1": "us-east-1"}
)
"""From the caution of pattern `aws-az-id` (Parent Zone ID column of the AWS local zones page)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ZonePattern:
    """How one provider writes one kind of name.

    Attributes:
        id: e.g. `aws-az`.
        provider: whose names it reads.
        kind: what such a name is.
        regex: as the data write it.
        match: full, prefix or search.
        group: number of the group that holds the result.
        transform: applied to it in order: lower, underscore-to-hyphen.
        yields: what the result is: region, az-id-prefix, host-region, label-kind.
    """

    id: str
    provider: str
    kind: str
    regex: str
    match: str
    group: int
    transform: tuple[str, ...]
    yields: str

    def read(self, text: str) -> str | None:
        """Return what the pattern captures in `text`, None if it does not match."""
        pattern = _compiled(self.regex)
        # fullmatch, since `$` also matches before a trailing newline
        method = {"full": pattern.fullmatch, "prefix": pattern.match, "search": pattern.search}[self.match]
        found = method(text)
        if found is None:
            return None
        result = found[self.group]
        for step in self.transform:
            result = _TRANSFORMS[step](result)
        return result


def _hyphens(text: str) -> str:
    return text.replace("_", "-")


_TRANSFORMS: Final[Mapping[str, Callable[[str], str]]] = MappingProxyType(
    {"lower": str.lower, "underscore-to-hyphen": _hyphens}
)


@cache
def _compiled(regex: str) -> re.Pattern[str]:
    return re.compile(regex, re.ASCII)


def parse_patterns(document: Mapping[str, Any]) -> tuple[ZonePattern, ...]:
    """Return the patterns of az_patterns.json.

    Raises:
        KeyError, ValueError: the document is not of its form.
    """
    return tuple(_pattern(row) for row in document["patterns"])


def _pattern(row: Mapping[str, Any]) -> ZonePattern:
    transform = tuple(row["transform"].split(",")) if row.get("transform") else ()
    if row["match"] not in {"full", "prefix", "search"} or not _TRANSFORMS.keys() >= set(transform):
        raise ValueError(f"the pattern {row['id']} asks for what is not known")
    return ZonePattern(
        id=row["id"],
        provider=row["provider"],
        kind=row["kind"],
        regex=row["regex"],
        match=row["match"],
        group=row["group"],
        transform=transform,
        yields=row.get("yields", "region"),
    )
