"""Laws of the dated facts: three-valued sets that only grow, and answers that no added ignorance turns into a yes."""

from datetime import date
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from sovereign.jurisdiction.snapshot import load_snapshot

SNAPSHOT = load_snapshot()
GROUPS, ADEQUACY, CATALOGUE = SNAPSHOT.groups, SNAPSHOT.adequacy, SNAPSHOT.catalogue
FACTS = sorted(
    {
        name
        for decisions in ADEQUACY.decisions.values()
        for decision in decisions
        for name in (*decision.requires, *(n for c in decision.conditions for n in (*c.when, *c.then)))
    }
)

days = st.dates(min_value=date(1990, 1, 1), max_value=date(2040, 1, 1))
places = st.sampled_from(sorted(GROUPS.places))
words = st.sampled_from(sorted(GROUPS.places | GROUPS.known.keys() | GROUPS.domain.aliases.keys()))
values = st.one_of(st.booleans(), st.sampled_from(["EPO", "true", "", None, 0, 1]))
recipients = st.dictionaries(st.sampled_from(FACTS), values)


@given(st.lists(words), days)
def test_nothing_is_both_inside_and_perhaps_inside(listed: list[str], day: date) -> None:
    """`yes` and `maybe` are disjoint, and both are places."""
    found = GROUPS.expand(listed, day)
    assert not found.yes & found.maybe
    assert found.yes | found.maybe <= GROUPS.places


@given(st.lists(words), st.lists(words), days)
def test_a_longer_list_takes_nothing_away(listed: list[str], added: list[str], day: date) -> None:
    """Adding words never removes a place, nor makes a sure one doubtful."""
    less, more = GROUPS.expand(listed, day), GROUPS.expand(listed + added, day)
    assert less.yes <= more.yes
    assert less.yes | less.maybe <= more.yes | more.maybe


@given(st.lists(words), days, st.randoms(use_true_random=False))
def test_order_and_repetition_do_not_matter(listed: list[str], day: date, random: Random) -> None:
    """A list is a set."""
    shuffled = listed * 2
    random.shuffle(shuffled)
    assert GROUPS.expand(listed, day) == GROUPS.expand(shuffled, day)


@given(words, days)
def test_another_spelling_is_the_same_word(word: str, day: date) -> None:
    """`canonical` is idempotent and keeps the meaning."""
    name = GROUPS.canonical(word)
    assert GROUPS.canonical(name) == name
    assert GROUPS.expand([word], day) == GROUPS.expand([name], day)


@given(st.dates(min_value=date(2021, 1, 1), max_value=date(2040, 1, 1)))
def test_groups_nest_as_the_law_nests_them(day: date) -> None:
    """The EU lies in the EEA and in the GDPR's territory, the EEA in § 35(7) SGB I; § 146(2a) AO is the EU."""
    eu, eea = GROUPS.members("eu", day), GROUPS.members("eea", day)
    assert eu.yes <= eea.yes <= GROUPS.members("eu_eea_ch", day).yes
    assert eu.yes <= GROUPS.members("gdpr_territory", day).yes
    assert GROUPS.members("ao_146_2a", day) == eu


@given(places, days, days, recipients, st.sampled_from(FACTS))
def test_forgetting_a_fact_never_makes_a_place_adequate(
    place: str, day: date, known: date, recipient: dict[str, object], forgotten: str
) -> None:
    """A fact made unknown turns an answer at most into unknown: never into yes, never into no."""
    before = ADEQUACY.answer(place, day, recipient, known=known).value
    without = {name: value for name, value in recipient.items() if name != forgotten}
    after = ADEQUACY.answer(place, day, without, known=known).value
    assert after is None or after is before


@given(places, days, days, recipients)
def test_unknown_names_what_would_settle_it(place: str, day: date, known: date, recipient: dict[str, object]) -> None:
    """An answer that waits for facts names facts that are not known, and only those."""
    answer = ADEQUACY.answer(place, day, recipient, known=known)
    assert all(type(recipient.get(name)) is not bool for name in answer.missing)
    if answer.decision is not None and answer.value is None:
        assert answer.missing


@given(
    st.sampled_from(sorted(CATALOGUE.providers)),
    st.text(max_size=24),
    st.sampled_from(["*", "gcs", "s3", "local-zone"]),
)
def test_hostile_codes_are_unknown_or_exact(provider: str, code: str, service: str) -> None:
    """Whatever text comes as a code, what is found carries that code, and nothing raises."""
    found = CATALOGUE.locate(provider, code, service)
    assert found is None or found.countries is None or found.countries <= GROUPS.places
    region = CATALOGUE.zone_region(provider, code)
    assert region is None or region in CATALOGUE.codes(provider)


@given(st.data())
def test_no_set_of_countries_is_empty(data: st.DataObject) -> None:
    """A known code has at least one country and one jurisdiction, or none is known."""
    provider = data.draw(st.sampled_from(sorted(CATALOGUE.providers)))
    codes = CATALOGUE.codes(provider) or ("eu",)
    found = CATALOGUE.locate(provider, data.draw(st.sampled_from(codes)))
    if found is not None:
        assert found.countries is None or found.countries
        assert found.jurisdictions is None or found.jurisdictions <= GROUPS.places
