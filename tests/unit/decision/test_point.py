"""The decision point: which policies apply, on which day, with which duties, and what is told beside the answer."""

from dataclasses import FrozenInstanceError, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from simulators.asking import KNOWN_TAG, NOW, a_body, a_point, answers, ask, one_rule, pack

from sovereign._internal.canonical import sha256_hex
from sovereign.decision.model import Basis
from sovereign.decision.point import DecisionPoint
from sovereign.decision.request import read_request
from sovereign.policy.ir import Policy
from sovereign.policy.outcome import Outcome

MUNICH = {"id": "hall", "role": "storage", "provider": "stackit", "region": "eu01"}
PERSONAL = "must: {data.status: {is: personal}}"
BODY = a_body([MUNICH])


def in_new_york(policy: Policy) -> Policy:
    """Return the policy under another legal time and another digest."""
    return replace(policy, legal_time="America/New_York", sha256=sha256_hex(policy.source_bytes + b"NY"))


def test_decision_says_what_it_rests_on() -> None:
    """Policies by id, in order, with version and digest; snapshot, engine and instants."""
    decision = ask(point := a_point(pack("eu-only"), pack("de-only")), BODY)
    assert [(ref.id, ref.sha256) for ref in decision.policies] == [
        (policy.id, policy.sha256) for policy in (pack("de-only"), pack("eu-only"))
    ]
    assert decision.snapshot == point.snapshot.digest
    assert (decision.engine.name, decision.at, decision.known) == ("native", NOW, NOW)
    assert len(decision.id) == 32
    assert ask(point, BODY).id != decision.id


def test_decision_cannot_be_changed() -> None:
    """Nobody turns a denial around on its way."""
    decision = ask(a_point(), BODY)
    with pytest.raises(FrozenInstanceError):
        decision.effect = "permit"  # type: ignore[misc]  # that is the test


def test_rules_out_of_their_window_do_not_count() -> None:
    """Before its first day, and from its last: no rule in force, basis default."""
    policy = one_rule(PERSONAL, head="effective: {from: 2026-11-24, to: 2026-11-25}\n")
    point = a_point(policy)
    first = datetime(2026, 11, 23, 23, 0, tzinfo=UTC)  # midnight in Berlin
    for at, basis in (
        (first - timedelta(seconds=1), Basis.DEFAULT),
        (first, Basis.RULE),
        (first + timedelta(hours=23, minutes=59), Basis.RULE),
        (first + timedelta(hours=24), Basis.DEFAULT),
    ):
        decision = ask(point, BODY, at=at)
        assert (decision.basis, decision.permits) == (basis, basis is Basis.RULE)


def test_one_request_prepared_on_one_day_is_judged_on_another() -> None:
    """What was resolved for a day is resolved again when the day is over: the United Kingdom left at midnight."""
    point = a_point(pack("eu-only"))
    body = a_body([{"role": "log", "countries": ["GB"]}])
    before, after = datetime(2020, 1, 31, 22, tzinfo=UTC), datetime(2020, 1, 31, 23, tzinfo=UTC)
    prepared = point.prepare(read_request(body, source="r"), at=before)
    inside, outside = point.decide(prepared, at=before), point.decide(prepared, at=after)
    assert inside.valid_until == after
    assert not outside.permits or ask(point, body, at=after).permits
    assert {f.rule: f.outcome for f in outside.findings} == {
        f.rule: f.outcome for f in ask(point, body, at=after).findings
    }


@pytest.mark.parametrize("as_pack", [False, True], ids=["own", "pack"])
def test_policy_of_another_legal_time_has_its_own_day(as_pack: bool) -> None:
    """First asked just after midnight in Berlin, then at noon: in New York that is another day, also for a pack."""
    policy = in_new_york(one_rule(PERSONAL, name="ny", head="effective: {from: 2026-11-24}\n"))
    point = a_point(pack("de-only"), load=lambda _: policy) if as_pack else a_point(pack("de-only"), policy)
    body = a_body([MUNICH], tag={**KNOWN_TAG, **({"packs": ["ny"]} if as_pack else {})})
    night = datetime(2026, 11, 23, 23, 30, tzinfo=UTC)  # 00:30 in Berlin, 18:30 the day before in New York
    noon = datetime(2026, 11, 24, 11, tzinfo=UTC)
    asked = {at: ask(point, body, at=at) for at in (night, noon)}
    in_force = {
        at: "SOV-004" not in {f.rule for f in d.findings if f.outcome is Outcome.DENY} for at, d in asked.items()
    }
    assert in_force == ({night: False, noon: True} if as_pack else {night: True, noon: True})
    assert asked[noon].permits
    assert asked[noon].valid_until == noon + timedelta(hours=1)


def test_pack_of_another_legal_time_shortens_the_answer() -> None:
    """At midnight in New York it may say something else."""
    policy = in_new_york(one_rule(PERSONAL, name="ny"))
    at = datetime(2026, 11, 25, 4, 30, tzinfo=UTC)
    point = a_point(pack("de-only"), load=lambda _: policy)
    assert ask(point, BODY, at=at).valid_until == at + timedelta(hours=1)
    decision = ask(point, a_body([MUNICH], tag={**KNOWN_TAG, "packs": ["ny"]}), at=at)
    assert decision.valid_until == at + timedelta(minutes=30)


def test_known_is_what_is_said() -> None:
    """An instant of knowledge of its own is kept, and a simulation is marked."""
    point = a_point(pack("de-only"))
    prepared = point.prepare(read_request(BODY, source="r"), at=NOW)
    decision = point.decide(prepared, at=NOW, known=NOW - timedelta(days=3), simulated=True)
    assert (decision.known, decision.simulated) == (NOW - timedelta(days=3), True)


# --- duties

NOTIFY = one_rule(f"{PERSONAL}\nobligations: [notify]", name="notify")


def decide(point: DecisionPoint, *, meets: tuple[str, ...], tag: dict[str, Any] = KNOWN_TAG) -> Any:
    """Return the decision for a caller that can meet some duties."""
    return point.decide(point.prepare(read_request(a_body([MUNICH], tag=tag), source="r"), at=NOW), at=NOW, meets=meets)


@pytest.mark.parametrize("meets", [(), ("Notify",), ("notify ",), ("log",)])
def test_permit_with_a_duty_that_the_caller_cannot_meet_is_a_denial(meets: tuple[str, ...]) -> None:
    """Who knows none, as the commands, never gets such a permit."""
    decision = decide(a_point(NOTIFY), meets=meets)
    assert (decision.permits, decision.basis, decision.outcome) == (False, Basis.RULE, Outcome.DENY)
    assert [(n.code, n.message) for n in decision.notices] == [
        ("SOV-E040", "this enforcement point does not know the obligation `notify`")
    ]
    assert decide(a_point(NOTIFY), meets=("log", "notify")).permits


def test_duties_of_the_tag_bind_every_use() -> None:
    """They unite with those of the rules."""
    tag = {**KNOWN_TAG, "obligations": ["delete-after-use"]}
    assert decide(a_point(pack("de-only")), meets=(), tag=tag).outcome is Outcome.DENY
    decision = decide(a_point(NOTIFY), meets=("notify", "delete-after-use"), tag=tag)
    assert (decision.permits, decision.obligations) == (True, ("delete-after-use", "notify"))


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (f"effect: observe\n{PERSONAL}\nobligations: [notify]", "house_rule"),
        (f"effect: warn\n{PERSONAL}\nobligations: [notify]", "house_rule"),
        (f"{PERSONAL}\nobligations: [notify]", "proposal"),
        (f"when: {{job.kind: {{is: export}}}}\n{PERSONAL}\nobligations: [notify]", "house_rule"),
    ],
)
def test_duties_of_advice_and_of_rules_that_do_not_apply_bind_nobody(body: str, status: str) -> None:
    """Advice changes no effect, not by the way of a duty either."""
    decision = decide(a_point(pack("de-only"), one_rule(body, name="advice", status=status)), meets=())
    assert (decision.permits, decision.obligations) == (True, ())


def test_unmet_duty_does_not_hide_a_denial() -> None:
    """What a rule denied stays a denial of that rule."""
    decision = ask(a_point(NOTIFY), a_body([MUNICH], tag={**KNOWN_TAG, "status": "synthetic"}))
    assert (decision.basis, decision.outcome) == (Basis.RULE, Outcome.DENY)
    assert ("notify/R-01", Outcome.DENY, None) in answers(decision)
    assert decision.notices == ()


# --- what is told


def test_notices_tell_what_changed_no_answer() -> None:
    """Nothing applied; the request vouched for itself; it named waivers; or nothing of it."""
    nothing = one_rule("when: {job.kind: {is: export}}\nmust: {data.status: {is: anonymised}}")
    codes = {
        "SOV-A003": ask(a_point(nothing), BODY),
        "SOV-A004": ask(a_point(pack("de-only")), a_body([{**MUNICH, "confidence": "attested"}])),
        "SOV-A005": ask(a_point(pack("de-only")), a_body([MUNICH], waivers=["w"])),
    }
    for code, decision in codes.items():
        assert ([notice.code for notice in decision.notices], decision.permits) == ([code], True)
    assert ask(a_point(pack("de-only")), BODY).notices == ()


def test_notice_of_vouching_survives_the_end_of_the_day() -> None:
    """A request prepared yesterday is prepared again, and still is not believed."""
    point = a_point(pack("de-only"))
    prepared = point.prepare(read_request(a_body([{**MUNICH, "confidence": "attested"}]), source="r"), at=NOW)
    later = point.decide(prepared, at=NOW + timedelta(days=2))
    assert [notice.code for notice in later.notices] == ["SOV-A004"]


def test_finding_holds_what_was_read_and_nothing_else() -> None:
    """Values as the rule saw them; an unknown one is None."""
    policy = one_rule(
        "for_each: {over: placements, roles: [storage]}\n"
        "when: {data.categories: {includes: health}}\n"
        "must: {placement.countries: {all_within: [FR]}, placement.key_custody: {at_least: customer_only}}"
    )
    found = [f for f in ask(a_point(policy), BODY).findings if f.rule == "own/R-01"]
    assert [(f.outcome, f.placement, dict(f.read)) for f in found] == [
        (
            Outcome.DENY,
            0,
            {
                "data.categories": frozenset({"health", "special", "personal"}),
                "placement.countries": frozenset({"DE"}),
                "placement.key_custody": None,
                "placement.role": "storage",
            },
        )
    ]


def test_rule_over_other_collections_names_no_placement() -> None:
    """An index into the placements would point at the wrong thing."""
    policy = one_rule("for_each: {over: links}\nmust: {link.objected: {is: false}}")
    decision = ask(a_point(policy), a_body([MUNICH], records={"links": [{"objected": False}, {"objected": True}]}))
    assert [(f.placement, dict(f.read)) for f in decision.findings if f.rule == "own/R-01"] == [
        (None, {"link.objected": True})
    ]


def test_of_two_places_that_exclude_each_other_neither_is_read() -> None:
    """A rule that would pass under one of them is undecided; SOV-000 denies."""
    decision = ask(
        a_point(pack("de-only")), a_body([{**MUNICH, "provider": "aws", "region": "eu-west-1", "countries": ["DE"]}])
    )
    assert answers(decision) >= {("SOV-000", Outcome.DENY, 0), ("de-only/DE-01", Outcome.UNDECIDED, 0)}


@pytest.mark.parametrize(
    ("claims", "told"),
    [({}, False), ({"planes_open": []}, False), ({"planes_open": None}, True), ({"planes_open": ["log"]}, True)],
)
def test_request_leaves_no_plane_open_unless_its_tag_says_so(claims: dict[str, Any], told: bool) -> None:
    """It is about one action, not about the whole inventory; null is unknown here as well."""
    decision = ask(a_point(pack("de-only")), a_body([MUNICH], tag={**KNOWN_TAG, **claims}))
    assert decision.permits
    assert (("de-only/DE-02", Outcome.ADVICE, None) in answers(decision)) is told
