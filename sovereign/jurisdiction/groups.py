"""Groups of countries by date, three-valued.

There is no single "EU" group: health law adds Switzerland and the EEA, tax law excludes them, VAT law cuts out
territories. A policy names its group, and the group decides by its own list:

1. The members of the groups it unites and its own members on the day, each with its integral territories
   (places.py, rule 3; for the EEA Art. 126(1) of the Agreement), minus the territories it excludes.
2. A territory under review is unknown in every group, unless the group lists it by its own code.
3. Before the first or from the last day of the group itself, nothing is inside.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from graphlib import TopologicalSorter
from types import MappingProxyType
from typing import Any

from sovereign.jurisdiction.dates import Interval, parse_interval
from sovereign.jurisdiction.places import Membership, Places, UnknownPlaceError, nearest

__all__ = ["Group", "GroupMember", "Groups", "parse_groups"]

_MEMO_SIZE = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupMember:
    """A country or territory that belongs to a group for a time."""

    code: str
    valid: Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """One named group, as the data list it.

    Attributes:
        name: lower case, e.g. `gdpr_territory`.
        title_en, title_de: for people.
        verification: verified, secondary or unverified, of the list.
        valid: days on which the group exists.
        union_of: groups whose members belong to it.
        members: its own.
        excluded: territories that do not belong to it, whatever their state does.
    """

    name: str
    title_en: str
    title_de: str
    verification: str
    valid: Interval
    union_of: tuple[str, ...]
    members: tuple[GroupMember, ...]
    excluded: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Groups:
    """Answers which places a word stands for on a day.

    Attributes:
        known: by name.
        domain: the places.
    """

    known: Mapping[str, Group]
    domain: Places
    _memo: dict[tuple[str, date], Membership] = field(default_factory=dict, repr=False, compare=False)

    @property
    def places(self) -> frozenset[str]:
        """Every known place code."""
        return self.domain.codes

    def is_group(self, word: str) -> bool:
        """Whether `word`, or what it is another spelling of, names a group."""
        return self.canonical(word) in self.known

    def canonical(self, word: str) -> str:
        """Return the place or group that `word` is another spelling of (UK, EL, EU), else `word` itself."""
        return self.domain.canonical(word)

    def members(self, group: str, day: date) -> Membership:
        """Return the places inside `group` on `day`, and those that may be.

        Raises:
            UnknownPlaceError: no group has this name.
        """
        name = self.canonical(group)
        if name not in self.known:
            raise UnknownPlaceError(group, nearest(group, self.known))
        found = self._memo.get((name, day))
        if found is None:
            found = self._resolve(self.known[name], day)
            if len(self._memo) >= _MEMO_SIZE:  # a long-running service sees many days
                self._memo.clear()
            self._memo[name, day] = found
        return found

    def expand(self, words: Iterable[str], day: date) -> Membership:
        """Return the places that a list of countries and groups stands for on `day`; nothing, for an empty list.

        Raises:
            UnknownPlaceError: a word is neither a place nor a group.
        """
        return Membership.union(self._word(word, day) for word in words)

    def boundaries(self) -> frozenset[date]:
        """The days on which some membership changes."""
        intervals = [t.valid for t in self.domain.territories.values()]
        for group in self.known.values():
            intervals += [group.valid, *(member.valid for member in group.members)]
        return frozenset[date]().union(*(interval.boundaries() for interval in intervals))

    def _word(self, word: str, day: date) -> Membership:
        name = self.canonical(word)
        if name in self.known:
            return self.members(name, day)
        if name in self.domain.codes:
            return self.domain.state_with_parts(name, day)
        raise UnknownPlaceError(word, nearest(word, self.known.keys() | self.domain.codes | self.domain.aliases.keys()))

    def _resolve(self, group: Group, day: date) -> Membership:
        review = Membership(maybe=self.domain.under_review())
        if not group.valid.covers(day):
            return review
        parts = [self.members(name, day) for name in group.union_of]
        parts += [self.domain.state_with_parts(m.code, day) for m in group.members if m.valid.covers(day)]
        inside = Membership.union([review, *parts])
        return Membership(yes=inside.yes - group.excluded, maybe=inside.maybe - group.excluded)


def parse_groups(document: Mapping[str, Any], places: Places) -> Groups:
    """Return the groups of groups.json.

    Raises:
        KeyError, ValueError: the document is not of its form, or a group names what does not exist, or itself.
    """
    known = {name: _group(name, row) for name, row in document["groups"].items()}
    for group in known.values():
        codes = {member.code for member in group.members} | group.excluded
        if not (codes <= places.codes and known.keys() >= set(group.union_of)):
            raise ValueError(f"the group {group.name} names what does not exist")
    TopologicalSorter({group.name: group.union_of for group in known.values()}).prepare()  # CycleError is a ValueError
    if known.keys() & places.codes:
        raise ValueError("a name stands for a group and for a place")
    return Groups(known=MappingProxyType(known), domain=places)


def _group(name: str, row: Mapping[str, Any]) -> Group:
    return Group(
        name=name,
        title_en=row["title_en"],
        title_de=row["title_de"],
        verification=row["verification"],
        valid=parse_interval(row),
        union_of=tuple(row.get("union_of", ())),
        members=tuple(GroupMember(code=m["code"], valid=parse_interval(m)) for m in row.get("members", ())),
        excluded=frozenset(row.get("exclude_territories", ())),
    )
