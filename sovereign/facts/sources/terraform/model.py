"""What comes out of a plan: resources with their placements, and what is missing to place them."""

from dataclasses import dataclass
from enum import StrEnum

from sovereign.facts.model import Placement, Role

__all__ = ["Alternative", "Missing", "PlannedResource", "ResourceClass", "ServiceClass", "TerraformPlan"]


class ResourceClass(StrEnum):
    """How a resource type comes to its place."""

    REGIONAL = "regional"
    ZONAL = "zonal"
    CHILD = "child"
    GLOBAL = "global"
    NO_DATA = "no-data"
    UNKNOWN = "unknown"


class ServiceClass(StrEnum):
    """What a global service does; a policy may permit or judge each by name."""

    IDENTITY = "identity"
    CONTROL_PLANE = "control-plane"
    CONTENT_CACHE = "content-cache"
    BILLING = "billing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """A fact without which a place is unknown.

    Attributes:
        group: equal for all placements that wait for the same fact, such as one provider configuration.
        fact: what is missing, for a person; lower-case, one line.
        assume: key of `--assume` that can state it; None if only the plan can.
        pointer: RFC 6901 pointer to where it would be read.
    """

    group: str
    fact: str
    assume: str | None = None
    pointer: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Alternative:
    """The placements of a resource if one of its candidate provider configurations is the real one.

    Attributes:
        provider_configuration: key of the candidate; None where the place does not depend on it.
        placements: every one counts.
        missing: beside each placement what it waits for; None where its countries are known.
    """

    provider_configuration: str | None = None
    placements: tuple[Placement, ...] = ()
    missing: tuple[Missing | None, ...] = ()

    @property
    def judged(self) -> tuple[Placement, ...]:
        """The placements that every policy judges: all but images, which wait for a policy that names the role."""
        return tuple(placement for placement in self.placements if placement.role != Role.IMAGE)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedResource:
    """One resource that a plan creates, keeps, reads or leaves behind.

    Attributes:
        address: as Terraform writes it; text of the input.
        type: e.g. `aws_s3_bucket`.
        mode: managed or data.
        provider: as the catalogue names it; None for a provider that is not on the list.
        provider_source: as the plan names it.
        actions: of the change; `read` for a data source.
        resource_class: how its place is found.
        service_class: what a global service does; None for others.
        alternatives: at least one. All permitted is permit, none permitted is deny, all else is undecided.
        not_applicable: why nothing is judged here; None if something is. Its placements are then images at most, which
            only a policy that names the role judges.
        pointer: RFC 6901 pointer to the change.
        deposed: key of an old object that exists until it is destroyed.
    """

    address: str
    type: str
    mode: str
    provider: str | None
    provider_source: str | None
    actions: tuple[str, ...]
    resource_class: ResourceClass
    service_class: ServiceClass | None
    alternatives: tuple[Alternative, ...]
    not_applicable: str | None
    pointer: str
    deposed: str | None = None

    @property
    def placements(self) -> tuple[Placement, ...]:
        """The placements of every alternative, each once."""
        return tuple(dict.fromkeys(p for alternative in self.alternatives for p in alternative.placements))

    @property
    def missing(self) -> tuple[Missing, ...]:
        """The facts that judged placements wait for, each once; images wait for none, since they are only listed."""
        pairs = (pair for a in self.alternatives for pair in zip(a.placements, a.missing, strict=True))
        return tuple(dict.fromkeys(m for placement, m in pairs if m is not None and placement.role != Role.IMAGE))


@dataclass(frozen=True, slots=True, kw_only=True)
class TerraformPlan:
    """A plan as the gate judges it.

    Attributes:
        sha256: of the bytes that were read.
        format_version, terraform_version: as the plan states them; the second may be absent.
        resources: what is judged, in the order of the plan.
        drift: existing state that differs from the last run; reported apart.
        deferred: changes that Terraform put off, with their places; undecided, whatever their places are.
        left_running: addresses that the plan forgets; they go on running outside Terraform.
        deleted: how many objects the plan only deletes.
        assumptions_used, assumptions_unused: keys of `--assume`.
    """

    sha256: str
    format_version: str
    terraform_version: str | None
    resources: tuple[PlannedResource, ...]
    drift: tuple[PlannedResource, ...] = ()
    deferred: tuple[PlannedResource, ...] = ()
    left_running: tuple[str, ...] = ()
    deleted: int = 0
    assumptions_used: tuple[str, ...] = ()
    assumptions_unused: tuple[str, ...] = ()

    @property
    def nothing_to_judge(self) -> bool:
        """Whether the plan only deletes or changes nothing: a pass with a notice, not an unread input."""
        return not self.resources and not self.deferred
