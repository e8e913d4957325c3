"""Reading a settings or trust file: strict YAML, the model, and honesty about what this version does not do.

A key of the published format whose feature is not built is refused by name. Nobody may believe in force what is not.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final, TypeVar

from pydantic import BaseModel

from sovereign._internal.shape import ShapeError, key_span, read_model
from sovereign._internal.strict_yaml import YamlList, YamlMap, YamlNode, YamlScalar, parse_yaml
from sovereign.errors import InputError, Span, UsageError, quoted

__all__ = ["parse_document"]

M = TypeVar("M", bound=BaseModel)

_ANY: Final = "*"


def parse_document(data: bytes, model: type[M], *, source: str, unbuilt: Mapping[str, str]) -> tuple[M, YamlNode]:
    """Return the model of a YAML document and its tree of places.

    Args:
        data: the bytes of the file.
        model: what the document must be.
        source: its name in messages.
        unbuilt: what this version refuses, each with what it would do: a dotted path of keys, `*` for any key or index,
            with `=word` for one value only.

    Raises:
        UsageError: not YAML or not of the form (SOV-C201), an unknown key (SOV-C003), not built (SOV-C202).
    """
    try:
        tree = parse_yaml(data, source=source)
    except InputError as error:
        raise UsageError(error.message, code="SOV-C201", hint=error.hint, span=error.span) from None
    for path, purpose in unbuilt.items():
        keys, _, word = path.partition("=")
        for span, value in _find(tree, keys.split(".")):
            if not word or (isinstance(value, YamlScalar) and value.text == word):
                raise _not_built(path, purpose, span)
    try:
        return read_model(model, tree), tree
    except ShapeError as error:
        code = "SOV-C003" if error.is_unknown_key else "SOV-C201"
        raise UsageError(error.message, code=code, hint=error.hint, span=error.span) from None


def _find(node: YamlNode, path: list[str]) -> Iterator[tuple[Span, YamlNode]]:
    """Yield the place and the value of each key that `path` names."""
    step, rest = path[0], path[1:]
    for key, child in _children(node):
        if step in {_ANY, key}:
            yield from _find(child, rest) if rest else ((key_span(node, key), child),)


def _children(node: YamlNode) -> Iterable[tuple[str, YamlNode]]:
    if isinstance(node, YamlMap):
        return ((key.text, child) for key, child in node.items)
    if isinstance(node, YamlList):
        return ((str(index), child) for index, child in enumerate(node.items))
    return ()


def _not_built(path: str, purpose: str, span: Span) -> UsageError:
    return UsageError(
        f"{quoted(path.replace('=', ': '))} is not supported by this version: {purpose} would not be in force",
        code="SOV-C202",
        hint="take the key out; nothing in its place is assumed",
        span=span,
    )
