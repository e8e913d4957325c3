"""From a change of the plan to a `PlannedResource`: which of its places are judged, in which role, how well known."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from sovereign.errors import quoted
from sovereign.facts.model import Confidence, Evidence, Placement, Role
from sovereign.facts.sources.terraform.assumptions import RUNNER, Assumptions
from sovereign.facts.sources.terraform.document import Change
from sovereign.facts.sources.terraform.model import (
    Alternative,
    Missing,
    PlannedResource,
    ResourceClass,
    ServiceClass,
)
from sovereign.facts.sources.terraform.nodes import Node
from sovereign.facts.sources.terraform.places import Place, Placer
from sovereign.facts.sources.terraform.planes import primary_roles
from sovereign.facts.sources.terraform.providers import ProviderPlace, Providers
from sovereign.facts.sources.terraform.second_paths import SINKS
from sovereign.facts.sources.terraform.second_places import SecondPlaces
from sovereign.facts.sources.terraform.service_classes import NOTHING_RUNS, service_class
from sovereign.jurisdiction import Catalogue

__all__ = ["Resources"]

_CONFIGURATION = frozenset({ServiceClass.IDENTITY, ServiceClass.CONTROL_PLANE})
_Found = tuple[Role, Place]


@dataclass(slots=True, kw_only=True)
class Resources:
    """Makes the resources of one plan; remembers which assumptions were used.

    Attributes:
        catalogue, providers, placer, second, assumptions: what finds places.
        used: keys of assumptions that filled a place.
    """

    catalogue: Catalogue
    providers: Providers
    placer: Placer
    second: SecondPlaces
    assumptions: Assumptions
    used: set[str]

    def make(self, change: Change, node: Node | None) -> PlannedResource:
        """Return what is judged of a change; `node` is None if its provider is not on the list."""
        if node is None:
            return _of_unknown_provider(change)
        why = _not_applicable(node)
        alternatives = tuple(self._alternatives(change, node, primary=why is None))
        judged = any(alternative.judged for alternative in alternatives)
        if judged:
            why = None
        elif why is None:
            alternatives = (_nothing_known(change, node),)
        return PlannedResource(
            address=change.address,
            type=change.type,
            mode=change.mode,
            provider=node.vendor.name or None,
            provider_source=change.provider_name,
            actions=change.actions,
            resource_class=node.row.resource_class,
            service_class=service_class(node.type),
            alternatives=alternatives,
            not_applicable=why,
            pointer=change.pointer,
            deposed=change.deposed,
        )

    def _alternatives(self, change: Change, node: Node, *, primary: bool) -> Iterator[Alternative]:
        candidates = self.providers.candidates(node.vendor, node.address, node.block) if primary else ()
        several = len(candidates) > 1
        for provider in candidates or (None,):
            found = [*self._found(node, provider), *self._provisioned(change, node)]
            yield _alternative(change, node, found, self.catalogue, provider.key if provider and several else None)

    def _found(self, node: Node, provider: ProviderPlace | None) -> Iterator[_Found]:
        places = self._primary(node, provider) if provider is not None else ()
        if node.type not in SINKS:
            copy = next((second.role for second in node.row.second if second.path == "self"), None)
            for role in primary_roles(node.type, node.mode, copy):
                yield from ((role, place) for place in places)
        for second in self.second.of(node, places):
            yield second.role, second.place

    def _primary(self, node: Node, provider: ProviderPlace) -> tuple[Place, ...]:
        if service_class(node.type) is ServiceClass.CONTENT_CACHE:
            evidence = Evidence(input=self.providers.sha256, pointer=node.values.pointer)
            return (Place(everywhere=True, evidence=(evidence,)),)
        if node.vendor.table == "local":
            return (self._runner("writes local files"),)
        return tuple(self._filled(place) for place in self.placer.places(node, provider))

    def _provisioned(self, change: Change, node: Node) -> Iterator[_Found]:
        """Yield the place of the runner where it runs programs as it makes the object; the plan does not show what."""
        if node.block is not None and node.block.provisioned and "create" in change.actions:
            yield Role.PROCESSING, self._runner("runs provisioners")

    def _runner(self, what: str) -> Place:
        missing = Missing(group="runner", fact=f"the place of the runner that {what}", assume=RUNNER)
        return self._filled(Place(missing=missing))

    def _filled(self, place: Place) -> Place:
        filled, key = self.assumptions.fill(place)
        if key is not None:
            self.used.add(key)
        return filled


def _not_applicable(node: Node) -> str | None:
    """Return why the object itself is not judged, None if it is."""
    found = service_class(node.type)
    if found in _CONFIGURATION:
        return f"{found} configuration that holds no data of customers"
    if node.vendor.table in NOTHING_RUNS:
        return "exists only in the state of Terraform"
    if node.row.resource_class is ResourceClass.NO_DATA and not (
        node.vendor.table == "local" and node.mode == "managed"
    ):
        return "holds no data"
    return None


def _alternative(
    change: Change, node: Node, found: Iterable[_Found], catalogue: Catalogue, provider_key: str | None
) -> Alternative:
    placements: dict[Placement, Missing | None] = {}
    for role, place in found:
        placement = _placement(change, node, role, place, catalogue)
        placements[placement] = (place.missing or _no_promise(place)) if placement.countries is None else None
    mark = f"{change.address}#" if provider_key is None else f"{change.address}#{provider_key}#"
    numbered = [replace(placement, id=f"{mark}{n}") for n, placement in enumerate(placements)]
    return Alternative(
        provider_configuration=provider_key, placements=tuple(numbered), missing=tuple(placements.values())
    )


def _placement(change: Change, node: Node, role: Role, place: Place, catalogue: Catalogue) -> Placement:
    reading = place.reading
    provider = (reading.provider if reading is not None else node.vendor.name) or None
    countries = catalogue.groups.places if place.everywhere else reading.countries if reading is not None else None
    return Placement(
        resource=change.address,
        role=role.value,
        provider=provider,
        region=(reading.region or None) if reading is not None and not place.hidden else None,
        countries=countries or None,
        confidence=place.confidence.value,
        evidence=place.evidence,
        conflicts=place.conflicts,
    )


def _no_promise(place: Place) -> Missing:
    region = quoted(place.reading.region) if place.reading is not None else "this place"
    return Missing(group=f"promise:{region}", fact=f"the countries of {region}: the provider promises none")


def _nothing_known(change: Change, node: Node) -> Alternative:
    missing = Missing(
        group=f"type:{node.type}", fact=f"a place for the type {quoted(node.type)}", pointer=change.pointer
    )
    return Alternative(placements=(_unplaced(change, node.vendor.name or None),), missing=(missing,))


def _of_unknown_provider(change: Change) -> PlannedResource:
    source = change.provider_name or "none"
    missing = Missing(
        group=f"source:{source}",
        fact=f"a provider that is known: {quoted(source)} is not, for the type {quoted(change.type)}",
        pointer=change.pointer,
    )
    return PlannedResource(
        address=change.address,
        type=change.type,
        mode=change.mode,
        provider=None,
        provider_source=change.provider_name,
        actions=change.actions,
        resource_class=ResourceClass.UNKNOWN,
        service_class=None,
        alternatives=(Alternative(placements=(_unplaced(change, None),), missing=(missing,)),),
        not_applicable=None,
        pointer=change.pointer,
        deposed=change.deposed,
    )


def _unplaced(change: Change, provider: str | None) -> Placement:
    return Placement(
        id=f"{change.address}#0",
        resource=change.address,
        role=primary_roles(change.type, change.mode, None)[0].value,
        provider=provider,
        confidence=Confidence.LITERAL.value,
    )
