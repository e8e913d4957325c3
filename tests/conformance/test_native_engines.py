"""The two native engines are written apart and must never contradict each other."""

from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st
from simulators.policies import DAY, a_hostile_view, a_policy, a_view

from sovereign.jurisdiction.snapshot import load_snapshot
from sovereign.policy.backends.closures import closures
from sovereign.policy.backends.source import source

GROUPS = load_snapshot().groups
VIEWS_PER_POLICY = 25
SEEDS = st.integers(min_value=0, max_value=2**48)


@given(SEEDS)
@settings(deadline=None)
def test_source_and_closures_agree(seed: int) -> None:
    """Generated source and closures give the same rules, outcomes and elements on random policies and views."""
    random = Random(seed)  # noqa: S311  makes cases, no secrets
    policy = a_policy(random)
    first, second = source(policy, DAY, GROUPS), closures(policy, DAY, GROUPS)
    for _ in range(VIEWS_PER_POLICY):
        view = a_view(random)
        assert first(view) == sorted(second(view))


@given(SEEDS)
@settings(deadline=None)
def test_they_agree_on_hostile_values(seed: int) -> None:
    """Nulls, wrong types, unknown words and unknown names raise in neither engine and mean the same in both."""
    random = Random(seed)  # noqa: S311  makes cases, no secrets
    policy = a_policy(random)
    first, second = source(policy, DAY, GROUPS), closures(policy, DAY, GROUPS)
    for _ in range(VIEWS_PER_POLICY):
        view = a_hostile_view(random, GROUPS)
        assert first(view) == sorted(second(view))
