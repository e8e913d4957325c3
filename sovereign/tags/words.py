"""Words of a tag that no domain knows: no errors, but they count as unknown, and nothing unknown is permitted."""

import difflib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sovereign.errors import Span
from sovereign.tags.sources.sidecar import TagFile, Tagged

__all__ = ["UnknownWord", "unknown_words"]


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownWord:
    """A word that counts as unknown.

    Attributes:
        tag: id of the dataset or job.
        field: of its tag.
        word: as it was written.
        nearest: a known word that looks like it, or None.
        span: where the field's value stands.
    """

    tag: str
    field: str
    word: str
    nearest: str | None
    span: Span


def unknown_words(file: TagFile, domains: Mapping[str, Collection[str]]) -> tuple[UnknownWord, ...]:
    """Return the words of `file` outside their domain, in the order of the file, sorted within one field.

    Args:
        file: a tag file.
        domains: known words by attribute name (`data.status`, `job.kind`, `data.allowed_locations`); an attribute that
            is not listed takes any word.
    """
    datasets = (found for tagged in file.datasets for found in _of(tagged, "data", domains))
    jobs = (found for tagged in file.jobs for found in _of(tagged, "job", domains))
    return (*datasets, *jobs)


def _of(tagged: Tagged[Any], root: str, domains: Mapping[str, Collection[str]]) -> Iterator[UnknownWord]:
    for field, span in tagged.spans.items():
        domain = domains.get(f"{root}.{field}")
        if domain is None:
            continue
        for word in _words(getattr(tagged.tag, field)):
            if word not in domain:
                nearest = _nearest(word, domain)
                yield UnknownWord(tag=tagged.tag.id, field=field, word=word, nearest=nearest, span=span)


def _words(value: object) -> tuple[str, ...]:
    if isinstance(value, frozenset):
        return tuple(sorted(value))
    return (value,) if isinstance(value, str) else ()


def _nearest(word: str, domain: Collection[str]) -> str | None:
    by_lower = {known.lower(): known for known in sorted(domain)}
    close = difflib.get_close_matches(word.lower(), by_lower, n=1)
    return by_lower[close[0]] if close else None
