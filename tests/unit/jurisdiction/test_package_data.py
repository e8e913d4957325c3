"""The data that are shipped are well formed, and count what their sources count."""

import csv
import json
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

import sovereign.jurisdiction
from sovereign.jurisdiction.snapshot import load_snapshot
from sovereign.jurisdiction.zones import IN_REGION, parse_patterns

DATA = Path(sovereign.jurisdiction.__file__).with_name("data")
MARKS = {"verified", "secondary", "unverified"}
SNAPSHOT = load_snapshot()


def table(name: str) -> list[dict[str, str]]:
    """Return the rows of a CSV file, read without the parsers under test."""
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


def document(name: str) -> dict[str, Any]:
    """Return a JSON file, read without the parsers under test."""
    return json.loads((DATA / name).read_text(encoding="utf-8"))


def rows_with_dates(node: object) -> Iterator[dict[str, Any]]:
    """Return every object in a document that has an interval."""
    if isinstance(node, dict):
        if "valid_from" in node or "valid_to" in node:
            yield node
        for item in node.values():
            yield from rows_with_dates(item)
    elif isinstance(node, list):
        for item in node:
            yield from rows_with_dates(item)


def test_countries_are_the_249_codes_of_iso_3166_1() -> None:
    """Every ISO 3166-1 alpha-2 code is known once; UK and EL are spellings, not codes."""
    codes = [row["code"] for row in table("countries.csv")]
    assert len(codes) == len(set(codes)) == 249
    assert all(re.fullmatch(r"[A-Z]{2}", code) for code in codes)
    assert not {"UK", "EL", "EU", "XI"} & set(codes)


@pytest.mark.parametrize(("name", "count"), [("regions.csv", 768), ("multi_regions.csv", 61), ("azure_pairs.csv", 71)])
def test_tables_are_complete_and_clean(name: str, count: int) -> None:
    """Each table has its rows, each row the header's fields, no field a stray blank, each fact a mark."""
    rows = table(name)
    assert len(rows) == count
    for row in rows:
        assert None not in row
        assert None not in row.values()
        assert all(value == value.strip() for value in row.values())
        assert row["verification"] in MARKS


def test_region_keys_are_unique_without_regard_to_case() -> None:
    """No provider has two regions that differ only in case."""
    keys = [(row["provider"], row["region_code"].lower()) for row in table("regions.csv")]
    assert len(keys) == len(set(keys))


def test_countries_of_every_table_are_known_places() -> None:
    """No table names a country that no policy could name."""
    regions, multi, pairs = table("regions.csv"), table("multi_regions.csv"), table("azure_pairs.csv")
    named = {row["country_iso2"] for row in regions}
    for row in regions:
        named.update(row["parent_jurisdiction_iso2"].split("|"), row["other_jurisdictions_iso2"].split("|"))
    for row in multi:
        named.update(row["country_iso2_list"].split("|"))
    for row in pairs:
        named.update((row["country_iso2"], row["paired_country_iso2"]))
    assert named - {""} <= SNAPSHOT.groups.places


def test_every_region_has_a_country_and_an_operator() -> None:
    """A row without one of the three facts of place would be a row of no use."""
    for row in table("regions.csv"):
        assert row["country_iso2"]
        assert row["operator_legal_entity"]
        assert row["parent_jurisdiction_iso2"]


def test_the_mark_of_a_region_is_the_weaker_of_code_and_country() -> None:
    """`verification` never hides a weak code or a weak country."""
    order = ["verified", "secondary", "unverified"]
    for row in table("regions.csv"):
        weakest = max(row["code_verification"], row["country_verification"], key=order.index)
        assert row["verification"] == weakest


def test_pairs_name_regions_and_their_countries() -> None:
    """Both ends of an Azure pair are in the catalogue, in the country that the pair states."""
    for row in table("azure_pairs.csv"):
        for code, country in ((row["region"], row["country_iso2"]), (row["paired_region"], row["paired_country_iso2"])):
            found = SNAPSHOT.catalogue.lookup("azure", code) if code else None
            assert (found.countries if found else frozenset({""})) == {country}


def test_mutual_pairs_point_at_each_other() -> None:
    """`mutual` is true exactly if the pair of the pair is the region itself."""
    rows = {(row["scope"], row["region"]): row for row in table("azure_pairs.csv")}
    for (scope, region), row in rows.items():
        if row["paired_region"]:
            back = rows.get((scope, row["paired_region"]))
            assert (row["mutual"] == "true") == (back is not None and back["paired_region"] == region)


@pytest.mark.parametrize("name", ["groups.json", "adequacy.json"])
def test_dates_are_dates_and_intervals_are_ordered(name: str) -> None:
    """Every interval holds at least one day; a bound is an ISO date or open."""
    tables = {key: value for key, value in document(name).items() if key != "conventions"}
    for row in rows_with_dates(tables):
        start, end = (row.get(key) and date.fromisoformat(row[key]) for key in ("valid_from", "valid_to"))
        assert start is None or end is None or start < end


def test_the_latest_end_of_a_decision_is_the_one_that_holds() -> None:
    """Where the end of a decision moved, the last recorded one is its end, and the records are in order."""
    for row in document("adequacy.json")["decisions"]:
        history = row.get("known_valid_to_history", [])
        assert history == sorted(history, key=lambda item: item["recorded_from"])
        assert not history or history[-1]["valid_to"] == row["valid_to"]


def test_documents_keep_their_sources_and_marks() -> None:
    """Nothing is stated without where it comes from and how well it is known."""
    groups, adequacy = document("groups.json"), document("adequacy.json")
    patterns = document("az_patterns.json")["patterns"]
    stated = [
        *groups["groups"].values(),
        *groups["territories"],
        *adequacy["decisions"],
        *adequacy["historic"],
        *patterns,
    ]
    assert len(stated) == 13 + 37 + 17 + 3 + 23
    assert all(row["source"] and row["verification"] in MARKS for row in stated)


@pytest.mark.parametrize(
    ("group", "day", "count"),
    [
        ("eu", "2026-11-23", 27),
        ("eu", "2019-01-01", 28),
        ("eea", "2026-11-23", 30),
        ("gdpr_territory", "2026-11-23", 30),
        ("gdpr_territory", "2020-12-31", 31),
        ("eu_eea_ch", "2026-11-23", 31),
        ("ao_146_2a", "2026-11-23", 27),
    ],
)
def test_groups_count_their_states(group: str, day: str, count: int) -> None:
    """A group has as many states as its source says, their territories not counted."""
    inside = SNAPSHOT.groups.members(group, date.fromisoformat(day)).yes
    assert len(inside - SNAPSHOT.groups.domain.territories.keys()) == count


PATTERNS = parse_patterns(document("az_patterns.json"))
PATTERN_ROWS = document("az_patterns.json")["patterns"]
EXAMPLES = [(n, e["input"], e["output"]) for n, row in enumerate(PATTERN_ROWS) for e in row["examples"]]
REJECTS = [(n, text) for n, row in enumerate(PATTERN_ROWS) for text in row["reject"]]


def test_patterns_come_with_71_tests() -> None:
    """The examples and rejects of the data are all run below."""
    assert len(EXAMPLES) + len(REJECTS) == 71


@pytest.mark.parametrize(("pattern", "text", "result"), EXAMPLES)
def test_pattern_reads_its_examples(pattern: int, text: str, result: str) -> None:
    """A pattern captures what its row says."""
    assert PATTERNS[pattern].read(text) == result


@pytest.mark.parametrize(("pattern", "text"), REJECTS)
def test_pattern_rejects_what_it_must(pattern: int, text: str) -> None:
    """A pattern does not match what its row excludes."""
    assert PATTERNS[pattern].read(text) is None


def test_no_zone_pattern_matches_a_region_of_its_own_provider() -> None:
    """A region is never taken for a zone; at Exoscale the two are one, and some rows are zones."""
    for pattern in PATTERNS:
        if pattern.kind not in IN_REGION or pattern.provider == "exoscale":
            continue
        for row in table("regions.csv"):
            if row["provider"] == pattern.provider and row["kind"] not in {"zone", "datacenter"}:
                assert pattern.read(row["region_code"]) is None
