"""Where else data of an object go: replicas, backups, keys, logs, images, what leaves.

Rules:
1. An attribute that is left out names no second place, but for those whose default copies data (`DEFAULTS`).
2. An attribute that is set names one: known, or unknown with what is missing. One that the provider fills in, because
   nothing is configured, names none.
3. Geo-redundant storage lies in the region of the dated pair table; without a pair there it is unknown.
4. A key or snapshot of AWS named by a bare id or alias lies in the region of its user.
5. What runs anywhere (edges, worldwide model deployments) is in every country.
6. An object elsewhere that any value names in full is one that data go to, whether or not the type table lists it.
"""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

from sovereign.errors import quoted
from sovereign.facts.model import Confidence, Evidence, Role
from sovereign.facts.sources.terraform.configuration import references
from sovereign.facts.sources.terraform.model import Missing, ServiceClass
from sovereign.facts.sources.terraform.nodes import Index, Node
from sovereign.facts.sources.terraform.places import Place
from sovereign.facts.sources.terraform.planes import SECOND_ROLES
from sovereign.facts.sources.terraform.readings import Reading, read_place
from sovereign.facts.sources.terraform.second_paths import COMPUTED_BLOCKS, DEFAULTS, GEO_REDUNDANT, Manner, manner_of
from sovereign.facts.sources.terraform.service_classes import service_class
from sovereign.facts.sources.terraform.sites import ends_at_site, site_country, site_leaf
from sovereign.facts.sources.terraform.targets import Nowhere, Targets
from sovereign.facts.sources.terraform.values import Leaf, leaves, path_steps, texts
from sovereign.jurisdiction import Catalogue

__all__ = ["Second", "SecondPlaces"]

# configuration only: what it points at is judged where it is
_CONFIGURATION: Final = frozenset({ServiceClass.IDENTITY, ServiceClass.CONTROL_PLANE})
_READ_AS_NAMES: Final = frozenset({Manner.PLACE, Manner.OBJECT})
# names of the object itself; one that contradicts its place is found there (places.py)
_ITSELF: Final = ("arn", "id", "self_link")
_LINE_ROLES: Final = frozenset({"peering_location"})
_IN_REGION: Final = frozenset(
    {
        "snapshot_identifier",
        "snapshot_id",
        "backup_id",
        "replicate_source_db",
        "replication_source_identifier",
        "ami",
        "image_id",
        "ami_type",
    }
)
_PROFILE: Final = re.compile(r"(?:.*/)?(?:eu|us|apac|jp|au|ca|global)\.[a-z0-9].*")
_MODEL_ANYWHERE: Final = ("Global",)
_MODEL_ZONE: Final = ("DataZone",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Second:
    """A second place of an object; `place.everywhere` if it is in every country."""

    role: Role
    place: Place


class SecondPlaces:
    """Finds the second places of the objects of one plan."""

    def __init__(self, catalogue: Catalogue, index: Index, targets: Targets, sha256: str) -> None:
        self._catalogue = catalogue
        self._index = index
        self._targets = targets
        self._sha256 = sha256

    def of(self, node: Node, primary: tuple[Place, ...]) -> Iterator[Second]:
        """Yield the second places of an object that is at `primary`."""
        if service_class(node.type) in _CONFIGURATION:
            return
        if ends_at_site(node):
            yield Second(role=Role.EGRESS, place=self._site(node))
        for path in dict.fromkeys(node.row.second):
            if path.path in _LINE_ROLES:
                continue
            role = SECOND_ROLES[path.role]
            for place in self._at(node, role, path.path, primary):
                yield Second(role=role, place=place)
        yield from self._elsewhere_by_default(node)
        if node.mode == "managed":
            yield from self._named_elsewhere(node, primary)

    def _at(self, node: Node, role: Role, path: str, primary: tuple[Place, ...]) -> Iterator[Place]:
        manner = manner_of(node.type, path)
        found = leaves(node.values, path) if path != "self" and manner is not Manner.NONE else ()
        if any(not leaf.known for leaf in found) and self._filled_in(node, path):
            found = tuple(leaf for leaf in found if leaf.known)
        if not found and (node.type, path) in DEFAULTS:
            yield self._pair(node, path, primary, node.values.pointer)
        for leaf in found:
            if leaf.known or manner is Manner.OWN:
                yield from self._known(node, role, path, leaf, primary, manner)
            else:
                yield self._object(node, role, path, leaf, primary)

    @staticmethod
    def _filled_in(node: Node, path: str) -> bool:
        """Whether nothing is configured there, so that the provider computes the value from its defaults.

        A block that is not written may come from a `dynamic` one, which the plan does not show; only those count that
        the provider is known to fill in.
        """
        if node.block is None:
            return False
        names = path_steps(path)
        computed = any(".".join(names).startswith(block) for block in COMPUTED_BLOCKS.get(node.type, ()))
        if len(names) > 1 and not computed and references(node.block.expressions, names[:-1]) is None:
            return False
        return references(node.block.expressions, names) is None

    def _known(
        self, node: Node, role: Role, path: str, leaf: Leaf, primary: tuple[Place, ...], manner: Manner
    ) -> Iterator[Place]:
        if leaf.value is False or leaf.value == {}:
            return
        match manner:
            case Manner.PLACE:
                yield self._place(node, path, leaf)
            case Manner.REDUNDANCY:
                yield from self._redundancy(node, path, leaf, primary)
            case Manner.SWITCH:
                yield self._pair(node, path, primary, leaf.pointer, leaf.shown)
            case Manner.OWN:
                yield from (replace(place, confidence=Confidence.INFERRED) for place in primary)
            case Manner.OBJECT:
                yield self._object(node, role, path, leaf, primary)
            case _:
                yield from self._service(node, role, path, leaf, manner)

    def _service(self, node: Node, role: Role, path: str, leaf: Leaf, manner: Manner) -> Iterator[Place]:
        """Yield the places of a service that decides itself where it runs, or of the containers that it starts."""
        if manner is Manner.EDGE and leaf.value in ("EDGE", "Enabled"):
            yield Place(everywhere=True, evidence=(self._evidence(leaf),))
        elif manner is Manner.MODEL:
            yield from self._model(node, path, leaf)
        elif manner is Manner.CONTAINERS:
            yield from self._containers(node, role, leaf)
        elif manner is Manner.MULTI_REGION:
            yield self._unknown(node, path, "the regions that a multi-region key is copied to", leaf)

    def _place(self, node: Node, path: str, leaf: Leaf) -> Place:
        name, text = path_steps(path)[-1], leaf.text
        vendor = {"aws_region": "aws", "azure_region": "azure"}.get(name, node.vendor.name)
        reading = (
            None if text is None else read_place(self._catalogue, vendor, text, name=name, resource_type=node.type)
        )
        if reading is None:
            shown = quoted(leaf.shown) if leaf.shown is not None else "a sensitive value"
            return self._unknown(node, path, f"{shown} in {quoted(name)} names no place that the catalogue knows", leaf)
        return Place(reading=reading, evidence=(self._evidence(leaf),), hidden=leaf.sensitive)

    def _object(self, node: Node, role: Role, path: str, leaf: Leaf, primary: tuple[Place, ...]) -> Place:
        found = self._targets.find(node, path, leaf)
        if isinstance(found, Nowhere):
            return primary[0] if primary else self._unknown(node, path, "a place", leaf)
        if found is not None:
            return Place(
                reading=found.reading, confidence=found.confidence, evidence=(found.evidence,), hidden=found.hidden
            )
        name = path_steps(path)[-1]
        in_region = role is Role.KEY or name in _IN_REGION
        if in_region and node.vendor.name == "aws" and leaf.text is not None and ":" not in leaf.text and primary:
            return replace(primary[0], confidence=Confidence.INFERRED)
        if leaf.text is not None and node.vendor.name == "aws" and name in {"target", "destination"}:
            reading = read_place(self._catalogue, "aws", leaf.text, name="region", resource_type="")
            if reading is not None:
                return Place(reading=reading, evidence=(self._evidence(leaf),), hidden=leaf.sensitive)
        known = "is not in the plan" if leaf.known else "is known only after apply"
        return self._unknown(node, path, f"the place of what {quoted(name)} names {known}", leaf)

    def _redundancy(self, node: Node, path: str, leaf: Leaf, primary: tuple[Place, ...]) -> Iterator[Place]:
        if leaf.text in GEO_REDUNDANT:
            yield self._pair(node, path, primary, leaf.pointer, leaf.shown)
        elif leaf.text not in _STAYS:
            yield self._unknown(node, path, f"what {quoted(leaf.shown or 'a sensitive value')} copies to", leaf)

    def _pair(self, node: Node, path: str, primary: tuple[Place, ...], pointer: str, shown: str | None = None) -> Place:
        """Return the paired region of the one place of an object of Azure."""
        evidence = Evidence(input=self._sha256, pointer=pointer, value=shown)
        region = primary[0].reading.region if len(primary) == 1 and primary[0].reading else None
        pair = self._catalogue.azure_pair(region) if region is not None else None
        paired = self._catalogue.lookup("azure", pair.paired) if pair is not None and pair.paired else None
        if paired is None:
            where = f"of {quoted(region)}" if region is not None else "of an unknown region"
            missing = self._lacks(node, path, f"the region that is paired with geo-redundant storage {where}", pointer)
            return Place(evidence=(evidence,), missing=missing)
        reading = Reading(provider="azure", region=paired.code, countries=paired.countries)
        return Place(reading=reading, confidence=primary[0].confidence, evidence=(evidence, *primary[0].evidence))

    def _model(self, node: Node, path: str, leaf: Leaf) -> Iterator[Place]:
        text = leaf.text or ""
        if text.startswith(_MODEL_ANYWHERE):
            yield Place(everywhere=True, evidence=(self._evidence(leaf),))
        elif text.startswith(_MODEL_ZONE) or _PROFILE.fullmatch(text) or not text:
            yield self._unknown(node, path, f"the regions in which {quoted(leaf.shown or 'the model')} runs", leaf)

    def _containers(self, node: Node, role: Role, leaf: Leaf) -> Iterator[Place]:
        try:
            stated = json.loads(leaf.text or "")
        except (ValueError, RecursionError):
            yield self._unknown(node, "container_definitions", "container definitions that can be read", leaf)
            return
        if role is Role.IMAGE:
            for text in _texts(stated, "image"):
                yield self._object(node, role, "image", _inner(leaf, text), ())
            return
        for text in _texts(stated, "awslogs-region"):
            yield self._place(node, "region", _inner(leaf, text))
        for driver in _texts(stated, "logDriver"):
            if driver != _OWN_DRIVER:
                yield self._unknown(
                    node,
                    "logDriver",
                    f"where the log driver {quoted(driver if not leaf.sensitive else 'hidden')} sends to",
                    leaf,
                )

    def _site(self, node: Node) -> Place:
        leaf = site_leaf(node, self._index)
        text = leaf.text if leaf is not None else None
        country = site_country(text) if text is not None else None
        if leaf is None or country is None:
            shown = quoted(text) if leaf is not None and text is not None and leaf.shown else "which is not in the plan"
            missing = self._lacks(
                node, "peering_location", f"the site where the line ends, {shown}", node.values.pointer
            )
            return Place(missing=missing)
        # a site is no region of the catalogue: it stands for itself, with its country
        reading = Reading(provider="", region=text or "", countries=frozenset({country}))
        return Place(reading=reading, evidence=(self._evidence(leaf),), hidden=leaf.sensitive)

    def _elsewhere_by_default(self, node: Node) -> Iterator[Second]:
        """Yield places that a service chooses where an argument is left out."""
        if node.type == "aws_api_gateway_rest_api" and not leaves(node.values, "endpoint_configuration[].types"):
            fact = "the kind of endpoint; left out, it may be an edge that is worldwide"
            missing = self._lacks(node, "endpoint_configuration", fact, node.values.pointer)
            yield Second(role=Role.EGRESS, place=Place(missing=missing))
        backup = "settings[].backup_configuration[]"
        enabled = leaves(node.values, f"{backup}.enabled") if not self._filled_in(node, f"{backup}.enabled") else ()
        on = any(leaf.value is True or not leaf.known for leaf in enabled)
        if node.type == "google_sql_database_instance" and on and not self._stated(node, f"{backup}.location"):
            fact = "the location of backups; left out, it is a multi-region that the service chooses"
            missing = self._lacks(node, "backup_configuration", fact, node.values.pointer)
            yield Second(role=Role.BACKUP, place=Place(missing=missing))

    def _named_elsewhere(self, node: Node, primary: tuple[Place, ...]) -> Iterator[Second]:
        """Yield the places of objects that values name in full, at paths that no rule reads."""
        second = (path.path for path in node.row.second if manner_of(node.type, path.path) in _READ_AS_NAMES)
        paths = (*second, *node.row.own, *node.row.parents, *_ITSELF)
        read = {leaf.pointer for path in paths for leaf in leaves(node.values, path)}
        for leaf in texts(node.values):
            place = self._targets.in_full(leaf.value) if leaf.pointer not in read else None
            if place is not None and not any(p.reading is not None and p.reading.agrees(place) for p in primary):
                yield Second(
                    role=Role.EGRESS,
                    place=Place(reading=place, evidence=(self._evidence(leaf),), hidden=leaf.sensitive),
                )

    def _stated(self, node: Node, path: str) -> bool:
        return bool(leaves(node.values, path)) and not self._filled_in(node, path)

    def _unknown(self, node: Node, path: str, fact: str, leaf: Leaf) -> Place:
        return Place(evidence=(self._evidence(leaf),), missing=self._lacks(node, path, fact, leaf.pointer))

    def _evidence(self, leaf: Leaf) -> Evidence:
        return Evidence(input=self._sha256, pointer=leaf.pointer, value=leaf.shown)

    @staticmethod
    def _lacks(node: Node, path: str, fact: str, pointer: str) -> Missing:
        modules = ".".join(node.address.modules) if node.address else ""
        return Missing(group=f"second:{modules}:{node.type}:{path}", fact=fact, pointer=pointer)


_OWN_DRIVER: Final = "awslogs"
_STAYS: Final = frozenset({"LRS", "ZRS", "Local", "Zone", "LocallyRedundant", "ZoneRedundant", "PremiumZRS", "None"})


def _inner(leaf: Leaf, text: str) -> Leaf:
    """Return a text that stands inside the JSON that `leaf` holds."""
    return Leaf(value=text, known=True, sensitive=leaf.sensitive, pointer=leaf.pointer)


def _texts(value: Any, key: str) -> Iterable[str]:  # noqa: ANN401  JSON is any of six types
    """Yield the texts under `key` anywhere in a JSON value."""
    waiting = [value]
    while waiting:
        current = waiting.pop()
        if isinstance(current, list):
            waiting += current
        elif isinstance(current, dict):
            found = current.get(key)
            if isinstance(found, str):
                yield found
            waiting += current.values()
