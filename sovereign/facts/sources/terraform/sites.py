"""Where a private line ends: a building of an exchange, in a metro that the plan names.

A circuit that rides on a port, and a peering on a circuit, end where that one does.
"""

import csv
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

from sovereign.facts.sources.terraform.nodes import Index, Node
from sovereign.facts.sources.terraform.values import Leaf, leaves

__all__ = ["ends_at_site", "site_country", "site_leaf"]

_DATA: Final = Path(__file__).parents[2] / "data" / "line_sites.csv"
_SITE: Final = "peering_location"
# what leads from a line to the object that it rides on
_CARRIERS: Final = ("express_route_port_id", "express_route_circuit_name", "express_route_circuit_peering_id")
_TYPES: Final = frozenset(
    {
        "azurerm_express_route_circuit",
        "azurerm_express_route_circuit_peering",
        "azurerm_express_route_connection",
        "azurerm_express_route_port",
    }
)
_DEPTH: Final = 4


def ends_at_site(node: Node) -> bool:
    """Whether the object is a line that ends at a site."""
    return node.type in _TYPES


def site_leaf(node: Node, index: Index, depth: int = _DEPTH) -> Leaf | None:
    """Return the value that names the site where a line ends, None if none can be found."""
    for leaf in leaves(node.values, _SITE):
        return leaf
    return next(_carried(node, index, depth), None) if depth else None


def _carried(node: Node, index: Index, depth: int) -> Iterator[Leaf]:
    for argument in _CARRIERS:
        for leaf in leaves(node.values, argument):
            carriers = index.named(node, argument, leaf.text) if leaf.text else index.referred(node, argument) or ()
            found = [site_leaf(carrier, index, depth - 1) for carrier in carriers if ends_at_site(carrier)]
            if found and found[0] is not None and all(f is not None and f.text == found[0].text for f in found):
                yield found[0]


def site_country(text: str) -> str | None:
    """Return the country of a metro (`Frankfurt2`) or of an exchange's building in it (`Equinix-Seattle-SE2`)."""
    metros = _metros()
    parts = text.split("-")
    return metros.get(text) or (metros.get(" ".join(parts[1:-1])) if len(parts) > 2 else None)  # noqa: PLR2004  operator, metro, building


@cache
def _metros() -> dict[str, str]:
    with _DATA.open(encoding="utf-8", newline="") as file:
        return {row["metro"]: row["country_iso2"] for row in csv.DictReader(file)}
