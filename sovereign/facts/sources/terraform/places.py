"""Where an object of a plan is: the evidence in its order, and what contradicts.

Rules, in this order:
1. What the object says itself: region, location, zone, list of zones. A text that names no place leaves the place
   unknown, even where the provider states a region. An own region that is known only after apply does so too, unless
   nothing is configured and the provider fills it in.
2. The ARN or path in its id, where it exists already.
3. For a child: the place of the object it belongs to. At AWS the provider states the region and the parent is compared;
   elsewhere the parent is the place.
4. The zone of the provider for a zonal type, then its region. An unknown zone stays in the region at AWS; a zone at
   Google can be anywhere, so the place is unknown.
5. What was assumed (`--assume`), for a place that is unknown by all of these.
Evidence that names another place than the first is a contradiction.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from sovereign.errors import quoted
from sovereign.facts.model import Confidence, Evidence
from sovereign.facts.sources.terraform.model import Missing, ResourceClass
from sovereign.facts.sources.terraform.nodes import Index, Node
from sovereign.facts.sources.terraform.providers import ProviderPlace, Stated
from sovereign.facts.sources.terraform.readings import Reading, asks_for_zone, parse_arn, path_place, read_place
from sovereign.facts.sources.terraform.values import Leaf, leaves, path_steps
from sovereign.jurisdiction import Catalogue

__all__ = ["Place", "Placer"]

# before version 6 of the provider, `region` of these types said something else than where they are
_OTHER_REGION: Final = frozenset(
    {
        "aws_cloudformation_stack_set_instance",
        "aws_config_aggregate_authorization",
        "aws_dx_hosted_connection",
        "aws_servicequotas_template",
        "aws_ssmincidents_replication_set",
    }
)
# their location is where they are managed; the machines are in a building of the customer or at another provider
_MANAGED_FROM: Final = re.compile(
    r"azurerm_(arc|stack_hci|databox_edge)_\w+|google_(container_attached|gkeonprem|edgecontainer|edgenetwork)_\w+"
)
_SITES: Final = ("outpost_arn", "edge_zone", "extended_location")
# how far one object is asked for by another; a longer chain is a circle or made to be long
_DEPTH: Final = 16
# more targets than a literal name can have: then they are one tuple of the index, which lives as long as it
_FEW: Final = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where one object is, as far as it is known.

    Attributes:
        reading: the place; None if it is unknown.
        confidence: of the evidence.
        evidence: what was read.
        conflicts: what names another place.
        missing: what to supply where the place is unknown.
        everywhere: it is in every country.
        hidden: it was read from a sensitive value, so its name is not shown.
        hints: places that are known about an unknown one; an assumption must agree with them.
    """

    reading: Reading | None = None
    confidence: Confidence = Confidence.LITERAL
    evidence: tuple[Evidence, ...] = ()
    conflicts: tuple[Evidence, ...] = ()
    missing: Missing | None = None
    everywhere: bool = False
    hidden: bool = False
    hints: tuple[Stated, ...] = ()


class Placer:
    """Places the objects of one plan; asks for a parent's place where a child has none of its own."""

    def __init__(
        self,
        catalogue: Catalogue,
        index: Index,
        providers_of: Callable[[Node], tuple[ProviderPlace, ...]],
        *,
        sha256: str,
        regions_per_resource: bool,
    ) -> None:
        self._catalogue = catalogue
        self._index = index
        self._providers_of = providers_of
        self._sha256 = sha256
        self._regions_per_resource = regions_per_resource
        self._open: set[int] = set()
        self._found: dict[int, Stated | None] = {}
        self._shared: dict[tuple[int, ...], Stated | None] = {}

    def places(self, node: Node, provider: ProviderPlace) -> tuple[Place, ...]:
        """Return where `node` is if `provider` is its configuration; several if it is in several places at once."""
        if self._on_site(node):
            fact = "the site outside the region, such as an outpost or an edge zone"
            return (Place(missing=self._lacks(node, "site", fact, assume=False)),)
        own, overrides = self._own(node)
        if own and (len(own) > 1 or own[0].missing is not None):
            hints = (*self._from_id(node), *self._from_provider(node, provider), *self._from_parents(node))
            return tuple(replace(place, hints=hints) if place.missing else place for place in own)
        at_aws = node.vendor.name == "aws"
        from_provider = tuple(self._from_provider(node, provider)) if not own or (at_aws and not overrides) else ()
        parents = tuple(self._from_parents(node))
        # at AWS a child is reached through its provider, so that this is the stronger evidence
        others = (*self._from_id(node), *((*from_provider, *parents) if at_aws else (*parents, *from_provider)))
        if own:
            return (_compared(own[0], others),)
        return (_compared(_as_place(others[0]), others[1:]),) if others else (self._nowhere(node, provider),)

    def one_place(self, node: Node) -> Stated | None:
        """Return the one undisputed place of a node, None if it has none or several, or if nodes name each other."""
        if id(node) not in self._found:
            if id(node) in self._open or len(self._open) >= _DEPTH:
                return None
            self._open.add(id(node))
            try:
                self._found[id(node)] = self._one_place(node)
            finally:
                self._open.discard(id(node))
        return self._found[id(node)]

    def _one_place(self, node: Node) -> Stated | None:
        found = {place.reading: place for p in self._providers_of(node) for place in self.places(node, p)}
        place = next(iter(found.values()), None)
        if place is None or len(found) != 1 or place.reading is None or place.conflicts:
            return None
        return _as_stated(place)

    @staticmethod
    def _on_site(node: Node) -> bool:
        """Whether the object stands at a site of its own: a customer's building, an edge zone."""
        if _MANAGED_FROM.fullmatch(node.type):
            return True
        written = node.block.expressions if node.block is not None else {}
        return any(leaf.known or name in written for name in _SITES for leaf in leaves(node.values, name))

    # --- rule 1

    def _own(self, node: Node) -> tuple[tuple[Place, ...], bool]:
        """Return the places that the object states, and whether they stand whatever its provider says.

        None are stated: empty. One that cannot be read comes alone.
        """
        second = {path.path for path in node.row.second}
        first: tuple[Place, ...] = ()
        later: tuple[Place, ...] = ()
        overrides = False
        for path in node.row.own:
            # a second place is no evidence about the first
            found = () if first and path in second else self._stated(node, path)
            unread = tuple(place for place in found if place.missing is not None)
            zone = asks_for_zone(path_steps(path)[-1])
            if unread and zone and not unread[0].evidence:
                later = unread  # a zone that is not known yet lies in the region, if that is stated
            elif unread:
                return unread[:1], True
            else:
                overrides = overrides or (bool(found) and not zone)
                first = (_compared(first[0], map(_as_stated, found)),) if len(first) == 1 else first or found
        return first or later, overrides

    def _stated(self, node: Node, path: str) -> tuple[Place, ...]:
        name = path_steps(path)[-1]
        if name == "arn" or (name == "region" and self._region_is_something_else(node)):
            return ()
        found = leaves(node.values, path)
        if any(not leaf.known for leaf in found):
            return self._after_apply(node, path, name)
        places = [self._read(node, leaf, name) for leaf in found]
        unread = [place for place in places if place.missing is not None]
        if unread or not places:
            return tuple(unread[:1])
        by_region = {place.reading.region: place for place in reversed(places) if place.reading is not None}
        if len(by_region) > 1 and asks_for_zone(name) and node.vendor.name == "aws":
            first, *rest = reversed(by_region.values())
            return (_compared(first, map(_as_stated, rest)),)
        return tuple(reversed(by_region.values()))

    def _region_is_something_else(self, node: Node) -> bool:
        """Whether `region` of a type need not be where it is: it has one of its own, or nobody read what it means."""
        if node.vendor.name != "aws" or self._regions_per_resource:
            return False
        return node.type in _OTHER_REGION or node.row.resource_class is ResourceClass.UNKNOWN

    def _read(self, node: Node, leaf: Leaf, name: str) -> Place:
        evidence = Evidence(input=self._sha256, pointer=leaf.pointer, value=leaf.shown)
        reading = None
        if leaf.text is not None:
            reading = read_place(self._catalogue, node.vendor.name, leaf.text, name=name, resource_type=node.type)
        if reading is not None:
            return Place(reading=reading, evidence=(evidence,), hidden=leaf.sensitive)
        shown = "a sensitive value" if leaf.shown is None else quoted(leaf.shown)
        kind = "zone" if asks_for_zone(name) else "place"
        missing = Missing(
            group=f"text:{node.vendor.table}:{name}:{leaf.shown}",
            fact=f"{shown} in {quoted(name)} is no {kind} of {quoted(node.vendor.name)} that the catalogue knows",
            pointer=leaf.pointer,
        )
        return Place(evidence=(evidence,), missing=missing)

    def _after_apply(self, node: Node, path: str, name: str) -> tuple[Place, ...]:
        """Return an unknown place, or nothing where the provider fills it in or a zone cannot leave the region."""
        if (asks_for_zone(name) and node.vendor.name == "aws") or self._filled_in(node, path):
            return ()
        return (Place(missing=self._lacks(node, name, f"{quoted(name)} is known only after apply")),)

    def _filled_in(self, node: Node, path: str) -> bool:
        """Whether nothing is configured at `path`, so that the provider computes it from its own configuration."""
        return node.block is not None and path_steps(path)[0] not in node.block.expressions

    # --- rules 2 to 4

    def _from_id(self, node: Node) -> Iterator[Stated]:
        for name in ("arn", "id"):
            for leaf in leaves(node.values, name):
                reading = self._id_place(node, leaf)
                if reading is not None:
                    evidence = Evidence(input=self._sha256, pointer=leaf.pointer, value=leaf.shown)
                    yield Stated(
                        reading=reading, confidence=Confidence.LITERAL, evidence=evidence, hidden=leaf.sensitive
                    )

    def _id_place(self, node: Node, leaf: Leaf) -> Reading | None:
        if leaf.text is None:
            return None
        if node.vendor.name == "gcp":
            return path_place(self._catalogue, leaf.text)
        arn = parse_arn(leaf.text) if node.vendor.name == "aws" else None
        if arn is None or not arn.region:
            return None
        return read_place(self._catalogue, "aws", arn.region, name="region", resource_type="")

    def _from_parents(self, node: Node) -> Iterator[Stated]:
        for argument in node.row.parents:
            stated = self._parent(node, argument)
            if stated is not None:
                yield stated

    def _parent(self, node: Node, argument: str) -> Stated | None:
        found: list[Stated] = []
        for leaf in leaves(node.values, argument):
            stated = self._of_leaf(node, argument, leaf)
            if stated is None:
                return None
            found.append(stated)
        return found[0] if found and all(found[0].reading.agrees(other.reading) for other in found) else None

    def _of_leaf(self, node: Node, argument: str, leaf: Leaf) -> Stated | None:
        reading = self._id_place(node, leaf)
        if reading is not None:
            evidence = Evidence(input=self._sha256, pointer=leaf.pointer, value=leaf.shown)
            return Stated(reading=reading, confidence=Confidence.LITERAL, evidence=evidence, hidden=leaf.sensitive)
        return self.of_targets(self.targets(node, argument, leaf), leaf)

    def targets(self, node: Node, path: str, leaf: Leaf) -> tuple[Node, ...]:
        """Return the objects that a value names: literally, or by reference if it is known only after apply."""
        if leaf.text is not None:
            return self._index.named(node, path, leaf.text)
        return self._index.referred(node, path) or () if not leaf.known else ()

    def of_targets(self, targets: tuple[Node, ...], leaf: Leaf) -> Stated | None:
        """Return the one place of all targets, None if there is no target, or one of unknown or another place."""
        # by identity: a block of many instances is named by each instance of another one
        key = tuple(map(id, targets)) if len(targets) <= _FEW else (id(targets),)
        if key not in self._shared:
            self._shared[key] = self._agreed(targets)
        shared = self._shared[key]
        if shared is None:
            return None
        evidence = Evidence(input=self._sha256, pointer=leaf.pointer, value=leaf.shown)
        hidden = shared.hidden or leaf.sensitive
        return replace(shared, confidence=Confidence.INFERRED, evidence=evidence, hidden=hidden)

    def _agreed(self, targets: tuple[Node, ...]) -> Stated | None:
        found = [self.one_place(target) for target in targets]
        first = found[0] if found else None
        if first is None or any(stated is None or not stated.reading.agrees(first.reading) for stated in found):
            return None
        return first

    def _from_provider(self, node: Node, provider: ProviderPlace) -> Iterator[Stated]:
        if not node.row.provider_region or provider.moved:
            return
        zonal_at_google = node.vendor.name == "gcp" and node.row.resource_class is ResourceClass.ZONAL
        if zonal_at_google:
            if provider.zone is not None:
                yield provider.zone
        elif provider.region is not None:
            yield provider.region
        elif provider.zone is not None:
            yield provider.zone

    # --- what follows

    def _nowhere(self, node: Node, provider: ProviderPlace) -> Place:
        if provider.moved or (node.row.provider_region and provider.region is None):
            return Place(missing=provider.missing)
        if node.row.provider_region and provider.region is not None:
            missing = self._lacks(node, "zone", f"the zone of {quoted(node.type)}; its provider states only a region")
            return Place(missing=missing, hints=(provider.region,))
        if node.row.parents:
            names = " or ".join(quoted(name) for name in node.row.parents)
            return Place(missing=self._lacks(node, node.row.parents[0], f"the place of the object that {names} names"))
        if node.row.own:
            return Place(
                missing=self._lacks(node, node.row.own[0], f"{quoted(path_steps(node.row.own[0])[-1])} is not stated")
            )
        return Place(missing=self._lacks(node, "type", f"a place for the type {quoted(node.type)}", assume=False))

    def _lacks(self, node: Node, name: str, fact: str, *, assume: bool = True) -> Missing:
        modules = node.address.modules if node.address else ()
        return Missing(
            group=f"resource:{'.'.join(modules)}:{node.type}:{name}",
            fact=fact,
            assume=node.vendor.assume if assume else None,
            pointer=node.values.pointer,
        )


def _compared(place: Place, others: Iterable[Stated]) -> Place:
    conflicts = [s.evidence for s in others if place.reading is not None and not s.reading.agrees(place.reading)]
    return replace(place, conflicts=(*place.conflicts, *conflicts)) if conflicts else place


def _as_place(stated: Stated) -> Place:
    return Place(
        reading=stated.reading, confidence=stated.confidence, evidence=(stated.evidence,), hidden=stated.hidden
    )


def _as_stated(place: Place) -> Stated:
    assert place.reading is not None
    return Stated(reading=place.reading, confidence=place.confidence, evidence=place.evidence[0], hidden=place.hidden)
