"""Attack: a value that no domain knows is given, since it is surely not the one that a rule forbids."""

from typing import Any

import pytest

from sovereign.jurisdiction.snapshot import load_snapshot
from sovereign.policy.backends.closures import closures
from sovereign.policy.backends.source import source
from sovereign.policy.load import parse_policy
from sovereign.policy.outcome import Outcome
from sovereign.policy.values import typed_collections, typed_values
from sovereign.policy.view import View

SNAPSHOT = load_snapshot()
GROUPS = SNAPSHOT.groups
POLICY = """sovereign: 1
policy: ours
version: 2026.11.24
owner: management
status: house_rule
rules:
  - id: OUR-01
    title: {en: a duty in the negative, de: eine verneinte Pflicht}
    law: [{act: house rule}]
    severity: high
    for_each: {over: placements}
    must: MUST
"""
DUTIES = [
    ("{not: {placement.countries: {includes_any: [US]}}}", "placement.countries", ["XX"]),
    ("{placement.countries: {excludes: [US]}}", "placement.countries", ["US-of-A"]),
    ("{placement.countries: {excludes: [US]}}", "placement.countries", []),
    ("{placement.key_custody: {is_not: provider_managed}}", "placement.key_custody", "PROVIDER_MANAGED"),
    ("{placement.key_custody: {none_of: [provider_managed]}}", "placement.key_custody", "provider-managed"),
    ("{not: {data.categories: {includes: health}}}", "data.categories", ["Health"]),
    ("{data.status: {none_of: [personal, pseudonymised]}}", "data.status", "anonymized"),
    ("{not: {placement.plaintext_at_provider: {is: true}}}", "placement.plaintext_at_provider", "false"),
    ("{not: {placement.cloud: {is: true}}}", "placement.cloud", 0),
    ("{data.classification: {at_most: internal}}", "data.classification", "secret"),
]


@pytest.mark.parametrize("engine", [source, closures])
@pytest.mark.parametrize(("must", "attribute", "value"), DUTIES, ids=[f"{d[1]}={d[2]}" for d in DUTIES])
def test_unknown_word_is_unknown(must: str, attribute: str, value: Any, engine: Any) -> None:
    """A word outside its domain is unknown in every engine: the rule is undecided, never satisfied."""
    policy = parse_policy(POLICY.replace("MUST", must).encode(), source="ours.yaml", groups=GROUPS)
    given = {"placement.role": "storage", attribute: value}
    root = typed_values({k: v for k, v in given.items() if not k.startswith("placement.")}, GROUPS)
    element = typed_values({k: v for k, v in given.items() if k.startswith("placement.")}, GROUPS)
    view = View(root=root, placements=(element,), collections=typed_collections({}, GROUPS))
    answers = engine(policy, SNAPSHOT.as_of, GROUPS)(view)
    assert [outcome for _, outcome, _ in answers] == [Outcome.UNDECIDED]
