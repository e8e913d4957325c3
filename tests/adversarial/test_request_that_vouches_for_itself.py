"""Attack: a request states its own places and calls them attested."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from sovereign.decision.engines.native import NativeEngine
from sovereign.decision.model import Decision
from sovereign.decision.point import DecisionPoint
from sovereign.decision.request import parse_request
from sovereign.jurisdiction.snapshot import load_snapshot
from sovereign.policy.ir import Policy
from sovereign.policy.load import parse_policy
from sovereign.policy.store import load_pack

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
SNAPSHOT = load_snapshot()
READ_FROM_A_PLAN = b"""sovereign: 1
policy: read-from-a-plan
version: 2026.11.24
owner: management
status: house_rule
rules:
  - id: CONF-01
    title: {en: places are read from an input, de: Orte sind einer Eingabe entnommen}
    law: [{act: house rule}]
    severity: high
    for_each: {over: placements}
    must: {placement.confidence: {at_least: provider}}
"""
DE_ONLY = load_pack("de-only", SNAPSHOT.groups)


def _decide(placement: dict[str, Any], policy: Policy) -> Decision:
    point = DecisionPoint(
        [policy],
        snapshot=SNAPSHOT,
        load_pack=lambda name: load_pack(name, SNAPSHOT.groups),
        engine=NativeEngine(),
    )
    body = {
        "subject": {"type": "job", "id": "train-17"},
        "action": {"name": "training"},
        "resource": {
            "type": "dataset",
            "id": "patients",
            "properties": {
                "id": "patients",
                "classification": "restricted",
                "categories": ["health"],
                "status": "personal",
            },
        },
        "context": {"placements": [placement]},
    }
    prepared = point.prepare(parse_request(json.dumps(body).encode(), source="request.json"), at=NOW)
    return point.decide(prepared, at=NOW)


@pytest.mark.parametrize("claimed", ["attested", "literal", "provider", "certified", "ATTESTED"])
def test_claimed_confidence_is_read_as_asserted(claimed: str) -> None:
    """It is not refused, it is not believed, and the decision says so."""
    placement = {"role": "storage", "provider": "stackit", "region": "eu01", "confidence": claimed}
    decision = _decide(placement, parse_policy(READ_FROM_A_PLAN, source="own.yaml", groups=SNAPSHOT.groups))
    assert not decision.permits
    assert [(f.rule, dict(f.read)["placement.confidence"]) for f in decision.findings if f.rule.startswith("read")] == [
        ("read-from-a-plan/CONF-01", "asserted")
    ]
    assert "SOV-A004" in {notice.code for notice in decision.notices}


def test_honest_request_gets_no_notice() -> None:
    """A request that claims nothing is told nothing."""
    decision = _decide({"role": "storage", "provider": "stackit", "region": "eu01"}, DE_ONLY)
    assert decision.permits
    assert decision.notices == ()


@pytest.mark.parametrize(
    "placement",
    [
        {"provider": "azure", "region": "northeurope", "countries": ["DE"]},
        {"provider": "aws", "region": "us-east-1", "countries": ["DE"], "confidence": "attested"},
        {"provider": "aws", "region": "eu-central-1", "operator": "Deutsche Wolke GmbH"},
        {"provider": "aws", "region": "eu-central-1", "jurisdictions": ["DE"]},
        {"provider": "aws", "region": "mars-north-1", "countries": ["DE"]},
        {"region": "eu-central-1", "countries": ["DE"]},
    ],
    ids=["country", "country, attested", "operator", "jurisdiction", "invented region", "region without provider"],
)
def test_claim_against_the_catalogue_never_permits(placement: dict[str, Any]) -> None:
    """A fact that contradicts the catalogue, or that it cannot support, denies or leaves undecided."""
    decision = _decide({"role": "storage", **placement}, DE_ONLY)
    assert not decision.permits
    assert "SOV-000" in {finding.rule for finding in decision.findings}
