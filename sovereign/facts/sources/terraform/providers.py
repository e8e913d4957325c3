"""The provider configuration of a resource, and the place that it states.

Rules:
1. Terraform 1.2 and later resolve `provider_config_key` to the real configuration; then the key is used as it is, and
   a key that is not in the map has no block: the environment decides, the place is unknown.
2. Before, a key inside a module is the last module's name and a local provider name, inherited configurations are not
   in the map, and `providers = {...}` is not recorded. Every configuration of that provider that states a region is
   then a candidate, and so is the default one, even where it states none.
3. A region is a constant (confidence provider) or exactly one variable (confidence variable). Everything else is
   unknown: operators and functions are not in the plan.
4. A data source of the kind that shows its provider's region, read under the same key, proves it where the
   configuration does not state one.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sovereign.errors import quoted
from sovereign.facts.model import Confidence, Evidence
from sovereign.facts.sources.terraform.addresses import Address
from sovereign.facts.sources.terraform.configuration import Block, Configuration
from sovereign.facts.sources.terraform.model import Missing
from sovereign.facts.sources.terraform.readings import Reading, read_place
from sovereign.facts.sources.terraform.values import pointer
from sovereign.facts.sources.terraform.vendors import Vendor, moved_by
from sovereign.jurisdiction import Catalogue

__all__ = ["Proofs", "ProviderPlace", "Providers", "Stated"]

Proofs = Mapping[tuple[tuple[str, ...], str], "Stated"]
"""Places that data sources prove, by module path and provider key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """A place that a provider configuration states, or that is proven for it.

    Attributes:
        reading: the place.
        confidence: of the evidence.
        evidence: what was read.
        hidden: it was read from a sensitive value.
    """

    reading: Reading
    confidence: Confidence
    evidence: Evidence
    hidden: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderPlace:
    """One candidate configuration.

    Attributes:
        key: of the configuration, or of the resource where it has no block.
        region, zone: what it states; None if it does not.
        missing: what to supply where the region is None.
        moved: whether an argument sends requests elsewhere, so that the region says nothing.
    """

    key: str
    region: Stated | None
    zone: Stated | None
    missing: Missing
    moved: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Providers:
    """Resolves provider configurations.

    Attributes:
        configuration: of the plan.
        variables: values of the root variables.
        catalogue: the places.
        sha256: of the input, for evidence.
        proofs: what data sources prove.
    """

    configuration: Configuration
    variables: Mapping[str, Any]
    catalogue: Catalogue
    sha256: str
    proofs: Proofs
    # instances of one block, and blocks of one module, share what is found
    _found: dict[tuple[str, tuple[str, ...], str], tuple[ProviderPlace, ...]] = field(default_factory=dict, repr=False)

    def candidates(self, vendor: Vendor, address: Address | None, block: Block | None) -> tuple[ProviderPlace, ...]:
        """Return the configurations that a resource can have, at least one."""
        key = block.provider_key if block else None
        if key is None or address is None:
            return (self._unknown(vendor, "?", "the plan's configuration does not hold the resource"),)
        asked = (vendor.table, address.modules, key)
        if asked not in self._found:
            self._found[asked] = self._candidates(vendor, address, key)
        return self._found[asked]

    def _candidates(self, vendor: Vendor, address: Address, key: str) -> tuple[ProviderPlace, ...]:
        entry = self.configuration.providers.get(key)
        if self.configuration.resolved or (entry is not None and ":" not in key):
            return (self._proven(address, key, self._place(vendor, key, entry)),)
        proven = self.proofs.get((address.modules, key))
        if proven is not None:
            return (ProviderPlace(key=key, region=proven, zone=None, missing=self._missing(vendor, key, "")),)
        return self._inherited(vendor, address, key)

    def _inherited(self, vendor: Vendor, address: Address, key: str) -> tuple[ProviderPlace, ...]:
        if ":" not in key:
            return (self._unknown(vendor, key, f"the provider configuration {quoted(key)} has no block in the plan"),)
        own = f"{'.'.join(f'module.{name}' for name in address.modules)}:{key.rpartition(':')[2]}"
        entry = self.configuration.providers.get(own)
        if entry is not None and self._says_something(vendor, own, entry):
            return (self._place(vendor, own, entry),)
        same = {k: e for k, e in self.configuration.providers.items() if self._same_provider(vendor, k, e)}
        places = [self._place(vendor, k, entry) for k, entry in same.items() if self._says_something(vendor, k, entry)]
        if not places:
            return (
                self._unknown(vendor, key, f"no configuration of {quoted(vendor.table)} in the plan states a region"),
            )
        if not any(":" not in k and "." not in k for k in same):
            # the default configuration has no block: it may be the one, and the environment then decides
            places.append(self._unknown(vendor, key, f"region of the default configuration of {quoted(vendor.table)}"))
        return distinct(places)

    @staticmethod
    def _same_provider(vendor: Vendor, key: str, entry: Mapping[str, Any]) -> bool:
        name = entry.get("name", key.rpartition(":")[2].partition(".")[0])
        return isinstance(name, str) and name in {vendor.table, f"{vendor.table}-beta"}

    def _says_something(self, vendor: Vendor, key: str, entry: Mapping[str, Any]) -> bool:
        """Whether a configuration is a candidate: it states a region or moves, or is the default with a block."""
        stated = _expressions(entry)
        if any(argument in stated for argument in (*vendor.region, vendor.zone)) or moved_by(vendor, stated):
            return True
        return ":" not in key and "." not in key and bool(stated)

    def _proven(self, address: Address, key: str, place: ProviderPlace) -> ProviderPlace:
        proven = self.proofs.get((address.modules, key))
        if proven is None and self.configuration.resolved:
            # a resolved key names one configuration, wherever in the tree the data source stands
            same = {s.reading.region: s for (_, k), s in self.proofs.items() if k == key}
            proven = next(iter(same.values())) if len(same) == 1 else None
        if place.region is not None or place.moved or proven is None:
            return place
        return ProviderPlace(key=place.key, region=proven, zone=place.zone, missing=place.missing)

    def _place(self, vendor: Vendor, key: str, entry: Mapping[str, Any] | None) -> ProviderPlace:
        if entry is None:
            return self._unknown(vendor, key, f"the provider configuration {quoted(key)} has no block in the plan")
        stated = _expressions(entry)
        argument = moved_by(vendor, stated)
        if argument is not None:
            why = f"{quoted(argument)} of the provider configuration {quoted(key)} sends requests elsewhere"
            return ProviderPlace(
                key=key, region=None, zone=None, missing=self._missing(vendor, key, why, None), moved=True
            )
        name = next((a for a in vendor.region if a in stated), vendor.region[0] if vendor.region else "")
        return ProviderPlace(
            key=key,
            region=self._argument(vendor, key, stated, name),
            zone=self._argument(vendor, key, stated, vendor.zone),
            missing=self._missing(vendor, key, f"region of the provider configuration {quoted(key)}"),
        )

    def _argument(self, vendor: Vendor, key: str, stated: Mapping[str, Any], name: str) -> Stated | None:
        expression = stated.get(name) if name else None
        if not isinstance(expression, dict):
            return None
        at = f"{self.configuration.pointer}/provider_config{pointer(key)}/expressions{pointer(name)}"
        if "constant_value" in expression:
            return self._stated(vendor, name, expression["constant_value"], Confidence.PROVIDER, at)
        if "." in key.rpartition(":")[0]:
            return None  # a variable of a module: its value is not in the plan
        return self._stated(vendor, name, self._variable(expression.get("references")), Confidence.VARIABLE, at)

    def _variable(self, references: Any) -> Any:  # noqa: ANN401  JSON is any of six types
        """Return the value of the one variable of the root module that is referred to, None if it is anything else."""
        if not isinstance(references, list) or len(references) != 1 or not isinstance(references[0], str):
            return None
        scope, dot, name = references[0].partition(".")
        root = self.configuration.module(())
        if scope != "var" or not dot or name in root.sensitive:
            return None
        value = self.variables.get(name)
        return root.defaults.get(name) if value is None else value

    def _stated(self, vendor: Vendor, name: str, value: Any, confidence: Confidence, at: str) -> Stated | None:  # noqa: ANN401  JSON
        if not isinstance(value, str):
            return None
        reading = read_place(self.catalogue, vendor.name, value, name=name, resource_type="")
        if reading is None:
            return None
        # INVARIANT: the text is the code of a place, so nothing else of a variable is ever shown
        return Stated(
            reading=reading, confidence=confidence, evidence=Evidence(input=self.sha256, pointer=at, value=value)
        )

    def _unknown(self, vendor: Vendor, key: str, why: str) -> ProviderPlace:
        return ProviderPlace(key=key, region=None, zone=None, missing=self._missing(vendor, key, why))

    @staticmethod
    def _missing(vendor: Vendor, key: str, why: str, assume: str | None = "") -> Missing:
        return Missing(
            group=f"provider:{vendor.table}:{key}", fact=why, assume=vendor.assume if assume == "" else assume
        )


def _expressions(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    stated = entry.get("expressions")
    return stated if isinstance(stated, dict) else {}


def distinct(places: Iterable[ProviderPlace]) -> tuple[ProviderPlace, ...]:
    """Return the candidates without those that state the same place."""
    seen: dict[object, ProviderPlace] = {}
    for place in places:
        region = place.region.reading.region if place.region else None
        zone = place.zone.reading.region if place.zone else None
        seen.setdefault((region, zone, place.moved), place)
    return tuple(seen.values())
