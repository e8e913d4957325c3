"""Laws of combining: a lattice in which nothing ever widens, and unknown never becomes known."""

from datetime import date
from random import Random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from sovereign.jurisdiction import Membership
from sovereign.jurisdiction.snapshot import load_snapshot
from sovereign.tags.lattice import CLASSIFICATION, SOURCE, STATUS
from sovereign.tags.merge import combine
from sovereign.tags.model import ResidencyTag, TagEvidence

GROUPS = load_snapshot().groups
UNITED = ("categories", "subjects", "packs", "obligations", "planes_open")
PLACES = ("allowed_locations", "allowed_jurisdictions")
ORDERED = {"classification": CLASSIFICATION, "status": STATUS, "source": SOURCE}
AWKWARD = ["DE", "DE-BUESINGEN", "FR", "GF", "GP", "NO", "SJ", "CY", "GB", "GB-NIR", "UK", "EL", "CH", "US", "IT"]

days = st.dates(min_value=date(2015, 1, 1), max_value=date(2030, 1, 1))
place_words = st.sampled_from([*AWKWARD, *sorted(GROUPS.known)])
places = st.frozensets(place_words, max_size=4)
hostile_places = st.one_of(places, st.frozensets(st.sampled_from(["eu", "DE", "Mars", "de"]), max_size=3))
words = st.frozensets(st.sampled_from(["a", "b", "c", "hr", "health", "?"]), max_size=3)


def maybe(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Also null, and left out."""
    return st.one_of(values, values, values, st.none(), st.just(...))


FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "allowed_locations": hostile_places,
    "allowed_jurisdictions": hostile_places,
    "purposes": words,
    **dict.fromkeys(UNITED, words),
    **{name: st.sampled_from([*order, "?"]) for name, order in ORDERED.items()},
    "retention": st.sampled_from(["P1Y", "P12M", "P365D", "P52W", "P1M", "P30D", "P31D", "P10Y", "PT1H", "P", "soon"]),
    "label_review_due": st.sampled_from(["2027-01-01", "2026-12-31", "20270101", "2027-02-30", "x"]),
    "encrypted_at_rest": st.booleans(),
    "form": st.sampled_from(["electronic", "paper", "?"]),
    "controller": st.sampled_from(["one", "two"]),
    "title": st.sampled_from(["one", "two"]),
    "owner": st.sampled_from(["one", "two"]),
}


@st.composite
def tags(draw: st.DrawFn) -> ResidencyTag | None:
    """Any tag, or none at all."""
    if draw(st.integers(0, 11)) == 0:
        return None
    fields: dict[str, Any] = {"id": draw(st.sampled_from(["a", "b", "c", "a+b", "b+a"]))}
    for name, values in FIELDS.items():
        value = draw(maybe(values))
        if value is not ...:
            fields[name] = value
    if draw(st.booleans()):
        ids = draw(st.lists(st.sampled_from("pqr"), max_size=3))
        fields["evidence"] = tuple(TagEvidence(id=name) for name in ids)
    return ResidencyTag(**fields)


def joined(*inputs: ResidencyTag | None, at: date) -> dict[str, Any] | None:
    """The combined tag as exactly what it claims."""
    tag = combine(*inputs, at=at).tag
    return None if tag is None else tag.model_dump(exclude_unset=True)


def meaning(words: frozenset[str], day: date) -> Membership:
    """What a known claim of place stands for."""
    return GROUPS.expand(words, day)


@given(tags(), tags(), days)
def test_combining_is_commutative(left: ResidencyTag | None, right: ResidencyTag | None, at: date) -> None:
    """The order of two inputs does not matter."""
    assert joined(left, right, at=at) == joined(right, left, at=at)


@given(tags(), tags(), tags(), days)
def test_combining_is_associative(
    one: ResidencyTag | None, two: ResidencyTag | None, three: ResidencyTag | None, at: date
) -> None:
    """Combining in steps gives what combining at once gives."""
    at_once = joined(one, two, three, at=at)
    assert joined(combine(one, two, at=at).tag, three, at=at) == at_once
    assert joined(one, combine(two, three, at=at).tag, at=at) == at_once


@given(st.lists(tags(), min_size=1, max_size=5), days, st.randoms(use_true_random=False))
def test_order_and_conflicts_do_not_depend_on_each_other(
    inputs: list[ResidencyTag | None], at: date, random: Random
) -> None:
    """A shuffled list gives the same tag, and conflicts in the same fields."""
    shuffled = list(inputs)
    random.shuffle(shuffled)
    assert joined(*inputs, at=at) == joined(*shuffled, at=at)
    fields = [[c.field for c in combine(*order, at=at).conflicts] for order in (inputs, shuffled)]
    assert fields[0] == fields[1]


@given(tags(), days)
def test_combining_is_idempotent(tag: ResidencyTag | None, at: date) -> None:
    """A tag combined with itself is itself, as it was written."""
    expected = None if tag is None else tag.model_dump(exclude_unset=True)
    assert joined(tag, at=at) == expected
    assert joined(tag, tag, at=at) == expected


@given(tags(), tags(), days)
def test_a_combined_tag_absorbs_its_inputs(left: ResidencyTag | None, right: ResidencyTag | None, at: date) -> None:
    """An input that comes a second time changes nothing."""
    both = combine(left, right, at=at).tag
    assert joined(both, left, at=at) == joined(left, right, at=at)


@given(tags(), days)
def test_no_tag_absorbs_everything(tag: ResidencyTag | None, at: date) -> None:
    """What is combined with an untagged dataset is untagged."""
    assert joined(tag, None, at=at) is None


@given(tags(), tags(), days)
def test_unknown_absorbs(left: ResidencyTag | None, right: ResidencyTag | None, at: date) -> None:
    """Null in an input is null in the result; a claim that one input makes is never left out of it."""
    both = combine(left, right, at=at).tag
    if left is None or both is None:
        return
    for name in {*FIELDS, "packs"} - {"title", "owner"}:
        if left.claims(name):
            assert both.claims(name)
            assert getattr(left, name) is not None or getattr(both, name) is None


@given(tags(), tags(), days)
def test_combining_never_widens(left: ResidencyTag | None, right: ResidencyTag | None, at: date) -> None:
    """Whatever the result surely or possibly allows, the input surely or possibly allowed; orders only rise."""
    both = combine(left, right, at=at).tag
    if left is None or both is None:
        return
    for name in PLACES:
        before, after = getattr(left, name), getattr(both, name)
        if before is None or after is None or before == after:
            continue
        wide, narrow = meaning(before, at), meaning(after, at)
        assert narrow.yes <= wide.yes
        assert narrow.yes | narrow.maybe <= wide.yes | wide.maybe
    if left.purposes is not None and both.purposes is not None:
        assert both.purposes <= left.purposes
    for name in UNITED:
        if getattr(both, name) is not None and left.claims(name):
            assert getattr(both, name) >= getattr(left, name)
    for name, order in ORDERED.items():
        if getattr(both, name) in order and getattr(left, name) in order:
            assert order.index(getattr(both, name)) >= order.index(getattr(left, name))


@given(places, places, days)
def test_ordinary_places_meet_exactly(first: frozenset[str], second: frozenset[str], at: date) -> None:
    """Where no group cuts a territory out of a state, a place is allowed together exactly if each input allows it."""
    if "eu_vat_area" in first | second:
        return
    pair = (ResidencyTag(id="a", allowed_locations=first), ResidencyTag(id="b", allowed_locations=second))
    met = combine(*pair, at=at).tag
    assert met is not None
    assert met.allowed_locations is not None
    expected = meaning(first, at).yes & meaning(second, at).yes
    found = meaning(met.allowed_locations, at).yes
    assert found == expected


@given(places, places, days)
def test_an_empty_intersection_is_reported_with_inputs_that_exclude_each_other(
    first: frozenset[str], second: frozenset[str], at: date
) -> None:
    """Two claims of which nothing is left are a conflict that names both; anything else is none."""
    pair = (ResidencyTag(id="a", allowed_locations=first), ResidencyTag(id="b", allowed_locations=second))
    result = combine(*pair, at=at)
    assert result.tag is not None
    is_conflict = bool(first) and bool(second) and result.tag.allowed_locations == frozenset()
    assert [c.inputs for c in result.conflicts] == ([("a", "b")] if is_conflict else [])
