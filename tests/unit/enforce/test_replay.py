"""What the log keeps of a decision is enough to decide again, and holds nothing that it must not."""

import json
import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from simulators.asking import NOW, SNAPSHOT, a_body, a_point, one_rule, pack

from sovereign._internal.canonical import canonical, sha256_hex
from sovereign._internal.clock import parse_utc
from sovereign.audit.objects import load_object
from sovereign.audit.record import Recorder, record_decision, salted
from sovereign.decision.document import request_document
from sovereign.decision.request import parse_request, read_request
from sovereign.facts.model import Party, Placement
from sovereign.jurisdiction.snapshot import parse_snapshot
from sovereign.policy.load import parse_policy
from sovereign.tags.build import tag

if TYPE_CHECKING:
    from conftest import Desk

STORE = Placement(id="store", role="storage", provider="stackit", region="eu01")
VIRGINIA = Placement(id="iad", role="replica", provider="aws", region="us-east-1", parties=(Party(name="x"),))
CLAIMS = tag(
    "claims",
    classification="internal",
    categories=[],
    status="non_personal",
    allowed_locations=["eu", "CH"],
    allowed_jurisdictions=None,
    purposes=["research"],
    packs=["eu-only"],
)
SALT = re.compile(rb'\{"_salt":"[0-9a-f]{32}",')


def recorded_request(desk: "Desk", entry: dict[str, Any]) -> bytes:
    """Return the request of an entry without its salt."""
    stored = load_object(desk.directory, entry["request"])
    assert SALT.match(stored)
    return SALT.sub(b"{", stored, count=1)


@pytest.mark.parametrize("places", [[STORE], [VIRGINIA], [STORE, VIRGINIA], []])
def test_entry_is_decided_again_from_the_log_alone(desk: "Desk", places: list[Placement]) -> None:
    """Request, policies and snapshot are read back from objects; effect, basis, findings and values are the same."""
    guard = desk.guard()
    for data in ("payroll", "patients", CLAIMS, None):
        guard.check(data, kind="training", purpose="research", placements=places)
    for entry in desk.entries("decision"):
        snapshot = parse_snapshot(load_object(desk.directory, entry["snapshot"]))
        assert snapshot.digest == SNAPSHOT.digest
        policies = [
            parse_policy(load_object(desk.directory, ref["sha256"]), source=ref["id"], groups=snapshot.groups)
            for ref in entry["policies"]
        ]
        by_id = {policy.id: policy for policy in policies}
        own = [by_id["de-only"]]
        request = parse_request(recorded_request(desk, entry), source="object")
        point = a_point(*own, load=by_id.__getitem__)
        at = parse_utc(entry["at"])
        decision = point.decide(point.prepare(request, at=at), at=at, known=parse_utc(entry["known"]))
        again = record_decision(decision, request, b"{}", recorder=Recorder(), recorded_at=at)
        replayed = json.loads(again.entry)
        for name in ("effect", "basis", "findings", "obligations", "policies", "snapshot", "valid_until", "subject"):
            assert replayed[name] == entry[name], name


def test_entry_names_the_request_by_the_digest_of_its_salted_bytes(desk: "Desk") -> None:
    """Two equal requests have two digests, so that nobody finds one by guessing."""
    guard = desk.guard()
    for _ in range(2):
        guard.check("payroll", kind="training", placements=[STORE])
    first, second = desk.entries("decision")
    assert first["request"] != second["request"]
    assert recorded_request(desk, first) == recorded_request(desk, second)
    for entry in (first, second):
        assert sha256_hex(load_object(desk.directory, entry["request"])) == entry["request"]


def test_entry_holds_no_plain_permit_and_the_members_of_its_form(desk: "Desk") -> None:
    """Canonical bytes; only what is not a plain permit is listed."""
    desk.guard().check("payroll", kind="training", placements=[STORE, VIRGINIA])
    entry = desk.entries("decision")[0]
    members = (
        "type v id recorded_at at known effect basis subject action resource policies snapshot trust engine request "
        "findings obligations waivers valid_until context _sd"
    )
    assert sorted(entry) == sorted(members.split())
    assert {finding["outcome"] for finding in entry["findings"]} <= {"deny", "undecided", "not_applicable", "advice"}
    assert entry["trust"] is None
    assert ("de-only/DE-01", "deny", 1) in {(f["rule"], f["outcome"], f["placement"]) for f in entry["findings"]}


def test_request_says_at_which_instant_it_was_decided(desk: "Desk") -> None:
    """The clock's, and no other: a guard is never asked about another one."""
    guard = desk.guard()
    desk.wait(minutes=7)
    guard.check("payroll", kind="training", placements=[STORE])
    request = json.loads(recorded_request(desk, desk.entries("decision")[0]))
    assert (request["context"]["at"], request["context"]["known"]) == ("2026-11-24T09:07:00Z",) * 2


def test_simulation_is_an_entry_of_its_own_type() -> None:
    """It can never be taken for a decision that was enforced."""
    point = a_point(pack("de-only"))
    request = read_request(a_body(), source="r")
    prepared = point.prepare(request, at=NOW)
    decision = point.decide(prepared, at=NOW, known=NOW - timedelta(days=1), simulated=True)
    body = canonical(request_document(request, at=NOW, known=NOW))
    entry = json.loads(record_decision(decision, request, body, recorder=Recorder(trust="ab"), recorded_at=NOW).entry)
    assert (entry["type"], entry["trust"], entry["known"]) == ("simulation", "ab", "2026-11-23T09:00:00Z")


def test_salt_is_the_first_member_and_never_the_same() -> None:
    """Whatever the request is."""
    one, two = salted(b'{"a":1}'), salted(b'{"a":1}')
    assert one != two
    assert json.loads(one).keys() == {"_salt", "a"}
    assert SALT.match(one)


def test_denial_of_very_many_placements_is_recorded(desk: "Desk") -> None:
    """The entry has a bound, the number of places that somebody asks about has none."""
    strict = one_rule("for_each: {over: placements}\nmust: {placement.countries: {all_within: [FR]}}", name="strict")
    places = [Placement(id=f"p{n}", role="storage", provider="aws", region="us-east-1") for n in range(1500)]
    decision = desk.guard(strict).check("payroll", kind="training", placements=places)
    assert not decision.permits
    entry = desk.entries("decision")[0]
    assert (entry["effect"], entry["findings"]) == ("deny", [])
    findings = json.loads(load_object(desk.directory, entry["findings_object"]["sha256"]))
    assert {f["placement"] for f in findings if f["rule"] == "strict/R-01"} == set(range(1500))


def test_lease_of_very_many_questions_is_recorded(desk: "Desk") -> None:
    """What it was used for is evidence too, and never a reason why a job ends with an error."""
    guard = desk.guard()
    with guard.job(id="loop", kind="training", inputs=["payroll"], placements=[STORE]):
        for number in range(800):
            guard.check("payroll", kind="training", job=f"part-{number}")
    entry = desk.entries("lease.closed")[0]
    assert entry["decisions"] == []
    decisions = json.loads(load_object(desk.directory, entry["decisions_object"]["sha256"]))
    assert [use["calls"] for use in decisions] == [1] * 801
