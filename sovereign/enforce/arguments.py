"""What callers hand to a guard, checked before anything is decided: a program can say what no file may."""

import inspect
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

from sovereign.errors import TagConflictError, UsageError, quoted
from sovereign.facts.model import Party, Placement, as_asserted
from sovereign.tags.consistency import contradicting_categories
from sovereign.tags.model import ResidencyTag
from sovereign.tags.sources.sidecar import missing_tag

__all__ = ["check_has_run", "check_size", "observed", "runs_late", "tag_of"]

_MOST_BYTES: Final = 2**53 - 1  # the largest integer that every reader of JSON keeps (RFC 8259, section 6)
_TRUTHS: Final = ("cloud", "parties_complete", "plaintext_at_provider")
_SETS: Final = ("countries", "jurisdictions", "key_countries")
_TEXTS: Final = (
    *("id", "resource", "role", "provider", "region", "operator", "key_custody", "confidential_attestation_id"),
    *("moved_on", "system_first_marketed"),
)


def tag_of(data: str | ResidencyTag | None, known: Mapping[str, ResidencyTag]) -> tuple[ResidencyTag | None, str]:
    """Return the tag that a caller means, None for data without one, and the id of the dataset.

    Raises:
        TagMissingError: an id that no tag file names.
        TagConflictError: a tag that contradicts itself, which a tag file must not either.
    """
    if data is None:
        return None, "untagged"
    if isinstance(data, ResidencyTag):
        if wrong := contradicting_categories(data):
            raise TagConflictError(
                f"the status `non_personal` of {quoted(data.id)} contradicts the category {quoted(wrong[0])}",
                hint="data of this category relate to persons: correct the status or the category",
            )
        return data, data.id
    if data not in known:
        raise missing_tag(data, known)
    return known[data], data


def observed(placements: Iterable[Placement]) -> tuple[Placement, ...]:
    """Return placements that a caller made by hand: asserted, whatever they say, and of odd types unknown."""
    return tuple(_typed(as_asserted(placement)) for placement in placements)


def check_size(size_bytes: int) -> None:
    """Return when `size_bytes` can be counted: less than nothing would hide what was moved before.

    Raises:
        UsageError: it is no whole number from 0 to 2^53-1 (SOV-C503).
    """
    if type(size_bytes) is not int or not 0 <= size_bytes <= _MOST_BYTES:
        raise UsageError(
            f"{quoted(repr(size_bytes))} is no number of bytes",
            code="SOV-C503",
            hint="pass a whole number from 0 to 2^53-1; leave it out where it is not known",
        )


def check_has_run(result: object, job: str) -> None:
    """Return when what a job returned is no body that is still to run.

    Raises:
        UsageError: it is a coroutine or a generator (SOV-C502).
    """
    if inspect.iscoroutine(result):
        result.close()  # it is refused, and so not one that somebody forgot to await
        raise runs_late(job)
    if inspect.isgenerator(result) or inspect.isasyncgen(result):
        raise runs_late(job)


def runs_late(job: str) -> UsageError:
    """Return the error for a body that would run after the lease of its job (SOV-C502)."""
    return UsageError(
        f"the job {quoted(job)} is a generator, or returns one or a coroutine: its body would run after its lease",
        code="SOV-C502",
        hint="use `with guard.job(...)` around the loop that consumes it, or decorate the `async def` itself",
    )


def _typed(placement: Placement) -> Placement:
    """Return the placement with unknown in place of each value of another type than a file could hold.

    1 equals True, and would share its kept answer; and what no request can say could not be decided again.
    """
    typed: dict[str, Any] = {name: _one_of(getattr(placement, name), bool) for name in _TRUTHS}
    typed |= {name: _one_of(getattr(placement, name), str) for name in _TEXTS}
    typed |= {name: _words(getattr(placement, name)) for name in _SETS}
    typed["parties"] = _parties(placement.parties)
    odd = {name: value for name, value in typed.items() if value is not getattr(placement, name)}
    return replace(placement, **odd) if odd else placement


def _one_of(value: object, kind: type) -> Any:  # noqa: ANN401  of the type that is asked for
    return value if isinstance(value, kind) else None


def _words(value: object) -> frozenset[str] | None:
    """Return a set of words; None if it is none. Other collections of words are taken for what they mean."""
    if isinstance(value, frozenset) and all(isinstance(word, str) for word in value):
        return value
    if isinstance(value, list | set | tuple) and all(isinstance(word, str) for word in value):
        return frozenset(value)
    return None


def _parties(value: object) -> tuple[Party, ...] | None:
    """Return the parties, each with words for values; None, not stated, if one is something else."""
    if not isinstance(value, tuple) or not all(isinstance(party, Party) for party in value):
        return None
    is_typed = all(
        isinstance(party.function, str | None)
        and isinstance(party.name, str | None)
        and _words(party.countries) == party.countries
        for party in value
    )
    return value if is_typed else None
