"""The request as it is recorded, replayed and sent to a remote engine: canonical JSON with its instants."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Final

from pydantic import BaseModel

from sovereign._internal.canonical import canonical
from sovereign._internal.clock import format_utc
from sovereign.decision.request import SCHEMA_ID, Request
from sovereign.facts.model import Evidence, Party, Placement

__all__ = [
    "SHOWN_MEMBERS",
    "RequestTemplate",
    "further_document",
    "model_document",
    "placement_document",
    "request_document",
    "template_of",
]

SHOWN_MEMBERS: Final = ("id", "role", "provider", "region", "countries", "confidence")
"""What each report shows of a placement, beside where it was read."""

_SHOWN: Final = frozenset({*SHOWN_MEMBERS, "resource", "evidence"})


def request_document(request: Request, *, at: datetime, known: datetime) -> dict[str, Any]:
    """Return the request as plain JSON with the instants that counted; a replay reads nothing else."""
    return _document(request, format_utc(at), format_utc(known))


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestTemplate:
    """The canonical bytes of a request but for its instants: the same question is asked many times."""

    head: bytes
    middle: bytes
    tail: bytes

    def fill(self, *, at: datetime, known: datetime) -> bytes:
        """Return the canonical bytes of the request with its instants."""
        return b"".join(
            (
                self.head,
                b'"',
                format_utc(at).encode(),
                b'"',
                self.middle,
                b'"',
                format_utc(known).encode(),
                b'"',
                self.tail,
            )
        )


def template_of(request: Request) -> RequestTemplate:
    """Return the template of a request."""
    document = _document(request, "", "")
    context = {name: canonical(value) for name, value in document.pop("context").items()}
    context["at"] = context["known"] = b""
    members = [b'"' + name.encode() + b'":' + context[name] for name in sorted(context)]
    at, known = sorted(context).index("at"), sorted(context).index("known")
    outside = {name: canonical(value) for name, value in document.items()}
    before = [b'"' + name.encode() + b'":' + outside[name] for name in sorted(outside) if name < "context"]
    after = [b'"' + name.encode() + b'":' + outside[name] for name in sorted(outside) if name > "context"]
    return RequestTemplate(
        head=b"{" + b",".join([*before, b'"context":{' + b",".join(members[: at + 1])]),
        middle=b"," + b",".join(members[at + 1 : known + 1]),
        tail=b",".join([b"", *members[known + 1 :]]) + b"}" + b",".join([b"", *after]) + b"}",
    )


def model_document(model: BaseModel) -> dict[str, Any]:
    """Return what a model was given: what it left out stays out, since absent and null differ in a tag."""
    return {name: _plain(getattr(model, name)) for name in sorted(model.model_fields_set)}


def further_document(placement: Placement) -> dict[str, Any]:
    """Return what a rule can read of a placement beyond the members that each report shows; unknown ones are absent."""
    document: dict[str, Any] = _plain(placement)
    return {name: value for name, value in document.items() if name not in _SHOWN}


def placement_document(shown: Mapping[str, Any], further: Mapping[str, Any]) -> dict[str, Any]:
    """Return a placement in the form of a request, from what a report shows of it and from `further_document`.

    What nothing is decided by is not in it: the resource's name, and where the values were read.
    """
    kept = {name: shown[name] for name in SHOWN_MEMBERS if shown[name] is not None}
    return {**kept, **further}


def _document(request: Request, at: str, known: str) -> dict[str, Any]:
    context = model_document(request.context)
    context["at"], context["known"] = at, known
    return {
        "schema": SCHEMA_ID,
        "subject": model_document(request.subject),
        "action": model_document(request.action),
        "resource": model_document(request.resource),
        "context": context,
    }


def _plain(value: Any) -> Any:  # noqa: ANN401  JSON of any type
    """Return the JSON form of a value; sets are sorted, and a placement leaves out what is unknown."""
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    if isinstance(value, BaseModel):
        return model_document(value)
    if isinstance(value, Placement | Evidence | Party):
        members = ((name, getattr(value, name)) for name in _NAMES[type(value)])
        return {name: _plain(item) for name, item in members if item is not None and (name, item) not in _LEFT_OUT}
    if isinstance(value, Mapping):
        return {name: _plain(item) for name, item in value.items()}
    return value  # a scalar; canonical JSON refuses a float


_LEFT_OUT: Final = (("evidence", ()), ("conflicts", ()))  # none of `parties` is known, and differs from not stated
_NAMES: Final = {kind: tuple(item.name for item in fields(kind)) for kind in (Placement, Evidence, Party)}
