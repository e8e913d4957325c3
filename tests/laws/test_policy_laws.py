"""Laws of policies: order does not matter, rules stand alone, and knowing less or placing more never helps."""

from dataclasses import replace
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from simulators.policies import (
    DAY,
    NAMES,
    OVER,
    ROOT_NAMES,
    a_hostile_view,
    a_policy,
    a_view,
    make_policy,
    raw,
    some_values,
)

from sovereign.jurisdiction.snapshot import load_snapshot
from sovereign.policy.attributes import ATTRIBUTES, CATEGORY_TREE, closure
from sovereign.policy.backends.protocol import WHOLE, Answer
from sovereign.policy.backends.source import source
from sovereign.policy.ir import Not, Policy, Rule, falls_with_more
from sovereign.policy.outcome import Outcome
from sovereign.policy.store import load_pack, shipped_ids
from sovereign.policy.values import typed_value
from sovereign.policy.view import Element, Value, View

GROUPS = load_snapshot().groups
SEEDS = st.integers(min_value=0, max_value=2**48)
CASES = 15
PACKS = [load_pack(name, GROUPS) for name in shipped_ids()]


def answers(policy: Policy, view: View) -> list[Answer]:
    """Return what the default engine says."""
    return source(policy, DAY, GROUPS)(view)


def blocking(policy: Policy, view: View) -> set[int]:
    """Return the rules that block because of something that is there; a collection asked for is not empty."""
    return {
        position
        for position, outcome, element in answers(policy, view)
        if outcome.blocks and (element != WHOLE or policy.rules[position].for_each is None)
    }


def still_blocking(policy: Policy, view: View) -> set[int]:
    """Return the rules that block for whatever reason."""
    return {position for position, outcome, _ in answers(policy, view) if outcome.blocks}


@given(SEEDS)
@settings(deadline=None)
def test_order_of_rules_does_not_matter(seed: int) -> None:
    """Shuffled rules give the same answers under the same ids."""
    random = Random(seed)  # noqa: S311  makes cases, no secrets
    policy = a_policy(random)
    shuffled = replace(policy, rules=tuple(random.sample(policy.rules, len(policy.rules))))

    def named(which: Policy, view: View) -> list[tuple[str, Outcome, int]]:
        return sorted((which.rules[p].id, outcome, element) for p, outcome, element in answers(which, view))

    for _ in range(CASES):
        view = a_view(random)
        assert named(policy, view) == named(shuffled, view)


@given(SEEDS)
@settings(deadline=None)
def test_order_of_placements_and_records_does_not_matter(seed: int) -> None:
    """Shuffled placements give the same answers about the same placements; records are shuffled with them."""
    random = Random(seed)  # noqa: S311  makes cases, no secrets
    policy = a_policy(random)
    bound = {p for p, rule in enumerate(policy.rules) if rule.for_each and rule.for_each.over == "placements"}
    for _ in range(CASES):
        view = a_view(random)
        order = random.sample(range(len(view.placements)), len(view.placements))
        records = {name: tuple(random.sample(found, len(found))) for name, found in view.collections.items()}
        other = replace(view, placements=tuple(view.placements[i] for i in order), collections=records)
        moved = {
            (p, outcome, order[element] if p in bound and element != WHOLE else element if p in bound else WHOLE)
            for p, outcome, element in answers(policy, other)
        }
        assert moved == {(p, o, e if p in bound else WHOLE) for p, o, e in answers(policy, view)}


@given(SEEDS)
@settings(deadline=None)
def test_rules_stand_alone(seed: int) -> None:
    """A rule answers the same alone and beside others: adding a rule or a policy changes no other answer."""
    random = Random(seed)  # noqa: S311  makes cases, no secrets
    policy = a_policy(random)
    for _ in range(CASES):
        view = a_view(random)
        alone = [
            (position, outcome, element)
            for position, rule in enumerate(policy.rules)
            for _, outcome, element in answers(make_policy((rule,)), view)
        ]
        assert answers(policy, view) == alone


@given(SEEDS)
@settings(deadline=None)
def test_knowing_less_never_helps(seed: int) -> None:
    """A known value, or a loaded collection, made unknown turns no denied or undecided rule into a passing one."""
    random = Random(seed)  # noqa: S311  makes cases, no secrets
    policy = a_policy(random)
    for _ in range(CASES):
        view = a_view(random)
        assert blocking(policy, view) <= still_blocking(policy, _with_less(random, view))


def _with_less(random: Random, view: View) -> View:
    def thinned(element: Element) -> dict[str, Value]:
        return {name: value for name, value in element.items() if random.random() < 0.8}

    return View(
        root=thinned(view.root),
        placements=tuple(thinned(element) for element in view.placements),
        collections={
            name: tuple(thinned(element) for element in found)
            for name, found in view.collections.items()
            if random.random() < 0.9
        },
    )


@given(SEEDS)
@settings(deadline=None)
def test_one_more_placement_never_helps(seed: int) -> None:
    """A further placement turns no denied or undecided rule into a passing one, but for a rule that demands one."""
    random = Random(seed)  # noqa: S311  makes cases, no secrets
    policy = a_policy(random)
    policy = replace(policy, rules=tuple(rule for rule in policy.rules if _loads(rule) and not _demands(rule)))
    for _ in range(CASES):
        view = a_view(random)
        more = replace(view, placements=(*view.placements, some_values(random, NAMES["placements"], 0.7)))
        assert blocking(policy, view) <= still_blocking(policy, more)


def _loads(rule: Rule) -> bool:
    """Whether the loader takes the rule (SOV-C116)."""
    where = rule.for_each.where if rule.for_each else rule.when
    return not falls_with_more(rule.when, "placements") and not falls_with_more(where, "placements")


def _demands(rule: Rule) -> bool:
    return falls_with_more(Not(rule.must), "placements")


@given(SEEDS)
@settings(deadline=None)
def test_stricter_data_never_help_in_shipped_packs(seed: int) -> None:
    """A further category or a higher classification turns no blocked rule of a shipped pack into a passing one."""
    random = Random(seed)  # noqa: S311  makes cases, no secrets
    view = a_view(random)
    levels = ATTRIBUTES["data.classification"].domain
    categories = frozenset(random.sample(list(CATEGORY_TREE), random.randint(0, 3)))
    level = random.randrange(len(levels) - 1)
    more = categories | {random.choice(list(CATEGORY_TREE))}
    root = {**view.root, "data.categories": closure(categories), "data.classification": levels[level]}
    strict = {**root, "data.categories": closure(more), "data.classification": levels[level + 1]}
    for pack in PACKS:
        before, after = replace(view, root=root), replace(view, root=strict)
        assert still_blocking(pack, before) <= still_blocking(pack, after)


@given(SEEDS)
@settings(deadline=None)
def test_only_values_of_the_domain_enter(seed: int) -> None:
    """Every value of a view is in the domain of its attribute: reading it once more changes nothing."""
    random = Random(seed)  # noqa: S311  makes cases, no secrets
    view = a_hostile_view(random, GROUPS)
    elements: list[Any] = [view.root, *view.placements]
    elements += [element for found in view.collections.values() for element in found]
    for element in elements:
        for name, value in element.items():
            assert typed_value(ATTRIBUTES[name], raw(value), GROUPS) == value
    assert view.root.keys() <= set(ROOT_NAMES)
    assert view.collections.keys() <= set(OVER)
