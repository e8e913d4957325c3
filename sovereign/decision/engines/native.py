"""The native engine: evaluates the typed form in this process, and turns answers into findings."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final

from sovereign._internal.clock import local_day
from sovereign._internal.version import VERSION
from sovereign.decision.model import Finding, PolicyRef
from sovereign.jurisdiction import Groups
from sovereign.policy.attributes import COLLECTIONS, root_of
from sovereign.policy.backends.protocol import WHOLE, Backend, Evaluator
from sovereign.policy.backends.source import source
from sovereign.policy.ir import Condition, Effect, Policy, Rule, attributes_read
from sovereign.policy.outcome import Outcome
from sovereign.policy.view import Element, Value, View

__all__ = ["NativeAnswer", "NativeEngine", "PolicyOnDay"]

_DAYS_KEPT: Final = 128
_NOTHING: Final[Element] = {}
_NO_OBLIGATIONS: Final = frozenset[str]()


@dataclass(frozen=True, slots=True, kw_only=True)
class NativeAnswer:
    """What one policy said.

    Attributes:
        findings: every answer that is not a plain permit.
        applied: rules of effect deny that applied.
        obligations: duties of the rules of effect deny that applied; advice binds nobody.
    """

    findings: tuple[Finding, ...]
    applied: int
    obligations: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyOnDay:
    """A policy, ready to answer requests about one legal day.

    Attributes:
        policy: the policy.
        in_force: whether any rule of it is in force on the day.
        ref: what stands in decisions.
        duties: rules of effect deny in force.
    """

    policy: Policy
    in_force: bool
    ref: PolicyRef
    duties: int
    _evaluate: Evaluator
    _reads: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]
    _idle: tuple[Finding, ...]
    _binding: frozenset[int]
    _all_passed: NativeAnswer

    def answer(self, view: View) -> NativeAnswer:
        """Return what the policy says of a request."""
        answers = self._evaluate(view)
        if not answers:
            return self._all_passed
        findings = tuple(self._finding(position, outcome, element, view) for position, outcome, element in answers)
        idle = {position for position, outcome, _ in answers if outcome is Outcome.NOT_APPLICABLE}
        if not idle:
            return NativeAnswer(findings=findings, applied=self.duties, obligations=self._all_passed.obligations)
        return NativeAnswer(
            findings=findings,
            applied=self.duties - len(idle & self._binding),
            obligations=self._obligations(idle) if self._all_passed.obligations else _NO_OBLIGATIONS,
        )

    def _obligations(self, idle: set[int]) -> frozenset[str]:
        rules = self.policy.rules
        return frozenset(name for p in self._binding if p not in idle for name in rules[p].obligations)

    def _finding(self, position: int, outcome: Outcome, element: int, view: View) -> Finding:
        if outcome is Outcome.NOT_APPLICABLE:
            return self._idle[position]
        rule = self.policy.rules[position]
        placed = element if element != WHOLE and _over_placements(rule) else None
        roots, inner = self._reads[position]
        read: dict[str, Value | None] = dict(zip(roots, map(view.root.get, roots), strict=True))
        if inner:
            read.update(zip(inner, map(_element(rule, element, view).get, inner), strict=True))
        return Finding(rule=self._idle[position].rule, outcome=outcome, placement=placed, read=read)


@dataclass(slots=True)
class NativeEngine:
    """Evaluates policies in this process.

    Attributes:
        backend: makes evaluators; the default generates source.
        name, version: what stands in decisions.
    """

    backend: Backend = source
    name: str = "native"
    version: str = VERSION
    _days: dict[tuple[str, date], PolicyOnDay] = field(default_factory=dict)

    def on_day(self, policy: Policy, at: datetime, groups: Groups) -> PolicyOnDay:
        """Return the policy as it stands on the legal day of `at`."""
        day = local_day(at, policy.legal_time)
        key = (policy.sha256, day)
        found = self._days.get(key)
        if found is None:
            if len(self._days) >= _DAYS_KEPT:  # a long-running service sees many days
                self._days.clear()
            found = self._days[key] = _prepare(policy, day, groups, self.backend)
        return found


def _prepare(policy: Policy, day: date, groups: Groups, backend: Backend) -> PolicyOnDay:
    active = tuple(p for p, rule in enumerate(policy.rules) if policy.in_force(rule, day))
    binding = frozenset(p for p in active if policy.effect_of(policy.rules[p]) is Effect.DENY)
    return PolicyOnDay(
        policy=policy,
        in_force=bool(active),
        ref=PolicyRef(id=policy.id, version=policy.version, sha256=policy.sha256),
        duties=len(binding),
        _evaluate=backend(policy, day, groups),
        _reads=tuple(_reads(rule) for rule in policy.rules),
        _idle=tuple(Finding(rule=f"{policy.id}/{rule.id}", outcome=Outcome.NOT_APPLICABLE) for rule in policy.rules),
        _binding=binding,
        _all_passed=NativeAnswer(
            findings=(),
            applied=len(binding),
            obligations=frozenset(name for p in binding for name in policy.rules[p].obligations),
        ),
    )


def _reads(rule: Rule) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return what a rule reads of the request, and of the element it is bound to."""
    conditions: list[Condition] = [rule.when, rule.must]
    root = None
    if rule.for_each is not None:
        conditions.append(rule.for_each.where)
        root = COLLECTIONS[rule.for_each.over]
    names = dict.fromkeys(name for condition in conditions for name in attributes_read(condition))
    if rule.for_each is not None and rule.for_each.roles is not None:
        names["placement.role"] = None
    elements = set(COLLECTIONS.values())
    outer = tuple(name for name in names if root_of(name) not in elements)
    return outer, tuple(name for name in names if root is not None and root_of(name) == root)


def _over_placements(rule: Rule) -> bool:
    return rule.for_each is not None and rule.for_each.over == "placements"


def _element(rule: Rule, element: int, view: View) -> Element:
    if element == WHOLE or rule.for_each is None:
        return _NOTHING
    over = rule.for_each.over
    elements = view.placements if over == "placements" else view.collections.get(over, ())
    return elements[element]
