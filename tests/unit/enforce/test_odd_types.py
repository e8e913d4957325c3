"""A value of an odd type is unknown, and never shares the answer of the value that it equals."""

from typing import TYPE_CHECKING

from sovereign.evidence.outcome import ReplayOutcome
from sovereign.evidence.replay import verify_and_replay
from sovereign.facts.model import Party, Placement
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


def test_values_that_no_file_could_hold_are_unknown_and_replayed(desk: "Desk") -> None:
    """What a program says of a place in another type counts as unknown, so that its entry can be decided again."""
    guard = desk.guard()
    odd: dict[str, tuple[object, ...]] = {
        "role": (1, ["storage"]),
        "region": (1, b"eu01"),
        "provider": (None, 7),
        "countries": (["DE"], {"DE"}, ("DE", 1), "DE", {"DE": 1}),
        "jurisdictions": ("DE", 0),
        "parties": ((), [], (Party(name=1),), (Party(countries=["DE"]),), ("x",)),  # type: ignore[arg-type]  # the attack
        "id": (1, b"p"),
    }
    asked = 0
    for name, values in odd.items():
        for value in values:
            place = Placement(**{"role": "storage", "provider": "stackit", "region": "eu01", name: value})  # type: ignore[arg-type]  # the attack
            guard.check("patients", kind="backup", placements=[place])
            asked += 1
    verifier = guard._recording.trail.verifier  # type: ignore[attr-defined]  # a log, behind the protocol
    guard.close()
    _, report = verify_and_replay(desk.directory, [verifier])
    assert (report.counts[ReplayOutcome.SAME], report.not_same) == (asked, ())
