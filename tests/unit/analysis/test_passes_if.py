"""What would pass: a change that is shown really permits when it is made, and nothing is shown where none helps."""

import json
import re
from copy import deepcopy
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from simulators.asking import KNOWN_TAG, NOW, a_body, a_point, a_random_body, ask, one_rule, pack
from simulators.policies import a_policy

from sovereign.analysis.passes_if import Change, find_change
from sovereign.decision.point import DecisionPoint
from sovereign.decision.request import parse_request
from sovereign.policy.ir import Policy

MUNICH = {"id": "hall", "role": "storage", "provider": "stackit", "region": "eu01"}
DUBLIN = {"id": "vault", "role": "backup", "provider": "azure", "region": "northeurope"}
VIRGINIA = {"id": "bucket", "role": "storage", "provider": "aws", "region": "us-east-1"}
INDIA = {"id": "helpdesk", "role": "support_access", "countries": ["IN"]}


def change_for(point: DecisionPoint, body: dict[str, Any]) -> Change | None:
    """Return what is shown for a denied request document."""
    request = parse_request(json.dumps(body).encode(), source="r")
    prepared = point.prepare(request, at=NOW)
    decision = point.decide(prepared, at=NOW)
    assert not decision.permits
    return find_change(point, prepared.request, decision, at=NOW)


def changed(body: dict[str, Any], text: str) -> dict[str, Any]:
    """Return the document with the change made that the text tells, by a reader who knows nothing else."""
    body = deepcopy(body)
    if found := re.fullmatch(r"the purpose is `(.+)`", text):
        body["subject"]["properties"]["purpose"] = found[1]
        return body
    placements = body["context"]["placements"]
    for part in text.split(" and "):
        match = re.fullmatch(r"`(.+)` is in (?:([A-Z, -]+)|(\S+) (\S+) \([A-Z, -]+\))", part)
        assert match, part
        placement = next(item for item in placements if item["id"] == match[1])
        for name in ("countries", "provider", "region", "operator", "jurisdictions", "parties"):
            placement.pop(name, None)
        if match[2]:
            placement["countries"] = match[2].split(", ")
        else:
            placement |= {"provider": match[3], "region": match[4]}
    return body


@pytest.mark.parametrize(
    ("policies", "placements", "tag", "expected"),
    [
        (["de-only"], [MUNICH, DUBLIN], {}, ["vault"]),
        (["de-only"], [VIRGINIA, DUBLIN], {}, ["bucket", "vault"]),
        (["eu-only"], [MUNICH, VIRGINIA], {}, ["bucket"]),
        (["eea-gdpr"], [VIRGINIA], {}, ["bucket"]),
        (["de-only"], [MUNICH, INDIA], {}, ["helpdesk"]),
        (["eu-only"], [DUBLIN], {"allowed_locations": ["FR"]}, ["vault"]),
        (["de-only"], [{**VIRGINIA, "region": "eu-central-1"}], {"allowed_jurisdictions": ["eu"]}, ["bucket"]),
        (["de-only"], [{**VIRGINIA, "region": "mars"}], {}, ["bucket"]),
        (["de-only"], [{**VIRGINIA, "region": "eu-west-1", "countries": ["DE"]}], {}, ["bucket"]),
        (["de-only"], [{"id": "own", "role": "storage", "provider": "own-hall", "countries": ["FR"]}], {}, ["own"]),
    ],
)
def test_change_that_is_shown_permits_when_it_is_made(
    policies: list[str], placements: list[dict[str, Any]], tag: dict[str, Any], expected: list[str]
) -> None:
    """It names every placement that has to move, and no other."""
    point = a_point(*(pack(name) for name in policies))
    body = a_body(placements, tag={**KNOWN_TAG, **tag})
    change = change_for(point, body)
    assert change is not None
    assert re.findall(r"`(.+?)`", change.text) == expected
    assert change.changed == len(expected)
    assert ask(point, changed(body, change.text)).permits


def test_nearest_place_is_one_of_the_same_provider() -> None:
    """Moving within a provider is less than moving to another."""
    change = change_for(a_point(pack("de-only")), a_body([DUBLIN]))
    assert change is not None
    assert change.text.startswith("`vault` is in azure german")


def test_purpose_is_shown_where_it_alone_denies() -> None:
    """One of those that the tag names, under which the whole is permitted."""
    tag = {**KNOWN_TAG, "purposes": ["billing", "research"]}
    strict = one_rule("when: {job.purpose: {is: billing}}\nmust: {data.status: {is: anonymised}}", name="strict")
    body = a_body([MUNICH], tag=tag, job={"purpose": "advertising"})
    point = a_point(pack("de-only"), strict)
    change = change_for(point, body)
    assert change is not None
    assert change.text == "the purpose is `research`"
    assert ask(point, changed(body, change.text)).permits


@pytest.mark.parametrize(
    ("policies", "body"),
    [
        ([pack("de-only")], a_body()),
        ([pack("de-only")], a_body([VIRGINIA], tag=None)),
        ([pack("de-only")], a_body([VIRGINIA], tag={**KNOWN_TAG, "status": None})),
        ([pack("de-only")], a_body([VIRGINIA], tag={**KNOWN_TAG, "allowed_locations": []})),
        ([pack("de-only")], a_body([VIRGINIA], tag={**KNOWN_TAG, "allowed_locations": ["FR"]})),
        ([pack("de-only")], a_body([MUNICH], tag={**KNOWN_TAG, "packs": ["none"]})),
        ([pack("de-only")], a_body([VIRGINIA], tag={**KNOWN_TAG, "purposes": ["x"]}, job={"purpose": "y"})),
        ([pack("de-only")], a_body([{**VIRGINIA, "role": None}])),
        ([pack("de-only")], a_body([VIRGINIA], tag={**KNOWN_TAG, "obligations": ["notify"]})),
        ([one_rule("must: {data.status: {is: anonymised}}")], a_body([VIRGINIA])),
        ([], a_body([MUNICH])),
    ],
    ids=[
        "no placement",
        "no tag",
        "status unknown",
        "nothing allowed",
        "tag and policy exclude each other",
        "pack missing",
        "place and purpose",
        "role unknown",
        "duty that no command can meet",
        "rule about the data",
        "no rule in force",
    ],
)
def test_nothing_is_shown_where_no_change_of_place_or_purpose_helps(
    policies: list[Policy], body: dict[str, Any]
) -> None:
    """Better no way out than one that does not lead out."""
    assert change_for(a_point(*policies), body) is None


@given(st.integers(min_value=0, max_value=2**48))
@settings(deadline=None, max_examples=25)
def test_whatever_is_shown_permits(seed: int) -> None:
    """Under policies and requests made at random."""
    random = Random(seed)  # noqa: S311  makes cases, no secrets
    point = a_point(a_policy(random, rules=1), pack(random.choice(("de-only", "eu-only", "eea-gdpr"))))
    body = a_random_body(random, least=1)
    if not ask(point, body).permits and (change := change_for(point, body)) is not None:
        assert ask(point, changed(body, change.text)).permits
