"""From JSON-like values to typed ones; what is not in the domain is left out, and so unknown.

Rules:
1. Null, a wrong type and a word outside a listed domain are unknown.
2. A set with one unknown member is unknown as a whole.
3. Place codes are written in their canonical form first (`UK` is `GB`); an empty set of places is unknown, since
   nothing is nowhere; every other empty set is a value.
4. Categories are closed upwards.
5. Dates are `YYYY-MM-DD`, nothing else.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from types import MappingProxyType
from typing import Any, Final, Protocol

from sovereign.policy.attributes import ATTRIBUTES, CATEGORY_TREE, COLLECTIONS, Attribute, Kind, closure
from sovereign.policy.view import Element, Value

__all__ = ["PlaceNames", "parse_day", "typed_collections", "typed_value", "typed_values"]

_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


class PlaceNames(Protocol):
    """What is needed of the catalogue to read a place."""

    @property
    def places(self) -> frozenset[str]:
        """Every known place code."""

    def canonical(self, word: str) -> str:
        """Return the code that `word` is another spelling of, else `word` itself."""


def typed_values(raw: Mapping[str, Any], places: PlaceNames) -> dict[str, Value]:
    """Return the known, in-domain values of `raw`, by attribute name; names that are no attribute are left out."""
    values = {}
    for name, value in raw.items():
        attribute = ATTRIBUTES.get(name)
        if attribute is not None and value is not None:
            typed = _READERS[attribute.kind](attribute, value, places)
            if typed is not None:
                values[name] = typed
    return values


def typed_value(attribute: Attribute, raw: Any, places: PlaceNames) -> Value | None:  # noqa: ANN401  JSON of any type
    """Return the typed value, or None where it is unknown."""
    return None if raw is None else _READERS[attribute.kind](attribute, raw, places)


def typed_collections(
    raw: Mapping[str, Iterable[Mapping[str, Any]] | None], places: PlaceNames
) -> Mapping[str, tuple[Element, ...]]:
    """Return the loaded collections; an absent or null one was not loaded, an unknown name is no collection."""
    found = {}
    for name, records in raw.items():
        root = COLLECTIONS.get(name)
        if root is not None and records is not None:
            found[name] = tuple(
                typed_values({f"{root}.{field}": value for field, value in record.items()}, places)
                for record in records
            )
    return MappingProxyType(found)


def parse_day(text: str) -> date | None:
    """Return the day of `YYYY-MM-DD`; None for any other text."""
    if not _DAY.fullmatch(text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _word(attribute: Attribute, raw: Any, _: PlaceNames) -> Value | None:  # noqa: ANN401  as typed_value
    if not isinstance(raw, str) or not raw:
        return None
    return raw if not attribute.domain or raw in attribute.domain else None


def _words(attribute: Attribute, raw: Any, _: PlaceNames) -> Value | None:  # noqa: ANN401  as typed_value
    members = _members(raw)
    if members is None or (attribute.domain and not members <= frozenset(attribute.domain)):
        return None
    return members


def _tree(_: Attribute, raw: Any, __: PlaceNames) -> Value | None:  # noqa: ANN401  as typed_value
    members = _members(raw)
    return closure(members) if members is not None and members <= CATEGORY_TREE.keys() else None


def _place(_: Attribute, raw: Any, places: PlaceNames) -> Value | None:  # noqa: ANN401  as typed_value
    if not isinstance(raw, str):
        return None
    code = places.canonical(raw)
    return code if code in places.places else None


def _places(_: Attribute, raw: Any, places: PlaceNames) -> Value | None:  # noqa: ANN401  as typed_value
    members = _members(raw)
    if not members:
        return None
    codes = frozenset(places.canonical(member) for member in members)
    return codes if codes <= places.places else None


def _date(_: Attribute, raw: Any, __: PlaceNames) -> Value | None:  # noqa: ANN401  as typed_value
    return parse_day(raw) if isinstance(raw, str) else None


def _bool(_: Attribute, raw: Any, __: PlaceNames) -> Value | None:  # noqa: ANN401  as typed_value
    return raw if isinstance(raw, bool) else None


def _int(_: Attribute, raw: Any, __: PlaceNames) -> Value | None:  # noqa: ANN401  as typed_value
    return raw if isinstance(raw, int) and not isinstance(raw, bool) else None


def _members(raw: Any) -> frozenset[str] | None:  # noqa: ANN401  as typed_value
    """Return the members of a list of words; None for anything else, above all for a word: `in` would search it."""
    if not isinstance(raw, frozenset | list | tuple | set):
        return None
    if not all(isinstance(item, str) and item for item in raw):
        return None
    return frozenset(raw)


_READERS: Final[Mapping[Kind, Callable[[Attribute, Any, PlaceNames], Value | None]]] = {
    Kind.ENUM: _word,
    Kind.ORDERED: _word,
    Kind.ID: _word,
    Kind.ENUM_SET: _words,
    Kind.ID_SET: _words,
    Kind.TREE_SET: _tree,
    Kind.PLACE: _place,
    Kind.PLACE_SET: _places,
    Kind.DATE: _date,
    Kind.BOOL: _bool,
    Kind.INT: _int,
}
