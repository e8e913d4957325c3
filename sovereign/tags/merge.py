"""Combining tags: what is made from several datasets carries the claims of all of them.

1. A dataset without a tag absorbs what it is combined with: the result is untagged, and undecided.
2. Null absorbs in every claim. So does a field that one tag fills in and another leaves out, but for
   `allowed_locations`, `allowed_jurisdictions`, `purposes`, `packs`, `obligations` and `evidence`: left out of a
   present tag, these claim nothing.
   `title` and `owner` are for people: kept where all inputs agree, else left out.
3. Equal claims stay as they were written. Different ones follow lattice.py; what holds for places holds on the day
   `at`, on which groups and territories are resolved.
4. An empty intersection is legal and unplaceable: every placement is denied. It is reported with two inputs that
   conflict, or with all of them where no two alone do.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import reduce
from itertools import combinations
from typing import Any, Final

from sovereign._internal.canonical import sha256_hex
from sovereign.errors import TagMissingError
from sovereign.jurisdiction import Groups
from sovereign.tags.lattice import JOINS, meet_places
from sovereign.tags.model import CLAIMS, ResidencyTag

__all__ = ["Combined", "Conflict", "combine"]

_SILENT: Final = frozenset({*CLAIMS, "obligations", "evidence"})
_PLACES: Final = frozenset({"allowed_locations", "allowed_jurisdictions"})
_FOR_PEOPLE: Final = frozenset({"title", "owner"})
_NARROWED: Final = ("allowed_locations", "allowed_jurisdictions", "purposes")
_FIELDS: Final = tuple(name for name in ResidencyTag.model_fields if name != "id")
_LONGEST_ID: Final = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """Claims that leave nothing over.

    Attributes:
        field: `allowed_locations`, `allowed_jurisdictions` or `purposes`.
        inputs: ids of two tags that exclude each other; of all that claim, where no two alone do.
        claims: what each of them claims, in the same order.
    """

    field: str
    inputs: tuple[str, ...]
    claims: tuple[frozenset[str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Combined:
    """The tag of everything together.

    Attributes:
        tag: None if an input has no tag.
        conflicts: claims that exclude each other, in the order of `ResidencyTag`; empty if something is left over.
    """

    tag: ResidencyTag | None
    conflicts: tuple[Conflict, ...] = ()


def combine(*tags: ResidencyTag | None, at: date, groups: Groups | None = None) -> Combined:
    """Return the strictest tag that satisfies every input; the order of inputs does not matter.

    Args:
        tags: at least one; None is a dataset without a tag.
        at: the legal day on which places are resolved.
        groups: the dated groups; those of the package data if left out.

    Raises:
        TagMissingError: nothing is given.
    """
    if not tags:
        raise TagMissingError("there is no tag to combine", hint="name at least one dataset")
    present = [tag for tag in tags if tag is not None]
    if len(present) < len(tags):
        return Combined(tag=None)
    present.sort(key=lambda tag: tag.id)
    groups = groups or _package_groups()
    fields: dict[str, Any] = {"id": _joint_id([tag.id for tag in present])}
    for name in _FIELDS:
        if _stays(name, present):
            fields[name] = _joint(name, present, groups, at)
    tag = ResidencyTag.model_validate(fields)
    return Combined(tag=tag, conflicts=tuple(_conflicts(tag, present, groups, at)))


def _package_groups() -> Groups:
    from sovereign.jurisdiction.snapshot import load_snapshot  # noqa: PLC0415  reads files, once per process

    return load_snapshot().groups


def _stays(name: str, tags: Sequence[ResidencyTag]) -> bool:
    if name in _FOR_PEOPLE:
        return all(tag.claims(name) and getattr(tag, name) == getattr(tags[0], name) for tag in tags)
    return any(tag.claims(name) for tag in tags)


def _joint(name: str, tags: Sequence[ResidencyTag], groups: Groups, at: date) -> Any:  # noqa: ANN401  of the field's type
    claims = [getattr(tag, name) for tag in tags if tag.claims(name)]
    if len(claims) < len(tags) and name not in _SILENT:
        return None
    return reduce(lambda left, right: _join(name, left, right, groups, at), claims)


def _join(name: str, left: Any, right: Any, groups: Groups, at: date) -> Any:  # noqa: ANN401  of the field's type
    if left is None or right is None:
        return None
    if left == right:
        return left
    return meet_places(left, right, groups, at) if name in _PLACES else JOINS[name](left, right)


def _conflicts(combined: ResidencyTag, tags: Sequence[ResidencyTag], groups: Groups, at: date) -> Iterator[Conflict]:
    for name in _NARROWED:
        claiming = [tag for tag in tags if tag.claims(name)]
        if getattr(combined, name) == frozenset() and all(getattr(tag, name) for tag in claiming):
            pairs = (pair for pair in combinations(claiming, 2) if _excludes(name, pair, groups, at))
            yield _conflict(name, next(pairs, tuple(claiming)))


def _excludes(name: str, pair: tuple[ResidencyTag, ResidencyTag], groups: Groups, at: date) -> bool:
    left, right = (getattr(tag, name) for tag in pair)
    return not _join(name, left, right, groups, at)


def _conflict(name: str, tags: tuple[ResidencyTag, ...]) -> Conflict:
    return Conflict(field=name, inputs=tuple(t.id for t in tags), claims=tuple(getattr(t, name) for t in tags))


def _joint_id(ids: Iterable[str]) -> str:
    """Return the ids of the inputs joined by `+`; a digest of them where that is longer than an id may be."""
    distinct = sorted(set(ids))
    if len(distinct) == 1:
        return distinct[0]
    joined = "+".join(sorted({part for name in distinct for part in name.split("+") if part}))
    return joined if 0 < len(joined) <= _LONGEST_ID else f"combined:{sha256_hex(joined.encode())}"
