"""Patterns of `gate.ignore` and `gate.paths`: which files of a tree they name.

`*` and `?` stand for characters of one name, `[a-z]` and `[!ab]` for one character, `**` as a whole name for any number
of directories. A pattern is compared with the whole path below the directory of the settings, so `docs/**` names
everything in `docs` and nothing in `src/docs`. A file outside that directory is named by no pattern.
"""

import os
import re
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from sovereign.settings.sovereign_yaml import PathRule

__all__ = ["first_match", "matches", "rule_for"]

_WILD: Final = re.compile(r"\*|\?|\[(?:![^\]/]+|[^\]/!][^\]/]*)\]")
_CHARACTERS: Final = re.compile(r"(.)-(.)|(.)", re.DOTALL)


def matches(pattern: str, path: str) -> bool:
    """Whether `pattern` names the relative path `path`, which has forward slashes and no `..`."""
    return _compiled(pattern).fullmatch(path) is not None


def first_match(patterns: Iterable[str], path: Path, *, root: Path) -> str | None:
    """Return the first pattern that names the file `path`, or None."""
    inside = _below(path, root)
    return None if inside is None else next((p for p in patterns if matches(p, inside)), None)


def rule_for(rules: "Iterable[PathRule]", path: Path, *, root: Path) -> "PathRule | None":
    """Return the rule of `gate.paths` that holds for the file `path`: the last that matches, or None."""
    inside = _below(path, root)
    found = None if inside is None else [rule for rule in rules if matches(rule.match, inside)]
    return found[-1] if found else None


def _below(path: Path, root: Path) -> str | None:
    """Return the path below `root` with forward slashes; links of directories are followed, the file's own is not."""
    real = path.absolute().parent.resolve() / path.name
    base = root.resolve()
    if not path.name or path.name == ".." or not real.is_relative_to(base):
        return None
    return str(real.relative_to(base)).replace(os.sep, "/")


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> re.Pattern[str]:
    names = [name for name in pattern.split("/") if name not in {"", "."}]
    parts = [_any_depth(index == len(names) - 1) if name == "**" else _name(name) for index, name in enumerate(names)]
    text = "".join(
        part if name == "**" or index == len(names) - 1 else f"{part}/"
        for index, (name, part) in enumerate(zip(names, parts, strict=True))
    )
    return re.compile(text, re.DOTALL)


def _any_depth(is_last: bool) -> str:  # noqa: FBT001  the one thing that is asked
    return ".+" if is_last else "(?:[^/]+/)*"


def _name(name: str) -> str:
    """Return the expression of one name; what is no wildcard stands for itself.

    Between two stars the first fit is as good as any later one, so it is never tried again: no pattern takes long.
    """
    runs = [""]
    place = 0
    for wild in _WILD.finditer(name):
        runs[-1] += re.escape(name[place : wild.start()])
        place = wild.end()
        if wild[0] == "*":
            runs.append("")
        else:
            runs[-1] += _wild(wild[0])
    runs[-1] += re.escape(name[place:])
    if len(runs) == 1:
        return runs[0]
    return runs[0] + "".join(f"(?>[^/]*?{run})" for run in runs[1:-1]) + "[^/]*" + runs[-1]


def _wild(sign: str) -> str:
    if sign == "?":
        return "[^/]"
    inner = sign[1:-1]
    body = "".join(_characters(*found) for found in _CHARACTERS.findall(inner.removeprefix("!")))
    return f"(?!/)[{'^' if inner.startswith('!') else ''}{body}]"


def _characters(low: str, high: str, single: str) -> str:
    """Return a range or one character of a class; a range from high to low is three characters."""
    if single or low > high:
        return re.escape(single or f"{low}-{high}")
    return f"{re.escape(low)}-{re.escape(high)}"
