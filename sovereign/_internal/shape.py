"""Outside text becomes a pydantic model, and what does not fit is said with its place.

YAML scalars are text, and the place where one stands demands its type: `true` is a boolean only where the model has
one, `NO` is Norway everywhere else. JSON is read into the same tree, so that one reader serves both.
"""

import difflib
import json
import re
from collections.abc import Iterable, Mapping
from pathlib import PurePath
from types import UnionType
from typing import Annotated, Any, Final, Literal, NoReturn, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from sovereign._internal.strict_json import parse_json
from sovereign._internal.strict_yaml import YamlList, YamlMap, YamlNode, YamlScalar, node_at, parse_yaml
from sovereign.errors import Span, quoted

__all__ = ["ShapeError", "field_spans", "key_span", "nearest_hint", "parse_tree", "read_model"]

M = TypeVar("M", bound=BaseModel)

_INT: Final = re.compile(r"-?(0|[1-9][0-9]{0,15})", re.ASCII)
_BOOLS: Final = {"true": True, "false": False}
_MESSAGES: Final = {
    "missing": "{name} is missing",
    "string_type": "{name} must be a word",
    "string_too_short": "{name} is empty",
    "bool_type": "{name} must be `true` or `false`",
    "int_type": "{name} must be a whole number",
    "tuple_type": "{name} must be a list",
    "frozen_set_type": "{name} must be a list",
    "model_type": "{name} must be a mapping",
    "mapping_type": "{name} must be a mapping",
    "dict_type": "{name} must be a mapping",
}


class ShapeError(Exception):
    """A document is not of the form of its model.

    Attributes:
        message: one line, for the person who wrote the document.
        hint: the nearest name, or None.
        span: where.
        is_unknown_key: whether a key is the problem.
    """

    def __init__(self, message: str, *, span: Span, hint: str | None = None, is_unknown_key: bool = False) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.span = span
        self.is_unknown_key = is_unknown_key


def parse_tree(data: bytes, *, source: str) -> YamlNode:
    """Return the tree of a YAML document, or of a JSON document if `source` ends in `.json`.

    Raises:
        InputError: not of its format; a duplicate key, too deep, too long.
    """
    if PurePath(source).suffix.lower() != ".json":
        return parse_yaml(data, source=source)
    return _from_json(parse_json(data, source=source), source, "")


def read_model(model: type[M], node: YamlNode) -> M:
    """Return the model that `node` describes.

    Raises:
        ShapeError: it describes none; an unknown key first, else the first problem in the order of the model.
    """
    if not isinstance(node, YamlMap):
        raise ShapeError("a mapping is expected", span=node.span)
    try:
        return model.model_validate_json(json.dumps(_typed(node, model)))
    except ValidationError as error:
        _raise(error, model, node)


def field_spans(node: YamlNode) -> dict[str, Span]:
    """Return the place of each value of a mapping by its key."""
    return {key.text: value.span for key, value in node.items} if isinstance(node, YamlMap) else {}


def key_span(node: YamlNode, key: str) -> Span:
    """Return the place of the key `key` of a mapping, or of the mapping itself."""
    keys = (name for name, _ in node.items) if isinstance(node, YamlMap) else ()
    return next((name.span for name in keys if name.text == key), node.span)


def nearest_hint(word: str, known: Iterable[str]) -> str:
    """Return a hint that names the known word most like `word`, or all of them."""
    names = sorted(known)
    close = difflib.get_close_matches(word[:64].lower(), names, n=1, cutoff=0.5)
    return f"did you mean {quoted(close[0])}?" if close else f"known are {', '.join(names)}"


def _from_json(value: Any, source: str, pointer: str) -> YamlNode:  # noqa: ANN401  JSON is any of six types
    span = Span(path=source, pointer=pointer)
    match value:
        case dict():
            items = []
            for key, item in value.items():
                inner = f"{pointer}/{key.replace('~', '~0').replace('/', '~1')}"
                name = YamlScalar(text=key, is_plain=False, span=Span(path=source, pointer=inner))
                items.append((name, _from_json(item, source, inner)))
            return YamlMap(items=tuple(items), span=span)
        case list():
            return YamlList(
                items=tuple(_from_json(v, source, f"{pointer}/{i}") for i, v in enumerate(value)), span=span
            )
        case str():
            return YamlScalar(text=value, is_plain=False, span=span)
        case _:
            return YamlScalar(text=json.dumps(value), is_plain=True, span=span)


def _typed(node: YamlNode, wanted: Any) -> Any:  # noqa: ANN401  a type expression on one side, a JSON value on the other
    kinds = _alternatives(wanted)
    match node:
        case YamlScalar():
            return _typed_scalar(node, kinds)
        case YamlList():
            item = next((get_args(k)[0] for k in kinds if get_origin(k) in {tuple, frozenset}), None)
            return [_typed(child, item) for child in node.items]
        case YamlMap():
            return {key.text: _typed(child, _member(kinds, key.text)) for key, child in node.items}


def _typed_scalar(node: YamlScalar, kinds: frozenset[Any]) -> str | bool | int | None:
    if node.is_null:
        return None
    if node.is_plain and bool in kinds and node.text in _BOOLS:
        return _BOOLS[node.text]
    if node.is_plain and int in kinds and _INT.fullmatch(node.text):
        return int(node.text)
    return node.text


def _alternatives(wanted: Any) -> frozenset[Any]:  # noqa: ANN401  type expressions have no common type
    """Return the types that a type expression allows, bare; a literal counts as the type of its values."""
    origin = get_origin(wanted)
    if origin is Annotated:
        return _alternatives(get_args(wanted)[0])
    if origin in {Union, UnionType}:
        return frozenset().union(*(_alternatives(arm) for arm in get_args(wanted)))
    if origin is Literal:
        return frozenset(type(value) for value in get_args(wanted))
    return frozenset({wanted})


def _member(kinds: frozenset[Any], key: str) -> Any:  # noqa: ANN401  a type expression
    for kind in kinds:
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            return _fields(kind).get(key)
        if get_origin(kind) is Mapping:
            return get_args(kind)[1]
    return None


def _fields(model: type[BaseModel]) -> dict[str, Any]:
    """Return the type expression of each field under the name it has in a document."""
    return {info.alias or name: info.annotation for name, info in model.model_fields.items()}


def _raise(error: ValidationError, model: type[BaseModel], root: YamlMap) -> NoReturn:
    problems = error.errors(include_url=False, include_input=False)
    # a misspelt key is both missing and unknown, and only the unknown one has a place
    problem = next((p for p in problems if p["type"] == "extra_forbidden"), problems[0])
    path = problem["loc"]
    name = str(path[-1]) if path else "the document"
    if problem["type"] == "extra_forbidden":
        known = _known_keys(model, path[:-1])
        span = key_span(node_at(root, path[:-1]), name)
        raise ShapeError(
            f"unknown key {quoted(name)}", span=span, hint=nearest_hint(name, known), is_unknown_key=True
        ) from None
    shown = f"an item of {quoted(str(path[-2]))}" if isinstance(path[-1], int) and len(path) > 1 else quoted(name)
    template = _MESSAGES.get(problem["type"])
    reason = problem["msg"].removeprefix("Value error, ")
    message = template.format(name=shown) if template else f"{shown}: {reason[0].lower()}{reason[1:]}"
    raise ShapeError(message, span=node_at(root, path).span) from None


def _known_keys(model: type[BaseModel], path: tuple[str | int, ...]) -> tuple[str, ...]:
    kinds: frozenset[Any] = frozenset({model})
    for step in path:
        if isinstance(step, int):
            item = next((get_args(k)[0] for k in kinds if get_origin(k) in {tuple, frozenset}), None)
            kinds = _alternatives(item)
        else:
            kinds = _alternatives(_member(kinds, step))
    return next((tuple(_fields(k)) for k in kinds if isinstance(k, type) and issubclass(k, BaseModel)), ())
