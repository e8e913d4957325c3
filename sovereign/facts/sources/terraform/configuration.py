"""The configuration part of a plan: expressions of resources, provider configurations, modules and their inputs.

Expressions hold either a constant or the names that are referred to; operators and functions are gone, so a reference
never proves a value (`var.region == "eu-central-1" ? "us-east-1" : "eu-central-1"` is just `var.region`).

Source: hashicorp/terraform, internal/command/jsonconfig/config.go.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from sovereign.facts.sources.terraform.addresses import Address
from sovereign.facts.sources.terraform.values import pointer

__all__ = ["Block", "Configuration", "Module", "read_configuration", "references"]

_EMPTY: Final[Mapping[str, Any]] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A resource block.

    Attributes:
        expressions: by argument.
        provider_key: `provider_config_key` as written; None if absent.
        provisioned: whether it names programs to run when an object is made.
        pointer: to the block.
    """

    expressions: Mapping[str, Any]
    provider_key: str | None
    provisioned: bool
    pointer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Module:
    """A module.

    Attributes:
        blocks: by local address.
        inputs: expressions of its call.
        outputs: expressions by name.
        defaults: of its variables, where they have one.
        sensitive: names of variables that must not be shown.
    """

    blocks: Mapping[str, Block]
    inputs: Mapping[str, Any]
    outputs: Mapping[str, Any]
    defaults: Mapping[str, Any]
    sensitive: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """All modules by path, and the provider configurations by key.

    Attributes:
        present: whether the plan has a configuration at all.
        modules: by the names of the module calls from the root.
        providers: entries of `provider_config` by key.
        resolved: keys point at the real configuration (Terraform 1.2 and later, told by `full_name`).
        pointer: to the configuration.
    """

    present: bool
    modules: Mapping[tuple[str, ...], Module]
    providers: Mapping[str, Mapping[str, Any]]
    resolved: bool
    pointer: str
    _none: Module = field(default=Module(blocks={}, inputs={}, outputs={}, defaults={}), repr=False)

    def block(self, address: Address | None) -> Block | None:
        """Return the block of a resource, None if it is not in the configuration."""
        return None if address is None else self.module(address.modules).blocks.get(address.local)

    def module(self, path: tuple[str, ...]) -> Module:
        """Return a module, empty if there is none at `path`."""
        return self.modules.get(path, self._none)


def read_configuration(stated: Mapping[str, Any], where: str) -> Configuration:
    """Return the configuration of a plan; parts of another form than the format has are left out, so unknown."""
    providers = {
        key: entry for key, entry in _mapping(stated.get("provider_config")).items() if isinstance(entry, dict)
    }
    modules: dict[tuple[str, ...], Module] = {}
    waiting: list[tuple[tuple[str, ...], Mapping[str, Any], Mapping[str, Any], str]] = [
        ((), _mapping(stated.get("root_module")), _EMPTY, f"{where}/root_module")
    ]
    while waiting:
        path, module, inputs, at = waiting.pop()
        modules[path] = _module(module, inputs, at)
        for name, call in _mapping(module.get("module_calls")).items():
            below = f"{at}/module_calls{pointer(name)}/module"
            call_of = _mapping(call)
            waiting.append(
                ((*path, name), _mapping(call_of.get("module")), _mapping(call_of.get("expressions")), below)
            )
    return Configuration(
        present=bool(stated),
        modules=modules,
        providers=providers,
        resolved=any(isinstance(entry.get("full_name"), str) for entry in providers.values()),
        pointer=where,
    )


def _module(module: Mapping[str, Any], inputs: Mapping[str, Any], where: str) -> Module:
    variables = {name: _mapping(entry) for name, entry in _mapping(module.get("variables")).items()}
    return Module(
        blocks=dict(_blocks(module.get("resources"), where)),
        inputs=inputs,
        outputs={name: _mapping(entry).get("expression") for name, entry in _mapping(module.get("outputs")).items()},
        defaults={name: entry["default"] for name, entry in variables.items() if "default" in entry},
        sensitive=frozenset(name for name, entry in variables.items() if entry.get("sensitive") is True),
    )


def _blocks(resources: Any, where: str) -> Iterator[tuple[str, Block]]:  # noqa: ANN401  JSON is any of six types
    for index, resource in enumerate(resources if isinstance(resources, list) else ()):
        if not isinstance(resource, dict):
            continue
        key, mode = resource.get("provider_config_key"), resource.get("mode")
        local = f"{'data.' if mode == 'data' else ''}{resource.get('type')}.{resource.get('name')}"
        yield (
            local,
            Block(
                expressions=_mapping(resource.get("expressions")),
                provider_key=key if isinstance(key, str) else None,
                provisioned=bool(resource.get("provisioners")),
                pointer=f"{where}/resources/{index}",
            ),
        )


def references(expressions: Any, names: tuple[str, ...]) -> tuple[tuple[str, ...], ...] | None:  # noqa: ANN401  JSON
    """Return what each expression at a path refers to, one tuple each; None if the path is not written there.

    A constant gives an empty tuple: its value stands in the change.
    """
    found = list(_expressions(expressions, names))
    if not found:
        return None
    return tuple(tuple(r for r in refs if isinstance(r, str)) if isinstance(refs, list) else () for refs in found)


def _expressions(value: Any, names: tuple[str, ...]) -> Iterator[Any]:  # noqa: ANN401  JSON is any of six types
    if isinstance(value, list):
        for item in value:
            yield from _expressions(item, names)
    elif isinstance(value, dict):
        if "references" in value or "constant_value" in value or not names:
            yield value.get("references")
        elif names[0] in value:
            yield from _expressions(value[names[0]], names[1:])


def _mapping(value: Any) -> Mapping[str, Any]:  # noqa: ANN401  JSON is any of six types
    return value if isinstance(value, dict) else _EMPTY
