"""The settings of `sovereign.yaml` by dotted name, each with its place."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from sovereign._internal.strict_yaml import YamlNode, node_at
from sovereign.settings.names import NAMES, located
from sovereign.settings.origin import Layer, Origin
from sovereign.settings.sovereign_yaml import PathRule, load_settings_file

__all__ = ["file_layer"]


def file_layer(path: Path) -> dict[str, tuple[Any, Origin]]:
    """Return each setting that the file sets, paths relative to the file's directory.

    Raises:
        UsageError: as `load_settings_file`.
    """
    model, tree, _ = load_settings_file(path)
    return {
        name: (_located(name, value, path.parent), _origin(tree, name))
        for name in NAMES
        for value in _stated(model, name)
    }


def _stated(model: BaseModel, name: str) -> Iterator[Any]:
    """Yield the value of a dotted name if the document states one."""
    value: Any = model
    for step in name.split("."):
        if not isinstance(value, BaseModel) or step not in value.model_fields_set:
            return
        value = getattr(value, step)
    if value is not None:
        yield value


def _origin(tree: YamlNode, name: str) -> Origin:
    return Origin(layer=Layer.FILE, where=str(node_at(tree, tuple(name.split("."))).span))


def _located(name: str, value: Any, base: Path) -> Any:  # noqa: ANN401  the setting's own type
    if name == "gate.paths":
        return tuple(
            PathRule(match=rule.match, assume=rule.assume, policies=located("policies", rule.policies, base))
            for rule in value
        )
    return str(value) if name == "log.kind" else located(name, value, base)
