"""A value of an odd type is unknown, and never shares the answer of the value that it equals."""

from typing import TYPE_CHECKING

from sovereign.facts.model import Placement
from sovereign.jurisdiction.snapshot import load_snapshot
from sovereign.policy.load import parse_policy

if TYPE_CHECKING:
    from conftest import Desk

CLOUD = b"""
sovereign: 1
policy: clouds-only
version: 2026.11.24
title: Only clouds
owner: management
status: house_rule
rules:
  - id: CLOUD
    title: a cloud
    law: [{act: house rule}]
    severity: low
    for_each: {over: placements}
    must: {placement.cloud: {is: true}}
"""


def test_one_does_not_share_the_answer_of_true(desk: "Desk") -> None:
    """`cloud=1` after `cloud=True` in one lease is undecided, although Python holds the two equal."""
    guard = desk.guard(parse_policy(CLOUD, source="clouds.yaml", groups=load_snapshot().groups))
    true = Placement(id="p", role="storage", countries=frozenset({"DE"}), cloud=True)
    one = Placement(id="p", role="storage", countries=frozenset({"DE"}), cloud=1)  # type: ignore[arg-type]  # the attack
    with guard.job(id="copy", kind="backup", purpose="research", inputs=["patients"], placements=[true]) as run:
        assert run.check().permits
        assert not guard.check("patients", kind="backup", placements=[one]).permits
