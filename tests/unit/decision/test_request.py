"""The edge: what is a request, what is none, and what a word outside its domain means."""

import json
from copy import deepcopy
from typing import Any

import pytest
from simulators.asking import KNOWN_TAG, a_body, a_point, ask, outcome_of, pack

from sovereign.decision.request import parse_request, read_request
from sovereign.errors import InputError
from sovereign.policy.outcome import Outcome

MUNICH = {"id": "hall", "role": "storage", "provider": "stackit", "region": "eu01"}
BODY = a_body([MUNICH], job={"purpose": "research"}, records={"attestations": [{"id": "a"}]})


def _with(path: str, value: Any) -> dict[str, Any]:
    """Return the body with `value` at a path of steps joined by dots."""
    body: Any = deepcopy(BODY)
    *steps, last = [int(step) if step.isdigit() else step for step in path.split(".")]
    at = body
    for step in steps:
        at = at[step]
    at[last] = value
    assert isinstance(body, dict)
    return body


def _refused(data: bytes) -> InputError:
    with pytest.raises(InputError) as caught:
        parse_request(data, source="request.json")
    return caught.value


@pytest.mark.parametrize(
    ("path", "pointer"),
    [
        ("permit", "/permit"),
        ("subject.name", "/subject/name"),
        ("subject.properties.purposes", "/subject/properties/purposes"),
        ("action.kind", "/action/kind"),
        ("resource.properties.category", "/resource/properties/category"),
        ("resource.properties.allowed_location", "/resource/properties/allowed_location"),
        ("context.now", "/context/now"),
        ("context.attestations", "/context/attestations"),
        ("context.placements.0.country", "/context/placements/0/country"),
        ("context.a~b/c", "/context/a~0b~1c"),
    ],
)
def test_unknown_key_is_refused_where_it_stands(path: str, pointer: str) -> None:
    """A misspelt claim is no claim left out."""
    error = _refused(json.dumps(_with(path, "x")).encode())
    assert (error.code, error.exit_code) == ("SOV-I301", 3)
    assert error.span is not None
    assert error.span.pointer == pointer
    assert error.message.startswith("not a request: unknown key `")


@pytest.mark.parametrize(
    "text",
    [
        '{"subject": {"type": "job", "id": "a"}, "subject": {"type": "job", "id": "b"}}',
        '{"context": {"at": null, "\\u0061t": null}}',
        '{"resource": {"properties": {"categories": [], "categories": ["health"]}}}',
    ],
)
def test_duplicate_key_is_refused_at_every_depth(text: str) -> None:
    """Two readers could see two different values, also where one of them is escaped."""
    assert _refused(text.encode()).code == "SOV-I004"


@pytest.mark.parametrize("part", ["subject", "action", "resource"])
def test_missing_part_is_refused(part: str) -> None:
    """Three of the four parts are demanded; an empty context is one."""
    body = deepcopy(BODY)
    del body[part]
    error = _refused(json.dumps(body).encode())
    assert (error.code, error.message) == ("SOV-I301", f"not a request: `{part}` is missing")
    del (body := deepcopy(BODY))["context"]
    assert parse_request(json.dumps(body).encode(), source="r").context.placements == ()


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("subject.id", ""),
        ("subject.id", 7),
        ("subject.id", None),
        ("subject.id", "x" * 257),
        ("subject", []),
        ("resource.properties.categories", "health"),
        ("resource.properties.categories", [7]),
        ("resource.properties.categories", [""]),
        ("resource.properties.categories", {"health": True}),
        ("resource.properties.status", True),
        ("resource.properties.encrypted_at_rest", "true"),
        ("context.placements", {}),
        ("context.placements", [None]),
        ("context.placements.0.countries", "DE"),
        ("context.placements.0.countries", [["DE"]]),
        ("context.placements.0.cloud", 1),
        ("context.placements.0.confidence", None),
        ("context.records.attestations", {}),
        ("context.records.attestations", ["c5"]),
        ("context.records", []),
        ("context.waivers", "w-1"),
        ("context.controller.kind", "other"),
        ("schema", "sovereign.request/2"),
    ],
)
def test_value_of_another_type_is_refused(path: str, value: Any) -> None:
    """Nothing is converted: `"true"` is no boolean, a word is no list of its letters."""
    body = deepcopy(BODY)
    if path == "context.controller.kind":
        body["context"]["controller"] = "other"
    else:
        body = _with(path, value)
    error = _refused(json.dumps(body).encode())
    assert error.code == "SOV-I301"
    assert "\n" not in error.message


@pytest.mark.parametrize("value", [1.5, 1e400, 2**53, -(2**60), {"ключ": 1}, [[0.0]]])
def test_record_that_has_no_canonical_form_is_refused(value: Any) -> None:
    """It could be decided and not recorded; nothing is decided without a record."""
    error = _refused(
        json.dumps(_with("context.records.attestations.0.id", value)).replace("Infinity", "1e400").encode()
    )
    assert (error.code, error.span and error.span.pointer) == ("SOV-I301", "/context/records")


def test_line_beyond_every_file_is_refused() -> None:
    """The same for the only number of a placement's evidence."""
    error = _refused(json.dumps(_with("context.placements.0.evidence", [{"line": 2**70}])).encode())
    assert error.code == "SOV-I301"


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity", '"\\ud800"', "01", "'x'", "{", "", "[" * 5000])
def test_what_is_no_json_is_refused(text: str) -> None:
    """Python's own reader is laxer than JSON, and nests until its stack ends."""
    whole = json.dumps(_with("context.records.attestations.0.id", "HERE")).replace('"HERE"', text)
    assert _refused(whole.encode()).code in {"SOV-I002", "SOV-I005", "SOV-I301"}


@pytest.mark.parametrize("depth", [30, 150, 400, 900, 990])
def test_deep_record_is_read_or_refused_and_never_breaks_the_reader(depth: int) -> None:
    """Whatever the depth, the outcome is a request or an input error."""
    nested = "[" * depth + "]" * depth
    data = json.dumps(_with("context.records.attestations.0.scope", "HERE")).replace('"HERE"', nested)
    try:
        parse_request(data.encode(), source="r")
    except InputError as error:
        assert error.code in {"SOV-I005", "SOV-I301"}  # noqa: PT017  either way is right


@pytest.mark.parametrize(
    ("path", "pointer"),
    [
        ("subject.properties.id", "/subject/properties/id"),
        ("subject.properties.kind", "/subject/properties/kind"),
        ("resource.properties.id", "/resource/properties/id"),
        ("subject.id", "/subject/properties/id"),
        ("action.name", "/subject/properties/kind"),
        ("resource.id", "/resource/properties/id"),
    ],
)
def test_two_names_for_one_thing_are_refused(path: str, pointer: str) -> None:
    """What is decided under one name must not be recorded under another."""
    error = _refused(json.dumps(_with(path, "another")).encode())
    assert (error.code, error.span and error.span.pointer) == ("SOV-I302", pointer)


def test_two_placements_with_one_id_are_refused() -> None:
    """Evidence that covers one would cover the other; without ids nothing is covered."""
    assert _refused(json.dumps(_with("context.placements", [MUNICH, MUNICH])).encode()).code == "SOV-I302"
    bare = {"role": "storage", "countries": ["DE"]}
    assert len(read_request(_with("context.placements", [bare, bare]), source="r").context.placements) == 2


def test_status_that_contradicts_a_category_is_refused() -> None:
    """Health data of no person do not exist."""
    assert _refused(json.dumps(_with("resource.properties.status", "non_personal")).encode()).code == "SOV-I302"


@pytest.mark.parametrize("name", ["at", "known"])
@pytest.mark.parametrize(
    "text",
    [
        "2026-11-24",
        "2026-11-24T09:00:00",
        "2026-11-24T09:00:00+00:00",
        "2026-11-24T09:00:00.5Z",
        "2026-11-24t09:00:00Z",
        "2026-11-24T9:00:00Z",
        "2026-11-24T09:00:00Z\n",
        "2026-02-30T09:00:00Z",
        "2026-11-24T24:00:00Z",
        "٢٠٢٦-11-24T09:00:00Z",
        "",
        "now",
    ],
)
def test_instant_has_one_form(name: str, text: str) -> None:
    """Two spellings of one instant would be two records."""
    error = _refused(json.dumps(_with(f"context.{name}", text)).encode())
    assert (error.code, error.span and error.span.pointer) == ("SOV-I303", f"/context/{name}")


def test_place_of_a_mistake_is_counted_from_the_document() -> None:
    """In a list of requests the pointer starts with the request's position."""
    with pytest.raises(InputError) as caught:
        read_request(_with("context.now", 1), source="r", pointer="/3")
    assert str(caught.value.span) == "r#/3/context/now"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_encodings_with_a_mark_are_read(encoding: str) -> None:
    """What other systems write is the same request."""
    body = _with("resource.properties.title", "Bücher")
    request = parse_request(json.dumps(body, ensure_ascii=False).encode(encoding), source="r")
    assert request == read_request(body, source="r")


def test_bytes_that_are_no_text_are_refused() -> None:
    """Latin-1 is not guessed."""
    assert _refused(json.dumps(BODY).encode().replace(b"patients", b"B\xfccher")).code == "SOV-I001"


def test_absent_claim_and_null_claim_differ() -> None:
    """Left out: no claim. Null: unknown, and the built-in rule is undecided."""
    point = a_point(pack("de-only"))
    for field, rule in (
        ("allowed_locations", "SOV-001"),
        ("allowed_jurisdictions", "SOV-002"),
        ("purposes", "SOV-003"),
        ("packs", "SOV-004"),
    ):
        assert outcome_of(ask(point, BODY), rule) is Outcome.NOT_APPLICABLE
        decision = ask(point, _with(f"resource.properties.{field}", None))
        assert (outcome_of(decision, rule), decision.outcome) == (Outcome.UNDECIDED, Outcome.UNDECIDED)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("resource.properties.classification", "secret"),
        ("resource.properties.status", "Personal"),
        ("resource.properties.categories", ["health", "helth"]),
        ("context.placements.0.role", "Storage"),
        ("context.placements.0.region", "eu01 "),
        ("context.placements.0.region", "eu0\u0661"),
        ("context.placements.0.provider", "STACKIT"),
        ("resource.properties", None),
    ],
)
def test_unknown_word_is_no_error_and_never_a_permit(path: str, value: Any) -> None:
    """It is unknown: undecided, with the reason in SOV-000."""
    decision = ask(a_point(pack("de-only")), _with(path, value))
    assert decision.outcome is Outcome.UNDECIDED
    assert outcome_of(decision, "SOV-000") is Outcome.UNDECIDED


def test_known_request_is_permitted() -> None:
    """The base of the cases above passes, so that each of them shows its own mistake."""
    assert ask(a_point(pack("de-only")), BODY).permits
    assert ask(a_point(pack("de-only")), _with("resource.properties", {"id": "patients", **KNOWN_TAG})).permits
