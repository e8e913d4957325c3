"""What is observed: a `Placement` says where something is stored or processed, and who operates it there.

Place is three facts: countries, operator, jurisdictions. Each is a set or unknown (None); an empty set of countries
is unknown as well, since nothing is nowhere. A word outside its domain is kept as it was read and counts as unknown
when a rule asks for it.

Confidence is written by the fact source that read the value. A placement that arrives from outside is `asserted`,
whatever it says (`as_asserted`).
"""

from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType
from typing import ClassVar

__all__ = ["Confidence", "Evidence", "Party", "Placement", "Role", "as_asserted"]


class Role(StrEnum):
    """What a placement does with the data (language.md, section 4)."""

    STORAGE = "storage"
    PROCESSING = "processing"
    REPLICA = "replica"
    BACKUP = "backup"
    KEY = "key"
    LOG = "log"
    METADATA = "metadata"
    TELEMETRY = "telemetry"
    IMAGE = "image"
    EGRESS = "egress"
    SUPPORT_ACCESS = "support_access"
    OPERATOR_ACCESS = "operator_access"


class Confidence(StrEnum):
    """How well a place is known, weakest first."""

    ASSERTED = "asserted"
    INFERRED = "inferred"
    VARIABLE = "variable"
    PROVIDER = "provider"
    LITERAL = "literal"
    ATTESTED = "attested"


# The edge parses these dataclasses with pydantic: unknown keys are refused there, and nothing is converted.
_STRICT = MappingProxyType({"extra": "forbid", "strict": True})


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Where a value was read.

    Attributes:
        input: SHA-256 of the input file, 64 hexadecimal digits.
        pointer: RFC 6901 JSON pointer into it.
        line: 1-based line of it.
        value: the text read; never a sensitive one.
    """

    __pydantic_config__: ClassVar = dict(_STRICT)

    input: str | None = None
    pointer: str | None = None
    line: int | None = None
    value: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """Somebody who takes part in operating a place: operator, parent, sub-processor, holder of keys."""

    __pydantic_config__: ClassVar = dict(_STRICT)

    function: str | None = None
    countries: frozenset[str] | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """One observed fact of place.

    Attributes:
        id: unique within a request; evidence records name it in `covers`.
        resource: what is placed there, e.g. a bucket or an address in a plan.
        role: a value of `Role`.
        countries: place codes, every member counts; None is unknown.
        provider, region: the catalogue's key; the code alone names no place.
        operator: legal entity that operates it.
        parties: who takes part in operating; None is not stated.
        jurisdictions: countries whose authorities can compel a party; None is unknown.
        key_custody: provider_managed < customer_managed_in_provider_kms < external_key_manager < customer_only.
        conflicts: evidence that names another place than `evidence` does; any entry makes the placement denied.
    """

    __pydantic_config__: ClassVar = dict(_STRICT)

    id: str | None = None
    resource: str | None = None
    role: str | None = None
    countries: frozenset[str] | None = None
    provider: str | None = None
    region: str | None = None
    operator: str | None = None
    parties: tuple[Party, ...] | None = None
    parties_complete: bool | None = None
    jurisdictions: frozenset[str] | None = None
    key_custody: str | None = None
    key_countries: frozenset[str] | None = None
    plaintext_at_provider: bool | None = None
    confidential_attestation_id: str | None = None
    cloud: bool | None = None
    moved_on: str | None = None
    system_first_marketed: str | None = None
    confidence: str = Confidence.ASSERTED
    evidence: tuple[Evidence, ...] = field(default=())
    conflicts: tuple[Evidence, ...] = field(default=())


def as_asserted(placement: Placement) -> Placement:
    """Return the placement with confidence `asserted`: nobody vouches for himself."""
    if placement.confidence == Confidence.ASSERTED:
        return placement
    return replace(placement, confidence=Confidence.ASSERTED.value)
