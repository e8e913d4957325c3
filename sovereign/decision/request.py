"""The question: one `Request`, the same for a file, an AuthZEN body, Rego input and the record that is replayed.

Unknown keys, duplicate keys and two names for one thing are errors; an unknown word in a known field is not an error
but unknown, and a rule that reads it is undecided.
"""

import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from sovereign._internal.canonical import canonical
from sovereign._internal.clock import parse_utc
from sovereign._internal.strict_json import parse_json
from sovereign.errors import InputError, Span, quoted
from sovereign.facts.model import Placement
from sovereign.tags.consistency import contradicting_categories
from sovereign.tags.model import Controller, JobTag, ResidencyTag, Word

__all__ = ["SCHEMA_ID", "Action", "Context", "Request", "Resource", "Subject", "parse_request", "read_request"]

SCHEMA_ID = "sovereign.request/1"


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Subject(_Part):
    """Who asks: a job, or a person or service that acts itself."""

    type: Word
    id: Word
    properties: JobTag | None = None


class Action(_Part):
    """What is to be done; the name is a job kind."""

    name: Word


class Resource(_Part):
    """The dataset, with the combined tag of what it was made from; no properties means no tag."""

    type: Word
    id: Word
    properties: ResidencyTag | None = None


class Context(_Part):
    """What is observed about this request.

    Attributes:
        at: the instant that is asked about, `YYYY-MM-DDTHH:MM:SSZ`; on input only a simulation carries it.
        known: the instant whose knowledge counts.
        placements: where the data would be.
        controller: who decides, as the settings describe it.
        records: evidence by collection; an absent or null collection was not loaded.
        waivers: ids of waivers that the requester names.
        actor: who acts, as a pseudonym.
    """

    at: str | None = None
    known: str | None = None
    placements: tuple[Placement, ...] = ()
    controller: Controller | None = None
    records: Mapping[str, tuple[dict[str, JsonValue], ...] | None] = Field(default_factory=dict)
    waivers: tuple[Word, ...] = ()
    actor: Word | None = None


class Request(_Part):
    """One question (`sovereign.request/1`)."""

    schema_: Annotated[Literal["sovereign.request/1"] | None, Field(alias="schema")] = None
    subject: Subject
    action: Action
    resource: Resource
    context: Context = Context()


def parse_request(data: bytes, *, source: str) -> Request:
    """Return the request in a JSON document.

    Raises:
        InputError: not JSON (SOV-I002), a duplicate key (SOV-I004), or not of the form of a request (SOV-I301).
    """
    document = parse_json(data, source=source)
    try:
        request = Request.model_validate_json(data)
    except ValidationError:
        return read_request(document, source=source)  # once more, for the place of the mistake, or for UTF-16
    _check_names(request, source, "")
    return request


def read_request(document: Any, *, source: str, pointer: str = "") -> Request:  # noqa: ANN401  parsed JSON of any shape
    """Return the request in an already parsed document; `pointer` says where in `source` it stands.

    Raises:
        InputError: not of the form of a request (SOV-I301), or it says two things about one (SOV-I302, SOV-I303), or
            it is nested too deeply (SOV-I005).
    """
    try:
        request = Request.model_validate_json(json.dumps(document))
    except ValidationError as error:
        raise _not_a_request(error, source, pointer) from None
    except RecursionError:
        raise InputError("nested too deeply", code="SOV-I005", span=Span(path=source, pointer=pointer)) from None
    _check_names(request, source, pointer)
    return request


def _not_a_request(error: ValidationError, source: str, pointer: str) -> InputError:
    first = error.errors(include_url=False, include_input=False)[0]
    steps = [str(step).replace("~", "~0").replace("/", "~1") for step in first["loc"]]
    name = steps[-1] if steps else "the document"
    reason = {
        "extra_forbidden": f"unknown key {quoted(name)}",
        "unexpected_keyword_argument": f"unknown key {quoted(name)}",
        "missing": f"{quoted(name)} is missing",
    }.get(first["type"], f"{quoted(name)}: {first['msg'][0].lower()}{first['msg'][1:]}")
    return _ill_formed(reason, source, pointer + "".join(f"/{step}" for step in steps))


def _ill_formed(reason: str, source: str, pointer: str) -> InputError:
    return InputError(
        f"not a request: {reason}",
        code="SOV-I301",
        hint="the form is docs/reference/schemas/request.schema.json; `sovereign policy schema --of request` prints it",
        span=Span(path=source, pointer=pointer),
    )


def _check_names(request: Request, source: str, pointer: str) -> None:
    """Refuse a request that says two things about one: names, kinds and instants."""
    job, tag = request.subject.properties, request.resource.properties
    pairs = (
        ("/subject/properties/id", job.id if job else None, request.subject.id),
        ("/resource/properties/id", tag.id if tag else None, request.resource.id),
        ("/subject/properties/kind", job.kind if job else None, request.action.name),
    )
    for place, stated, outer in pairs:
        if stated is not None and stated != outer:
            raise InputError(
                f"{quoted(stated)} contradicts {quoted(outer)}",
                code="SOV-I302",
                hint="subject.id, resource.id and action.name name the same job, dataset and kind as the tags",
                span=Span(path=source, pointer=pointer + place),
            )
    ids = [placement.id for placement in request.context.placements if placement.id is not None]
    if twice := next((name for name in ids if ids.count(name) > 1), None):
        raise InputError(
            f"two placements have the id {quoted(twice)}",
            code="SOV-I302",
            hint="evidence records name a placement by its id; give each its own",
            span=Span(path=source, pointer=f"{pointer}/context/placements"),
        )
    if tag is not None and (wrong := contradicting_categories(tag)):
        raise InputError(
            f"the status `non_personal` contradicts the category {quoted(wrong[0])}",
            code="SOV-I302",
            hint="data about persons are personal, pseudonymised or anonymised",
            span=Span(path=source, pointer=f"{pointer}/resource/properties/status"),
        )
    _check_recordable(request.context, source, f"{pointer}/context")
    for place in ("at", "known"):
        _check_instant(getattr(request.context, place), Span(path=source, pointer=f"{pointer}/context/{place}"))


def _check_recordable(context: Context, source: str, pointer: str) -> None:
    """Refuse what has no canonical form: it could be decided, and not recorded."""
    seen = [evidence for placement in context.placements for evidence in (*placement.evidence, *placement.conflicts)]
    values = {"records": dict(context.records), "placements": [evidence.line for evidence in seen]}
    for name, value in values.items():
        try:
            canonical(value)
        except ValueError as error:
            raise _ill_formed(str(error), source, f"{pointer}/{name}") from None


def _check_instant(text: str | None, span: Span) -> None:
    if text is None:
        return
    try:
        parse_utc(text)
    except ValueError:
        raise InputError(
            f"{quoted(text)} is not of the form YYYY-MM-DDTHH:MM:SSZ", code="SOV-I303", span=span
        ) from None
