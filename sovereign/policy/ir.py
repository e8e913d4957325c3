"""The typed form of a policy: the only thing that backends read.

Conditions are trees of few nodes. Every value is already in the domain of its attribute, every list of places is a
tuple of words that the snapshot resolves for a day, ordered comparisons are sets of values.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from types import MappingProxyType

from sovereign.policy.view import Value

__all__ = [
    "All",
    "Any_",
    "AtMinus",
    "Condition",
    "Constant",
    "Effect",
    "ForEach",
    "Law",
    "Not",
    "Op",
    "Policy",
    "Quantified",
    "Rule",
    "Status",
    "Test",
    "Window",
    "attributes_read",
    "falls_with_more",
]


class Op(StrEnum):
    """Comparisons of one attribute, as they are evaluated; the language's words map onto them in load."""

    MEMBER = "member"  # value in operand
    NOT_MEMBER = "not_member"
    EQUAL_SET = "equal_set"  # set equals operand
    INCLUDES = "includes"  # every word of the operand is in the set
    INCLUDES_ANY = "includes_any"
    EXCLUDES = "excludes"
    SUBSET = "subset"  # set within a set of words, or of an attribute
    WITHIN = "within"  # one place within a list of places
    ALL_WITHIN = "all_within"  # every place within a list of places
    MEETS = "meets"  # some place within a list of places
    BEFORE = "before"
    AFTER = "after"
    ON_OR_BEFORE = "on_or_before"
    ON_OR_AFTER = "on_or_after"
    KNOWN = "known"


class Effect(StrEnum):
    """What a rule's denial does; the last two change no effect."""

    DENY = "deny"
    WARN = "warn"
    OBSERVE = "observe"


class Status(StrEnum):
    """The standing of a text (language.md, section 1)."""

    IN_FORCE = "in_force"
    ADOPTED_DEFERRED = "adopted_deferred"
    NOT_YET_APPLICABLE = "not_yet_applicable"
    PROPOSAL = "proposal"
    GUIDANCE = "guidance"
    PROCUREMENT_GUIDANCE = "procurement_guidance"
    STANDARD = "standard"
    NON_BINDING = "non_binding"
    QUALIFICATION = "qualification"
    LABEL = "label"
    HOUSE_RULE = "house_rule"

    @property
    def only_observes(self) -> bool:
        """Whether the text does not bind yet."""
        return self in {Status.PROPOSAL, Status.ADOPTED_DEFERRED, Status.NOT_YET_APPLICABLE}

    @property
    def waivable(self) -> bool:
        """Whether somebody may sign an exception; nobody signs away a statute."""
        return self in {
            Status.HOUSE_RULE,
            Status.GUIDANCE,
            Status.PROCUREMENT_GUIDANCE,
            Status.STANDARD,
            Status.NON_BINDING,
            Status.QUALIFICATION,
            Status.LABEL,
        }


@dataclass(frozen=True, slots=True)
class AtMinus:
    """The day asked about, minus a number of months (`{at_minus: P18M}`); zero months is `at` itself."""

    months: int = 0


@dataclass(frozen=True, slots=True)
class Constant:
    """True or false."""

    value: bool


@dataclass(frozen=True, slots=True)
class Test:
    """A comparison of one attribute.

    Attributes:
        attribute: its name.
        op: the comparison.
        words: a set of values, or a list of countries and groups for WITHIN, ALL_WITHIN and MEETS.
        day: a date or AtMinus, for date comparisons.
        other: the attribute to compare with; then `words` and `day` are empty.
    """

    attribute: str
    op: Op
    words: frozenset[Value] = frozenset()
    day: date | AtMinus | None = None
    other: str | None = None


@dataclass(frozen=True, slots=True)
class All:
    """Kleene conjunction; true for no items."""

    items: "tuple[Condition, ...]"


@dataclass(frozen=True, slots=True)
class Any_:  # noqa: N801  `Any` is a name of typing
    """Kleene disjunction; false for no items."""

    items: "tuple[Condition, ...]"


@dataclass(frozen=True, slots=True)
class Not:
    """Kleene negation."""

    item: "Condition"


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantified:
    """For some, or for all elements of a collection.

    Attributes:
        every: for all, else for some.
        over: the collection; one that is not loaded is unknown.
        covering: `placement` or `link`: only elements whose `covers` names the id of the outer element.
        where: which elements count; an element for which it is unknown counts as unknown.
        must: what they have to meet.
    """

    every: bool
    over: str
    covering: str | None = None
    where: "Condition" = Constant(value=True)
    must: "Condition" = Constant(value=True)


Condition = Constant | Test | All | Any_ | Not | Quantified


@dataclass(frozen=True, slots=True, kw_only=True)
class ForEach:
    """Binds a whole rule to each element of a collection.

    Attributes:
        over: the collection.
        roles: only placements of these roles; None is every role.
        where: which elements the rule is about.
        may_be_empty: no element is not_applicable instead of undecided.
    """

    over: str
    roles: frozenset[str] | None = None
    where: Condition = Constant(value=True)
    may_be_empty: bool = False


_GERMAN = {
    "house rule": "hausinterne Vorgabe",
    "secondary": "nur anhand von Sekundärquellen geprüft",
    "unverified": "nicht geprüft",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Law:
    """A citation; `ref` and `note` by language."""

    act: str
    ref: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    note: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    text_date: date | None = None
    verification: str | None = None

    def text(self, lang: str) -> str:
        """Return the citation in one line: act, clause, note, and how the text was checked."""
        act = _GERMAN.get(self.act, self.act) if lang == "de" else self.act
        parts = [act, _in(self.ref, lang)]
        note = _in(self.note, lang)
        dated = f"text of {self.text_date.isoformat()}" if self.text_date and lang != "de" else ""
        if self.text_date and lang == "de":
            dated = f"Fassung vom {self.text_date.isoformat()}"
        checked = self.verification if self.verification in {"secondary", "unverified"} else ""
        checked = _GERMAN.get(checked, checked) if lang == "de" else checked
        extra = ", ".join(part for part in (note, dated, checked) if part)
        return " ".join(part for part in parts if part) + (f" ({extra})" if extra else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Days on which something holds, `[start, end)`; None is open."""

    start: date | None = None
    end: date | None = None

    def covers(self, day: date) -> bool:
        """Whether `day` lies in the window."""
        return (self.start is None or self.start <= day) and (self.end is None or day < self.end)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A duty: when P, must Q."""

    id: str
    title: Mapping[str, str]
    law: tuple[Law, ...]
    severity: str
    effect: Effect = Effect.DENY
    reason: str | None = None
    effective: Window = Window()
    for_each: ForEach | None = None
    when: Condition = Constant(value=True)
    must: Condition = Constant(value=True)
    waivable: bool = False
    obligations: tuple[str, ...] = ()
    fix: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    line: int = 1

    def title_in(self, lang: str) -> str:
        """Return the title in `lang`, or in the language there is."""
        return _in(self.title, lang)

    def fix_in(self, lang: str) -> str:
        """Return the way out in `lang`, or in the language there is; may be empty."""
        return _in(self.fix, lang)


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """A loaded policy: typed, tested, bound to the bytes it came from.

    Attributes:
        sha256: of the file's bytes.
        source: the file's name, for people.
        source_bytes: the file.
    """

    id: str
    version: str
    title: Mapping[str, str]
    owner: str
    status: Status
    legal_time: str
    effective: Window
    rules: tuple[Rule, ...]
    sha256: str
    source: str
    source_bytes: bytes = field(repr=False)

    def in_force(self, rule: Rule, day: date) -> bool:
        """Whether the rule binds or observes on `day`."""
        return self.effective.covers(day) and rule.effective.covers(day)

    def effect_of(self, rule: Rule) -> Effect:
        """Return the rule's effect; a text that does not bind yet only observes."""
        return Effect.OBSERVE if self.status.only_observes else rule.effect

    def rule(self, identifier: str) -> Rule | None:
        """Return the rule of an id, without the policy's name."""
        return next((rule for rule in self.rules if rule.id == identifier), None)


def attributes_read(condition: Condition) -> Iterator[str]:
    """Yield the names of every attribute in the condition, with repetitions."""
    match condition:
        case Test():
            yield condition.attribute
            if condition.other is not None:
                yield condition.other
        case All() | Any_():
            for item in condition.items:
                yield from attributes_read(item)
        case Not():
            yield from attributes_read(condition.item)
        case Quantified():
            yield from attributes_read(condition.where)
            yield from attributes_read(condition.must)
        case Constant():
            return


def names_role(policy: Policy, role: str) -> bool:
    """Whether a rule of the policy is about placements of `role` by name, in its `roles` or in a comparison."""
    for rule in policy.rules:
        conditions = [rule.when, rule.must]
        if rule.for_each is not None:
            conditions.append(rule.for_each.where)
        listed = (rule.for_each.roles if rule.for_each is not None else None) or frozenset()
        if role in listed or any(_compares_role(condition, role) for condition in conditions):
            return True
    return False


def _compares_role(condition: Condition, role: str) -> bool:
    match condition:
        case Test():
            return condition.attribute == "placement.role" and condition.op is Op.MEMBER and role in condition.words
        case All() | Any_():
            return any(_compares_role(item, role) for item in condition.items)
        case Not():
            return _compares_role(condition.item, role)
        case Quantified():
            return _compares_role(condition.where, role) or _compares_role(condition.must, role)
        case Constant():
            return False


def falls_with_more(condition: Condition, over: str, *, negated: bool = False) -> bool:
    """Whether one more element of the collection `over` could turn the condition from true into false."""
    match condition:
        case Quantified():
            return condition.over == over and condition.every is not negated
        case All() | Any_():
            return any(falls_with_more(item, over, negated=negated) for item in condition.items)
        case Not():
            return falls_with_more(condition.item, over, negated=not negated)
        case Test() | Constant():
            return False


def _in(texts: Mapping[str, str], lang: str) -> str:
    return texts.get(lang) or next(iter(texts.values()), "")
