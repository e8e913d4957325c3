"""Attack: a region is stated beside a provider that has no such region, and a permitted country with it."""

from random import Random
from typing import Any

import pytest
from simulators.asking import SNAPSHOT, a_body, a_point, answers, ask, outcome_of, pack

from sovereign.policy.outcome import Outcome

CATALOGUE = SNAPSHOT.catalogue
POINT = a_point(pack("de-only"))


def _strangers() -> list[tuple[str, str]]:
    """Return every pair of a provider and a German region that only other providers have."""
    german = {
        code
        for provider in CATALOGUE.providers
        for code in CATALOGUE.codes(provider)
        if (found := CATALOGUE.lookup(provider, code)) is not None and found.countries == {"DE"}
    }
    pairs = [(provider, code) for provider in sorted(CATALOGUE.providers) for code in sorted(german)]
    return [pair for pair in pairs if CATALOGUE.locate(*pair, day=SNAPSHOT.as_of) is None]


def _decide(**place: Any) -> Any:
    return ask(POINT, a_body([{"role": "storage", **place}]))


def test_no_german_region_is_german_beside_another_provider() -> None:
    """Not by itself, not with a country beside it, and not with a confidence that nobody gave."""
    strangers = _strangers()
    assert len(strangers) > 500
    for provider, code in Random(1).sample(strangers, 60):  # noqa: S311  a repeatable choice, no secret
        for extra in ({}, {"countries": ["DE"]}, {"countries": ["DE"], "confidence": "attested"}):
            decision = _decide(provider=provider, region=code, **extra)
            assert decision.outcome is Outcome.UNDECIDED, (provider, code)
            assert ("SOV-000", Outcome.UNDECIDED, 0) in answers(decision)


@pytest.mark.parametrize(
    ("provider", "region"),
    [
        ("AWS", "eu-central-1"),
        ("aws ", "eu-central-1"),
        ("aws\u200b", "eu-central-1"),
        ("\u0430ws", "eu-central-1"),
        ("amazon", "eu-central-1"),
        ("aws", "eu-central-1 "),
        ("aws", "eu-central-1\n"),
        ("aws", "eu\u2010central\u20101"),
        ("aws", "eu-central-\u0661"),
        ("aws", "eu-central-1/eu-west-1"),
        ("aws", "eu-central-1,us-east-1"),
        ("aws", "arn:aws:eu-central-1"),
        ("aws", "../eu-central-1"),
        ("aws", "*"),
    ],
)
def test_provider_and_region_that_only_look_known_name_no_place(provider: str, region: str) -> None:
    """What a person reads as Frankfurt is compared as it is written."""
    assert _decide(provider=provider, region=region).outcome is Outcome.UNDECIDED


def test_pair_of_a_private_name_is_not_read_as_the_known_one() -> None:
    """A private site may use any code; it is where its owner says, and nowhere if nobody says."""
    decision = _decide(provider="own-hall", region="eu-central-1", countries=["US"])
    assert decision.outcome is Outcome.DENY
    assert outcome_of(decision, "SOV-000") is Outcome.PERMIT
    assert _decide(provider="own-hall", region="eu-central-1").outcome is Outcome.UNDECIDED
