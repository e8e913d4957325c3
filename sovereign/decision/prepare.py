"""A request becomes what rules can read: typed values, located placements, claims.

The three parts of a request are prepared apart, because a guard meets the same tag and the same placements again and
again: `prepare_tag`, `prepare_placements`, `prepare`.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import date
from functools import cached_property
from typing import Any, Final

from sovereign.decision.builtin import Matter, builtin_findings
from sovereign.decision.document import RequestTemplate, template_of
from sovereign.decision.locate import Located, locate
from sovereign.decision.model import Finding
from sovereign.decision.request import Request
from sovereign.facts.model import Placement, as_asserted
from sovereign.jurisdiction import Catalogue, Groups
from sovereign.policy.values import typed_collections, typed_values
from sovereign.policy.view import Element, View
from sovereign.tags.model import ResidencyTag

__all__ = ["Prepared", "distrusted", "prepare", "prepare_placements", "prepare_tag", "without_unproven"]

_NOT_READ: Final = frozenset(
    {"id", "resource", "parties", "jurisdictions", "evidence", "conflicts", "countries", "operator"}
)
_READ: Final = tuple((item.name, f"placement.{item.name}") for item in fields(Placement) if item.name not in _NOT_READ)
_TAG_ONLY: Final = frozenset({"id", "title", "owner", "source", "evidence", "obligations"})


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """A request on one legal day.

    Attributes:
        request: as parsed.
        view: what policies read.
        located: placements after the catalogue was asked, in the request's order.
        builtin: answers of SOV-000 to SOV-003; they depend on nothing but this.
        day: the legal day (Europe/Berlin) for which places were resolved.
        vouched: whether a placement from outside claimed more confidence than `asserted`; it was not believed.
        unproven: whether it held records or claims about keys that count only with a signature; they were left out.
    """

    request: Request
    view: View
    located: tuple[Located, ...]
    builtin: tuple[Finding, ...]
    day: date
    vouched: bool = False
    unproven: bool = False

    @cached_property
    def template(self) -> RequestTemplate:
        """The canonical bytes of the request but for its instants, made when the first entry needs them."""
        return template_of(self.request)


def distrusted(request: Request) -> tuple[Request, bool]:
    """Return the request with every placement `asserted`, and whether any claimed more: nobody vouches for himself."""
    placements = tuple(as_asserted(placement) for placement in request.context.placements)
    if placements == request.context.placements:
        return request, False
    context = request.context.model_copy(update={"placements": placements})
    return request.model_copy(update={"context": context}), True


def without_unproven(request: Request) -> tuple[Request, bool]:
    """Return the request without what counts only from signed evidence, and whether there was any (trust.md, 2).

    Records become collections that were not loaded, claims about keys become unknown: neither is read as false.
    """
    bare = tuple(
        replace(p, key_custody=None, plaintext_at_provider=None, confidential_attestation_id=None)
        for p in request.context.placements
    )
    if not request.context.records and bare == request.context.placements:
        return request, False
    context = request.context.model_copy(update={"placements": bare, "records": {}})
    return request.model_copy(update={"context": context}), True


def prepare(
    request: Request, catalogue: Catalogue, day: date, *, vouched: bool = False, unproven: bool = False
) -> Prepared:
    """Return the request as rules read it on `day`."""
    located, elements = prepare_placements(request.context.placements, catalogue, day)
    root = {
        **prepare_tag(request.resource.properties, catalogue.groups, day),
        **typed_values(_job(request), catalogue.groups),
        **typed_values(_controller(request), catalogue.groups),
    }
    records = {**request.context.records, "parties": _parties(request.context.placements)}
    collections = typed_collections(records, catalogue.groups)
    view = View(root=root, placements=elements, collections=collections)
    matter = Matter(tag=request.resource.properties, view=view, located=located, day=day)
    return Prepared(
        request=request,
        view=view,
        located=located,
        builtin=builtin_findings(matter, catalogue.groups),
        day=day,
        vouched=vouched,
        unproven=unproven,
    )


def prepare_tag(tag: ResidencyTag | None, groups: Groups, day: date) -> Element:
    """Return the `data.…` values of a tag; nothing is known of a dataset without one."""
    if tag is None:
        return {}
    raw: dict[str, Any] = {f"data.{name}": getattr(tag, name) for name in tag.model_fields_set if name not in _TAG_ONLY}
    raw["data.allowed_countries_at"] = _countries_at(tag, groups, day)
    # a request is about one action, not about the whole inventory: nothing is left open unless the tag says so
    raw.setdefault("data.planes_open", frozenset())
    return typed_values(raw, groups)


def prepare_placements(
    placements: tuple[Placement, ...], catalogue: Catalogue, day: date
) -> tuple[tuple[Located, ...], tuple[Element, ...]]:
    """Return the placements after the catalogue was asked, and their `placement.…` values."""
    located = tuple(locate(placement, catalogue, day) for placement in placements)
    return located, tuple(typed_values(_placement(item), catalogue.groups) for item in located)


def _placement(located: Located) -> Mapping[str, Any]:
    placement = located.placement
    raw = {attribute: value for name, attribute in _READ if (value := getattr(placement, name)) is not None}
    if not located.contradictions:  # of two places that exclude each other neither is known
        raw["placement.countries"] = located.countries
    raw["placement.id"] = placement.id
    raw["placement.place_verification"] = located.place_verification
    if located.operators is not None and len(located.operators) == 1:
        raw["placement.operator"] = next(iter(located.operators))
    return raw


def _parties(placements: tuple[Placement, ...]) -> list[Mapping[str, Any]] | None:
    """Return everybody who takes part in operating a place; None, not loaded, if one placement names nobody."""
    if any(placement.parties is None for placement in placements):
        return None
    return [asdict(party) for placement in placements for party in placement.parties or ()]


def _job(request: Request) -> Mapping[str, Any]:
    job = request.subject.properties
    raw: dict[str, Any] = {"job.kind": request.action.name}
    if job is not None:
        raw |= {f"job.{name}": getattr(job, name) for name in job.model_fields_set if name not in {"id", "owner"}}
    return raw


def _controller(request: Request) -> Mapping[str, Any]:
    controller = request.context.controller
    if controller is None:
        return {}
    return {f"controller.{name}": getattr(controller, name) for name in controller.model_fields_set}


def _countries_at(tag: ResidencyTag, groups: Groups, day: date) -> frozenset[str] | None:
    words = tag.allowed_locations
    if words is None or not all(groups.is_group(word) or groups.canonical(word) in groups.places for word in words):
        return None
    return groups.expand(words, day).yes  # a territory under review is not surely allowed
