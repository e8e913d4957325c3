"""SOV-000 to SOV-004: each claim present, absent, null, or with an unknown word; places known, unknown, or denied."""

from typing import Any

import pytest
from simulators.asking import KNOWN_TAG, a_body, a_point, answers, ask, one_rule, outcome_of, pack

from sovereign.decision.builtin import BUILTIN_RULES
from sovereign.decision.model import Basis, Decision
from sovereign.errors import PolicyError
from sovereign.policy.ir import Policy
from sovereign.policy.outcome import Outcome

DENY, UNDECIDED, PERMIT, NOT_APPLICABLE = Outcome.DENY, Outcome.UNDECIDED, Outcome.PERMIT, Outcome.NOT_APPLICABLE
MUNICH = {"role": "storage", "provider": "stackit", "region": "eu01"}
FRANKFURT = {"role": "storage", "provider": "aws", "region": "eu-central-1"}
SVALBARD = {"role": "storage", "countries": ["SJ"]}
# in force and provably about something else, so that the built-in rules alone decide
CALM = one_rule("when: {job.kind: {is: export}}\nmust: {data.status: {is: anonymised}}", name="calm")
ABSENT = object()


def decide(*placements: dict[str, Any], job: dict[str, Any] | None = None, **claims: Any) -> Decision:
    """Return the decision about placements under a tag with these claims; `ABSENT` leaves one out."""
    tag = {name: value for name, value in {**KNOWN_TAG, **claims}.items() if value is not ABSENT}
    return ask(a_point(CALM), a_body(placements or (MUNICH,), tag=tag, job=job))


def test_base_of_the_cases_is_permitted() -> None:
    """So that each case below shows what it changes."""
    assert decide().permits


@pytest.mark.parametrize("field", ["classification", "categories", "status"])
@pytest.mark.parametrize("value", [ABSENT, None, "unheard-of"])
def test_sov_000_needs_what_the_tag_must_say(field: str, value: Any) -> None:
    """Left out, null, or a word nobody knows: undecided, and the field is named."""
    if field == "categories" and isinstance(value, str):
        value = [value, "health"]
    decision = decide(**{field: value})
    assert decision.outcome is UNDECIDED
    missing = next(f.read for f in decision.findings if f.rule == "SOV-000")
    assert missing == {f"data.{field}": None}


@pytest.mark.parametrize("role", [ABSENT, None, "disk", ""])
def test_sov_000_needs_the_role(role: Any) -> None:
    """A place of which nobody knows what it does."""
    place = {**MUNICH, "role": role}
    if role is ABSENT:
        del place["role"]
    assert answers(decide(place)) >= {("SOV-000", UNDECIDED, 0)}


def test_sov_000_looks_at_each_placement() -> None:
    """The one unknown place among known ones is named by its position."""
    decision = decide(MUNICH, {"role": "backup", "provider": "aws"}, FRANKFURT)
    assert {item for item in answers(decision) if item[0] == "SOV-000"} == {("SOV-000", UNDECIDED, 1)}


def test_sov_000_needs_a_placement() -> None:
    """An empty list is no place."""
    decision = ask(a_point(CALM), a_body())
    assert ("SOV-000", UNDECIDED, None) in answers(decision)


def test_sov_000_denies_a_contradiction() -> None:
    """It trumps every unknown beside it."""
    decision = decide({**FRANKFURT, "countries": ["FR"], "role": None}, status=None)
    assert (decision.outcome, outcome_of(decision, "SOV-000")) == (DENY, DENY)


@pytest.mark.parametrize(
    ("claim", "place", "expected"),
    [
        (["DE"], MUNICH, PERMIT),
        (["eu"], MUNICH, PERMIT),
        (["EU"], MUNICH, PERMIT),
        (["DE", "FR"], MUNICH, PERMIT),
        (["FR"], MUNICH, DENY),
        ([], MUNICH, DENY),
        (["eu"], SVALBARD, UNDECIDED),
        (["NO"], SVALBARD, UNDECIDED),
        (["SJ"], SVALBARD, PERMIT),
        (["DE"], SVALBARD, DENY),
        (["DE"], {"role": "storage", "countries": ["DE", "FR"]}, DENY),
        (["DE", "Atlantis"], MUNICH, UNDECIDED),
        (["europe"], MUNICH, UNDECIDED),
        (None, MUNICH, UNDECIDED),
        (ABSENT, MUNICH, NOT_APPLICABLE),
        (["DE"], {"role": "storage", "provider": "aws"}, UNDECIDED),
    ],
)
def test_sov_001_keeps_each_placement_in_the_allowed_locations(
    claim: Any, place: dict[str, Any], expected: Outcome
) -> None:
    """Countries and dated groups; every member counts; nothing allows nothing."""
    decision = decide(place, allowed_locations=claim)
    assert outcome_of(decision, "SOV-001") is expected
    assert decision.permits is (expected in {PERMIT, NOT_APPLICABLE})


@pytest.mark.parametrize(
    ("claim", "place", "expected"),
    [
        (["DE"], MUNICH, PERMIT),
        (["eu"], MUNICH, PERMIT),
        (["eu"], FRANKFURT, DENY),
        (["eu", "US"], FRANKFURT, PERMIT),
        ([], MUNICH, DENY),
        (["eu"], {"role": "storage", "countries": ["DE"]}, UNDECIDED),
        (["eu"], {"role": "storage", "countries": ["DE"], "jurisdictions": ["DE"]}, UNDECIDED),
        (["eu"], {"role": "storage", "countries": ["DE"], "jurisdictions": ["DE"], "operator": "own"}, PERMIT),
        (["eu"], {"role": "storage", "countries": ["DE"], "jurisdictions": ["US"]}, DENY),
        (["eu"], {**MUNICH, "parties": [{"function": "sub_processor", "countries": ["IN"]}]}, DENY),
        (["eu"], {**MUNICH, "parties": [{"function": "sub_processor", "countries": ["FR"]}]}, PERMIT),
        (["eu"], {**MUNICH, "parties": [{"function": "sub_processor"}]}, UNDECIDED),
        (["eu"], {**MUNICH, "parties": [{"countries": ["Atlantis"]}, {"countries": ["US"]}]}, DENY),
        (["eu"], {**MUNICH, "parties": [{"countries": ["FR", "Atlantis"]}]}, UNDECIDED),
        (["eu"], {**MUNICH, "parties": [{"countries": []}]}, UNDECIDED),
        (["DE", "Atlantis"], MUNICH, UNDECIDED),
        (None, MUNICH, UNDECIDED),
        (ABSENT, FRANKFURT, NOT_APPLICABLE),
    ],
)
def test_sov_002_keeps_each_party_in_the_allowed_jurisdictions(
    claim: Any, place: dict[str, Any], expected: Outcome
) -> None:
    """The catalogue's parties and the stated ones; one outside denies, one unknown leaves undecided."""
    decision = decide(place, allowed_jurisdictions=claim)
    assert outcome_of(decision, "SOV-002") is expected
    assert decision.permits is (expected in {PERMIT, NOT_APPLICABLE})


@pytest.mark.parametrize(
    ("claim", "job", "expected"),
    [
        (["research"], {"purpose": "research"}, PERMIT),
        (["research", "support"], {"purpose": "support"}, PERMIT),
        (["research"], {"purpose": "advertising"}, DENY),
        (["research"], {"purpose": "Research"}, DENY),
        (["research"], {"purpose": "researc"}, DENY),
        ([], {"purpose": "research"}, DENY),
        (["research"], {"purpose": None}, UNDECIDED),
        (["research"], {}, UNDECIDED),
        (["research"], None, UNDECIDED),
        (None, {"purpose": "research"}, UNDECIDED),
        (ABSENT, {"purpose": "advertising"}, NOT_APPLICABLE),
    ],
)
def test_sov_003_keeps_the_job_to_the_purposes(claim: Any, job: dict[str, Any] | None, expected: Outcome) -> None:
    """Words are compared whole and as they are written."""
    decision = decide(MUNICH, job=job, purposes=claim)
    assert outcome_of(decision, "SOV-003") is expected
    assert decision.permits is (expected in {PERMIT, NOT_APPLICABLE})


@pytest.mark.parametrize(
    ("claim", "expected", "missing"),
    [
        (["de-only"], PERMIT, None),
        (["de-only", "eu-only"], PERMIT, None),
        (["calm"], PERMIT, None),
        ([], PERMIT, None),
        (["no-such-pack"], DENY, {"no-such-pack"}),
        (
            ["de-only", "DE-ONLY", "../de-only", "de-only/policy.yaml"],
            DENY,
            {"DE-ONLY", "../de-only", "de-only/policy.yaml"},
        ),
        (None, UNDECIDED, None),
        (ABSENT, NOT_APPLICABLE, None),
    ],
)
def test_sov_004_needs_every_pack(claim: Any, expected: Outcome, missing: set[str] | None) -> None:
    """Loaded by id, never by path; a policy of the point counts; each missing one is named."""
    decision = decide(packs=claim)
    assert outcome_of(decision, "SOV-004") is expected
    assert decision.permits is (expected in {PERMIT, NOT_APPLICABLE})
    if missing:
        assert [f.read["data.packs"] for f in decision.findings if f.rule == "SOV-004"] == [missing]


def test_pack_of_the_tag_decides_too() -> None:
    """It applies although nobody else named it, and stands among the policies."""
    decision = decide({"role": "backup", "provider": "azure", "region": "northeurope"}, packs=["de-only"])
    assert decision.outcome is DENY
    assert [ref.id for ref in decision.policies] == ["calm", "de-only"]


def test_pack_that_is_not_in_force_is_missing() -> None:
    """A rule that ended protects nothing."""
    old = one_rule("must: {data.status: {is: personal}}", name="old", head="effective: {to: 2026-01-01}\n")
    point = a_point(CALM, load=lambda _: old)
    assert outcome_of(ask(point, a_body([MUNICH], tag={**KNOWN_TAG, "packs": ["old"]})), "SOV-004") is DENY


def test_pack_that_only_observes_is_in_force_and_no_basis() -> None:
    """A proposal may be named; alone it permits nothing."""
    proposal = one_rule("must: {data.status: {is: personal}}", name="proposal", status="proposal")
    tag = {**KNOWN_TAG, "packs": ["proposal"]}
    decision = ask(a_point(load=lambda _: proposal), a_body([MUNICH], tag=tag))
    assert (outcome_of(decision, "SOV-004"), decision.basis, decision.permits) == (PERMIT, Basis.DEFAULT, False)


def test_pack_that_is_not_trusted_is_missing() -> None:
    """Whatever the reason why a loader refuses."""

    def refuse(name: str) -> Policy:
        raise PolicyError(f"{name} is not trusted", code="SOV-C004")

    decision = ask(a_point(CALM, load=refuse), a_body([MUNICH], tag={**KNOWN_TAG, "packs": ["de-only"]}))
    assert outcome_of(decision, "SOV-004") is DENY


def test_pack_that_failed_to_load_is_tried_again() -> None:
    """A file that is there again is used; the failure is not remembered."""
    answers_of_the_loader = [PolicyError("gone"), pack("de-only")]

    def load(_: str) -> Policy:
        found = answers_of_the_loader.pop(0)
        if isinstance(found, PolicyError):
            raise found
        return found

    point, body = a_point(CALM, load=load), a_body([MUNICH], tag={**KNOWN_TAG, "packs": ["de-only"]})
    assert not ask(point, body).permits
    assert ask(point, body).permits


def test_without_a_tag_every_builtin_rule_is_undecided() -> None:
    """Nothing is known, nothing is claimed to be absent."""
    decision = ask(a_point(CALM), a_body([MUNICH], tag=None))
    assert {rule for rule, outcome, _ in answers(decision) if outcome is UNDECIDED} >= set(BUILTIN_RULES)


def test_builtin_rules_are_told_in_both_languages() -> None:
    """Every rule that can deny has a sentence for its reader."""
    assert set(BUILTIN_RULES) == {f"SOV-00{number}" for number in range(5)}
    assert all(texts.keys() == {"en", "de"} and all(texts.values()) for texts in BUILTIN_RULES.values())


def test_unknown_obligations_are_undecided() -> None:
    """A duty that nobody knows cannot be met."""
    decision = decide(obligations=None)
    assert (decision.outcome, outcome_of(decision, "SOV-000")) == (UNDECIDED, UNDECIDED)
