"""Which run of a pipeline a log is said to belong to, and which runs a CI system announced.

Both are statements. The identity is that of whoever submits a log, and nobody has verified it; the announcement comes
from the CI system, by whoever runs the ingest. Held against each other they show what one alone hides: a run that never
came, and two logs that claim to be one run.

1. An identity has `run_id`, `attempt` and `job`, which together tell runs apart, and may have `provider`, `repository`,
`ref`, `sha` and `workflow`. 2. It has no person: who started a run stands in the CI system under its `run_id`, where it
can be erased. 3. An announcement is one JSON object a line: members of an identity, or an `origin`; `runs` says how
many logs it leaves, one if left out. It has come when so many logs with all its members are in the parent.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from sovereign._internal.strict_json import parse_json
from sovereign.errors import InputError, UsageError, quoted

__all__ = ["Announcement", "CiIdentity", "Missing", "missing_runs", "parse_announcements", "parse_identity"]

_REQUIRED: Final = ("run_id", "attempt", "job")
_MEMBERS: Final = ("provider", "repository", "ref", "sha", "workflow", *_REQUIRED)
_TELLS_APART: Final = ("provider", "repository", *_REQUIRED)
_LONGEST: Final = 256  # characters of a value
_MOST_RUNS: Final = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class CiIdentity:
    """One job of one attempt of one pipeline run, as somebody stated it.

    Attributes:
        members: those stated, by name; at least `run_id`, `attempt` and `job`.
    """

    members: Mapping[str, str]

    def may_be(self, other: "CiIdentity") -> bool:
        """Whether both may be the same job: of what tells jobs apart, nothing that both state differs.

        Leaving a member out makes a claim wider, never another one.
        """
        both = [name for name in _TELLS_APART if name in self.members and name in other.members]
        return all(self.members[name] == other.members[name] for name in both)

    def __str__(self) -> str:
        """The identity in one line, for a message; first what tells runs apart, as a message may be cut."""
        first = [name for name in _REQUIRED if name in self.members]
        names = (*first, *(name for name in self.members if name not in first))
        return " ".join(f"{name}={self.members[name]}" for name in names)


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """A run that a CI system says has been.

    Attributes:
        members: of an identity, and `origin`; those that were stated.
        runs: how many logs it leaves.
    """

    members: Mapping[str, str]
    runs: int = 1

    def __str__(self) -> str:
        """The announcement in one line, for a message."""
        return " ".join(f"{name}={value}" for name, value in self.members.items())

    def fits(self, origin: str, identity: CiIdentity | None) -> bool:
        """Whether a log of this origin and identity is one that was announced here."""
        told = {**(identity.members if identity is not None else {}), "origin": origin}
        return all(told.get(name) == value for name, value in self.members.items())


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """An announced run of which fewer logs came than it leaves."""

    announcement: Announcement
    arrived: int


def parse_identity(stated: Iterable[tuple[str, object]]) -> CiIdentity | None:
    """Return the identity that names and values state; None when nothing is stated.

    Raises:
        UsageError: an unknown member, one stated twice, no text, or one that is required is left out (SOV-C341).
    """
    members: dict[str, str] = {}
    for name, value in stated:
        if name not in _MEMBERS:
            raise _not_of_the_form(f"{quoted(name)} is no member of a CI identity", f"members are {_listed(_MEMBERS)}")
        if name in members:
            raise _not_of_the_form(f"the member {quoted(name)} is stated twice", "state each member once")
        members[name] = _text(name, value)
    if not members:
        return None
    _check_complete(members)
    return CiIdentity(members=_ordered(members))


def parse_announcements(data: bytes, *, source: str) -> tuple[Announcement, ...]:
    """Return what the lines of a file announce; equal lines announce one run.

    Raises:
        UsageError: no line, or one that is not of the form (SOV-C341).
    """
    found: dict[tuple[tuple[str, str], ...], Announcement] = {}
    for number, line in enumerate(data.splitlines(), 1):
        if line.strip():
            announcement = _announcement(line, f"{source}:{number}")
            before = found.setdefault(tuple(announcement.members.items()), announcement)
            if before.runs != announcement.runs:
                hint = "one line a run: `runs` says how many logs it leaves"
                raise _not_of_the_form(f"{quoted(f'{source}:{number}')} announces a run again, of another number", hint)
    if not found:
        hint = "a file without a line is what a failed query leaves; leave the option out if nothing was announced"
        raise _not_of_the_form(f"{quoted(source)} announces no run", hint)
    return tuple(found.values())


def missing_runs(
    announced: Iterable[Announcement], arrived: Iterable[tuple[str, CiIdentity | None]]
) -> Iterator[Missing]:
    """Yield each announced run of which fewer logs arrived than it leaves.

    Args:
        announced: what a CI system says.
        arrived: origin and identity of each run in the parent, each origin once.
    """
    runs = tuple(arrived)
    for announcement in announced:
        count = sum(1 for origin, identity in runs if announcement.fits(origin, identity))
        if count < announcement.runs:
            yield Missing(announcement=announcement, arrived=count)


def _announcement(line: bytes, source: str) -> Announcement:
    document = _object(line, source)
    runs = document.pop("runs", 1)
    if type(runs) is not int or not 1 <= runs <= _MOST_RUNS:
        raise _not_of_the_form(f"{quoted(source)}: `runs` is no number of logs", f"write 1 to {_MOST_RUNS}")
    unknown = document.keys() - {*_MEMBERS, "origin"}
    if unknown:
        hint = f"members are {_listed((*_MEMBERS, 'origin', 'runs'))}"
        raise _not_of_the_form(f"{quoted(source)}: {quoted(min(unknown))} is no member of an announcement", hint)
    members = {name: _text(name, value) for name, value in document.items()}
    if "origin" not in members:
        _check_complete(members)
    return Announcement(members=_ordered(members), runs=runs)


def _object(line: bytes, source: str) -> dict[str, Any]:
    try:
        document = parse_json(line, source=source)
    except InputError as error:
        raise _not_of_the_form(f"{quoted(source)}: {error.message}", "write one JSON object a line") from None
    if not isinstance(document, dict):
        raise _not_of_the_form(f"{quoted(source)} is no JSON object", "write one JSON object a line")
    return document


def _check_complete(members: Mapping[str, str]) -> None:
    left_out = [name for name in _REQUIRED if name not in members]
    if left_out:
        raise _not_of_the_form(
            f"a CI identity lacks {_listed(left_out)}",
            "run_id, attempt and job tell runs apart: docs/how-to/run-logs-in-ci.md says where to find them",
        )


def _text(name: str, value: object) -> str:
    text = str(value) if type(value) is int else value  # CI systems number runs and attempts
    if not isinstance(text, str) or not 0 < len(text) <= _LONGEST or not text.isprintable():
        raise _not_of_the_form(f"{quoted(name)} is no line of text", f"write 1 to {_LONGEST} printable characters")
    return text


def _ordered(members: Mapping[str, str]) -> Mapping[str, str]:
    return MappingProxyType({name: members[name] for name in ("origin", *_MEMBERS) if name in members})


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _not_of_the_form(message: str, hint: str) -> UsageError:
    return UsageError(message, code="SOV-C341", hint=hint)
