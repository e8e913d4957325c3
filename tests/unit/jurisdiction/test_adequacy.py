"""Adequacy is a dated predicate of a place and its recipient, and unknown where a fact is missing."""

from datetime import date, timedelta

import pytest

from sovereign.jurisdiction.adequacy import parse_adequacy
from sovereign.jurisdiction.snapshot import load_snapshot

ADEQUACY = load_snapshot().adequacy
TODAY = date(2026, 11, 24)
DPF = {"recipient.dpf_listed": True, "data.hr": False}


def on(text: str) -> date:
    """Return the day of an ISO date."""
    return date.fromisoformat(text)


@pytest.mark.parametrize(
    ("place", "day", "facts", "decision"),
    [
        ("US", "2021-01-01", {"recipient.privacy_shield_listed": True, **DPF}, None),
        ("US", "2019-01-01", {"recipient.privacy_shield_listed": True}, "us-privacy-shield"),
        ("US", "2014-01-01", {"recipient.safe_harbor_listed": True}, "us-safe-harbor"),
        ("US", "2024-01-01", DPF, "us-dpf"),
        ("US", "2024-01-01", {"recipient.dpf_listed": True, "data.hr": True, "recipient.dpf_hr": False}, None),
        ("US", "2024-01-01", {"recipient.dpf_listed": True, "data.hr": True, "recipient.dpf_hr": True}, "us-dpf"),
        ("US", "2024-01-01", {"recipient.dpf_listed": False}, None),
        ("GB", "2021-03-01", {}, "gb-bridge"),
        ("GB", "2021-06-27", {}, "gb-bridge"),
        ("GB", "2024-01-01", {"purpose.uk_immigration_control": False}, "gb"),
        ("GB", "2024-01-01", {"purpose.uk_immigration_control": True}, None),
        ("GB", "2026-01-01", {}, "gb"),
        ("GB", "2031-12-27", {}, None),
        ("BR", "2026-01-25", {"purpose.lgpd_excluded": False}, None),
        ("BR", "2026-01-26", {"purpose.lgpd_excluded": False}, "br"),
        ("CA", "2026-01-26", {"recipient.pipeda_subject": True}, "ca"),
        ("CH", "2026-11-24", {}, "ch"),
        ("EPO", "2026-01-01", {"recipient.organisation": "EPO"}, "epo"),
        ("UK", "2026-01-01", {}, "gb"),
        ("IL", "2026-01-01", {"processing.automated": True, "recipient.occupied_territory": True}, None),
    ],
)
def test_decision_holds_on_its_days_for_its_recipients(
    place: str, day: str, facts: dict[str, object], decision: str | None
) -> None:
    """The decision of the day, asked on that day with every fact known, is the one that holds."""
    known = min(on(day), TODAY)
    answer = ADEQUACY.answer(place, on(day), facts, known=known)
    assert answer.value is (decision is not None)
    assert answer.decision == decision


@pytest.mark.parametrize(
    ("place", "facts", "missing"),
    [
        ("CA", {}, {"recipient.pipeda_subject"}),
        ("CA", {"recipient.pipeda_subject": None}, {"recipient.pipeda_subject"}),
        ("US", {}, {"recipient.dpf_listed", "data.hr", "recipient.dpf_hr"}),
        ("US", {"recipient.dpf_listed": True}, {"data.hr", "recipient.dpf_hr"}),
        ("US", {"recipient.dpf_listed": True, "data.hr": True}, {"recipient.dpf_hr"}),
        ("JP", {"recipient.appi_operator": True}, {"recipient.jp_excluded_body"}),
    ],
)
def test_missing_fact_is_unknown_and_named(place: str, facts: dict[str, object], missing: set[str]) -> None:
    """A fact that nobody stated makes the answer unknown, so that its negation is unknown as well."""
    answer = ADEQUACY.answer(place, TODAY, facts, known=TODAY)
    assert answer.value is None
    assert answer.missing == missing


def test_false_fact_outweighs_a_missing_one() -> None:
    """A recipient that is known to be outside is outside, whatever else is not known."""
    assert ADEQUACY.adequate("JP", TODAY, {"recipient.appi_operator": False}, known=TODAY) is False


def test_condition_that_may_not_apply_is_satisfied_by_its_consequence() -> None:
    """Whether the data are HR data does not matter for a recipient listed for HR data too."""
    facts = {"recipient.dpf_listed": True, "recipient.dpf_hr": True}
    assert ADEQUACY.adequate("US", TODAY, facts, known=TODAY) is True


@pytest.mark.parametrize("listed", ["true", 1, 1.0, "yes", [True]])
def test_only_a_true_is_true(listed: object) -> None:
    """A value of another type than the decision asks for is outside the domain: unknown."""
    assert ADEQUACY.adequate("CA", TODAY, {"recipient.pipeda_subject": listed}, known=TODAY) is None


def test_annulled_decision_never_held_for_whoever_knows_the_judgment() -> None:
    """Privacy Shield in 2019: adequate as known then, not adequate as known today."""
    facts = {"recipient.privacy_shield_listed": True}
    day = on("2019-01-01")
    assert ADEQUACY.adequate("US", day, facts, known=day) is True
    assert ADEQUACY.adequate("US", day, facts, known=on("2020-07-15")) is True
    assert ADEQUACY.adequate("US", day, facts, known=on("2020-07-16")) is False
    assert ADEQUACY.adequate("US", day, facts, known=TODAY) is False


def test_ended_decision_that_no_court_annulled_keeps_its_days() -> None:
    """The UK bridge has ended and still held on its days (Art. 45(5) GDPR: no retroactive effect)."""
    assert ADEQUACY.adequate("GB", on("2021-03-01"), {}, known=TODAY) is True


@pytest.mark.parametrize(
    ("known", "day", "value"),
    [
        ("2022-01-01", "2025-06-26", True),
        ("2022-01-01", "2025-06-27", False),
        ("2025-06-24", "2025-06-27", True),
        ("2025-06-24", "2025-12-27", False),
        ("2025-12-19", "2025-12-27", True),
        ("2021-06-27", "2021-07-01", False),
    ],
)
def test_end_of_the_uk_decision_is_the_one_known_then(known: str, day: str, value: bool) -> None:
    """An extension counts from the day on which it was recorded, not before."""
    facts = {"purpose.uk_immigration_control": False}
    assert ADEQUACY.adequate("GB", on(day), facts, known=on(known)) is value


def test_requirement_binds_until_its_end_is_known() -> None:
    """Before the renewal was recorded, nobody knew that immigration control would be covered."""
    day = on("2025-12-20")
    assert ADEQUACY.adequate("GB", day, {"purpose.uk_immigration_control": True}, known=on("2025-07-01")) is False
    assert ADEQUACY.adequate("GB", day, {"purpose.uk_immigration_control": True}, known=day) is True


def test_decision_is_unknown_before_its_adoption() -> None:
    """Nobody could rely on Brazil's adequacy before it was adopted."""
    facts = {"purpose.lgpd_excluded": False}
    assert ADEQUACY.adequate("BR", on("2026-02-01"), facts, known=on("2025-12-01")) is False


@pytest.mark.parametrize("place", ["DE", "IN", "KE", "GL", "GI", "NC", "PR", "MC"])
def test_place_without_a_decision_is_not_adequate(place: str) -> None:
    """The Commission's list is closed; the decision for a state does not cover its separate territories."""
    assert ADEQUACY.adequate(place, TODAY, {}, known=TODAY) is False


@pytest.mark.parametrize("place", ["SJ", "CY-NORTH", "GB-NIR", "XX", "", "eu", "EU", "de"])
def test_place_that_cannot_be_judged_is_unknown(place: str) -> None:
    """Territories under review, parts without a row, groups and words outside the domain: unknown, never no."""
    assert ADEQUACY.adequate(place, TODAY, {}, known=TODAY) is None


def test_organisation_makes_no_country_adequate() -> None:
    """The decision for the European Patent Organisation is about it, not about the place of its servers."""
    assert (
        ADEQUACY.adequate("US", TODAY, {"recipient.organisation": "EPO", "recipient.dpf_listed": False}, known=TODAY)
        is False
    )


def test_old_data_know_nothing() -> None:
    """Past `stale_after` adequacy is unknown, also where it would be no."""
    last = ADEQUACY.as_of + timedelta(days=365)
    assert ADEQUACY.adequate("CH", TODAY, {}, known=last) is True
    assert ADEQUACY.adequate("CH", TODAY, {}, known=last + timedelta(days=1)) is None
    assert ADEQUACY.adequate("IN", TODAY, {}, known=last + timedelta(days=1)) is None
    assert ADEQUACY.adequate("CH", TODAY, {}, known=TODAY, stale_after=timedelta(0)) is None


def test_answer_has_no_truth_of_its_own() -> None:
    """`if answer:` would be true for a no."""
    with pytest.raises(TypeError):
        bool(ADEQUACY.answer("IN", TODAY, {}, known=TODAY))


def test_decision_for_a_place_that_does_not_exist_does_not_load() -> None:
    """A misspelt country in a decision is an error, not a decision that never holds."""
    row = {"id": "x", "code": "XX", "code_type": "country"}
    with pytest.raises(ValueError, match="the decision x"):
        parse_adequacy({"decisions": [row], "historic": []}, ADEQUACY.domain, ADEQUACY.as_of)
