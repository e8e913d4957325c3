"""Where a condition stands: what it may read, and where mistakes go."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from sovereign.errors import Span, quoted
from sovereign.policy.attributes import COLLECTIONS, Attribute, root_of
from sovereign.policy.reading import Problems
from sovereign.policy.values import PlaceNames
from sovereign.policy.view import Value

__all__ = ["ELEMENT_ROOTS", "Place", "check_bound"]

ELEMENT_ROOTS: Final = frozenset(COLLECTIONS.values())
"""Roots of attributes that belong to an element of a collection."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a condition stands: what it may read.

    Attributes:
        problems: collects mistakes.
        places: the catalogue's codes.
        is_group: whether a word names a dated group.
        groups: names of the groups, for suggestions.
        lists: the policy's own lists.
        bound: roots of the elements that are bound here, outermost first.
        quantified: whether for_some or for_all stands around; no second one may stand inside.
    """

    problems: Problems
    places: PlaceNames
    is_group: Callable[[str], bool]
    groups: frozenset[str]
    lists: Mapping[str, frozenset[Value]] = field(default_factory=lambda: MappingProxyType({}))
    bound: tuple[str, ...] = ()
    quantified: bool = False


def check_bound(attribute: Attribute, span: Span, place: Place) -> None:
    """Note a mistake if the attribute belongs to an element that nothing binds here."""
    root = root_of(attribute.name)
    if root in ELEMENT_ROOTS and root not in place.bound:
        collection = next(name for name, element in COLLECTIONS.items() if element == root)
        hint = f"bind it with for_each: {{over: {collection}}}, or for_some: {{over: {collection}, must: …}}"
        place.problems.add("SOV-C111", f"{quoted(attribute.name)} stands outside a quantifier", span, hint)
