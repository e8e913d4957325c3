"""Adequacy decisions of Art. 45 GDPR: a dated predicate of a place and its recipient, three-valued.

Rules:
1. A decision counts for a day inside its validity, as it was known on `known`: an end date that was recorded later
   does not count yet, nor does a decision that was not adopted yet.
2. A decision that a court annulled has never held for whoever knows of the judgment: Privacy Shield in 2019, asked
   today, is no adequacy. A repeal by the Commission has no retroactive effect (Art. 45(5) GDPR).
3. Each required fact about the recipient must be known and equal. Known and different: no. Not known, or not of the
   type that is asked: unknown. A conditional requirement whose condition is unknown may hold.
4. Several decisions for a place: one that holds is enough.
5. A place outside the domain, a territory under review and data that are too old: unknown. Every other place without
   a decision: no; the Commission's list is closed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from types import MappingProxyType
from typing import Any, Final, NoReturn

from sovereign.jurisdiction.dates import Interval, parse_day, parse_interval
from sovereign.jurisdiction.places import Places

__all__ = ["Adequacy", "AdequacyAnswer", "AdequacyDecision", "Condition", "Fact", "parse_adequacy"]

Fact = bool | str
STALE_AFTER: Final = timedelta(days=365)


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """Facts that are required on the days of `valid` when the facts of `when` hold."""

    when: Mapping[str, Fact]
    then: Mapping[str, Fact]
    valid: Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class AdequacyDecision:
    """One decision, as the data list it.

    Attributes:
        id: e.g. `us-dpf`.
        code: a place, or an international organisation.
        title: number of the decision.
        adopted: the first day on which it could be known.
        valid: world time; the latest knowledge.
        history: (recorded from, end as known then), oldest first; empty when the end never moved.
        annulled: whether `valid.end` is the day of a judgment.
        requires: facts about the recipient.
        conditions: facts required only sometimes.
        verification: verified, secondary or unverified.
    """

    id: str
    code: str
    title: str
    adopted: date
    valid: Interval
    history: tuple[tuple[date, date | None], ...]
    annulled: bool
    requires: Mapping[str, Fact]
    conditions: tuple[Condition, ...]
    verification: str

    def period(self, known: date) -> Interval | None:
        """Return the validity as it was known on `known`; None if the decision does not count then."""
        if known < self.adopted:
            return None
        if self.annulled:
            judgment = self.valid.end
            return Interval(self.valid.start) if judgment is not None and known < judgment else None
        if not self.history:
            return self.valid
        ends = [end for recorded, end in self.history if recorded <= known]
        return Interval(self.valid.start, ends[-1]) if ends else None

    def boundaries(self) -> frozenset[date]:
        """The days on which an answer may change."""
        changes = self.valid.boundaries().union(*(c.valid.boundaries() for c in self.conditions))
        return changes | {end for _, end in self.history if end is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class AdequacyAnswer:
    """Whether a place is adequate for a recipient.

    Attributes:
        value: True, False, or None for unknown.
        decision: the id of the decision that holds, or of the one that would if `missing` were known.
        missing: facts whose values would settle the answer.
    """

    value: bool | None
    decision: str | None = None
    missing: frozenset[str] = frozenset()

    def __bool__(self) -> NoReturn:
        """An answer is true even when it says no: ask for `value`."""
        raise TypeError("an adequacy answer has no truth of its own: ask for its value")


@dataclass(frozen=True, slots=True, kw_only=True)
class Adequacy:
    """Answers by place and day.

    Attributes:
        decisions: by code.
        domain: the places.
        as_of: the day for which the data are said to be right.
    """

    decisions: Mapping[str, tuple[AdequacyDecision, ...]]
    domain: Places
    as_of: date
    _dates: frozenset[date] = field(default=frozenset(), repr=False)

    def adequate(
        self,
        place: str,
        day: date,
        recipient: Mapping[str, object],
        *,
        known: date,
        stale_after: timedelta = STALE_AFTER,
    ) -> bool | None:
        """Return whether `place` is adequate for `recipient` on `day`; None is unknown. Arguments as in `answer`."""
        return self.answer(place, day, recipient, known=known, stale_after=stale_after).value

    def answer(
        self,
        place: str,
        day: date,
        recipient: Mapping[str, object],
        *,
        known: date,
        stale_after: timedelta = STALE_AFTER,
    ) -> AdequacyAnswer:
        """Return whether `place` is adequate, by which decision, and what is missing.

        Args:
            place: a place code, or an organisation that has a decision (EPO).
            day: the day of the transfer, in legal time.
            recipient: facts by full name, e.g. `recipient.dpf_listed`, `data.hr`, `purpose.uk_immigration_control`.
            known: the day whose knowledge counts; the clock's, unless a person asks about the past.
            stale_after: age of the data, by `known`, past which nothing is known.
        """
        code = self.domain.canonical(place)
        if known > self.as_of + stale_after:
            return AdequacyAnswer(value=None)
        candidates = [d for d in self.decisions.get(code, ()) if _counts(d, day, known)]
        answers = [_ask(decision, day, known, recipient) for decision in candidates]
        for wanted in (True, None):
            for answer in answers:
                if answer.value is wanted:
                    return answer
        return AdequacyAnswer(value=False if code in self.decisions or self._settled(code) else None)

    def boundaries(self) -> frozenset[date]:
        """The days on which some answer may change."""
        return self._dates

    def _settled(self, code: str) -> bool:
        return code in self.domain.codes and not self.domain.undetermined(code)


def _counts(decision: AdequacyDecision, day: date, known: date) -> bool:
    period = decision.period(known)
    return period is not None and period.covers(day)


def _ask(decision: AdequacyDecision, day: date, known: date, recipient: Mapping[str, object]) -> AdequacyAnswer:
    asked = [_facts(decision.requires, recipient)]
    asked += [_conditional(c, recipient) for c in decision.conditions if _binds(c, day, known)]
    value = _conjunction(answer for answer, _ in asked)
    if value is False:
        return AdequacyAnswer(value=False)
    return AdequacyAnswer(value=value, decision=decision.id, missing=frozenset[str]().union(*(m for _, m in asked)))


def _binds(condition: Condition, day: date, known: date) -> bool:
    end = condition.valid.end
    return condition.valid.covers(day) or (end is not None and known < end)  # an end not known yet does not release


def _facts(facts: Mapping[str, Fact], given: Mapping[str, object]) -> tuple[bool | None, frozenset[str]]:
    """Return whether all facts hold, and those that are not known."""
    answers = {name: _holds(expected, given.get(name)) for name, expected in facts.items()}
    return _conjunction(answers.values()), frozenset(name for name, answer in answers.items() if answer is None)


def _conditional(condition: Condition, given: Mapping[str, object]) -> tuple[bool | None, frozenset[str]]:
    """Return the Kleene implication of `condition`, and the facts that would settle it."""
    (when, unknown_when), (then, unknown_then) = _facts(condition.when, given), _facts(condition.then, given)
    if when is False or then is True:
        return True, frozenset()
    return then if when else None, unknown_when | unknown_then


def _conjunction(answers: Iterable[bool | None]) -> bool | None:
    seen = set(answers)
    if False in seen:
        return False
    return None if None in seen else True


def _holds(expected: Fact, given: object) -> bool | None:
    """Kleene equality; a value of another type (1 for true) is outside the domain, hence unknown."""
    return given == expected if type(given) is type(expected) else None


def parse_adequacy(document: Mapping[str, Any], places: Places, as_of: date) -> Adequacy:
    """Return the decisions of adequacy.json, those in force and the historic ones.

    Raises:
        KeyError, ValueError: the document is not of its form, or a decision is for a place that does not exist.
    """
    decisions: dict[str, tuple[AdequacyDecision, ...]] = {}
    for row in (*document["decisions"], *document["historic"]):
        if row["code_type"] == "country" and row["code"] not in places.codes:
            raise ValueError(f"the decision {row['id']} is for a place that does not exist")
        decisions[row["code"]] = (*decisions.get(row["code"], ()), _decision(row))
    dates = frozenset[date]().union(*(d.boundaries() for rows in decisions.values() for d in rows))
    return Adequacy(decisions=MappingProxyType(decisions), domain=places, as_of=as_of, _dates=dates)


def _decision(row: Mapping[str, Any]) -> AdequacyDecision:
    return AdequacyDecision(
        id=row["id"],
        code=row["code"],
        title=row["decision"],
        adopted=date.fromisoformat(row["adopted"]),
        valid=parse_interval(row),
        history=tuple(_known_ends(row.get("known_valid_to_history", ()))),
        annulled="invalidated_by" in row,
        requires=MappingProxyType(row["requires"]),
        conditions=tuple(_condition(item) for item in row.get("requires_if", ())),
        verification=row["verification"],
    )


def _known_ends(rows: Iterable[Mapping[str, Any]]) -> list[tuple[date, date | None]]:
    ends = [(date.fromisoformat(row["recorded_from"]), parse_day(row["valid_to"])) for row in rows]
    return sorted(ends, key=lambda item: item[0])


def _condition(item: Mapping[str, Any]) -> Condition:
    return Condition(when=item["if"], then=item["then"], valid=parse_interval(item))
