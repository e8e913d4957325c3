"""What a policy can see: typed, known values only; a missing key is unknown.

INVARIANT: every value in a view is in the domain of its attribute (attributes.py). Null, out-of-domain and ill-typed
values never enter; they are unknown. Trees of categories are closed upwards: `health` stands with `special` and
`personal`. `typed_view` is the only maker of views from outside data.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType

__all__ = ["Element", "Value", "View"]

Value = str | int | bool | date | frozenset[str]
Element = Mapping[str, Value]


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """One request as policies see it.

    Attributes:
        root: `data.…`, `controller.…`, `job.…`, `order.…`, `access.…`, `recipient.…` by full attribute name.
        placements: per placement its `placement.…` values; the position is the placement's index.
        collections: `attestations`, `contracts`, …, each loaded one; a collection that is absent was not loaded.
    """

    root: Element
    placements: tuple[Element, ...] = ()
    collections: Mapping[str, tuple[Element, ...]] = field(default_factory=lambda: MappingProxyType({}))
