"""What the caller states about places that a plan leaves unknown (`--assume KEY=VALUE`).

Rules (trust.md, section 2):
1. Keys are a closed list: one for each provider, and `runner`. The value is a region of that provider or a country.
2. An assumption fills a place that is unknown; it never replaces or adds to a known one, and never fills one that a
   text of the plan names badly.
3. Evidence about the same placement that names another place is a contradiction.
4. What no resource needed is reported.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from sovereign.errors import UsageError, quoted
from sovereign.facts.model import Confidence, Evidence
from sovereign.facts.sources.terraform.places import Place
from sovereign.facts.sources.terraform.providers import Stated
from sovereign.facts.sources.terraform.readings import Reading
from sovereign.facts.sources.terraform.vendors import VENDORS
from sovereign.jurisdiction import Catalogue
from sovereign.jurisdiction.places import nearest

__all__ = ["ASSUME_KEYS", "RUNNER", "Assumptions", "parse_assumptions"]

RUNNER: Final = "runner"
ASSUME_KEYS: Final = frozenset({RUNNER, *(vendor.assume for vendor in VENDORS if vendor.assume is not None)})
"""Keys that a plan can need."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumptions:
    """Places that the caller states, by key."""

    places: Mapping[str, Reading]

    def fill(self, place: Place) -> tuple[Place, str | None]:
        """Return the place, filled if it is unknown and its key was stated, and the key that was used."""
        key = place.missing.assume if place.missing is not None else None
        reading = self.places.get(key) if key is not None else None
        if reading is None:
            return place, None
        filled = replace(
            place,
            reading=reading,
            confidence=Confidence.ASSERTED,
            evidence=(Evidence(value=f"--assume {key}={reading.region or _country(reading)}"),),
            conflicts=tuple(hint.evidence for hint in place.hints if not _can_both_be(reading, hint)),
            missing=None,
        )
        return filled, key


def _country(reading: Reading) -> str:
    return ",".join(sorted(reading.countries or ()))


def _can_both_be(reading: Reading, hint: Stated) -> bool:
    if reading.region:
        return reading.agrees(hint.reading)
    return reading.countries == hint.reading.countries


def parse_assumptions(stated: Mapping[str, str], catalogue: Catalogue) -> Assumptions:
    """Return the assumptions that were stated.

    Raises:
        UsageError: a key that does not exist (SOV-C215), or a value that is no place there (SOV-C216).
    """
    return Assumptions(places={key: _place(key, value, catalogue) for key, value in stated.items()})


def _place(key: str, value: str, catalogue: Catalogue) -> Reading:
    if key not in ASSUME_KEYS:
        raise UsageError(f"nothing can be assumed about {quoted(key)}", code="SOV-C215", hint=_keys_like(key))
    provider, code = _provider(key, value)
    code_of_country = catalogue.groups.canonical(value)
    if code_of_country in catalogue.groups.places:
        return Reading(provider=provider or "", region="", countries=frozenset({code_of_country}))
    found = catalogue.lookup(provider, code) if provider is not None else None
    if found is None or found.countries is None:
        raise UsageError(
            f"{quoted(value)} is no place that {quoted(key)} can be",
            code="SOV-C216",
            hint=_places_like(provider, code, catalogue),
        )
    return Reading(provider=found.provider, region=found.code, countries=found.countries)


def _provider(key: str, value: str) -> tuple[str | None, str]:
    if key != RUNNER:
        return next(vendor.name for vendor in VENDORS if vendor.assume == key), value
    provider, slash, code = value.partition("/")
    return (provider, code) if slash else (None, value)


def _keys_like(key: str) -> str:
    return f"did you mean {' or '.join(nearest(key, ASSUME_KEYS)) or ', '.join(sorted(ASSUME_KEYS))}"


def _places_like(provider: str | None, code: str, catalogue: Catalogue) -> str:
    near = catalogue.nearest_codes(provider, code) if provider in catalogue.providers else ()
    usual = "a region of that provider, or the code of a country such as DE"
    if provider is None:
        usual = "PROVIDER/REGION, or the code of a country such as DE"
    return f"expected {usual}{'; did you mean ' + ' or '.join(near) if near else ''}"
