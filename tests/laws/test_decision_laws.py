"""Laws 1 to 4 of decisions, over policies and requests made at random."""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from simulators.asking import (
    ENGINES,
    NOW,
    a_body,
    a_placement,
    a_point,
    a_random_body,
    answers,
    ask,
    one_rule,
    pack,
)
from simulators.policies import a_policy, make_policy

from sovereign._internal.canonical import sha256_hex
from sovereign.decision.engines.protocol import RemoteAnswer, RemoteFinding
from sovereign.decision.model import Basis, Decision, Effect
from sovereign.decision.request import read_request
from sovereign.errors import EngineUnavailableError
from sovereign.policy.ir import All, Any_, Condition, Constant, Not, Policy, Quantified, Rule
from sovereign.policy.outcome import Outcome

SEEDS = st.integers(min_value=0, max_value=2**48)
REQUESTS_PER_POLICY = 4


def _policies(random: Random, count: int = 2) -> list[Policy]:
    """Return policies with ids and digests of their own; few rules each, so that some permit."""
    made = [a_policy(random, rules=random.choice((1, 1, 2, 3))) for _ in range(count)]
    return [
        replace(policy, id=f"random-{n}", sha256=sha256_hex(repr((n, policy.rules)).encode()))
        for n, policy in enumerate(made)
    ]


def _with_rules(policy: Policy, rules: tuple[Rule, ...]) -> Policy:
    return replace(policy, rules=rules, sha256=sha256_hex(repr(rules).encode()))


# --- law 1


@given(SEEDS)
@settings(deadline=None)
def test_no_policy_is_a_denial_by_default(seed: int) -> None:
    """Whatever is asked: without a rule in force nothing is permitted, and the basis says why."""
    body = a_random_body(Random(seed))  # noqa: S311  makes cases, no secrets
    if body["resource"]["properties"] is not None:
        body["resource"]["properties"].pop("packs", None)
    decision = ask(a_point(), body)
    assert (decision.effect, decision.basis) == (Effect.DENY, Basis.DEFAULT)


@given(SEEDS)
@settings(deadline=None)
def test_permit_means_that_no_rule_denied_or_stayed_undecided(seed: int) -> None:
    """Deny trumps: one blocking answer of any rule, built-in ones included, and the effect is deny."""
    random = Random(seed)  # noqa: S311  makes cases, no secrets
    policies = _policies(random)
    point = a_point(*policies)
    for _ in range(REQUESTS_PER_POLICY):
        decision = ask(point, a_random_body(random))
        blocked = any(finding.outcome.blocks for finding in decision.findings)
        assert decision.permits is (decision.basis is Basis.RULE and not blocked)


@given(SEEDS)
@settings(deadline=None)
def test_policy_that_always_denies_cannot_be_outvoted(seed: int) -> None:
    """No further policy, and no order of policies, makes up for one denial."""
    random = Random(seed)  # noqa: S311  makes cases, no secrets
    never = one_rule("must: {not: {data.status: {one_of: [personal]}}}", name="never")
    policies = [*_policies(random), never]
    random.shuffle(policies)
    placement = {"role": "storage", "provider": "stackit", "region": "eu01"}
    decision = ask(a_point(*policies), a_body([placement]))
    assert ("never/R-01", Outcome.DENY, None) in answers(decision)
    assert not decision.permits


class _Broken:
    """An engine whose programs raise."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def __call__(self, *_: object) -> Any:
        def evaluate(_: object) -> Any:
            raise self._error

        return evaluate


@pytest.mark.parametrize("error", [ValueError("x"), KeyError("y"), RecursionError(), MemoryError(), TimeoutError()])
def test_exception_inside_the_native_engine_never_permits(error: Exception) -> None:
    """It reaches the caller as an exception; there is no decision that could be taken for a permit."""
    point = a_point(pack("de-only"), backend=_Broken(error))
    with pytest.raises(type(error)):
        ask(point, a_body([{"role": "storage", "provider": "stackit", "region": "eu01"}]))


class _Remote:
    """A remote engine that answers what it is told, or raises it."""

    name = "remote"
    package = "residency"

    def __init__(self, answer: RemoteAnswer | Exception) -> None:
        self._answer = answer

    def evaluate(self, _: Mapping[str, Any]) -> RemoteAnswer:
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer


def _ask_with(remote: _Remote, provider: str = "stackit", region: str = "eu01") -> Decision:
    body = a_body([{"role": "storage", "provider": provider, "region": region}])
    point = a_point(pack("de-only"), remote=remote)
    return point.decide(point.prepare(read_request(body, source="r"), at=NOW), at=NOW, document=body)


def test_remote_engine_can_only_add_denials() -> None:
    """A silent one, and one that contradicts itself, is a failure; a denial counts; a permit adds nothing."""
    denial = RemoteFinding(rule="EU-01", message="no", outcome="deny")
    assert _ask_with(_Remote(RemoteAnswer(permit=True))).permits
    assert _ask_with(_Remote(RemoteAnswer(permit=False, findings=(denial,)))).basis is Basis.RULE
    for failed in (
        EngineUnavailableError("gone"),
        RemoteAnswer(permit=False),
        RemoteAnswer(permit=True, findings=(denial,)),
    ):
        decision = _ask_with(_Remote(failed))
        assert (decision.effect, decision.basis) == (Effect.DENY, Basis.FAILURE)
        assert {notice.code for notice in decision.notices} <= {"SOV-U005", "SOV-U006"}


def test_native_denial_stands_whatever_the_remote_engine_says() -> None:
    """Built-in rules and native policies are always evaluated."""
    assert _ask_with(_Remote(RemoteAnswer(permit=True)), "aws", "us-east-1").outcome is Outcome.DENY


# --- law 2


@given(SEEDS)
@settings(deadline=None)
def test_order_of_policies_rules_placements_and_words_does_not_matter(seed: int) -> None:
    """Shuffled in every place where a list stands, the same question has the same answers."""
    random = Random(seed)  # noqa: S311  makes cases, no secrets
    policies = _policies(random)
    shuffled = [_with_rules(p, tuple(random.sample(p.rules, len(p.rules)))) for p in reversed(policies)]
    first, second = a_point(*policies), a_point(*shuffled)
    for _ in range(REQUESTS_PER_POLICY):
        body = a_random_body(random)
        other = deepcopy(body)
        _shuffle(random, other)
        one, two = ask(first, body), ask(second, other)
        assert (one.effect, one.basis) == (two.effect, two.basis)
        assert _by_id(one, body) == _by_id(two, other)


def _shuffle(random: Random, value: Any) -> None:
    if isinstance(value, dict):
        for item in value.values():
            _shuffle(random, item)
    elif isinstance(value, list):
        random.shuffle(value)
        for item in value:
            _shuffle(random, item)


def _by_id(decision: Decision, body: dict[str, Any]) -> set[tuple[str, Outcome, str | None]]:
    ids = [placement["id"] for placement in body["context"]["placements"]]
    return {(rule, outcome, None if at is None else ids[at]) for rule, outcome, at in answers(decision)}


# --- law 3


@given(SEEDS)
@settings(deadline=None)
def test_adding_a_policy_or_a_rule_never_permits(seed: int) -> None:
    """Once a rule is in force, more duties only take away."""
    random = Random(seed)  # noqa: S311  makes cases, no secrets
    first, second = _policies(random)
    rule = replace(a_policy(random, rules=1).rules[0], id="R-99")
    alone, together = a_point(first), a_point(first, second)
    longer = a_point(_with_rules(first, (*first.rules, rule)))
    for _ in range(REQUESTS_PER_POLICY):
        body = a_random_body(random)
        decision = ask(alone, body)
        if decision.basis is Basis.RULE and not decision.permits:
            assert not ask(together, body).permits
            assert not ask(longer, body).permits


@given(SEEDS)
@settings(deadline=None)
def test_adding_a_placement_never_permits(seed: int) -> None:
    """A further place is a further thing to judge.

    Left out, as the law does: rules that demand a placement with a quantifier, and rules whose choice of placements is
    empty, which are undecided for lack of one.
    """
    random = Random(seed)  # noqa: S311  makes cases, no secrets
    rules = [rule for policy in _policies(random, 3) for rule in policy.rules if not _demands_a_placement(rule)]
    policy = make_policy(tuple(_unchosen(replace(rule, id=f"R-{n}")) for n, rule in enumerate(rules)), seed=str(seed))
    point = a_point(policy)
    for _ in range(REQUESTS_PER_POLICY):
        body = a_random_body(random, least=1)
        if ask(point, body).permits or not rules:
            continue
        more = deepcopy(body)
        more["context"]["placements"].append(a_placement(random, 9))
        assert not ask(point, more).permits


def _unchosen(rule: Rule) -> Rule:
    if rule.for_each is None:
        return rule
    return replace(rule, for_each=replace(rule.for_each, roles=None, where=Constant(value=True)))


def _demands_a_placement(rule: Rule) -> bool:
    return _quantifies(rule.when) or _quantifies(rule.must)


def _quantifies(condition: Condition) -> bool:
    match condition:
        case Quantified():
            return condition.over == "placements"
        case All() | Any_():
            return any(_quantifies(item) for item in condition.items)
        case Not():
            return _quantifies(condition.item)
        case _:
            return False


@given(SEEDS)
@settings(deadline=None)
def test_making_something_unknown_never_permits(seed: int) -> None:
    """Null in place of any value of tag, job, controller, placements and records: what was not permitted stays so.

    The rules choose no elements: law 3 leaves out collections of which a choice leaves nothing. Those are undecided for
    lack of an element, and an unknown choice keeps one whose duty may be met.
    """
    random = Random(seed)  # noqa: S311  makes cases, no secrets
    policies = [
        replace(policy, rules=tuple(_unchosen(rule) for rule in policy.rules))
        for policy in _policies(random, random.randint(1, 2))
    ]
    point = a_point(*policies, pack("de-only")) if random.random() < 0.3 else a_point(*policies)
    for _ in range(REQUESTS_PER_POLICY):
        body = a_random_body(random)
        before = ask(point, body)
        if before.permits or before.basis is not Basis.RULE:
            continue
        for place in random.sample(places := list(_nullable(body)), min(4, len(places))):
            poorer = deepcopy(body)
            _put_null(poorer, place)
            assert not ask(point, poorer).permits, place


def _nullable(body: dict[str, Any]) -> Any:
    """Yield the path of every value that may be null in a request."""
    yield ("resource", "properties")
    yield ("subject", "properties")
    for part in ("resource", "subject"):
        for name in body[part]["properties"] or ():
            if name != "id":
                yield (part, "properties", name)
    for index, placement in enumerate(body["context"]["placements"]):
        for name in placement:
            yield ("context", "placements", index, name)
    for name, records in body["context"]["records"].items():
        yield ("context", "records", name)
        for index, record in enumerate(records):
            for field in record:
                yield ("context", "records", name, index, field)


def _put_null(body: Any, path: tuple[Any, ...]) -> None:
    for step in path[:-1]:
        body = body[step]
    body[path[-1]] = None


# --- law 4


@given(SEEDS)
@settings(deadline=None)
def test_both_engines_decide_alike(seed: int) -> None:
    """Effect, basis, every rule with its placement, obligations, and what was read are the same."""
    random = Random(seed)  # noqa: S311  makes cases, no secrets
    policies = _policies(random)
    points = [a_point(*policies, backend=backend) for backend in ENGINES.values()]
    for _ in range(REQUESTS_PER_POLICY):
        body = a_random_body(random)
        one, two = (ask(point, body) for point in points)
        assert (one.effect, one.basis, one.obligations) == (two.effect, two.basis, two.obligations)
        assert _told(one) == _told(two)


def _told(decision: Decision) -> set[tuple[Any, ...]]:
    return {(f.rule, f.outcome, f.placement, frozenset(f.read.items())) for f in decision.findings}
