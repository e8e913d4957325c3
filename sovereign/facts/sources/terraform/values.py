"""Values of a change along a path of the type table: known, unknown or absent, and never shown when sensitive.

`after_unknown` and `after_sensitive` mirror `after`; `true` anywhere marks everything below. Blocks are lists of one in
older providers and objects in newer ones: `rule[].destination[].bucket` fits both.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

__all__ = ["Leaf", "Values", "leaves", "path_steps", "pointer", "texts"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Values:
    """One side of a change.

    Attributes:
        value: `after` or `before`, or the values of a resource in the state.
        unknown, sensitive: marks of the same shape.
        pointer: to `value`.
    """

    value: Any
    unknown: Any = None
    sensitive: Any = None
    pointer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """One value at the end of a path.

    Attributes:
        value: any JSON value; meaningless if not known.
        known: False if Terraform learns it while it applies.
        sensitive: it must not be shown.
        pointer: RFC 6901.
    """

    value: Any
    known: bool
    sensitive: bool
    pointer: str

    @property
    def text(self) -> str | None:
        """The value if it is known text, not empty."""
        return self.value if self.known and isinstance(self.value, str) and self.value else None

    @property
    def shown(self) -> str | None:
        """The value as evidence may hold it: None if it is sensitive or not known."""
        if self.sensitive or not self.known:
            return None
        return self.value if isinstance(self.value, str) else _compact(self.value)


def _compact(value: Any) -> str:  # noqa: ANN401  JSON is any of six types
    return "true" if value is True else "false" if value is False else str(value)


@cache
def path_steps(path: str) -> tuple[str, ...]:
    """Return the names of a path of the type table; `[]` only says that a block may repeat."""
    return tuple(step.removesuffix("[]") for step in path.split("."))


def leaves(values: Values, path: str) -> tuple[Leaf, ...]:
    """Return what stands at `path`: nothing if absent or null, one leaf for each element of a list."""
    names = path_steps(path)
    value, unknown = values.value, values.unknown
    if isinstance(value, dict) and names[0] not in value and (not unknown or _silent(unknown, names[0])):
        return ()  # most paths of the table are absent from most objects
    return tuple(_walk(value, unknown, values.sensitive, names, values.pointer))


def _silent(unknown: Any, name: str) -> bool:  # noqa: ANN401  marks have the shape of the value
    return isinstance(unknown, dict) and not unknown.get(name)


def texts(values: Values) -> Iterator[Leaf]:
    """Yield every known text, wherever it stands, in the order of the document."""
    waiting = [(values.value, values.unknown, values.sensitive, values.pointer)]
    while waiting:
        value, unknown, sensitive, where = waiting.pop()
        if isinstance(value, str) and value and unknown is not True:
            yield Leaf(value=value, known=True, sensitive=sensitive is True, pointer=where)
        steps: Iterable[Any] = (
            value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
        )
        waiting += reversed([(value[s], _at(unknown, s), _at(sensitive, s), f"{where}{pointer(s)}") for s in steps])


def _walk(
    value: Any,  # noqa: ANN401  JSON is any of six types
    unknown: Any,  # noqa: ANN401  as value
    sensitive: Any,  # noqa: ANN401  as value
    names: tuple[str, ...],
    where: str,
) -> Iterator[Leaf]:
    if unknown is True:
        yield Leaf(value=None, known=False, sensitive=sensitive is True, pointer=where)
        return
    if isinstance(value, list) or (value is None and isinstance(unknown, list)):
        items = value or []
        for index in range(max(len(items), len(unknown) if isinstance(unknown, list) else 0)):
            item = items[index] if index < len(items) else None
            yield from _walk(item, _at(unknown, index), _at(sensitive, index), names, f"{where}/{index}")
        return
    if not names:
        if value is not None and value != "":
            yield Leaf(value=value, known=True, sensitive=sensitive is True, pointer=where)
        return
    if not isinstance(value, dict) and not isinstance(unknown, dict):
        return
    name = names[0]
    below = value.get(name) if isinstance(value, dict) else None
    yield from _walk(below, _at(unknown, name), _at(sensitive, name), names[1:], f"{where}{pointer(name)}")


def _at(marks: Any, key: str | int) -> Any:  # noqa: ANN401  marks have the shape of the value
    if marks is True:
        return True
    if isinstance(marks, dict) and isinstance(key, str):
        return marks.get(key)
    if isinstance(marks, list) and isinstance(key, int):
        return marks[key] if key < len(marks) else None
    return None


def pointer(*steps: str | int) -> str:
    """Return the RFC 6901 pointer of the steps."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in steps)
