"""What a person is told about a word that nobody knows."""

import pytest

from sovereign.facts.model import Placement
from sovereign.jurisdiction.snapshot import load_snapshot
from sovereign.report.doubts import kind_doubt, placement_doubt, untagged_text

CATALOGUE = load_snapshot().catalogue


@pytest.mark.parametrize(
    ("placement", "said"),
    [
        (Placement(role="bakup", provider="aws", region="eu-central-1"), "`bakup` is no role; did you mean `backup`?"),
        (
            Placement(role="backup", provider="asw", region="x"),
            "the catalogue has no provider `asw`; did you mean `aws`?",
        ),
        (Placement(role="backup", provider="aws"), "name the `region` of the provider, or the `countries`"),
        (Placement(role="backup"), "name the `region` of the provider, or the `countries`"),
        (Placement(role="backup", provider="aws", region="zzz"), "the catalogue has no region `zzz` of `aws`"),
    ],
)
def test_unknown_word_is_named_with_what_looks_like_it(placement: Placement, said: str) -> None:
    """The word at fault is named, the nearest right one is offered, and never taken."""
    assert placement_doubt(placement, CATALOGUE, "en") == said


def test_region_of_another_spelling_is_offered() -> None:
    """The best match comes first."""
    text = placement_doubt(Placement(role="storage", provider="aws", region="eu-centrl-1"), CATALOGUE, "en")
    assert text is not None
    assert text.startswith("the catalogue has no region `eu-centrl-1` of `aws`; did you mean `eu-central-1`")


@pytest.mark.parametrize(
    "placement",
    [
        Placement(role="storage", provider="aws", region="eu-central-1"),
        Placement(role="storage", countries=frozenset({"DE"})),
        Placement(role="storage", provider="aws", countries=frozenset({"DE"})),
    ],
)
def test_nothing_is_said_of_known_words(placement: Placement) -> None:
    """A placement whose words are all known raises no doubt."""
    assert placement_doubt(placement, CATALOGUE, "en") is None


def test_untagged_datasets_are_named() -> None:
    """Each dataset without a tag is named; none, and nothing is said."""
    assert untagged_text({}, "en") is None
    text = untagged_text({"pateints": ("patients",), "x": ()}, "de")
    assert text == (
        "keine Etikettendatei nennt den Datenbestand `pateints`; gemeint vielleicht: `patients`; "
        "keine Etikettendatei nennt den Datenbestand `x`"
    )


def test_kind_of_job() -> None:
    """A misspelled kind is named, a known one and none are not."""
    assert kind_doubt("trainng", "en") == "`trainng` is no kind of job and counts as unknown; did you mean `training`?"
    assert kind_doubt("training", "en") is None
    assert kind_doubt(None, "en") is None
