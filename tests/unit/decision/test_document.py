"""The recorded request: one canonical form, whatever the order in which it was written."""

from copy import deepcopy
from datetime import UTC, datetime
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from simulators.asking import a_body, a_random_body

from sovereign._internal.canonical import canonical
from sovereign.decision.document import request_document, template_of
from sovereign.decision.request import parse_request, read_request

AT = datetime(2026, 11, 24, 9, 0, 0, 999_999, tzinfo=UTC)
KNOWN = datetime(2026, 11, 24, 10, tzinfo=UTC)


@given(st.integers(min_value=0, max_value=2**48))
@settings(deadline=None)
def test_filled_template_is_the_canonical_document(seed: int) -> None:
    """A guard writes it a thousand times a second; it is byte for byte what a replay reads."""
    request = read_request(a_random_body(Random(seed)), source="r")  # noqa: S311  makes cases, no secrets
    filled = template_of(request).fill(at=AT, known=KNOWN)
    assert filled == canonical(request_document(request, at=AT, known=KNOWN))


@given(st.integers(min_value=0, max_value=2**48))
@settings(deadline=None)
def test_recorded_request_is_read_back_as_itself(seed: int) -> None:
    """What is replayed is what was asked, at the instant that counted: writing it again changes nothing."""
    request = read_request(a_random_body(Random(seed)), source="r")  # noqa: S311  makes cases, no secrets
    recorded = template_of(request).fill(at=AT, known=KNOWN)
    again = parse_request(recorded, source="object")
    assert (again.context.at, again.context.known) == ("2026-11-24T09:00:00Z", "2026-11-24T10:00:00Z")
    assert (again.subject, again.action, again.resource) == (request.subject, request.action, request.resource)
    assert again.context.placements == request.context.placements
    assert template_of(again).fill(at=AT, known=KNOWN) == recorded


def test_left_out_and_null_stay_apart_in_the_record() -> None:
    """They mean different things, so a record that merged them could not be replayed."""
    silent = read_request(a_body(tag={"categories": []}), source="r")
    unknown = read_request(a_body(tag={"categories": [], "allowed_locations": None}), source="r")
    said = request_document(unknown, at=AT, known=AT)["resource"]["properties"]
    assert said["allowed_locations"] is None
    assert "allowed_locations" not in request_document(silent, at=AT, known=AT)["resource"]["properties"]


def test_every_text_survives_between_the_parts_of_a_template() -> None:
    """Names that look like the places which are filled in change nothing."""
    body = a_body([{"id": '"at":""', "role": '"known":""', "resource": '","context":{"at":"\\'}], actor='"}')
    body["subject"]["id"] = body["resource"]["id"] = '"context":{"at":""'
    body["resource"]["properties"]["id"] = body["resource"]["id"]
    request = read_request(body, source="r")
    assert template_of(request).fill(at=AT, known=KNOWN) == canonical(request_document(request, at=AT, known=KNOWN))


def test_order_of_words_does_not_reach_the_record() -> None:
    """A set is written in order; lists of records keep theirs."""
    one = a_body([{"countries": ["DE", "FR"], "role": "log"}], records={"links": [{"id": "b"}, {"id": "a"}]})
    two: dict[str, Any] = deepcopy(one)
    two["context"]["placements"][0]["countries"].reverse()
    first, second = (request_document(read_request(body, source="r"), at=AT, known=AT) for body in (one, two))
    assert first == second
    assert [link["id"] for link in first["context"]["records"]["links"]] == ["b", "a"]
