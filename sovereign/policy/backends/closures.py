"""The second engine: direct Kleene logic, a function for each node; written apart from the first, to contradict it."""

from collections.abc import Callable, Iterable
from datetime import date
from typing import Final

from sovereign.jurisdiction import Groups, Membership
from sovereign.policy.attributes import COLLECTIONS, root_of
from sovereign.policy.backends.day import boundary, places_of
from sovereign.policy.backends.protocol import WHOLE, Answer, Evaluator
from sovereign.policy.ir import All, Any_, Condition, Constant, Effect, ForEach, Not, Op, Policy, Quantified, Rule, Test
from sovereign.policy.outcome import Outcome
from sovereign.policy.view import Element, Value, View

__all__ = ["closures"]

Kleene = bool | None
Scope = tuple[View, Element, Element]
"""The view, the element of for_each, the element of the quantifier inside; both may be empty."""

Truth = Callable[[Scope], Kleene]
Compare = Callable[[Value, Value | None], Kleene]

_NOTHING: Final[Element] = {}


def closures(policy: Policy, day: date, groups: Groups) -> Evaluator:
    """Return the evaluator of a policy for one legal day."""
    rules = [
        (position, _rule(rule, policy.effect_of(rule), day, groups))
        for position, rule in enumerate(policy.rules)
        if policy.in_force(rule, day)
    ]

    def evaluate(view: View) -> list[Answer]:
        return [(position, outcome, element) for position, rule in rules for outcome, element in rule(view)]

    return evaluate


def _rule(rule: Rule, effect: Effect, day: date, groups: Groups) -> Callable[[View], list[tuple[Outcome, int]]]:
    when, must = _truth(rule.when, day, groups), _truth(rule.must, day, groups)

    def answer(scope: Scope, *, belongs: Kleene) -> Outcome:
        applies = _and((belongs, when(scope)))
        if applies is False:
            return Outcome.NOT_APPLICABLE
        met = must(scope)
        if met is True:
            return Outcome.PERMIT
        return Outcome.DENY if applies is True and met is False else Outcome.UNDECIDED

    def whole(view: View) -> list[tuple[Outcome, int]]:
        return [(answer((view, _NOTHING, _NOTHING), belongs=True), WHOLE)]

    found = whole if rule.for_each is None else _each(rule.for_each, when, answer, day, groups)

    def reported(view: View) -> list[tuple[Outcome, int]]:
        return [(_softened(outcome, effect), at) for outcome, at in found(view) if outcome is not Outcome.PERMIT]

    return reported


def _softened(outcome: Outcome, effect: Effect) -> Outcome:
    return Outcome.ADVICE if outcome.blocks and effect is not Effect.DENY else outcome


def _each(
    each: ForEach, when: Truth, answer: Callable[..., Outcome], day: date, groups: Groups
) -> Callable[[View], list[tuple[Outcome, int]]]:
    chosen = _choice(each, day, groups)

    def evaluate(view: View) -> list[tuple[Outcome, int]]:
        elements = _collection(view, each.over)
        if elements is None:
            return [(_of_nothing(when((view, _NOTHING, _NOTHING))), WHOLE)]
        answers = []
        for position, element in enumerate(elements):
            scope = (view, element, _NOTHING)
            belongs = chosen(scope)
            if belongs is not False:
                answers.append((answer(scope, belongs=belongs), position))
        if not answers:
            excused = each.may_be_empty or _absent_by_statement(each, view)
            return [(Outcome.NOT_APPLICABLE if excused else _of_nothing(when((view, _NOTHING, _NOTHING))), WHOLE)]
        if all(outcome is Outcome.NOT_APPLICABLE for outcome, _ in answers):
            return [(Outcome.NOT_APPLICABLE, WHOLE)]
        return [(outcome, at) for outcome, at in answers if outcome is not Outcome.NOT_APPLICABLE]

    return evaluate


def _of_nothing(applies: Kleene) -> Outcome:
    """Without an element the rule is not applicable only if its `when` is false without reading one."""
    return Outcome.NOT_APPLICABLE if applies is False else Outcome.UNDECIDED


def _absent_by_statement(each: ForEach, view: View) -> bool:
    """Whether there are placements and none of these roles is open (language.md, 2.4)."""
    planes = view.root.get("data.planes_open")
    if each.over != "placements" or not view.placements or not isinstance(planes, frozenset):
        return False
    return not planes if each.roles is None else planes.isdisjoint(each.roles)


def _choice(each: ForEach, day: date, groups: Groups) -> Truth:
    where = _truth(each.where, day, groups)
    if each.roles is None:
        return where
    roles = _truth(Test("placement.role", Op.MEMBER, frozenset(each.roles)), day, groups)
    return lambda scope: _and((roles(scope), where(scope)))


def _collection(view: View, name: str) -> tuple[Element, ...] | None:
    return view.placements if name == "placements" else view.collections.get(name)


def _truth(condition: Condition, day: date, groups: Groups) -> Truth:
    match condition:
        case Constant():
            value = condition.value
            return lambda _: value
        case All():
            items = [_truth(item, day, groups) for item in condition.items]
            return lambda scope: _and(item(scope) for item in items)
        case Any_():
            items = [_truth(item, day, groups) for item in condition.items]
            return lambda scope: _or(item(scope) for item in items)
        case Not():
            inner = _truth(condition.item, day, groups)
            return lambda scope: _not(inner(scope))
        case Test():
            return _test(condition, day, groups)
        case Quantified():
            return _quantified(condition, day, groups)


def _quantified(condition: Quantified, day: date, groups: Groups) -> Truth:
    where, must = _truth(condition.where, day, groups), _truth(condition.must, day, groups)
    root = COLLECTIONS[condition.over]
    every = condition.every

    def belongs(scope: Scope) -> Kleene:
        return _and((_covers(condition.covering, scope, root), where(scope)))

    def evaluate(scope: Scope) -> Kleene:
        elements = _collection(scope[0], condition.over)
        if elements is None:
            return None
        inner = [(scope[0], scope[1], element) for element in elements]
        if every:
            return _and(_or((_not(belongs(s)), must(s))) for s in inner)
        return _or(_and((belongs(s), must(s))) for s in inner)

    return evaluate


def _covers(covering: str | None, scope: Scope, root: str) -> Kleene:
    if covering is None:
        return True
    covered, name = scope[2].get(f"{root}.covers"), scope[1].get(f"{covering}.id")
    return None if not isinstance(covered, frozenset) or name is None else name in covered


def _test(test: Test, day: date, groups: Groups) -> Truth:
    compare = _COMPARE[test.op](test, day, groups)
    read, other = _reader(test.attribute), _reader(test.other) if test.other else None

    def evaluate(scope: Scope) -> Kleene:
        value = read(scope)
        if test.op is Op.KNOWN:
            return True if value is not None else None
        right = other(scope) if other is not None else None
        if value is None or (other is not None and right is None):
            return None
        return compare(value, right)

    return evaluate


def _reader(name: str) -> Callable[[Scope], Value | None]:
    """Return what reads an attribute: from the inner element, the outer one, or the root, by its name."""
    elements = set(COLLECTIONS.values())
    if root_of(name) not in elements:
        return lambda scope: scope[0].root.get(name)
    return lambda scope: scope[2].get(name, scope[1].get(name))


def _places(compare: Callable[[Value, Membership], Kleene]) -> Callable[[Test, date, Groups], Compare]:
    def make(test: Test, day: date, groups: Groups) -> Compare:
        if test.other is not None:
            return lambda value, right: compare(value, Membership(yes=right))  # type: ignore[arg-type]  # load checks that both are places
        listed = places_of(test, day, groups)
        return lambda value, _: compare(value, listed)

    return make


def _one_within(value: Value, places: Membership) -> Kleene:
    return True if value in places.yes else None if value in places.maybe else False


def _all_within(value: Value, places: Membership) -> Kleene:
    assert isinstance(value, frozenset)
    if value <= places.yes:
        return True
    return None if value <= places.yes | places.maybe else False


def _meets(value: Value, places: Membership) -> Kleene:
    assert isinstance(value, frozenset)
    if value & places.yes:
        return True
    return None if value & places.maybe else False


def _sets(compare: Callable[[frozenset[Value], frozenset[Value]], bool]) -> Callable[[Test, date, Groups], Compare]:
    def make(test: Test, _: date, __: Groups) -> Compare:
        words = test.words
        return lambda value, right: compare(value, words if right is None else right)  # type: ignore[arg-type]  # load checks that both are sets

    return make


def _dates(compare: Callable[[date, date], bool]) -> Callable[[Test, date, Groups], Compare]:
    def make(test: Test, day: date, _: Groups) -> Compare:
        limit = day if test.other is not None else boundary(test, day)
        return lambda value, right: compare(value, limit if right is None else right)  # type: ignore[arg-type]  # load checks that both are dates

    return make


def _member(test: Test, _: date, __: Groups) -> Compare:
    words, wanted = test.words, test.op is Op.MEMBER
    return lambda value, _: (value in words) is wanted


def _known(_: Test, __: date, ___: Groups) -> Compare:
    return lambda _, __: True


_COMPARE: Final[dict[Op, Callable[[Test, date, Groups], Compare]]] = {
    Op.MEMBER: _member,
    Op.NOT_MEMBER: _member,
    Op.EQUAL_SET: _sets(lambda value, words: value == words),
    Op.INCLUDES: _sets(lambda value, words: words <= value),
    Op.INCLUDES_ANY: _sets(lambda value, words: not words.isdisjoint(value)),
    Op.EXCLUDES: _sets(lambda value, words: words.isdisjoint(value)),
    Op.SUBSET: _sets(lambda value, words: value <= words),
    Op.WITHIN: _places(_one_within),
    Op.ALL_WITHIN: _places(_all_within),
    Op.MEETS: _places(_meets),
    Op.BEFORE: _dates(lambda value, limit: value < limit),
    Op.AFTER: _dates(lambda value, limit: value > limit),
    Op.ON_OR_BEFORE: _dates(lambda value, limit: value <= limit),
    Op.ON_OR_AFTER: _dates(lambda value, limit: value >= limit),
    Op.KNOWN: _known,
}


def _and(values: Iterable[Kleene]) -> Kleene:
    result: Kleene = True
    for value in values:
        if value is False:
            return False
        if value is None:
            result = None
    return result


def _or(values: Iterable[Kleene]) -> Kleene:
    result: Kleene = False
    for value in values:
        if value is True:
            return True
        if value is None:
            result = None
    return result


def _not(value: Kleene) -> Kleene:
    return None if value is None else not value
