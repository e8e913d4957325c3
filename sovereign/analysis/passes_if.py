"""What would pass: one change, or one for each failing placement, that was decided again and permitted.

The search tries real places of the catalogue, one of each kind (countries and jurisdictions), nearest first: the same
provider, then the others. A change that was not decided again is never shown.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from sovereign.decision.document import request_document
from sovereign.decision.model import Decision
from sovereign.decision.point import DecisionPoint
from sovereign.decision.request import Request
from sovereign.errors import quoted
from sovereign.facts.model import Placement
from sovereign.jurisdiction import Catalogue, Location

__all__ = ["Change", "find_change"]

_WORDS: Final = {
    "en": {"in": "is in", "and": " and ", "purpose": "the purpose is", "role": "the ", "placement": "placement"},
    "de": {"in": "liegt in", "and": " und ", "purpose": "der Zweck ist", "role": "Rolle ", "placement": "Ort"},
}
_UNPLACED_ROLES: Final = frozenset({"support_access", "operator_access"})
_STATES: Final = ("DE", "AT", "FR", "NL", "IE", "NO", "CH", "GB", "US")
_MOST_MOVED: Final = 16
"""A request with more failing placements is not searched: nobody reads such a change, and it could stall its judge."""

_ACTIVE: Final = frozenset({None, "active"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A change that was decided again and permitted.

    Attributes:
        text: for people, e.g. "`vault` is in azure germanywestcentral (DE)".
        changed: how many facts differ from the request.
    """

    text: str
    changed: int


def find_change(
    point: DecisionPoint, request: Request, decision: Decision, *, at: datetime, lang: str = "en"
) -> Change | None:
    """Return the smallest change found under which the request is permitted at `at`; None if none was found."""
    if (purpose := _purpose(point, request, decision, at)) is not None:
        return Change(text=f"{_WORDS[lang]['purpose']} {quoted(purpose)}", changed=1)
    failing = sorted({f.placement for f in decision.findings if f.outcome.blocks and f.placement is not None})
    if not 0 < len(failing) <= _MOST_MOVED:
        return None
    chosen = [_first_passing(point, request, index, at) for index in failing]
    if any(placement is None for placement in chosen):
        return None
    moved = dict(zip(failing, (p for p in chosen if p is not None), strict=True))
    if not _permits(point, _with(request, moved), at):
        return None
    text = _WORDS[lang]["and"].join(_sentence(point, index, placement, lang) for index, placement in moved.items())
    return Change(text=text, changed=len(moved))


def _purpose(point: DecisionPoint, request: Request, decision: Decision, at: datetime) -> str | None:
    tag, job = request.resource.properties, request.subject.properties
    if {f.rule for f in decision.findings if f.outcome.blocks} != {"SOV-003"} or tag is None or job is None:
        return None
    for purpose in sorted(tag.purposes or ()):
        subject = request.subject.model_copy(update={"properties": job.model_copy(update={"purpose": purpose})})
        if _permits(point, request.model_copy(update={"subject": subject}), at):
            return purpose
    return None


def _first_passing(point: DecisionPoint, request: Request, index: int, at: datetime) -> Placement | None:
    """Return the first place at which this placement, asked about alone, is not objected to."""
    placement = request.context.placements[index]
    for candidate in _candidates(point.snapshot.catalogue, placement):
        decision = _decide(point, _placed(request, (candidate,)), at)
        if not any(f.outcome.blocks and f.placement == 0 for f in decision.findings):
            return candidate
    return None


def _candidates(catalogue: Catalogue, placement: Placement) -> Iterator[Placement]:
    bare = replace(
        placement, countries=None, operator=None, jurisdictions=None, parties=None, evidence=(), conflicts=()
    )
    if placement.role in _UNPLACED_ROLES or placement.provider not in catalogue.providers:
        for code in _STATES:
            yield replace(bare, provider=None, region=None, countries=frozenset({code}))
    seen: set[tuple[frozenset[str] | None, frozenset[str] | None]] = set()
    for location in _places(catalogue, placement.provider):
        kind = (location.countries, location.jurisdictions)
        if location.countries is not None and kind not in seen:
            seen.add(kind)
            yield replace(bare, provider=location.provider, region=location.code)


def _places(catalogue: Catalogue, provider: str | None) -> Iterator[Location]:
    """Return active regions: of the same provider, then of the others; in each, Germany first."""
    own = (provider,) if provider in catalogue.providers else ()
    for names in (own, sorted(catalogue.providers - set(own))):
        found = (catalogue.lookup(name, code) for name in names if name for code in catalogue.codes(name))
        active = [location for location in found if location is not None and location.status in _ACTIVE]
        yield from sorted(active, key=lambda loc: (loc.countries != frozenset({"DE"}), loc.provider, loc.code))


def _with(request: Request, moved: dict[int, Placement]) -> Request:
    return _placed(request, tuple(moved.get(i, placement) for i, placement in enumerate(request.context.placements)))


def _placed(request: Request, placements: tuple[Placement, ...]) -> Request:
    return request.model_copy(update={"context": request.context.model_copy(update={"placements": placements})})


def _permits(point: DecisionPoint, request: Request, at: datetime) -> bool:
    return _decide(point, request, at).permits


def _decide(point: DecisionPoint, request: Request, at: datetime) -> Decision:
    document = request_document(request, at=at, known=at) if point.is_remote else None
    return point.decide(point.prepare(request, at=at, believe=True), at=at, document=document)


def _sentence(point: DecisionPoint, index: int, placement: Placement, lang: str) -> str:
    name = f"{_name(placement, index, lang)} {_WORDS[lang]['in']}"
    if placement.provider is None or placement.region is None:
        return f"{name} {', '.join(sorted(placement.countries or ()))}"
    location = point.snapshot.catalogue.lookup(placement.provider, placement.region)
    countries = ", ".join(sorted((location.countries if location else None) or ()))
    return f"{name} {placement.provider} {placement.region} ({countries})"


def _name(placement: Placement, index: int, lang: str) -> str:
    """Return how a person calls a placement: by its role in a resource, else by its own id."""
    if placement.resource is not None and placement.role is not None:
        return f"{_WORDS[lang]['role']}{placement.role}"
    return quoted(placement.id) if placement.id is not None else f"{_WORDS[lang]['placement']} {index}"
