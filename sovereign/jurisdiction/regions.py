"""The catalogue: where a provider's code lies.

Rules:
1. The key is (provider, code), never the code: eu-west-1 is Ireland at AWS and Great Britain at Alibaba. A provider's
   name is exact. A region's code is compared without regard to ASCII case; one of Azure also without blanks
   (`West Europe`). Nothing is ever found by a prefix.
2. A code that is not one place is a code of a service, case-sensitive, and a set: its members, or the group or
   countries inside which the provider promises to stay. Without a promise, or where members differ from case to
   case, its countries are unknown.
3. A zone is not a region and a region is no zone: `lookup` and `lookup_zone` do not stand in for each other; `locate`
   is for text of which it is not known which of both it is.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import TypeVar

from sovereign.jurisdiction.groups import Groups
from sovereign.jurisdiction.location import Location, location_of_region, location_of_set
from sovereign.jurisdiction.places import nearest
from sovereign.jurisdiction.rows import AzurePair, MultiRow, Promise, RegionRow
from sovereign.jurisdiction.zones import AZ_ID_REGIONS, IN_REGION, LOCAL_ZONE, ZonePattern

__all__ = ["Catalogue", "Location", "make_catalogue"]

_K = TypeVar("_K")
_V = TypeVar("_V")

_ZONE_ROWS = frozenset({"zone", "datacenter", LOCAL_ZONE})
# the destinations of an inference profile differ per model: the listed countries are a guess, not a promise
_UNEXPANDED = frozenset({"inference-profile"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """Every place of every known provider.

    Attributes:
        groups: for codes that stand for a group of countries.
        as_of: the day for which the data are said to be right.
    """

    groups: Groups
    as_of: date
    _regions: Mapping[str, Mapping[str, RegionRow]] = field(repr=False)
    _multi: Mapping[tuple[str, str, str], MultiRow] = field(repr=False)
    _patterns: Mapping[str, tuple[ZonePattern, ...]] = field(repr=False)
    _pairs: Mapping[tuple[str, str], AzurePair] = field(repr=False)
    _memo: dict[tuple[str, str], Location] = field(default_factory=dict, repr=False, compare=False)

    @property
    def providers(self) -> frozenset[str]:
        """Names of providers, as they must be written."""
        return frozenset(self._regions) | frozenset(provider for provider, _, _ in self._multi)

    def codes(self, provider: str) -> tuple[str, ...]:
        """Region codes of `provider`, sorted; none for an unknown provider."""
        return tuple(sorted(row.code for row in self._regions.get(provider, {}).values()))

    def lookup(self, provider: str, code: str, service: str = "*", *, day: date | None = None) -> Location | None:
        """Return where a region or a code of a service lies; None if the catalogue does not know it.

        Args:
            provider: as in `providers`.
            code: the provider's own code.
            service: e.g. `gcs`; `*` finds only what holds for every service.
            day: on which a group's members count; the day of the data if left out.
        """
        key = _key(provider, code)
        for spelling in (code, key) if provider == "azure" else (code,):
            for scope in (service, "*"):
                multi = self._multi.get((provider, scope, spelling))
                if multi is not None:
                    return self._several(multi, day or self.as_of)
        return self._region(provider, key)

    def _region(self, provider: str, key: str) -> Location | None:
        """Return one region, made once: a request is about few of them, again and again."""
        found = self._memo.get((provider, key))
        if found is None:
            row = self._regions.get(provider, {}).get(key)
            if row is None:
                return None
            found = self._memo[provider, key] = location_of_region(row)
        return found

    def lookup_zone(self, provider: str, zone: str, *, day: date | None = None) -> Location | None:
        """Return where a zone lies; None if that is unknown, as for every name that is no zone."""
        row = self._regions.get(provider, {}).get(_key(provider, zone))
        if row is not None and row.kind in _ZONE_ROWS:
            return location_of_region(row)
        local = self._multi.get((provider, LOCAL_ZONE, zone))
        if local is not None:
            return self._several(local, day or self.as_of)
        region = self.zone_region(provider, zone)
        return None if region is None else self.lookup(provider, region, day=day)

    def locate(self, provider: str, code: str, service: str = "*", *, day: date | None = None) -> Location | None:
        """Return where a region, a code of a service or a zone lies; arguments as in `lookup`."""
        return self.lookup(provider, code, service, day=day) or self.lookup_zone(provider, code, day=day)

    def zone_region(self, provider: str, zone: str) -> str | None:
        """Return the code of the region in which a zone lies.

        None for a local zone, which can lie in another country than its region, for an unknown region, and for text
        that is no zone of the provider.
        """
        for pattern in self._patterns.get(provider, ()):
            captured = pattern.read(zone)
            if captured is None:
                continue
            region = AZ_ID_REGIONS.get(captured) if pattern.kind == "az-id" else captured
            if region is not None and (pattern.kind in IN_REGION or pattern.kind == "az-id"):
                row = self._regions.get(provider, {}).get(_key(provider, region))
                return None if row is None else row.code
        return None

    def azure_pair(self, region: str, scope: str = "platform") -> AzurePair | None:
        """Return where Azure copies geo-redundant data of `region` to; None if no row says so."""
        return self._pairs.get((_key("azure", region), scope))

    def nearest_providers(self, name: str) -> tuple[str, ...]:
        """Return up to three providers whose names look like `name`, best first."""
        return nearest(name, self.providers)

    def nearest_codes(self, provider: str, code: str) -> tuple[str, ...]:
        """Return up to three codes of `provider` that look like `code`, best first."""
        several = {row.code for row in self._multi.values() if row.provider == provider}
        return nearest(code, several.union(self.codes(provider)))

    def elsewhere(self, provider: str, code: str) -> tuple[Location, ...]:
        """Return the places of other providers that carry the same code, by provider."""
        others = sorted(self.providers - {provider})
        return tuple(found for other in others if (found := self.lookup(other, code)) is not None)

    def _several(self, row: MultiRow, day: date) -> Location:
        countries = self._countries(row, day)
        return location_of_set(row, countries, self._operating(row, countries))

    def _countries(self, row: MultiRow, day: date) -> frozenset[str] | None:
        if row.promise is Promise.NONE or row.kind in _UNEXPANDED:
            return None
        if row.group is not None:
            return self.groups.members(row.group, day).yes or None
        return frozenset(row.countries) or None

    def _operating(self, row: MultiRow, countries: frozenset[str] | None) -> tuple[RegionRow, ...]:
        """Return the regions whose operators stand behind `row`; none, if that cannot be told."""
        regions = self._regions.get(row.provider, {})
        if row.members:
            return tuple(regions[_key(row.provider, member)] for member in row.members)
        if row.kind == LOCAL_ZONE:
            parents = [p.read(row.code) for p in self._patterns.get(row.provider, ()) if p.kind == LOCAL_ZONE]
            return tuple(regions[parent] for parent in parents if parent is not None and parent in regions)
        return tuple(region for region in regions.values() if countries is not None and region.country in countries)


def _key(provider: str, code: str) -> str:
    """The spelling under which a region is found; text that is not ASCII is found nowhere, whatever its lower case."""
    if not code.isascii():
        return ""
    return code.lower().replace(" ", "") if provider == "azure" else code.lower()


def make_catalogue(
    *,
    regions: Iterable[RegionRow],
    multi: Iterable[MultiRow],
    patterns: Iterable[ZonePattern],
    pairs: Iterable[AzurePair],
    groups: Groups,
    as_of: date,
) -> Catalogue:
    """Return the catalogue of the rows.

    Raises:
        ValueError: two rows have one key, a row names a member, group or country that does not exist, or a code is
            both a place and a set of places.
    """
    by_provider: dict[str, dict[str, RegionRow]] = {}
    for row in regions:
        _insert(by_provider.setdefault(row.provider, {}), _key(row.provider, row.code), row)
    several: dict[tuple[str, str, str], MultiRow] = {}
    for code in multi:
        _check_members(code, by_provider.get(code.provider, {}), groups)
        _insert(several, (code.provider, code.service, code.code), code)
    by_region: dict[tuple[str, str], AzurePair] = {}
    for pair in pairs:
        _insert(by_region, (_key("azure", pair.region), pair.scope), pair)
    readers: dict[str, tuple[ZonePattern, ...]] = {}
    for pattern in patterns:
        readers[pattern.provider] = (*readers.get(pattern.provider, ()), pattern)
    if not {row.country for rows in by_provider.values() for row in rows.values()} <= groups.places:
        raise ValueError("a region lies in a country that does not exist")
    return Catalogue(
        groups=groups,
        as_of=as_of,
        _regions=MappingProxyType(by_provider),
        _multi=MappingProxyType(several),
        _patterns=MappingProxyType(readers),
        _pairs=MappingProxyType(by_region),
    )


def _insert(target: dict[_K, _V], key: _K, value: _V) -> None:
    if target.setdefault(key, value) is not value:
        raise ValueError(f"two rows have the key {key!r}")


def _check_members(row: MultiRow, regions: Mapping[str, RegionRow], groups: Groups) -> None:
    keys = [_key(row.provider, member) for member in row.members]
    if _key(row.provider, row.code) in regions:
        raise ValueError(f"{row.code} is a place and a set of places")
    if not (regions.keys() >= set(keys) and groups.places >= set(row.countries)):
        raise ValueError(f"{row.code} names a member that does not exist")
    if keys and {regions[key].country for key in keys} != set(row.countries):
        raise ValueError(f"the countries of {row.code} are not those of its members")
    if row.group is not None and not groups.is_group(row.group):
        raise ValueError(f"{row.code} names a group that does not exist")
