"""The request as it is recorded, replayed and sent to a remote engine: canonical JSON with the instants that counted."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sovereign._internal.canonical import canonical
from sovereign._internal.clock import format_utc
from sovereign.decision.request import SCHEMA_ID, Request

__all__ = ["RequestTemplate", "request_document", "template_of"]


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


def _document(request: Request, at: str, known: str) -> dict[str, Any]:
    document = json.loads(request.model_dump_json(by_alias=True, exclude_unset=True))
    document["schema"] = SCHEMA_ID
    context = document.setdefault("context", {})
    context["at"], context["known"] = at, known
    found = _in_order(document)
    assert isinstance(found, dict)
    return found


def _in_order(value: Any) -> Any:  # noqa: ANN401  JSON of any type
    """Return the value with lists of words in order: a set is written in the order of its hash."""
    if isinstance(value, dict):
        return {key: _in_order(item) for key, item in value.items()}
    if isinstance(value, list):
        items = [_in_order(item) for item in value]
        return sorted(items) if all(isinstance(item, str) for item in items) else items
    return value
