"""What a settings file may read where others judge it: files of its own tree, and nothing of the machine beside it.

A load error shows the line at fault, so a path that leaves the tree would print a line of any file that the gate's user
may read to whoever writes the change. Links are followed first: they leave the tree as well.
"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from sovereign.errors import UsageError, quoted
from sovereign.settings.origin import Origin

__all__ = ["check_within_tree"]


def check_within_tree(settings: Path, layer: Mapping[str, tuple[Any, Origin]]) -> None:
    """Return when every file that the settings name lies in their tree: their git work tree, else their directory.

    Args:
        settings: the settings file.
        layer: what it sets, paths located.

    Raises:
        UsageError: one does not (SOV-C205).
    """
    tree = _tree(settings.resolve().parent)
    for name, path, origin in _files(settings.resolve().parent, layer):
        if not path.resolve().is_relative_to(tree):
            raise UsageError(
                f"under a trust file or CI the tree reads only its own files: {origin} names {quoted(str(path))}",
                code="SOV-C205",
                hint=f"keep the file of {quoted(name)} in the tree, or name it by an option",
            )


def _tree(directory: Path) -> Path:
    return next((folder for folder in (directory, *directory.parents) if (folder / ".git").exists()), directory)


def _files(base: Path, layer: Mapping[str, tuple[Any, Origin]]) -> Iterator[tuple[str, Path, Origin]]:
    for name in ("policies", "tags", "gate.default_tag", "gate.paths"):
        value, origin = layer.get(name, ((), None))
        if origin is None:
            continue
        for text in _texts(name, value):
            yield name, base / text, origin


def _texts(name: str, value: Any) -> Iterable[str | Path]:  # noqa: ANN401  the setting's own type
    """Return the paths in a value; an id of a shipped policy is one without a separator, and stays below the base."""
    if name == "gate.paths":
        return [policy for rule in value for policy in rule.policies]
    return [value] if isinstance(value, Path) else value
