"""Codes of countries and territories, and what a country's code stands for.

Rules:
1. A code is an ISO 3166-1 alpha-2 code, an ISO 3166-2 code or one of our own (`DE-BUESINGEN`), exactly as listed;
   lower case is no country. Other spellings are `aliases` (UK, EL).
2. The code of a territory wins over its state: NC is not FR, although New Caledonia is French.
3. A country stands for itself and its integral territories, those in which the GDPR applies (`Standing.APPLIES`):
   Art. 355(1) TFEU. Before the first day for which the data know a territory, it may belong to its state.
4. Where the law is under review (`Standing.REVIEW`: Svalbard, Northern Cyprus), or the data list a part of a state
   without saying what holds there (GB-NIR), it may belong to its state; only a person can say.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from sovereign.jurisdiction.dates import Interval, parse_interval

__all__ = ["Membership", "Places", "Standing", "Territory", "UnknownPlaceError", "nearest", "parse_places"]


class UnknownPlaceError(KeyError):
    """A word is neither a place nor a group.

    Attributes:
        word: as it was written.
        nearest: known words that look like it, best first; may be empty.
    """

    def __init__(self, word: str, nearest: tuple[str, ...] = ()) -> None:
        super().__init__(word)
        self.word = word
        self.nearest = nearest


class Standing(StrEnum):
    """Whether the GDPR applies in a territory."""

    APPLIES = "applies"
    THIRD_COUNTRY = "third-country"
    REVIEW = "review"


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """Places that are inside, and places that may be; every other known place is outside.

    INVARIANT: no place is in both.
    """

    yes: frozenset[str] = frozenset()
    maybe: frozenset[str] = frozenset()

    @classmethod
    def union(cls, parts: Iterable["Membership"]) -> "Membership":
        """Return what is inside any part; a place surely inside one part is inside, whatever the others say."""
        parts = tuple(parts)
        yes = frozenset[str]().union(*(part.yes for part in parts))
        return cls(yes=yes, maybe=frozenset[str]().union(*(part.maybe for part in parts)) - yes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Territory:
    """A part of a state, or a microstate, whose law differs from what its state or its neighbours suggest."""

    code: str
    name: str
    state: str
    kind: str
    standing: Standing
    valid: Interval
    verification: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """The domain of place codes.

    Attributes:
        codes: every known place; a word outside is unknown.
        aliases: other spellings, to a place or a group.
        territories: by code.
        parts: by state, the codes of its parts.
    """

    codes: frozenset[str]
    aliases: Mapping[str, str]
    territories: Mapping[str, Territory]
    parts: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))

    def canonical(self, word: str) -> str:
        """Return the place or group that `word` is another spelling of, else `word` itself."""
        return self.aliases.get(word, word)

    def under_review(self) -> frozenset[str]:
        """Territories that are unknown in every group."""
        return frozenset(code for code, t in self.territories.items() if t.standing is Standing.REVIEW)

    def undetermined(self, code: str) -> bool:
        """Whether nobody can say without a person whose law holds in `code`."""
        territory = self.territories.get(code)
        return territory.standing is Standing.REVIEW if territory else "-" in code

    def state_with_parts(self, code: str, day: date) -> Membership:
        """Return what the code of a country or territory stands for on `day`: rules 2 to 4 of the module."""
        yes, maybe = {code}, set[str]()
        for part in self.parts.get(code, ()):
            territory = self.territories.get(part)
            if territory is None or territory.standing is Standing.REVIEW:
                maybe.add(part)
            elif territory.standing is Standing.APPLIES:
                (yes if territory.valid.covers(day) else maybe).add(part)
        return Membership(yes=frozenset(yes), maybe=frozenset(maybe))


def nearest(word: str, known: Iterable[str]) -> tuple[str, ...]:
    """Return up to three known words that look like `word`, best first, without regard to case."""
    import difflib  # noqa: PLC0415  only an error needs it

    by_lower: dict[str, str] = {}
    for candidate in sorted(known):
        by_lower.setdefault(candidate.lower(), candidate)
    return tuple(by_lower[match] for match in difflib.get_close_matches(word[:64].lower(), by_lower, n=3))


def parse_places(countries: Iterable[str], document: Mapping[str, Any]) -> Places:
    """Return the places of the ISO 3166-1 codes `countries` and of the territories and aliases of groups.json.

    Raises:
        KeyError, ValueError: the document is not of its form.
    """
    territories = {row["code"]: _territory(row) for row in document["territories"]}
    aliases = {word: target.removeprefix("group:") for word, target in document["aliases"].items()}
    places_by_alias = {target for target in document["aliases"].values() if not target.startswith("group:")}
    codes = {*countries, *territories, *places_by_alias}
    return Places(
        codes=frozenset(codes),
        aliases=MappingProxyType(aliases),
        territories=MappingProxyType(territories),
        parts=MappingProxyType(_parts(codes, territories)),
    )


def _parts(codes: set[str], territories: Mapping[str, Territory]) -> dict[str, tuple[str, ...]]:
    parts: dict[str, tuple[str, ...]] = {}
    for code in sorted(codes):
        state = territories[code].state if code in territories else code.partition("-")[0]
        if state != code:
            parts[state] = (*parts.get(state, ()), code)
    return parts


def _territory(row: Mapping[str, Any]) -> Territory:
    return Territory(
        code=row["code"],
        name=row["name"],
        state=row["state"],
        kind=row["kind"],
        standing=Standing(row["gdpr"]),
        valid=parse_interval(row),
        verification=row["verification"],
    )
