"""What callers hand to a guard, checked before anything is decided: a program can say what no file may."""

import inspect
from collections.abc import Mapping
from typing import Final

from sovereign.errors import TagConflictError, UsageError, quoted
from sovereign.tags.consistency import contradicting_categories
from sovereign.tags.model import ResidencyTag
from sovereign.tags.sources.sidecar import missing_tag

__all__ = ["check_has_run", "check_size", "runs_late", "tag_of"]

_MOST_BYTES: Final = 2**53 - 1  # the largest integer that every reader of JSON keeps (RFC 8259, section 6)


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
