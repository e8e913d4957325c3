"""YAML without surprises: no anchors, aliases, merge keys, tags, duplicate keys or implicit types.

The result is a tree of nodes with places; every scalar is its text, and the place where it stands demands its type
(`NO` is Norway until somebody asks for a boolean). Depth and size are bounded before the tree is built, because the C
loader overflows its stack on deep input.
"""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import yaml

from sovereign.errors import InputError, Span, quoted

__all__ = ["MAX_BYTES", "MAX_DEPTH", "YamlList", "YamlMap", "YamlNode", "YamlScalar", "node_at", "parse_yaml", "plain"]

MAX_DEPTH: Final = 20
MAX_BYTES: Final = 2_000_000
_Loader: Final[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NULLS: Final = frozenset({"", "~", "null", "Null", "NULL"})


@dataclass(frozen=True, slots=True, kw_only=True)
class YamlScalar:
    """A scalar: its text, and whether it was written plain (unquoted)."""

    text: str
    is_plain: bool
    span: Span

    @property
    def is_null(self) -> bool:
        """Whether it is the plain word null, a tilde, or nothing."""
        return self.is_plain and self.text in _NULLS


@dataclass(frozen=True, slots=True, kw_only=True)
class YamlList:
    """A sequence."""

    items: tuple["YamlNode", ...]
    span: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class YamlMap:
    """A mapping in source order; keys are scalars and unique."""

    items: tuple[tuple[YamlScalar, "YamlNode"], ...]
    span: Span

    def get(self, key: str) -> "YamlNode | None":
        """Return the value under `key`, or None."""
        return next((value for name, value in self.items if name.text == key), None)


YamlNode = YamlScalar | YamlList | YamlMap


def parse_yaml(data: bytes, *, source: str) -> YamlNode:
    """Return the tree of the one document in `data`.

    Raises:
        InputError: not UTF-8 (SOV-I001), not YAML or empty (SOV-I002), a duplicate key (SOV-I004), too deep or too long
            (SOV-I005), an anchor, alias, merge key, tag, second document or key that is no scalar (SOV-I401).
    """
    text = _text(data, source)
    lines = text.split("\n")
    try:
        _check_events(text, source, lines)
        root = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        raise _not_yaml(error, source, lines) from None
    except yaml.YAMLError as error:  # the reader: a control character
        raise InputError(
            f"not YAML: {' '.join(str(error).split())[:160]}", code="SOV-I002", span=Span(path=source)
        ) from None
    if root is None:
        raise InputError("the file is empty", code="SOV-I002", hint="write one mapping", span=Span(path=source))
    return _convert(root, source, lines)


def plain(node: YamlNode) -> Any:  # noqa: ANN401  a tree of dict, list, str and None for a schema to read
    """Return dicts, lists and strings; a plain null becomes None. Types are the schema's business."""
    match node:
        case YamlScalar():
            return None if node.is_null else node.text
        case YamlList():
            return [plain(item) for item in node.items]
        case YamlMap():
            return {key.text: plain(value) for key, value in node.items}


def node_at(root: YamlNode, path: Iterator[str | int] | tuple[str | int, ...]) -> YamlNode:
    """Return the deepest node along `path` that exists; for placing an error of a schema."""
    node = root
    for step in path:
        following: YamlNode | None = None
        if isinstance(node, YamlMap):
            following = node.get(str(step))
        elif isinstance(node, YamlList) and isinstance(step, int) and step < len(node.items):
            following = node.items[step]
        if following is None:
            return node
        node = following
    return node


def _text(data: bytes, source: str) -> str:
    if len(data) > MAX_BYTES:
        raise InputError(f"longer than {MAX_BYTES} bytes", code="SOV-I005", span=Span(path=source))
    try:
        return unicodedata.normalize("NFC", data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise InputError(
            f"not text: byte {error.start} is not UTF-8", code="SOV-I001", span=Span(path=source)
        ) from None


def _check_events(text: str, source: str, lines: list[str]) -> None:
    """Refuse what `compose` would hide: aliases become the same node, a tag looks implicit."""
    depth, documents = 0, 0
    for event in yaml.parse(text, Loader=_Loader):
        match event:
            case yaml.DocumentStartEvent():
                documents += 1
            case yaml.CollectionStartEvent():
                depth += 1
            case yaml.CollectionEndEvent():
                depth -= 1
            case _:
                pass
        span = _span(event.start_mark, source, lines)
        if depth > MAX_DEPTH:
            raise InputError(f"nested deeper than {MAX_DEPTH} levels", code="SOV-I005", span=span)
        if problem := _forbidden(event, documents):
            raise InputError(problem, code="SOV-I401", hint="write the value out where it stands", span=span)


def _forbidden(event: Any, documents: int) -> str | None:  # noqa: ANN401  PyYAML's events have no common typed base
    if isinstance(event, yaml.AliasEvent):
        return f"alias {quoted(f'*{event.anchor}')} is not allowed"
    if getattr(event, "anchor", None):
        return f"anchor {quoted(f'&{event.anchor}')} is not allowed"
    if getattr(event, "tag", None):
        return f"tag {quoted(event.tag)} is not allowed"
    return "a second document is not allowed" if documents > 1 else None


def _not_yaml(error: yaml.MarkedYAMLError, source: str, lines: list[str]) -> InputError:
    mark = error.problem_mark or error.context_mark
    span = _span(mark, source, lines) if mark else Span(path=source)
    return InputError(f"not YAML: {' '.join((error.problem or 'syntax error').split())}", code="SOV-I002", span=span)


def _convert(node: Any, source: str, lines: list[str]) -> YamlNode:  # noqa: ANN401  PyYAML's nodes are untyped
    span = _span(node.start_mark, source, lines, node.end_mark)
    if isinstance(node, yaml.ScalarNode):
        return YamlScalar(text=node.value, is_plain=not node.style, span=span)
    if isinstance(node, yaml.SequenceNode):
        return YamlList(items=tuple(_convert(item, source, lines) for item in node.value), span=span)
    items = []
    seen: set[str] = set()
    for key_node, value_node in node.value:
        key = _convert(key_node, source, lines)
        _check_key(key, seen)
        assert isinstance(key, YamlScalar)
        seen.add(key.text)
        items.append((key, _convert(value_node, source, lines)))
    return YamlMap(items=tuple(items), span=span)


def _check_key(key: YamlNode, seen: set[str]) -> None:
    if not isinstance(key, YamlScalar):
        raise InputError("a key must be a word", code="SOV-I401", span=key.span)
    if key.text == "<<":
        raise InputError("merge key `<<` is not allowed", code="SOV-I401", hint="write the keys out", span=key.span)
    if key.text in seen:
        raise InputError(
            f"duplicate key {quoted(key.text)}", code="SOV-I004", hint="keep one of the two", span=key.span
        )


def _span(mark: Any, source: str, lines: list[str], end: Any = None) -> Span:  # noqa: ANN401  PyYAML's marks are untyped
    line = lines[mark.line] if mark.line < len(lines) else ""
    same_line = end is not None and end.line == mark.line
    length = max(1, end.column - mark.column) if same_line else max(1, len(line) - mark.column)
    return Span(path=source, line=mark.line + 1, column=mark.column + 1, length=length, source=line)
