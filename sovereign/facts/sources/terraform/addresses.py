"""Addresses of a plan: `module.a["x.y"].module.b.aws_s3_bucket.this["k"]`.

An index key may hold dots, brackets and escaped quotes, so an address is read by a state machine and never split.
"""

from dataclasses import dataclass
from functools import lru_cache

__all__ = ["Address", "parse_address", "steps"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where a resource stands in the configuration; index keys are dropped.

    Attributes:
        modules: names of the module calls from the root.
        mode: managed or data.
        type, name: of the resource block.
    """

    modules: tuple[str, ...]
    mode: str
    type: str
    name: str

    @property
    def local(self) -> str:
        """The address inside its module, as the configuration writes it."""
        return f"{'data.' if self.mode == 'data' else ''}{self.type}.{self.name}"


def steps(text: str) -> tuple[str, ...] | None:
    """Return the names between the dots of an address without index keys, None if brackets or quotes do not close."""
    names, current, depth, quoted, escaped = list[str](), list[str](), 0, False, False
    for character in text:
        if quoted:
            quoted, escaped = escaped or character != '"', not escaped and character == "\\"
        elif character == "[":
            depth += 1
        elif character == "]":
            depth -= 1
        elif depth:
            quoted = character == '"'
        elif character == ".":
            names.append("".join(current))
            current.clear()
        else:
            current.append(character)
        if depth not in (0, 1):
            return None
    names.append("".join(current))
    return None if depth or quoted or not all(names) else tuple(names)


@lru_cache(maxsize=4096)
def parse_address(text: str) -> Address | None:
    """Return the address that `text` writes, None if it is not one."""
    names = steps(text)
    if names is None:
        return None
    modules: tuple[str, ...] = ()
    while len(names) > 1 and names[0] == "module":
        modules, names = (*modules, names[1]), names[2:]
    mode = "managed"
    if names and names[0] == "data":
        mode, names = "data", names[1:]
    if len(names) != 2:  # noqa: PLR2004  a resource is type and name
        return None
    return Address(modules=modules, mode=mode, type=names[0], name=names[1])
