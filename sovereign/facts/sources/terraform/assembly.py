"""Puts the parts of a plan together: its objects, their provider configurations, and what its state proves."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from sovereign.facts.model import Confidence, Evidence
from sovereign.facts.sources.terraform.addresses import parse_address
from sovereign.facts.sources.terraform.assumptions import Assumptions
from sovereign.facts.sources.terraform.configuration import Configuration, read_configuration
from sovereign.facts.sources.terraform.document import Change, PlanDocument, state_resources
from sovereign.facts.sources.terraform.nodes import Index, Node
from sovereign.facts.sources.terraform.places import Placer
from sovereign.facts.sources.terraform.providers import Providers, Stated
from sovereign.facts.sources.terraform.readings import read_place
from sovereign.facts.sources.terraform.resources import Resources
from sovereign.facts.sources.terraform.second_places import SecondPlaces
from sovereign.facts.sources.terraform.targets import Targets
from sovereign.facts.sources.terraform.types import type_row
from sovereign.facts.sources.terraform.values import Values, leaves, path_steps
from sovereign.facts.sources.terraform.vendors import type_prefix_matches, vendor_of
from sovereign.jurisdiction import Catalogue

__all__ = ["assemble"]

# data sources that show the region of their provider: where it shows, and arguments that make them show another
_PROOFS: Final[Mapping[str, tuple[tuple[str, ...], frozenset[str]]]] = {
    "aws_region": (("region", "name"), frozenset({"region", "name", "endpoint"})),
    "aws_availability_zones": (("names[]",), frozenset({"region", "all_availability_zones"})),
}
# types that had an attribute `region` before version 6 of the provider, which gave one to every type
_REGION_BEFORE_6: Final = frozenset(
    {
        "aws_s3_bucket",
        "aws_cloudformation_stack_set_instance",
        "aws_config_aggregate_authorization",
        "aws_dx_hosted_connection",
        "aws_servicequotas_template",
        "aws_ssmincidents_replication_set",
    }
)


def assemble(
    document: PlanDocument,
    changes: Sequence[Change],
    *,
    sha256: str,
    catalogue: Catalogue,
    assumptions: Assumptions,
) -> tuple[Resources, tuple[Node | None, ...]]:
    """Return what makes the resources of a plan, and the object of each change; None for an unknown provider."""
    configuration = read_configuration(document.configuration, f"{document.prefix}/configuration")
    nodes = tuple(_of_change(change, document, configuration) for change in changes)
    read = tuple(_of_state(document, configuration))
    index = Index((*(node for node in nodes if node is not None), *read), configuration)
    proofs = dict(_proofs(read, catalogue, sha256))
    providers = Providers(
        configuration=configuration, variables=document.variables, catalogue=catalogue, sha256=sha256, proofs=proofs
    )
    placer = Placer(
        catalogue,
        index,
        lambda node: providers.candidates(node.vendor, node.address, node.block),
        sha256=sha256,
        regions_per_resource=_regions_per_resource(nodes),
    )
    second = SecondPlaces(catalogue, index, Targets(catalogue, index, placer, sha256), sha256)
    resources = Resources(
        catalogue=catalogue, providers=providers, placer=placer, second=second, assumptions=assumptions, used=set()
    )
    return resources, nodes


def _of_change(change: Change, document: PlanDocument, configuration: Configuration) -> Node | None:
    values = change.before if change.deposed is not None else change.after
    return _node(change.address, change.mode, change.type, change.provider_name, values, document, configuration)


def _node(
    address: str,
    mode: str,
    resource_type: str,
    provider_name: str | None,
    values: Values,
    document: PlanDocument,
    configuration: Configuration,
) -> Node | None:
    vendor = vendor_of(provider_name, document.format_version)
    if vendor is None or not type_prefix_matches(vendor, resource_type):
        return None
    parsed = parse_address(address)
    if parsed is not None and (parsed.type, parsed.mode) != (resource_type, mode):
        parsed = None  # the address says something else than the change: neither is followed
    return Node(
        vendor=vendor,
        address=parsed,
        type=resource_type,
        mode=mode,
        row=type_row(vendor, resource_type, data=mode == "data"),
        values=values,
        block=configuration.block(parsed),
    )


def _of_state(document: PlanDocument, configuration: Configuration) -> Iterator[Node]:
    """Yield the data sources that were read before the plan was made."""
    for resource, where in state_resources(document.prior, f"{document.prefix}/prior_state/values/root_module"):
        address, resource_type, provider = (resource.get(name) for name in ("address", "type", "provider_name"))
        if resource.get("mode") != "data" or not (isinstance(address, str) and isinstance(resource_type, str)):
            continue
        values = Values(
            value=resource.get("values"), sensitive=resource.get("sensitive_values"), pointer=f"{where}/values"
        )
        name = provider if isinstance(provider, str) else None
        node = _node(address, "data", resource_type, name, values, document, configuration)
        if node is not None:
            yield node


def _proofs(
    nodes: Iterable[Node], catalogue: Catalogue, sha256: str
) -> Iterator[tuple[tuple[tuple[str, ...], str], Stated]]:
    """Yield the region that each provider configuration is proven to have; none where data sources disagree."""
    found: dict[tuple[tuple[str, ...], str], list[Stated]] = {}
    for node in nodes:
        if node.address is not None and node.block is not None and node.block.provider_key is not None:
            key = (node.address.modules, node.block.provider_key)
            found.setdefault(key, []).extend(_proof(node, catalogue, sha256))
    for key, stated in found.items():
        if stated and all(other.reading == stated[0].reading for other in stated):
            yield key, stated[0]


def _proof(node: Node, catalogue: Catalogue, sha256: str) -> Iterator[Stated]:
    paths, pointing_elsewhere = _PROOFS.get(node.type, ((), frozenset[str]()))
    if node.block is None or not pointing_elsewhere.isdisjoint(node.block.expressions):
        return
    for path in paths:
        name = "availability_zone" if path == "names[]" else path_steps(path)[-1]
        for leaf in leaves(node.values, path):
            text = leaf.text
            reading = (
                read_place(catalogue, node.vendor.name, text, name=name, resource_type=node.type) if text else None
            )
            if reading is not None:
                evidence = Evidence(input=sha256, pointer=leaf.pointer, value=leaf.shown)
                yield Stated(reading=reading, confidence=Confidence.PROVIDER, evidence=evidence)


def _regions_per_resource(nodes: Iterable[Node | None]) -> bool:
    """Whether the plan was made by version 6 of the AWS provider, which gives each resource a region."""
    return any(
        node is not None
        and node.vendor.name == "aws"
        and node.mode == "managed"
        and node.type not in _REGION_BEFORE_6
        and "region" in node.row.own
        and isinstance(node.values.value, dict)
        and "region" in node.values.value
        for node in nodes
    )
