"""What `tag show` and `tag combine` print: one JSON document, or text for people.

Text from files is shown without control characters, so that no tag can write to a terminal what it does not say.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from sovereign.errors import quoted
from sovereign.tags.merge import Combined, Conflict
from sovereign.tags.model import CLAIMS, JobTag, ResidencyTag
from sovereign.tags.sources.sidecar import TagFile, Tagged
from sovereign.tags.words import UnknownWord

__all__ = ["combined_document", "combined_text", "show_document", "show_text", "tag_document"]

_WIDTH: Final = 24
_LONGEST: Final = 400
_DENIED: Final = {"allowed_locations": "placement", "allowed_jurisdictions": "party", "purposes": "purpose"}


def tag_document(tag: ResidencyTag | JobTag) -> dict[str, Any]:
    """Return the claims of a tag as JSON: what it leaves out is absent, unknown is null, sets are sorted lists."""
    document = tag.model_dump(exclude_unset=True)
    return {name: sorted(value) if isinstance(value, frozenset) else value for name, value in document.items()}


def show_document(file: TagFile, unknown: Iterable[UnknownWord]) -> dict[str, Any]:
    """Return the document of `tag show --format json` (`sovereign.tags/1`)."""
    return {
        "schema": "sovereign.tags/1",
        "path": file.path,
        "sha256": file.sha256,
        "datasets": [tag_document(tagged.tag) for tagged in file.datasets],
        "jobs": [tag_document(tagged.tag) for tagged in file.jobs],
        "unknown_words": [
            {"tag": w.tag, "field": w.field, "word": w.word, "nearest": w.nearest, "place": str(w.span)}
            for w in unknown
        ],
    }


def show_text(file: TagFile, unknown: Iterable[UnknownWord]) -> str:
    """Return the text of `tag show`, ended by a line feed."""
    words = tuple(unknown)
    tags: tuple[Tagged[Any], ...] = (*file.datasets, *file.jobs)
    lines = [line for tagged in tags for line in _shown(tagged, words)]
    return "\n".join(lines) + "\n"


def combined_document(combined: Combined) -> dict[str, Any]:
    """Return the document of `tag combine --format json` (`sovereign.combined/1`); `tag` is null for untagged."""
    return {
        "schema": "sovereign.combined/1",
        "tag": None if combined.tag is None else tag_document(combined.tag),
        "conflicts": [
            {"field": c.field, "inputs": list(c.inputs), "claims": [sorted(claim) for claim in c.claims]}
            for c in combined.conflicts
        ],
    }


def combined_text(combined: Combined) -> str:
    """Return the text of `tag combine`, ended by a line feed."""
    if combined.tag is None:
        return "untagged: an input has no tag, so nothing is known of the whole; every rule that asks is undecided\n"
    lines = [_clean(combined.tag.id), *_fields(combined.tag), *(_conflict(c) for c in combined.conflicts)]
    return "\n".join(lines) + "\n"


def _shown(tagged: Tagged[Any], unknown: tuple[UnknownWord, ...]) -> Iterator[str]:
    yield f"{_clean(tagged.tag.id)}  ({_clean(str(tagged.span))})"
    yield from _fields(tagged.tag)
    field_spans: Mapping[str, Any] = tagged.spans
    for word in unknown:
        if word.tag == tagged.tag.id and field_spans.get(word.field) == word.span:
            nearest = f"; did you mean {quoted(word.nearest)}?" if word.nearest else ""
            yield f"  {word.span}: unknown word {quoted(word.word)} in {word.field}, counts as unknown{nearest}"


def _fields(tag: ResidencyTag | JobTag) -> Iterator[str]:
    for name, value in tag_document(tag).items():
        if name != "id":
            yield f"  {name:<{_WIDTH}}{_value(value)}"
    silent = [name for name in CLAIMS if isinstance(tag, ResidencyTag) and not tag.claims(name)]
    if silent:
        yield f"  {'no claim':<{_WIDTH}}{', '.join(silent)}"


def _value(value: object) -> str:
    match value:
        case None:
            return "unknown"
        case bool():
            return "yes" if value else "no"
        case [] | ():
            return "none"
        case [*items] | (*items,):
            return ", ".join(_value(item) for item in items)
        case {"id": str(name)}:
            return _clean(name)
        case _:
            return _clean(str(value))


def _conflict(conflict: Conflict) -> str:
    claims = "; ".join(
        f"{quoted(name)} allows {', '.join(quoted(word) for word in sorted(claim))}"
        for name, claim in zip(conflict.inputs, conflict.claims, strict=True)
    )
    return f"  conflict in {conflict.field}: nothing is left, so every {_DENIED[conflict.field]} is denied: {claims}"


def _clean(text: str) -> str:
    return quoted(text, _LONGEST)[1:-1]
