"""Rows of the catalogue as the data write them; nothing is concluded here.

`verification` is the weaker of what is known about the code and about its country; what is known about the operator
stands apart (`operator_verification`).
"""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

__all__ = [
    "AzurePair",
    "MultiRow",
    "Promise",
    "RegionRow",
    "Verification",
    "parse_multi",
    "parse_pairs",
    "parse_regions",
]


class Verification(StrEnum):
    """How a fact was obtained, best first."""

    VERIFIED = "verified"
    SECONDARY = "secondary"
    UNVERIFIED = "unverified"

    @classmethod
    def weakest(cls, marks: Iterable["Verification"]) -> "Verification":
        """Return the worst of `marks`; unverified, if there are none."""
        order = tuple(cls)
        return order[max((order.index(mark) for mark in marks), default=len(order) - 1)]


class Promise(StrEnum):
    """What a provider promises for a code that is not one place."""

    MEMBERS = "members"
    GROUP = "group"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionRow:
    """One place of one provider; the key is (provider, code), unique without regard to case."""

    provider: str
    code: str
    kind: str
    partition: str
    label: str
    city: str
    country: str
    operator: str
    parents: tuple[str, ...]
    parent_jurisdictions: tuple[str, ...]
    other_jurisdictions: tuple[str, ...]
    sovereign_offering: bool
    status: str
    note: str
    source: str
    verification: Verification
    operator_verification: Verification


@dataclass(frozen=True, slots=True, kw_only=True)
class MultiRow:
    """A code that is not one place; the key is (provider, service, code), case-sensitive, `*` = every service."""

    provider: str
    service: str
    code: str
    kind: str
    members: tuple[str, ...]
    countries: tuple[str, ...]
    group: str | None
    promise: Promise
    note: str
    source: str
    verification: Verification


@dataclass(frozen=True, slots=True, kw_only=True)
class AzurePair:
    """Where Azure copies geo-redundant data of `region` to.

    Attributes:
        region: a code of provider azure.
        paired: its pair; None is known to have none.
        scope: platform, or a service with pairs of its own.
        mutual: whether `paired` copies back to `region`; None without a pair.
        verification: of the pair.
    """

    region: str
    paired: str | None
    scope: str
    mutual: bool | None
    verification: Verification


def parse_regions(text: str) -> tuple[RegionRow, ...]:
    """Return the rows of regions.csv.

    Raises:
        KeyError, ValueError: the text is not of its form.
    """
    return tuple(_region(row) for row in _rows(text))


def parse_multi(text: str) -> tuple[MultiRow, ...]:
    """Return the rows of multi_regions.csv.

    Raises:
        KeyError, ValueError: the text is not of its form.
    """
    return tuple(
        MultiRow(
            provider=row["provider"],
            service=row["service"],
            code=row["code"],
            kind=row["kind"],
            members=_listed(row["members"]),
            countries=_listed(row["country_iso2_list"]),
            group=row["country_group"] or None,
            promise=Promise(row["promise"]),
            note=row["note"],
            source=row["source"],
            verification=Verification(row["verification"]),
        )
        for row in _rows(text)
    )


def parse_pairs(text: str) -> tuple[AzurePair, ...]:
    """Return the rows of azure_pairs.csv.

    Raises:
        KeyError, ValueError: the text is not of its form.
    """
    return tuple(
        AzurePair(
            region=row["region"],
            paired=row["paired_region"] or None,
            scope=row["scope"],
            mutual=_flag(row["mutual"]) if row["mutual"] else None,
            verification=Verification(row["verification"]),
        )
        for row in _rows(text)
    )


def _region(row: Mapping[str, str]) -> RegionRow:
    return RegionRow(
        provider=row["provider"],
        code=row["region_code"],
        kind=row["kind"],
        partition=row["partition"],
        label=row["provider_label"],
        city=row["city_or_area"],
        country=row["country_iso2"],
        operator=row["operator_legal_entity"],
        parents=_listed(row["operator_parent"]),
        parent_jurisdictions=_listed(row["parent_jurisdiction_iso2"]),
        other_jurisdictions=_listed(row["other_jurisdictions_iso2"]),
        sovereign_offering=_flag(row["sovereign_offering"]),
        status=row["status"],
        note=row["note"],
        source=row["source"],
        verification=Verification(row["verification"]),
        operator_verification=Verification(row["operator_verification"]),
    )


def _rows(text: str) -> Iterable[dict[str, str]]:
    reader = csv.reader(text.splitlines(), strict=True)
    header = next(reader, None)
    if header is None:
        raise ValueError("a table without a header")
    for fields in reader:
        yield dict(zip(header, fields, strict=True))


def _listed(field: str) -> tuple[str, ...]:
    return tuple(field.split("|")) if field else ()


def _flag(field: str) -> bool:
    return {"true": True, "false": False}[field]
