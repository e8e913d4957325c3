"""Objects of a plan, and how they name each other.

Rules:
1. An object is named by another through a reference in the configuration, or through a value that is literally equal to
   its id, ARN or name in the same file.
2. A reference counts only if it leads to exactly one resource block, through inputs and outputs of modules but not
   through locals, `each`, functions with several operands, or a data source that is read while Terraform applies.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from sovereign.facts.sources.terraform.addresses import Address, steps
from sovereign.facts.sources.terraform.configuration import Block, Configuration, references
from sovereign.facts.sources.terraform.types import TypeRow
from sovereign.facts.sources.terraform.values import Values, path_steps
from sovereign.facts.sources.terraform.vendors import Vendor

__all__ = ["Index", "Node"]

_IDENTIFIERS: Final = ("id", "arn", "self_link")
_LIMIT: Final = 32
_TWO: Final = 2
# an argument that names another object by its name: whose name it is, and under which attribute it stands there
_BY_NAME: Final[Mapping[str, tuple[tuple[str, ...], str]]] = {
    "bucket": (("aws_s3_bucket", "google_storage_bucket"), "bucket"),
    "target_bucket": (("aws_s3_bucket",), "bucket"),
    "s3_bucket_name": (("aws_s3_bucket",), "bucket"),
    "log_bucket": (("google_storage_bucket",), "name"),
    "virtual_network_name": (("azurerm_virtual_network",), "name"),
    "network_security_group_name": (("azurerm_network_security_group",), "name"),
    "express_route_circuit_name": (("azurerm_express_route_circuit",), "name"),
    "storage_account_name": (("azurerm_storage_account",), "name"),
    "namespace_name": (("azurerm_servicebus_namespace", "azurerm_eventhub_namespace"), "name"),
    "server_name": (
        ("azurerm_postgresql_server", "azurerm_sql_server", "azurerm_mysql_server", "azurerm_mariadb_server"),
        "name",
    ),
    "function_name": (("aws_lambda_function",), "function_name"),
    "repository": (("aws_ecr_repository",), "name"),
    "cluster_name": (("aws_eks_cluster",), "name"),
    "log_group_name": (("aws_cloudwatch_log_group",), "name"),
    "instance": (("google_sql_database_instance", "google_spanner_instance"), "name"),
    "instance_name": (("google_bigtable_instance",), "name"),
    "dataset_id": (("google_bigquery_dataset",), "dataset_id"),
    "topic": (("google_pubsub_topic",), "name"),
    "cluster": (("google_container_cluster", "aws_ecs_cluster"), "name"),
    "cluster_identifier": (("aws_rds_cluster", "aws_neptune_cluster"), "cluster_identifier"),
    "db_cluster_identifier": (("aws_neptune_cluster",), "cluster_identifier"),
    "domain_name": (("aws_elasticsearch_domain", "aws_opensearch_domain"), "domain_name"),
    "rule": (("aws_cloudwatch_event_rule",), "name"),
    "service_name": (("aws_lightsail_container_service",), "name"),
    "autoscaling_group_name": (("aws_autoscaling_group",), "name"),
    "key_ring": (("google_kms_key_ring",), "name"),
    "key_vault_name": (("azurerm_key_vault",), "name"),
}
_NAMED: Final = frozenset((kind, attribute) for kinds, attribute in _BY_NAME.values() for kind in kinds)
# more objects than this under one identifier tell nothing apart
_MANY: Final = 64
_SHORTEST: Final = 8
# names of these are unique only inside the group that an argument of both names
_SCOPED_BY: Final = ("resource_group_name", "project")


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One object of the plan: a change, or a data source that was already read.

    Attributes:
        vendor: its provider.
        address: parsed; None if it is not one.
        type: of the resource.
        mode: managed or data.
        row: of the type table.
        values: the side that is judged.
        block: its configuration; None if the plan has none.
    """

    vendor: Vendor
    address: Address | None
    type: str
    mode: str
    row: TypeRow
    values: Values
    block: Block | None

    def text(self, argument: str) -> str | None:
        """Return a known text of an argument at the top."""
        value = self.values.value.get(argument) if isinstance(self.values.value, dict) else None
        return value if isinstance(value, str) and value else None


class Index:
    """Finds objects of a plan by reference or by literal identifier."""

    def __init__(self, nodes: Iterable[Node], configuration: Configuration) -> None:
        self._configuration = configuration
        self._blocks: dict[tuple[tuple[str, ...], str], list[Node]] = {}
        self._identifiers: dict[str, list[Node]] = {}
        self._names: dict[tuple[str, str], list[Node]] = {}
        self._together: dict[frozenset[tuple[tuple[str, ...], str]], tuple[Node, ...]] = {}
        for node in nodes:
            self._add(node)

    def _add(self, node: Node) -> None:
        if node.address is not None and node.mode == "managed":
            self._blocks.setdefault((node.address.modules, node.address.local), []).append(node)
        for name in _IDENTIFIERS:
            identifier = node.text(name)
            if identifier is not None:
                self._identifiers.setdefault(identifier, []).append(node)
        for kind, attribute in _NAMED:
            name_of = node.text(attribute) if node.type == kind else None
            if name_of is not None:
                self._names.setdefault((kind, name_of), []).append(node)

    def named(self, node: Node, path: str, text: str) -> tuple[Node, ...]:
        """Return the objects that `text`, the value of `path` in `node`, names literally."""
        kinds, _ = _BY_NAME.get(path_steps(path)[-1], ((), ""))
        by_id = self._identifiers.get(text, [])
        if len(by_id) > _MANY or (not kinds and not _is_unique(text)):
            return ()
        found = [other for other in by_id if not kinds or other.type in kinds]
        for kind in kinds:
            found += self._names.get((kind, text), [])[: _MANY + 1]
        same = [other for other in found if other is not node and other.vendor == node.vendor]
        return tuple(other for other in same if self._same_scope(node, other)) if len(same) <= _MANY else ()

    @staticmethod
    def _same_scope(node: Node, other: Node) -> bool:
        for argument in _SCOPED_BY:
            mine, its = node.text(argument), other.text(argument)
            if mine is not None and its is not None and mine != its:
                return False
        return True

    def of_type(self, resource_type: str, name: str) -> tuple[Node, ...]:
        """Return the objects of a type that carry a name which is unique in the whole cloud."""
        return tuple(self._names.get((resource_type, name), ()))

    def referred(self, node: Node, path: str) -> tuple[Node, ...] | None:
        """Return the instances of the blocks that the expressions at `path` refer to, one block each.

        None if nothing is written there; empty if one of them cannot be followed to one block. The same blocks give the
        same tuple, so that what is found about it can be kept.
        """
        if node.block is None or node.address is None:
            return ()
        found = references(node.block.expressions, path_steps(path))
        if found is None:
            return None
        targets = {self._follow(node.address.modules, names, _LIMIT) for names in found if names}
        keys = frozenset(key for key in targets if key is not None)
        if len(keys) != len(targets):
            return ()
        # several blocks can each refer to another object: which one is meant here is not told, so all are returned
        if keys not in self._together:
            self._together[keys] = tuple(node for key in sorted(keys) for node in self._blocks.get(key, ()))
        return self._together[keys]

    def _follow(
        self, modules: tuple[str, ...], names: tuple[str, ...], depth: int
    ) -> tuple[tuple[str, ...], str] | None:
        """Return the module and local address of the one block that the names lead to."""
        targets = {self._target(modules, name, depth) for name in _longest(names)} if depth else set()
        return targets.pop() if len(targets) == 1 else None

    def _target(self, modules: tuple[str, ...], name: str, depth: int) -> tuple[tuple[str, ...], str] | None:
        parts = steps(name)
        if (
            parts is None
            or len(parts) < _TWO
            or parts[0] in {"each", "count", "local", "path", "terraform", "self", "data"}
        ):
            return None
        if parts[0] == "var":
            return (
                self._expression(modules[:-1], self._configuration.module(modules).inputs.get(parts[1]), depth)
                if modules
                else None
            )
        if parts[0] == "module":
            below = (*modules, parts[1])
            output = self._configuration.module(below).outputs.get(parts[2]) if len(parts) > _TWO else None
            return self._expression(below, output, depth)
        return modules, f"{parts[0]}.{parts[1]}"

    def _expression(
        self, modules: tuple[str, ...], expression: object, depth: int
    ) -> tuple[tuple[str, ...], str] | None:
        found = references(expression, ())
        return self._follow(modules, found[0], depth - 1) if found and len(found) == 1 and found[0] else None


def _is_unique(text: str) -> bool:
    """Whether a text can be the identifier of one object only: an ARN, a path, `vpc-0a1b2c3d`; no plain name."""
    return len(text) >= _SHORTEST and any(mark in text for mark in ":/-")


def _longest(names: Iterable[str]) -> Iterator[str]:
    """Yield the names that are no beginning of another: Terraform lists `a.b.c`, `a.b` for one reference."""
    every = set(names)
    for name in every:
        if not any(other != name and other.startswith((f"{name}.", f"{name}[")) for other in every):
            yield name
