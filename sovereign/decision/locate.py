"""A placement meets the catalogue: what it says is completed, and what contradicts is found.

Rules (trust.md, section 2; language.md, 2.7):
1. The key is (provider, region). A region without a provider, and an unknown region of a known provider, name no place.
2. What the catalogue knows counts. A given set that contains the catalogue's is taken, it adds; one that lacks a member
   of it is a contradiction.
3. What the catalogue does not promise (a worldwide service) is not made a place by somebody's assertion; a fact source
   that has read the members itself says more than `asserted`, and is taken.
4. A provider that the catalogue does not list is a private site: its given countries are taken. One that only looks
   like a listed one is no private site: its region names no place.
5. A given set with a word that is no place is unknown as a whole, also where the catalogue knows a part of it.
"""

import unicodedata
from dataclasses import dataclass
from datetime import date

from sovereign.facts.model import Confidence, Placement
from sovereign.jurisdiction import Catalogue, Location

__all__ = ["Located", "locate"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Located:
    """A placement after the catalogue was asked.

    Attributes:
        placement: as observed.
        countries: every place that counts; None is unknown.
        operators: legal entities; None is unknown.
        jurisdictions: countries that can compel a party; None is unknown.
        place_verification: verified, secondary or unverified; None without a catalogue row.
        contradictions: attributes in which the placement and the catalogue, or two evidences, differ.
        reason: why the countries are unknown, for a person; None when they are known.
    """

    placement: Placement
    countries: frozenset[str] | None
    operators: frozenset[str] | None
    jurisdictions: frozenset[str] | None
    place_verification: str | None
    contradictions: tuple[str, ...]
    reason: str | None = None


def locate(placement: Placement, catalogue: Catalogue, day: date) -> Located:
    """Return the placement with what the catalogue knows on `day`."""
    row = _row(placement, catalogue, day)
    given = _codes(placement.countries, catalogue)
    countries, reason = _countries(placement, given, row, catalogue)
    jurisdictions = _codes(placement.jurisdictions, catalogue)
    return Located(
        placement=placement,
        countries=countries,
        operators=_adding(
            frozenset({placement.operator} if placement.operator else ()) or None, row.operators if row else None
        ),
        jurisdictions=None
        if _is_unreadable(placement.jurisdictions, jurisdictions)
        else _adding(jurisdictions, row.jurisdictions if row else None),
        place_verification=row.verification.value if row else None,
        contradictions=_contradictions(
            placement, given and catalogue.groups.expand(given, day).yes, jurisdictions, row
        ),
        reason=reason,
    )


def _row(placement: Placement, catalogue: Catalogue, day: date) -> Location | None:
    if placement.provider is None or placement.region is None:
        return None
    return catalogue.locate(placement.provider, placement.region, day=day)


def _codes(given: frozenset[str] | None, catalogue: Catalogue) -> frozenset[str] | None:
    """Return canonical place codes; None if a word is no place, or if there is none: nothing is nowhere."""
    if not given:
        return None
    codes = frozenset(catalogue.groups.canonical(code) for code in given)
    return codes if codes <= catalogue.groups.places else None


def _is_unreadable(stated: frozenset[str] | None, codes: frozenset[str] | None) -> bool:
    """Whether a set is stated that holds a word which is no place."""
    return bool(stated) and codes is None


def _countries(
    placement: Placement, given: frozenset[str] | None, row: Location | None, catalogue: Catalogue
) -> tuple[frozenset[str] | None, str | None]:
    if _is_unreadable(placement.countries, given):
        return None, "a country is not a known place"
    if row is not None and row.countries is not None:
        return _adding(given, row.countries), None
    if given is not None and placement.confidence != Confidence.ASSERTED:
        return given, None
    reason = _unknown(placement, given, row, catalogue)
    return (None, reason) if reason else (given, None)


def _unknown(
    placement: Placement, given: frozenset[str] | None, row: Location | None, catalogue: Catalogue
) -> str | None:
    """Return why an asserted place without a country in the catalogue is unknown; None if it can be taken as given."""
    reasons = (
        (row is not None, "the provider promises no place for this region"),
        (placement.region is not None and placement.provider is None, "a region without its provider names no place"),
        (
            placement.region is not None and placement.provider in catalogue.providers,
            "the provider has no such region in the catalogue",
        ),
        (placement.region is not None and _is_misspelt(placement.provider, catalogue), "the provider is misspelt"),
        (given is None, "neither a known region nor countries are given"),
    )
    return next((reason for applies, reason in reasons if applies), None)


def _is_misspelt(provider: str | None, catalogue: Catalogue) -> bool:
    """Whether a provider differs from a listed one only in case, spaces, or characters that are not seen.

    As a private site it would be where its owner says; a person who reads it takes it for the listed one.
    """
    if provider is None or provider in catalogue.providers:
        return False
    return _letters(provider) in {_letters(name) for name in catalogue.providers}


def _letters(name: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKC", name).casefold() if c.isalnum())


def _adding(given: frozenset[str] | None, row: frozenset[str] | None) -> frozenset[str] | None:
    if row is None or given is None:
        return row if given is None else given
    return given | row


def _contradictions(
    placement: Placement, given: frozenset[str] | None, jurisdictions: frozenset[str] | None, row: Location | None
) -> tuple[str, ...]:
    found = []
    if placement.conflicts:
        found.append("placement.region")
    if row is not None:
        if given is not None and row.countries is not None and not row.countries <= given:
            found.append("placement.countries")
        if jurisdictions is not None and row.jurisdictions is not None and not row.jurisdictions <= jurisdictions:
            found.append("placement.jurisdictions")
        if placement.operator is not None and row.operators is not None and not _same_name(placement.operator, row):
            found.append("placement.operator")
    return tuple(found)


def _same_name(operator: str, row: Location) -> bool:
    names = {name.casefold() for name in (row.operators or frozenset()) | (row.parents or frozenset())}
    return operator.casefold() in names
