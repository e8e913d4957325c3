"""A placement meets the catalogue: one test for each rule of the module, and for who may add what."""

from datetime import date
from typing import Any

import pytest
from simulators.asking import KNOWN_TAG, SNAPSHOT, a_body, a_point, ask, outcome_of, pack

from sovereign.decision.locate import Located, locate
from sovereign.facts.model import Evidence, Placement
from sovereign.policy.outcome import Outcome

DAY = date(2026, 11, 24)


def located(**fields: Any) -> Located:
    """Return what is known of a placement on the day."""
    for name in ("countries", "jurisdictions"):
        if fields.get(name) is not None:
            fields[name] = frozenset(fields[name])
    return locate(Placement(role="storage", **fields), SNAPSHOT.catalogue, DAY)


def test_region_of_a_provider_gives_all_three_facts() -> None:
    """Countries, who operates, and who can compel."""
    found = located(provider="aws", region="eu-central-1")
    assert found.countries == {"DE"}
    assert found.operators == {"Amazon Web Services EMEA SARL"}
    assert found.jurisdictions == {"US"}
    assert (found.place_verification, found.contradictions, found.reason) == ("verified", (), None)


def test_region_without_a_provider_names_no_place() -> None:
    """Neither by its own code nor with countries beside it."""
    for extra in ({}, {"countries": ["DE"]}):
        found = located(region="eu-central-1", **extra)
        assert found.countries is None
        assert found.reason == "a region without its provider names no place"


def test_unknown_region_of_a_known_provider_names_no_place() -> None:
    """Somebody's word for it does not help."""
    for extra in ({}, {"countries": ["DE"]}):
        found = located(provider="aws", region="eu-central-9", **extra)
        assert found.countries is None
        assert found.reason == "the provider has no such region in the catalogue"


@pytest.mark.parametrize(("provider", "region"), [("gcp", "eu-central-1"), ("azure", "eu-central-1"), ("aws", "eu01")])
def test_region_of_another_provider_names_no_place(provider: str, region: str) -> None:
    """The key is the pair, never the code."""
    assert located(provider=provider, region=region, countries=["DE"]).countries is None


def test_given_set_that_contains_the_catalogues_is_taken() -> None:
    """It adds: the data are in both countries."""
    found = located(provider="aws", region="eu-central-1", countries=["DE", "US"], jurisdictions=["US", "DE"])
    assert (found.countries, found.jurisdictions, found.contradictions) == ({"DE", "US"}, {"US", "DE"}, ())


@pytest.mark.parametrize(
    ("fields", "attribute"),
    [
        ({"countries": ["FR"]}, "placement.countries"),
        ({"countries": ["FR", "US"]}, "placement.countries"),
        ({"jurisdictions": ["DE"]}, "placement.jurisdictions"),
        ({"operator": "Deutsche Wolke GmbH"}, "placement.operator"),
        ({"conflicts": (Evidence(value="us-east-1"),)}, "placement.region"),
    ],
)
def test_what_lacks_a_member_of_the_catalogues_is_a_contradiction(fields: dict[str, Any], attribute: str) -> None:
    """The attribute is named; the place is not what either says."""
    assert located(provider="aws", region="eu-central-1", **fields).contradictions == (attribute,)


def test_every_contradiction_is_named() -> None:
    """Not the first alone."""
    found = located(
        provider="aws",
        region="eu-central-1",
        countries=["FR"],
        jurisdictions=["DE"],
        operator="x",
        conflicts=(Evidence(),),
    )
    assert set(found.contradictions) == {
        "placement.region",
        "placement.countries",
        "placement.jurisdictions",
        "placement.operator",
    }


@pytest.mark.parametrize(
    "operator", ["Amazon Web Services EMEA SARL", "AMAZON WEB SERVICES EMEA SARL", "Amazon.com, Inc."]
)
def test_operator_may_be_named_as_the_company_or_its_parent(operator: str) -> None:
    """Without regard to case; both are the one the catalogue knows."""
    assert located(provider="aws", region="eu-central-1", operator=operator).contradictions == ()


def test_integral_territory_belongs_to_its_state() -> None:
    """Büsingen is Germany; a set with it does not lack Germany if Germany is named."""
    assert located(countries=["DE-BUESINGEN"]).countries == {"DE-BUESINGEN"}
    assert located(provider="aws", region="eu-central-1", countries=["DE", "DE-BUESINGEN"]).contradictions == ()
    assert located(provider="aws", region="eu-central-1", countries=["DE-BUESINGEN"]).contradictions


@pytest.mark.parametrize("confidence", ["inferred", "variable", "provider", "literal"])
def test_service_without_a_place_is_no_place_by_assertion(confidence: str) -> None:
    """A fact source that read the members itself says more than asserted, and is taken."""
    asserted = located(provider="gcp", region="global", countries=["DE"])
    assert (asserted.countries, asserted.reason) == (None, "the provider promises no place for this region")
    assert located(provider="gcp", region="global", countries=["DE"], confidence=confidence).countries == {"DE"}


def test_private_site_is_where_its_owner_says() -> None:
    """A provider that the catalogue does not list, or none at all."""
    for extra in ({}, {"provider": "own-hall"}, {"provider": "own-hall", "region": "hall-2"}):
        found = located(countries=["DE"], operator="own", jurisdictions=["DE"], **extra)
        assert (found.countries, found.operators, found.jurisdictions) == ({"DE"}, {"own"}, {"DE"})
        assert found.place_verification is None


@pytest.mark.parametrize(
    "countries", [None, [], ["Atlantis"], ["DE", "Atlantis"], ["de"], ["EU"], ["eu"], [" DE"], ["D\u0415"]]
)
def test_what_is_no_place_is_unknown_as_a_whole(countries: list[str] | None) -> None:
    """Nothing, an unknown word, a group, and a letter that only looks like one."""
    found = located(countries=countries)
    assert found.countries is None
    assert found.reason


@pytest.mark.parametrize("countries", [["DE", "Atlantis"], ["Atlantis"], ["DE", "usa"]])
def test_unknown_word_beside_a_known_region_makes_the_place_unknown(countries: list[str]) -> None:
    """Somebody says that the data are elsewhere too; the catalogue cannot say where."""
    found = located(provider="aws", region="eu-central-1", countries=countries)
    assert (found.countries, found.reason) == (None, "a country is not a known place")
    assert located(provider="stackit", region="eu01", jurisdictions=["DE", "Atlantis"]).jurisdictions is None


def test_empty_sets_beside_a_known_region_add_nothing() -> None:
    """Nothing is nowhere: an empty set says as much as none."""
    found = located(provider="aws", region="eu-central-1", countries=[], jurisdictions=[])
    assert (found.countries, found.jurisdictions, found.contradictions) == ({"DE"}, {"US"}, ())


def test_other_spelling_of_a_country_is_that_country() -> None:
    """UK is GB, EL is GR."""
    assert located(countries=["UK", "EL"]).countries == {"GB", "GR"}


def test_none_of_these_is_permitted_by_a_request() -> None:
    """What is unknown here is undecided there, and what contradicts denies."""
    point = a_point(pack("de-only"))
    for place in (
        {"region": "eu-central-1", "countries": ["DE"]},
        {"provider": "aws", "region": "eu-central-9", "countries": ["DE"]},
        {"provider": "aws", "region": "eu-central-1", "countries": ["DE", "Atlantis"]},
        {"provider": "gcp", "region": "global", "countries": ["DE"], "confidence": "literal"},
        {"countries": []},
    ):
        assert ask(point, a_body([{"role": "storage", **place}])).outcome is Outcome.UNDECIDED
    decision = ask(point, a_body([{"role": "storage", "provider": "aws", "region": "eu-west-1", "countries": ["DE"]}]))
    assert decision.outcome is Outcome.DENY
    shown = next(finding.read for finding in decision.findings if finding.rule == "SOV-000")
    assert shown["placement.region"] == "eu-west-1"


def test_unreadable_jurisdiction_leaves_the_parties_unknown() -> None:
    """The catalogue's answer alone would permit what somebody else's law may reach."""
    tag = {**KNOWN_TAG, "allowed_jurisdictions": ["DE"]}
    place = {"role": "storage", "provider": "stackit", "region": "eu01"}
    point = a_point(pack("de-only"))
    assert ask(point, a_body([place], tag=tag)).permits
    decision = ask(point, a_body([{**place, "jurisdictions": ["DE", "Atlantis"]}], tag=tag))
    assert outcome_of(decision, "SOV-002") is Outcome.UNDECIDED
