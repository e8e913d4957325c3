"""What several datasets have in common, case by case."""

from datetime import date
from typing import Any

import pytest

from sovereign.errors import TagMissingError
from sovereign.tags.build import tag
from sovereign.tags.merge import combine
from sovereign.tags.model import ResidencyTag

DAY = date(2026, 11, 24)


def both(field: str, left: Any, right: Any) -> Any:
    """Combine two tags that differ in one field and return what is left of it."""
    combined = combine(tag("a", **{field: left}), tag("b", **{field: right}), at=DAY).tag
    assert combined is not None
    assert combined.claims(field)
    return getattr(combined, field)


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        (["eu"], ["eea"], {"eu"}),
        (["eu"], ["DE", "CH"], {"DE"}),
        (["eu_eea_ch"], ["dach", "NO"], {"dach", "NO"}),
        (["UK", "FR"], ["GB"], {"GB"}),
        (["DE", "DE-BUESINGEN"], ["DE"], {"DE"}),
        (["DE"], ["DE-BUESINGEN"], {"DE-BUESINGEN"}),
        (["eu", "US"], ["eu", "US"], {"eu", "US"}),
        (["eu"], ["US"], set()),
    ],
)
def test_places_meet_in_the_fewest_words(left: list[str], right: list[str], expected: set[str]) -> None:
    """Claims of place meet by what they stand for, not by how they are spelt."""
    assert both("allowed_locations", left, right) == expected
    assert both("allowed_jurisdictions", left, right) == expected


def test_a_territory_that_a_group_cuts_out_of_a_state_does_not_come_back() -> None:
    """Germany without Büsingen has no word, so Germany is left out and not widened; the rest of the group stays."""
    met = both("allowed_locations", ["eu_vat_area"], ["eu"])
    assert "DE" not in met
    assert "AT" in met


def test_the_day_decides_who_belongs_to_a_group() -> None:
    """The United Kingdom is within the EU in 2019 and outside in 2026."""
    tags = (tag("a", allowed_locations=["eu"]), tag("b", allowed_locations=["GB"]))
    in_2019, in_2026 = (combine(*tags, at=day).tag for day in (date(2019, 1, 1), DAY))
    assert in_2019 is not None
    assert in_2026 is not None
    assert in_2019.allowed_locations == {"GB"}
    assert in_2026.allowed_locations == frozenset()


def test_a_word_that_is_no_place_makes_the_claim_unknown() -> None:
    """Of a claim that holds an unknown word nobody can say what lies inside."""
    assert both("allowed_locations", ["eu", "Europe"], ["DE"]) is None


@pytest.mark.parametrize(
    ("field", "left", "right", "expected"),
    [
        ("purposes", ["billing", "research"], ["research"], {"research"}),
        ("categories", ["hr"], ["tax_books"], {"hr", "tax_books"}),
        ("packs", ["de-only"], ["eu-only"], {"de-only", "eu-only"}),
        ("obligations", ["encrypt"], ["log"], {"encrypt", "log"}),
        ("subjects", [], ["patients"], {"patients"}),
        ("classification", "internal", "restricted", "restricted"),
        ("classification", "internal", "secret", None),
        ("status", "pseudonymised", "anonymised", "pseudonymised"),
        ("status", "anonymised", "synthetic", "anonymised"),
        ("status", "synthetic", "non_personal", "synthetic"),
        ("status", "personal", "pseudonymised", "personal"),
        ("source", "attested", "declared", "declared"),
        ("retention", "P10Y", "P6M", "P6M"),
        ("retention", "P30D", "P1M", "P30D"),
        ("retention", "P10Y", "as long as needed", None),
        ("label_review_due", date(2027, 1, 1), date(2026, 12, 31), "2026-12-31"),
        ("encrypted_at_rest", True, False, False),
        ("controller", "plant", "hospital", None),
        ("form", "paper", "electronic", None),
    ],
)
def test_each_claim_takes_the_strictest(field: str, left: Any, right: Any, expected: Any) -> None:
    """Each field has its own order, and what has none is unknown."""
    assert both(field, left, right) == expected
    assert both(field, right, left) == expected


def test_a_claim_that_one_input_leaves_out_binds_the_whole() -> None:
    """No claim of place is no wish to widen one."""
    combined = combine(tag("a", allowed_locations=["DE"], packs=["de-only"]), tag("b"), at=DAY).tag
    assert combined is not None
    assert combined.allowed_locations == {"DE"}
    assert combined.packs == {"de-only"}
    assert not combined.claims("purposes")


def test_a_fact_that_one_input_leaves_out_is_unknown_of_the_whole() -> None:
    """What nobody said of one part cannot be known of everything."""
    combined = combine(tag("a", classification="public", categories=[]), tag("b"), at=DAY).tag
    assert combined is not None
    assert combined.claims("classification")
    assert combined.classification is None
    assert combined.categories is None


def test_a_dataset_without_a_tag_makes_the_whole_untagged() -> None:
    """Nothing is known of a whole with an unknown part."""
    assert combine(tag("a", allowed_locations=["DE"]), None, at=DAY).tag is None


def test_nothing_cannot_be_combined() -> None:
    """An empty question is an error, not a tag that claims nothing."""
    with pytest.raises(TagMissingError, match="no tag to combine"):
        combine(at=DAY)


def test_two_inputs_that_exclude_each_other_are_named() -> None:
    """An empty intersection is legal, and names which two claims conflict."""
    tags = (tag("c", allowed_locations=["eu"]), tag("a", allowed_locations=["DE"]), tag("b", allowed_locations=["US"]))
    result = combine(*tags, at=DAY)
    assert result.tag is not None
    assert result.tag.allowed_locations == frozenset()
    assert [(c.field, c.inputs, c.claims) for c in result.conflicts] == [
        ("allowed_locations", ("a", "b"), (frozenset({"DE"}), frozenset({"US"})))
    ]


def test_three_inputs_of_which_no_two_conflict_are_named_together() -> None:
    """Where every pair has something in common but not all three, all three are named."""
    tags = (tag("a", purposes=["x", "y"]), tag("b", purposes=["y", "z"]), tag("c", purposes=["x", "z"]))
    (conflict,) = combine(*tags, at=DAY).conflicts
    assert conflict.inputs == ("a", "b", "c")


def test_an_input_that_allows_nothing_is_no_conflict_of_two() -> None:
    """A claim that is empty by itself conflicts with nobody."""
    result = combine(tag("a", purposes=[]), tag("b", purposes=["x"]), at=DAY)
    assert result.conflicts == ()
    assert result.tag is not None
    assert result.tag.purposes == frozenset()


def test_the_id_names_the_inputs_in_one_order() -> None:
    """Steps and order of combining do not show in the id."""
    one, two, three = (tag(name) for name in "abc")
    first = combine(three, one, at=DAY).tag
    assert isinstance(first, ResidencyTag)
    ids = {combine(first, two, at=DAY).tag, combine(two, one, three, at=DAY).tag}
    assert {t.id for t in ids if t is not None} == {"a+b+c"}


def test_an_id_that_would_be_too_long_is_a_digest() -> None:
    """The id of many inputs stays an id."""
    combined = combine(*(tag(f"dataset-{n:060}") for n in range(10)), at=DAY).tag
    assert combined is not None
    assert combined.id.startswith("combined:")
    assert len(combined.id) <= 256


def test_what_is_for_people_is_kept_only_where_all_agree() -> None:
    """A title of one input is no title of the whole."""
    same = combine(tag("a", owner="plant", title="A"), tag("b", owner="plant", title="B"), at=DAY).tag
    assert same is not None
    assert same.owner == "plant"
    assert not same.claims("title")
