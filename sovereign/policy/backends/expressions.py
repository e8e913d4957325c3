"""Pieces of generated source: expressions for provably true and provably false, joined and simplified."""

from dataclasses import dataclass, field
from datetime import date
from typing import Final

from sovereign.jurisdiction import Groups
from sovereign.policy.backends.day import places_of
from sovereign.policy.ir import Condition, Constant, ForEach, Op, Test

__all__ = ["FALSE", "ORDER", "TRUE", "Names", "Pair", "compared", "either", "joined", "roles_of", "wide_places"]

TRUE: Final = "True"
FALSE: Final = "False"
ORDER: Final = {Op.BEFORE: "<", Op.AFTER: ">", Op.ON_OR_BEFORE: "<=", Op.ON_OR_AFTER: ">="}
"""The comparisons of dates, in Python."""


@dataclass(slots=True)
class Names:
    """Local names of the attributes that are read, in one scope."""

    prefix: str
    found: dict[str, str] = field(default_factory=dict)

    def of(self, attribute: str) -> str:
        """Return the local name of an attribute, a new one at its first use."""
        return self.found.setdefault(attribute, f"{self.prefix}{len(self.found)}")


@dataclass(slots=True)
class Pair:
    """Two expressions: provably true, provably false."""

    true: str
    false: str


def compared(op: Op, value: str, other: str) -> str:
    """Return the expression that compares two known values."""
    forms = {
        Op.MEMBER: f"({value} in {other})",
        Op.NOT_MEMBER: f"({value} not in {other})",
        Op.EQUAL_SET: f"({value} == {other})",
        Op.INCLUDES: f"({other} <= {value})",
        Op.INCLUDES_ANY: f"(not {other}.isdisjoint({value}))",
        Op.EXCLUDES: f"{other}.isdisjoint({value})",
        Op.SUBSET: f"({value} <= {other})",
        Op.WITHIN: f"({value} in {other})",
        Op.ALL_WITHIN: f"({value} <= {other})",
        Op.MEETS: f"(not {other}.isdisjoint({value}))",
    }
    return forms[op] if op in forms else f"({value} {ORDER[op]} {other})"


def wide_places(test: Test, day: date, groups: Groups) -> frozenset[str]:
    """Return the places that a list surely or possibly stands for."""
    places = places_of(test, day, groups)
    return places.yes | places.maybe


def roles_of(each: ForEach) -> Condition:
    """Return the condition that a placement has one of the roles."""
    if each.roles is None:
        return Constant(value=True)
    return Test("placement.role", Op.MEMBER, frozenset(each.roles))


def joined(parts: list[str]) -> str:
    """Return the conjunction of expressions, without constants."""
    kept = [part for part in dict.fromkeys(parts) if part != TRUE]
    if FALSE in kept:
        return FALSE
    return f"({' and '.join(kept)})" if kept else TRUE


def either(parts: list[str]) -> str:
    """Return the disjunction of expressions, without constants."""
    kept = [part for part in dict.fromkeys(parts) if part != FALSE]
    if TRUE in kept:
        return TRUE
    return f"({' or '.join(kept)})" if kept else FALSE
