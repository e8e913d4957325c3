"""The door for Terraform and OpenTofu plans: bytes of `terraform show -json` become resources with placements.

What is judged:
1. `after` of every change but pure deletes and forgets; an unchanged object too, since it exists. A plan that only
   deletes has nothing to judge.
2. `before` of a deposed object, which exists until it is destroyed.
3. Data sources as reads: what leaves is a description.
4. `resource_drift` is existing state, reported apart. A deferred change is undecided, wherever it is.
5. A plan that failed or is partial is refused, unless the caller accepts it.

The plan's JSON is not what is applied: the caller records the digest of both.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from sovereign._internal.canonical import sha256_hex
from sovereign.facts.sources.recognise import recognise
from sovereign.facts.sources.terraform.assembly import assemble
from sovereign.facts.sources.terraform.assumptions import Assumptions, parse_assumptions
from sovereign.facts.sources.terraform.document import Change, PlanDocument, read_document
from sovereign.facts.sources.terraform.model import PlannedResource, TerraformPlan
from sovereign.facts.sources.terraform.nodes import Node
from sovereign.facts.sources.terraform.resources import Resources
from sovereign.jurisdiction import Catalogue

__all__ = ["parse_terraform_plan"]

_GONE: Final = frozenset({("delete",), ("forget",)})


def parse_terraform_plan(
    data: bytes,
    *,
    source: str,
    catalogue: Catalogue,
    assume: Mapping[str, str] | None = None,
    allow_partial: bool = False,
) -> TerraformPlan:
    """Return what a plan is about to make, where.

    Args:
        data: the output of `terraform show -json` or `tofu show -json`.
        source: name of the input, for errors.
        catalogue: where regions lie.
        assume: places that the caller states, by key; see `ASSUME_KEYS`.
        allow_partial: judge a plan that failed or that leaves changes for later.

    Raises:
        InputError: not a plan, or not one that can be judged (SOV-I002, SOV-I004, SOV-I005, SOV-I200 to SOV-I208).
        UsageError: an assumption that cannot be made (SOV-C215, SOV-C216).
    """
    assumptions = parse_assumptions(assume or {}, catalogue)
    found = recognise(data, source=source)
    document = read_document(found.document, source=source, prefix=found.prefix, allow_partial=allow_partial)
    return _plan(document, sha256_hex(data), catalogue, assumptions)


def _plan(document: PlanDocument, sha256: str, catalogue: Catalogue, assumptions: Assumptions) -> TerraformPlan:
    judged = [change for change in document.changes if _exists_afterwards(change)]
    others = (*document.drift, *document.deferred)
    resources, nodes = assemble(
        document, (*judged, *others), sha256=sha256, catalogue=catalogue, assumptions=assumptions
    )
    made = _made(resources, judged, nodes)
    drift = _made(resources, document.drift, nodes[len(judged) :])
    deferred = _made(resources, document.deferred, nodes[len(judged) + len(document.drift) :])
    return TerraformPlan(
        sha256=sha256,
        format_version=document.format_version,
        terraform_version=document.terraform_version,
        resources=made,
        drift=drift,
        deferred=deferred,
        left_running=tuple(change.address for change in document.changes if "forget" in change.actions),
        deleted=sum(change.actions == ("delete",) and change.deposed is None for change in document.changes),
        assumptions_used=tuple(sorted(resources.used)),
        assumptions_unused=tuple(sorted(assumptions.places.keys() - resources.used)),
    )


def _exists_afterwards(change: Change) -> bool:
    """Whether something of the change is there after it, or until a deposed object is destroyed."""
    if change.deposed is not None:
        return change.before.value is not None
    if change.actions in _GONE:
        return False
    return change.actions != ("no-op",) or change.after.value is not None


def _made(resources: Resources, changes: Iterable[Change], nodes: Iterable[Node | None]) -> tuple[PlannedResource, ...]:
    return tuple(resources.make(change, node) for change, node in zip(changes, nodes, strict=False))
