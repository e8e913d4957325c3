"""Tag files: what owners write beside their data, in YAML or JSON.

```yaml
sovereign_tag: 1
datasets:
  - {id: payroll, classification: confidential, categories: [hr], status: personal, allowed_locations: [eu]}
jobs:
  - {id: backup-payroll, kind: backup, purpose: recovery, inputs: [payroll]}
```

One dataset may also stand alone: its fields beside `sovereign_tag`. A wrong form is an error with its place. A word
outside its domain is none: it is kept, counts as unknown, and `tag show` names it (words.py).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final, Generic, TypeVar

from sovereign._internal.canonical import sha256_hex
from sovereign._internal.shape import ShapeError, field_spans, key_span, nearest_hint, parse_tree, read_model
from sovereign._internal.strict_yaml import YamlList, YamlMap, YamlNode, YamlScalar
from sovereign.errors import InputError, Span, TagConflictError, TagFormatError, TagMissingError, quoted
from sovereign.jurisdiction.places import nearest
from sovereign.tags.consistency import contradicting_categories
from sovereign.tags.model import JobTag, ResidencyTag

__all__ = ["TagFile", "TagSet", "Tagged", "load_tag_file", "load_tags", "missing_tag", "parse_tag_file", "second_tag"]

T = TypeVar("T", ResidencyTag, JobTag)

_HEAD: Final = "sovereign_tag"
_LISTS: Final = ("datasets", "jobs")
_FORM: Final = "docs/reference/tags.md shows the form of a tag file"
_LARGEST: Final = 2_000_000  # bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Tagged(Generic[T]):
    """A tag and where it stands.

    Attributes:
        tag: a `ResidencyTag` or a `JobTag`.
        span: the place of the whole tag.
        spans: the place of the value of each field that the tag fills in.
    """

    tag: T
    span: Span
    spans: Mapping[str, Span]


@dataclass(frozen=True, slots=True, kw_only=True)
class TagFile:
    """One file of tags.

    Attributes:
        path: as the user named it.
        sha256: of its bytes, 64 hexadecimal digits.
        datasets, jobs: in source order; ids are unique in each.
    """

    path: str
    sha256: str
    datasets: tuple[Tagged[ResidencyTag], ...]
    jobs: tuple[Tagged[JobTag], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TagSet:
    """The tags of several files.

    Attributes:
        files: sorted by path.
        datasets, jobs: by id.
    """

    files: tuple[TagFile, ...] = ()
    datasets: Mapping[str, Tagged[ResidencyTag]]
    jobs: Mapping[str, Tagged[JobTag]]


def load_tags(patterns: Iterable[str], *, root: Path) -> TagSet:
    """Return the tags of all files that `patterns` match.

    Args:
        patterns: paths or globs (`tags/*.yaml`, `**/*.tag.json`), relative to `root` or absolute.
        root: the directory of the settings.

    Raises:
        InputError: a pattern matches no file (SOV-I003), or a file is unreadable or not of its format.
        TagFormatError: a file is no tag file (SOV-I101), or two tags have one id (SOV-I103).
        TagConflictError: a tag contradicts itself (SOV-I102).
    """
    paths = {path for pattern in patterns for path in _matches(pattern, root)}
    files = tuple(load_tag_file(path) for path in sorted(paths))
    return TagSet(
        files=files,
        datasets=_by_id("dataset", (tagged for file in files for tagged in file.datasets)),
        jobs=_by_id("job", (tagged for file in files for tagged in file.jobs)),
    )


def load_tag_file(path: Path) -> TagFile:
    """Return the tags of one file.

    Raises:
        InputError: unreadable (SOV-I001), or not YAML or JSON.
        TagFormatError: no tag file (SOV-I101), or two tags have one id (SOV-I103).
        TagConflictError: a tag contradicts itself (SOV-I102).
    """
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST + 1)
    except OSError as error:
        raise InputError(
            f"the tag file {quoted(str(path))} cannot be read: {(error.strerror or 'unreadable').lower()}",
            code="SOV-I001",
            hint="name an existing file that this user may read",
        ) from None
    return parse_tag_file(data, source=str(path))


def parse_tag_file(data: bytes, *, source: str) -> TagFile:
    """Return the tags in the bytes of a tag file; JSON if `source` ends in `.json`.

    Raises:
        InputError: not YAML or JSON, a duplicate key, too deep, too long.
        TagFormatError: no tag file (SOV-I101), or two tags have one id (SOV-I103).
        TagConflictError: a tag contradicts itself (SOV-I102).
    """
    if len(data) > _LARGEST:
        raise InputError(f"longer than {_LARGEST} bytes", code="SOV-I005", span=Span(path=source))
    root = parse_tree(data, source=source)
    _check_head(root)
    assert isinstance(root, YamlMap)
    lists = {key.text: value for key, value in root.items if key.text in _LISTS}
    if lists:
        _check_only_lists(root)
        datasets, jobs = (_items(lists.get(name), name) for name in _LISTS)
    else:
        datasets, jobs = (_without_head(root),), ()
    found = tuple(_consistent(_tagged(node, ResidencyTag)) for node in datasets)
    work = tuple(_tagged(node, JobTag) for node in jobs)
    _by_id("dataset", found)
    _by_id("job", work)
    return TagFile(path=source, sha256=sha256_hex(data), datasets=found, jobs=work)


def _check_head(root: YamlNode) -> None:
    head = root.get(_HEAD) if isinstance(root, YamlMap) else None
    if head is None:
        raise _ill_formed("not a tag file", root.span, hint=f"its first line is `{_HEAD}: 1`; {_FORM}")
    if not (isinstance(head, YamlScalar) and head.is_plain and head.text == "1"):
        raise _ill_formed(f"{quoted(_HEAD)} is not `1`, the only version of the form", head.span, hint=_FORM)


def _check_only_lists(root: YamlMap) -> None:
    for key, _ in root.items:
        if key.text not in {_HEAD, *_LISTS}:
            hint = nearest_hint(key.text, (_HEAD, *_LISTS))
            raise _ill_formed(f"unknown key {quoted(key.text)} beside a list of tags", key.span, hint=hint)


def _items(node: YamlNode | None, name: str) -> tuple[YamlNode, ...]:
    if node is None:
        return ()
    if not isinstance(node, YamlList) or not node.items:
        raise _ill_formed(f"{quoted(name)} must be a list with at least one tag", node.span, hint=_FORM)
    return node.items


def _without_head(root: YamlMap) -> YamlMap:
    return YamlMap(items=tuple((key, value) for key, value in root.items if key.text != _HEAD), span=root.span)


def _tagged(node: YamlNode, model: type[T]) -> Tagged[T]:
    try:
        tag = read_model(model, node)
    except ShapeError as error:
        raise _ill_formed(error.message, error.span, hint=error.hint or _FORM) from None
    return Tagged(tag=tag, span=key_span(node, "id"), spans=MappingProxyType(field_spans(node)))


def _consistent(tagged: Tagged[ResidencyTag]) -> Tagged[ResidencyTag]:
    if wrong := contradicting_categories(tagged.tag):
        raise TagConflictError(
            f"the status `non_personal` of {quoted(tagged.tag.id)} contradicts the category {quoted(wrong[0])}",
            hint="data of this category relate to persons: correct the status or the category",
            span=tagged.spans["status"],
        )
    return tagged


def _by_id(kind: str, tags: Iterable[Tagged[T]]) -> Mapping[str, Tagged[T]]:
    found: dict[str, Tagged[T]] = {}
    for tagged in tags:
        first = found.setdefault(tagged.tag.id, tagged)
        if first is not tagged:
            raise second_tag(kind, tagged, first)
    return MappingProxyType(found)


def missing_tag(dataset: str, known: Iterable[str]) -> TagMissingError:
    """Return the error for a dataset that no tag file names (SOV-U003), with the named one that looks most like it."""
    near = "".join(f"did you mean {quoted(name)}? else " for name in nearest(dataset, known)[:1])
    return TagMissingError(
        f"no tag file names the dataset {quoted(dataset)}",
        hint=f"{near}add its tag to a file listed under `tags` in sovereign.yaml, or pass the tag itself",
    )


def second_tag(kind: str, second: Tagged[T], first: Tagged[T]) -> TagFormatError:
    """Return the error for two tags of one id (SOV-I103)."""
    return TagFormatError(
        f"a second tag for the {kind} {quoted(second.tag.id)}; the first is at {first.spans['id']}",
        code="SOV-I103",
        hint="keep one; no order of files decides which tag counts",
        span=second.spans["id"],
    )


def _matches(pattern: str, root: Path) -> list[Path]:
    """Return the files that a path or glob names; a plain path is taken as it is, so that its absence is told."""
    if not any(sign in pattern for sign in "*?["):
        return [root / pattern]
    anchor = Path(pattern).anchor
    base = Path(anchor) if anchor else root
    try:
        found = [path for path in base.glob(pattern.removeprefix(anchor)) if path.is_file()]
    except (ValueError, NotImplementedError, OSError):
        found = []
    if not found:
        raise InputError(
            f"no tag file matches {quoted(pattern)}",
            code="SOV-I003",
            hint=f"patterns are relative to {root}; take out one that names nothing",
        )
    return found


def _ill_formed(message: str, span: Span, *, hint: str) -> TagFormatError:
    return TagFormatError(message, span=span, hint=hint)
