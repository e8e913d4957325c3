"""Words of a policy stand for places: surely, perhaps, or not."""

from datetime import date

import pytest

from sovereign.jurisdiction import UnknownPlaceError
from sovereign.jurisdiction.groups import parse_groups
from sovereign.jurisdiction.places import parse_places
from sovereign.jurisdiction.snapshot import load_snapshot

GROUPS = load_snapshot().groups
TODAY = date(2026, 11, 24)


def inside(words: list[str], place: str, day: date = TODAY) -> bool | None:
    """Return whether a list of words stands for a place."""
    found = GROUPS.expand(words, day)
    return True if place in found.yes else None if place in found.maybe else False


@pytest.mark.parametrize(
    ("word", "place", "answer"),
    [
        ("DE", "DE", True),
        ("DE", "DE-BUESINGEN", True),
        ("DE", "DE-HELGOLAND", True),
        ("DE", "AT", False),
        ("FR", "GP", True),
        ("FR", "NC", False),
        ("FR", "BL", False),
        ("ES", "ES-CN", True),
        ("FI", "AX", True),
        ("NL", "AW", False),
        ("DK", "FO", False),
        ("DK", "GL", False),
        ("GB", "JE", False),
        ("GB", "GI", False),
        ("GB", "GB-NIR", None),
        ("NO", "SJ", None),
        ("CY", "CY-NORTH", None),
        ("DE-BUESINGEN", "DE-BUESINGEN", True),
        ("DE-BUESINGEN", "DE", False),
        ("SJ", "SJ", True),
        ("UK", "GB", True),
        ("EL", "GR-69", True),
    ],
)
def test_country_stands_for_its_integral_territories(word: str, place: str, answer: bool | None) -> None:
    """A country literal includes the territories in which its law and the GDPR apply, and no others."""
    assert inside([word], place) is answer


@pytest.mark.parametrize(
    ("group", "place", "answer"),
    [
        ("eu", "RE", True),
        ("eu", "NC", False),
        ("eu", "FO", False),
        ("eu", "JE", False),
        ("eu", "NO", False),
        ("eu", "GB", False),
        ("eu", "CH", False),
        ("EU", "DE", True),
        ("gdpr_territory", "LI", True),
        ("gdpr_territory", "YT", True),
        ("gdpr_territory", "GB", False),
        ("gdpr_territory", "CH", False),
        ("eu_eea_ch", "CH", True),
        ("ao_146_2a", "NO", False),
        ("ao_146_2a", "CH", False),
        ("eu_vat_area", "DE", True),
        ("eu_vat_area", "MC", True),
        ("eu_vat_area", "DE-BUESINGEN", False),
        ("eu_vat_area", "AX", False),
        ("eu_vat_area", "PT-30", True),
        ("de", "DE-HELGOLAND", True),
        ("us_cloud_act_jurisdiction", "PR", True),
    ],
)
def test_group_decides_by_its_own_list(group: str, place: str, answer: bool | None) -> None:
    """A group is what its own list says, for states and for territories."""
    assert inside([group], place) is answer


@pytest.mark.parametrize("group", sorted(GROUPS.known))
@pytest.mark.parametrize("place", ["SJ", "CY-NORTH"])
def test_territory_under_review_is_unknown_in_every_group(group: str, place: str) -> None:
    """Svalbard and Northern Cyprus are neither inside nor outside any group."""
    assert inside([group], place) is None


@pytest.mark.parametrize(
    ("day", "group", "answer"),
    [
        (date(2020, 1, 31), "eu", True),
        (date(2020, 2, 1), "eu", False),
        (date(2020, 12, 31), "gdpr_territory", True),
        (date(2021, 1, 1), "gdpr_territory", False),
    ],
)
def test_the_united_kingdom_left_on_a_day(day: date, group: str, answer: bool) -> None:
    """Membership ends on its day, half-open."""
    assert inside([group], "GB", day) is answer


def test_group_does_not_exist_before_its_law() -> None:
    """Nothing lay in the states of § 146(2a) AO before that paragraph was in force."""
    assert not GROUPS.members("ao_146_2a", date(2020, 12, 28)).yes
    assert inside(["ao_146_2a"], "DE", date(2020, 12, 29)) is True


def test_territory_is_unknown_before_the_data_know_it() -> None:
    """For a day before the first one of a territory's row, nobody said whether it belonged to its state."""
    assert inside(["FR"], "GP", date(2018, 5, 24)) is None
    assert inside(["eu"], "GP", date(2018, 5, 24)) is None


def test_invoices_may_lie_in_buesingen_if_a_policy_says_so() -> None:
    """A list may add by name what its group cuts out."""
    assert inside(["eu_vat_area", "DE-BUESINGEN"], "DE-BUESINGEN") is True
    assert inside(["eu_vat_area", "DE-BUESINGEN"], "DE-HELGOLAND") is False


def test_empty_list_stands_for_nothing() -> None:
    """Nothing is allowed by a list that names nothing."""
    empty = GROUPS.expand([], TODAY)
    assert (empty.yes, empty.maybe) == (frozenset(), frozenset())


@pytest.mark.parametrize(
    "word", ["", "Germany", "de ", "dE", "XX", "EEA", "eu\n", "DE-BY", "ADEQUATE", "\N{CYRILLIC CAPITAL LETTER DE}E"]
)
def test_unknown_word_is_an_error_that_names_it(word: str) -> None:
    """A word that is neither a place nor a group is never silently nothing."""
    with pytest.raises(UnknownPlaceError) as caught:
        GROUPS.expand(["DE", word], TODAY)
    assert caught.value.word == word


def test_unknown_word_comes_with_what_looks_like_it() -> None:
    """The error of a misspelt word offers the known ones."""
    with pytest.raises(UnknownPlaceError) as caught:
        GROUPS.expand(["gdpr_teritory"], TODAY)
    assert caught.value.nearest[0] == "gdpr_territory"
    with pytest.raises(UnknownPlaceError):
        GROUPS.members("DE", TODAY)


def test_group_names_are_told_from_places() -> None:
    """`de` is a group and `DE` a country; `EU` is another spelling of the group `eu`."""
    assert GROUPS.is_group("de")
    assert not GROUPS.is_group("DE")
    assert GROUPS.is_group("EU")
    assert "EU" not in GROUPS.places
    assert GROUPS.canonical("XI") == "GB-NIR"


def test_memory_of_a_long_running_service_is_bounded() -> None:
    """Ten thousand days are answered without keeping ten thousand answers."""
    for ordinal in range(700_000, 702_000):
        GROUPS.members("ch", date.fromordinal(ordinal))
    assert len(GROUPS._memo) <= 512


def group(**fields: object) -> dict[str, object]:
    """Return a group row."""
    return {"title_en": "a", "title_de": "a", "verification": "verified"} | fields


@pytest.mark.parametrize(
    "groups",
    [
        {"a": group(union_of=["a"])},
        {"a": group(union_of=["b"]), "b": group(union_of=["a"])},
        {"a": group(union_of=["missing"])},
        {"a": group(members=[{"code": "XX"}])},
        {"a": group(exclude_territories=["XX"])},
        {"DE": group()},
        {"a": group(members=[{"code": "DE", "valid_from": "2020-01-01", "valid_to": "2020-01-01"}])},
        {"a": group(members=[{"code": "DE", "valid_from": "20200101"}])},
    ],
)
def test_contradictory_groups_do_not_load(groups: dict[str, object]) -> None:
    """A cycle, a member that does not exist, a name with two meanings, an empty or sloppy interval: no groups."""
    document = {"groups": groups, "territories": [], "aliases": {}}
    with pytest.raises(ValueError, match=r"."):
        parse_groups(document, parse_places(["DE"], document))
