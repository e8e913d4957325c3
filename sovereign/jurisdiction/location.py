"""What is known about one code of one provider: three facts of place, each a set or unknown."""

from dataclasses import dataclass

from sovereign.jurisdiction.entities import entity_of
from sovereign.jurisdiction.rows import MultiRow, RegionRow, Verification

__all__ = ["Location", "location_of_region", "location_of_set"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """What is known about one code of one provider.

    Attributes:
        provider, code: the key, as the catalogue spells it.
        service: whose code it is; `*` for a region and for codes of every service.
        kind: region, zone, multi-region, …
        countries: place codes, every one counts; None is unknown, never empty.
        operators: legal entities that operate it; None is unknown.
        parents: their ultimate parents; None is unknown.
        jurisdictions: countries that can compel them; None is unknown, never empty.
        members: region codes, for a code that is a set of them.
        group: name of the group inside which data stay, members undisclosed.
        sovereign_offering: marketed as sovereign; never a verdict.
        status: active, retired, …; None for a code that is not one place.
        verification: the weakest mark of code and countries.
        operator_verification: the weakest mark of who operates.
        partition: AWS partition, Azure cloud, OCI realm, Alibaba side; empty elsewhere.
        label, city, note, source: for people.
    """

    provider: str
    code: str
    service: str
    kind: str
    countries: frozenset[str] | None
    operators: frozenset[str] | None
    parents: frozenset[str] | None
    jurisdictions: frozenset[str] | None
    members: tuple[str, ...] = ()
    group: str | None = None
    sovereign_offering: bool = False
    status: str | None = None
    verification: Verification
    operator_verification: Verification
    partition: str = ""
    label: str = ""
    city: str = ""
    note: str = ""
    source: str = ""


def location_of_region(row: RegionRow) -> Location:
    """Return the one place of a region."""
    entity = entity_of((row,))
    return Location(
        provider=row.provider,
        code=row.code,
        service="*",
        kind=row.kind,
        countries=frozenset({row.country}),
        operators=entity.operators,
        parents=entity.parents,
        jurisdictions=entity.jurisdictions,
        sovereign_offering=row.sovereign_offering,
        status=row.status,
        verification=row.verification,
        operator_verification=entity.verification,
        partition=row.partition,
        label=row.label,
        city=row.city,
        note=row.note,
        source=row.source,
    )


def location_of_set(row: MultiRow, countries: frozenset[str] | None, operating: tuple[RegionRow, ...]) -> Location:
    """Return the places of a code that is a set, with everyone who operates the regions `operating`."""
    entity = entity_of(operating)
    members = [region.verification for region in operating] if row.members else []
    return Location(
        provider=row.provider,
        code=row.code,
        service=row.service,
        kind=row.kind,
        countries=countries,
        operators=entity.operators,
        parents=entity.parents,
        jurisdictions=entity.jurisdictions,
        members=row.members,
        group=row.group,
        verification=Verification.weakest([row.verification, *members]),
        operator_verification=entity.verification,
        note=row.note,
        source=row.source,
    )
