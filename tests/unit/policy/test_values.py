"""Raw values become typed ones, or are unknown; nothing is guessed."""

from datetime import date
from typing import Any

import pytest

from sovereign.jurisdiction.snapshot import load_snapshot
from sovereign.policy.attributes import ATTRIBUTES, CATEGORY_TREE, COLLECTIONS, Kind, closure, root_of
from sovereign.policy.values import parse_day, typed_collections, typed_value, typed_values

GROUPS = load_snapshot().groups


@pytest.mark.parametrize(
    ("name", "raw", "typed"),
    [
        ("data.form", "paper", "paper"),
        ("data.classification", "restricted", "restricted"),
        ("data.categories", ["genetic"], frozenset({"genetic", "special", "personal"})),
        ("data.categories", [], frozenset()),
        ("data.planes_open", ["key", "key"], frozenset({"key"})),
        ("data.purposes", ("care",), frozenset({"care"})),
        ("placement.countries", ["UK", "EL"], frozenset({"GB", "GR"})),
        ("placement.countries", {"NO"}, frozenset({"NO"})),
        ("placement.cloud", False, False),
        ("placement.moved_on", "2024-02-29", date(2024, 2, 29)),
        ("placement.provider", "aws", "aws"),
        ("link.private_reason", "none", "none"),
        ("attestation.scheme", "C5", "C5"),
    ],
)
def test_value_of_the_domain(name: str, raw: Any, typed: Any) -> None:
    """What is in the domain is read, in its canonical form."""
    found = typed_value(ATTRIBUTES[name], raw, GROUPS)
    assert found == typed
    assert type(found) is type(typed)


@pytest.mark.parametrize(
    ("name", "raw"),
    [
        ("data.form", None),
        ("data.form", "Paper"),
        ("data.form", ""),
        ("data.form", ["paper"]),
        ("data.classification", 3),
        ("data.categories", "health"),
        ("data.categories", ["health", "heath"]),
        ("data.categories", ["health", None]),
        ("data.categories", [["health"]]),
        ("data.categories", {"health": True}),
        ("data.purposes", [""]),
        ("placement.countries", []),
        ("placement.countries", ["DE", "XX"]),
        ("placement.countries", ["eu"]),
        ("placement.countries", "DE"),
        ("placement.countries", ["de"]),
        ("placement.countries", ["DE "]),
        ("placement.cloud", 0),
        ("placement.cloud", 1),
        ("placement.cloud", "false"),
        ("placement.moved_on", "2025-02-29"),
        ("placement.moved_on", "20250228"),
        ("placement.moved_on", "2025-02-28T00:00:00Z"),
        ("placement.moved_on", "\uff12025-02-28"),
        ("placement.moved_on", date(2025, 2, 28)),
        ("placement.provider", ""),
        ("placement.provider", 7),
    ],
)
def test_anything_else_is_unknown(name: str, raw: Any) -> None:
    """Null, another type, another spelling, a set with one unknown member: unknown as a whole."""
    assert typed_value(ATTRIBUTES[name], raw, GROUPS) is None
    assert typed_values({name: raw}, GROUPS) == {}


def test_unknown_names_are_left_out() -> None:
    """A name that is no attribute never reaches a policy."""
    assert typed_values({"data.colour": "red", "data.form": "paper", "form": "paper"}, GROUPS) == {"data.form": "paper"}


def test_absent_collection_differs_from_an_empty_one() -> None:
    """What was not loaded is absent; what was loaded and is empty is there."""
    found = typed_collections(
        {"permits": None, "links": [], "plans": [{"kind": "exit", "x": 1}], "unheard": []}, GROUPS
    )
    assert dict(found) == {"links": (), "plans": ({"plan.kind": "exit"},)}


@pytest.mark.parametrize("text", ["2026-11-24\n", "2026-1-1", "0000-01-01", "2026-13-01", "-2026-01-01", ""])
def test_no_day(text: str) -> None:
    """Only `YYYY-MM-DD` of a day that exists."""
    assert parse_day(text) is None


def test_closure_of_every_category() -> None:
    """Each category comes with everything that contains it, and the tree has no circle."""
    for category, parent in CATEGORY_TREE.items():
        closed = closure(frozenset({category}))
        assert category in closed
        assert parent is None or closure(frozenset({parent})) < closed


def test_table_is_consistent() -> None:
    """Ordered enums and trees have domains, dates and truth values none; every element root has its collection."""
    for attribute in ATTRIBUTES.values():
        assert bool(attribute.domain) or attribute.kind not in {Kind.ORDERED, Kind.TREE_SET}
        assert not attribute.domain or attribute.kind in {Kind.ENUM, Kind.ORDERED, Kind.ENUM_SET, Kind.TREE_SET}
        assert len(set(attribute.domain)) == len(attribute.domain)
        assert attribute.doc
        assert attribute.room
    roots = {root_of(name) for name in ATTRIBUTES}
    assert set(COLLECTIONS.values()) <= roots
