"""What an input is, told by its content and never by its name.

Rules:
1. What is no plan but belongs to Terraform (state, binary plan, stream of messages, source text) gets an error of its
   own, with the commands that make the plan.
2. Empty is never success, and neither is a kind that is not known.
3. `{"tfplan": {...}}` wraps a plan; pointers then start with `/tfplan`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from sovereign._internal.strict_json import parse_json
from sovereign.errors import InputError, Span

__all__ = ["Kind", "Recognised", "recognise"]

_MAKE_PLAN: Final = "make it with `terraform plan -out=tfplan` and `terraform show -json tfplan > plan.json`"
_BINARY: Final = b"PK\x03\x04"
_MARKS: Final = (b"\xff\xfe", b"\xfe\xff")
_STREAM: Final = re.compile(r'\{"@level"\s*:')
_SOURCE: Final = re.compile(
    r'^\s*(?:terraform|locals|(?:provider|variable|output|module)\s+"[^"\n]*"|(?:resource|data)\s+"[^"\n]*"\s+"[^"\n]*")'
    r"\s*\{",
    re.MULTILINE,
)


class Kind(StrEnum):
    """Kinds of input that are judged."""

    TERRAFORM_PLAN = "terraform-plan"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognised:
    """An input whose kind is known.

    Attributes:
        kind: what it is.
        document: its JSON object, without a wrapper.
        prefix: RFC 6901 pointer to `document` in the input; empty without a wrapper.
    """

    kind: Kind
    document: Mapping[str, Any]
    prefix: str = ""


def recognise(data: bytes, *, source: str) -> Recognised:
    """Return the input with its kind.

    Raises:
        InputError: empty (SOV-I201), a binary plan (SOV-I202), the messages of `terraform plan -json` (SOV-I203),
            Terraform source (SOV-I204), a state file (SOV-I205), no known kind (SOV-I200), not JSON (SOV-I002).
    """
    _refuse_bytes(data, source)
    document = _parse(data, source)
    if not isinstance(document, dict):
        raise _unknown(source)
    wrapped = document.get("tfplan")
    if isinstance(wrapped, dict) and "format_version" not in document:
        return _plan(wrapped, source, "/tfplan")
    return _plan(document, source, "")


def _parse(data: bytes, source: str) -> Any:  # noqa: ANN401  JSON is any of six types
    try:
        return parse_json(data, source=source)
    except InputError as error:
        error.hint = error.hint or f"a plan is one JSON document without other output around it; {_MAKE_PLAN}"
        raise


def _refuse_bytes(data: bytes, source: str) -> None:
    if data.startswith(_BINARY):
        raise InputError(
            "a binary plan, not its JSON",
            code="SOV-I202",
            hint="make the JSON with `terraform show -json tfplan > plan.json`, in the same job as the plan",
            span=Span(path=source),
        )
    text = data.decode("utf-16" if data[:2] in _MARKS else "utf-8-sig", errors="replace").lstrip()
    if not text:
        raise InputError(
            "empty: nothing was judged",
            code="SOV-I201",
            hint=f"a plan is expected; {_MAKE_PLAN}",
            span=Span(path=source),
        )
    if _STREAM.match(text):
        raise InputError(
            "messages of a Terraform run, not a plan",
            code="SOV-I203",
            hint=f"`terraform plan -json` prints its progress; {_MAKE_PLAN}",
            span=Span(path=source),
        )
    if text[0] not in "[{" and _SOURCE.search(text):
        raise InputError(
            "Terraform source, not a plan: variables and modules are not resolved in it",
            code="SOV-I204",
            hint=_MAKE_PLAN,
            span=Span(path=source),
        )


def _plan(document: Mapping[str, Any], source: str, prefix: str) -> Recognised:
    if "format_version" in document and ("resource_changes" in document or "planned_values" in document):
        return Recognised(kind=Kind.TERRAFORM_PLAN, document=document, prefix=prefix)
    if _is_state(document):
        raise InputError(
            "a state file: it shows what exists, not what is about to be made",
            code="SOV-I205",
            hint=f"judge the plan; what exists is part of it; {_MAKE_PLAN}",
            span=Span(path=source),
        )
    raise _unknown(source)


def _is_state(document: Mapping[str, Any]) -> bool:
    shown = "format_version" in document and document.keys() <= {
        "format_version",
        "terraform_version",
        "values",
        "checks",
    }
    return shown or {"lineage", "serial"} <= document.keys()


def _unknown(source: str) -> InputError:
    return InputError(
        "of no kind that is judged",
        code="SOV-I200",
        hint=f"known kinds: {', '.join(Kind)}; a plan has `format_version` and `resource_changes`; {_MAKE_PLAN}",
        span=Span(path=source),
    )
