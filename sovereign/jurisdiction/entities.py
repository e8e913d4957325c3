"""Who operates a place, and whose authorities can compel them.

The jurisdictions of a place are those of the ultimate parents and of whoever else has a hold on the operator: a
technology supplier, a minority owner, a separate company abroad. The courts of the place itself are not among them:
they follow from its countries. A place marketed as sovereign is judged by the same two columns.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from sovereign.jurisdiction.rows import RegionRow, Verification

__all__ = ["Entity", "entity_of"]

# "Oracle (local entity)" describes an operator whose name is not known: a contract naming one does not contradict it.
_DESCRIPTION = "(local entity"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """Those who operate one place or several.

    Attributes:
        operators: legal entities; None if one of them is not known by name.
        parents: their ultimate parents; None is unknown.
        jurisdictions: countries that can compel any of them; None is unknown, never empty.
        verification: the weakest mark among them.
    """

    operators: frozenset[str] | None = None
    parents: frozenset[str] | None = None
    jurisdictions: frozenset[str] | None = None
    verification: Verification = Verification.UNVERIFIED


def entity_of(rows: Iterable[RegionRow]) -> Entity:
    """Return those who operate the places of `rows` together; unknown in every respect, if there are none."""
    rows = tuple(rows)
    if not rows:
        return Entity()
    operators = frozenset(row.operator for row in rows)
    named = all(name and _DESCRIPTION not in name for name in operators)
    compelled = all(row.parent_jurisdictions for row in rows)
    countries = {code for row in rows for code in (*row.parent_jurisdictions, *row.other_jurisdictions)}
    return Entity(
        operators=operators if named else None,
        parents=frozenset(name for row in rows for name in row.parents) if all(row.parents for row in rows) else None,
        jurisdictions=frozenset(countries) if compelled else None,
        verification=Verification.weakest(row.operator_verification for row in rows),
    )
