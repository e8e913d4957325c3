"""What an OPA server answered, believed only in the one shape that means something.

1. The reply is status 200, not compressed, UTF-8, JSON without duplicate keys and without NaN.
2. `result` is there: OPA leaves it out for an undefined or misspelt rule, and still says 200.
3. There is no `warning`: OPA warns that it saw no input, and answers nevertheless.
4. `result` is exactly `permit` and `findings`; a finding has `rule`, `message`, and perhaps `outcome` and `placement`.
5. `permit` is true if and only if no finding is deny or undecided.

Anything else is an error, which counts as a denial. All text is the server's and untrusted.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sovereign._internal.strict_json import parse_json
from sovereign.decision.engines.protocol import RemoteAnswer, RemoteFinding
from sovereign.errors import EngineResponseError, InputError, quoted

__all__ = ["Reply", "check_reply", "read_answer"]

_RULE: Final = re.compile(r"[A-Z][A-Z0-9-]{0,63}", re.ASCII)
_LABEL: Final = re.compile(r"[!-~]{0,128}", re.ASCII)
_BLOCKING: Final = frozenset({"deny", "undecided"})
_OUTCOMES: Final = _BLOCKING | {"advice"}
_MESSAGE_LENGTH: Final = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An HTTP response as it came; `headers` by lower-case name."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def check_reply(reply: Reply) -> None:
    """Check that the reply is a JSON object with status 200.

    Raises:
        EngineResponseError: any other status, a redirect included; compressed; not JSON without two readings.
    """
    if 300 <= reply.status < 400:  # noqa: PLR2004  the class of redirects, RFC 9110, section 15.4
        raise _ill(f"redirects to {quoted(reply.headers.get('location', ''))}", hint="configure the final address")
    if reply.status != 200:  # noqa: PLR2004  RFC 9110, section 15.3.1
        raise _ill(f"answered with status {reply.status}{_reason(reply.body)}", hint=_STATUS_HINTS.get(reply.status))
    if reply.headers.get("content-encoding", "identity").lower() != "identity":
        raise _ill("compressed its answer, which was not asked for")
    if not isinstance(_parse(reply.body), dict):
        raise _ill("answered with JSON that is no object")


_STATUS_HINTS: Final = {
    401: "configure the token that the server demands",
    403: "the server's `system.authz` policy refuses this token",
    404: "is this the address of an OPA server",
    500: "a function of the policy failed on this request; make its rule safe for missing and ill-typed values",
}


def _parse(body: bytes) -> Any:  # noqa: ANN401  JSON is any of six types
    if body[:2] in (b"\xff\xfe", b"\xfe\xff", b"\xef\xbb"):
        raise _ill("answered with a byte-order mark (RFC 8259, section 8.1)")
    try:
        return parse_json(body, source="the OPA server's answer")
    except InputError as error:
        looks = ", it looks like HTML" if body.lstrip()[:1] == b"<" else ""
        raise _ill(f"answered with something else than JSON: {error.message}{looks}") from None


def _reason(body: bytes) -> str:
    """Return what OPA says about a failed evaluation, as a clause; empty if it is not OPA that speaks."""
    try:
        said = _parse(body)
    except EngineResponseError:
        return ""
    first = said.get("errors") if isinstance(said, dict) else None
    detail = first[0] if isinstance(first, list) and first else said
    message = detail.get("message") if isinstance(detail, dict) else None
    return f": {quoted(message)}" if isinstance(message, str) else ""


def read_answer(document: Any, *, placements: int) -> RemoteAnswer:  # noqa: ANN401  parsed JSON of any shape
    """Return the answer in the parsed body of a reply.

    Args:
        document: what `check_reply` let through.
        placements: how many the request has; a finding that names another one is about another request.

    Raises:
        EngineResponseError: any other shape than the one above.
    """
    if not isinstance(document, dict) or "warning" in document:
        raise _ill("warns that it did not see the request", hint="does a gateway drop the request's body")
    if "result" not in document:
        raise _ill(
            "has no such rule, or the rule is undefined for this request",
            hint="check `opa.entrypoint`, and give the rule a value for every request",
        )
    result = _object(document["result"], required={"permit", "findings"}, what="result")
    if type(result["permit"]) is not bool:
        raise _ill("answered with `permit` that is neither true nor false")
    if not isinstance(result["findings"], list):
        raise _ill("answered with `findings` that are no array or set")
    findings = tuple(_finding(item, placements) for item in result["findings"])
    if result["permit"] is any(finding.outcome in _BLOCKING for finding in findings):
        raise _ill("contradicts itself: permit and its findings cannot both be true")
    provenance = _optional(document, "provenance", dict) or {}
    return RemoteAnswer(
        permit=result["permit"],
        findings=findings,
        decision_id=_label(document, "decision_id"),
        version=_label(provenance, "version"),
        revisions=_revisions(provenance),
    )


def _object(value: object, *, required: set[str], optional: frozenset[str] = frozenset(), what: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _ill(f"answered with a {what} that is no object")
    if missing := sorted(required - value.keys()):
        raise _ill(f"answered with a {what} without {quoted(missing[0])}")
    if unknown := sorted(value.keys() - required - optional):
        raise _ill(f"answered with a {what} with an unknown key {quoted(unknown[0])}")
    return value


def _finding(value: object, placements: int) -> RemoteFinding:
    item = _object(value, required={"rule", "message"}, optional=frozenset({"outcome", "placement"}), what="finding")
    rule, message, outcome, placement = (
        item["rule"],
        item["message"],
        item.get("outcome", "deny"),
        item.get("placement"),
    )
    if not isinstance(rule, str) or not _RULE.fullmatch(rule):
        raise _ill(f"named a rule {quoted(str(rule))}", hint="a rule id is like `EU-01`: capitals, digits and hyphens")
    if not isinstance(message, str) or not message.strip():
        raise _ill(f"gave no message for rule {quoted(rule)}")
    if not isinstance(outcome, str) or outcome not in _OUTCOMES:
        raise _ill(
            f"gave rule {quoted(rule)} the outcome {quoted(str(outcome))}",
            hint="a finding is `deny`, `undecided` or `advice`; a rule that permits is not listed, none can waive",
        )
    if placement is not None and (type(placement) is not int or not 0 <= placement < placements):
        raise _ill(f"named a placement {quoted(str(placement))} that the request does not have")
    return RemoteFinding(rule=rule, message=quoted(message, _MESSAGE_LENGTH), outcome=outcome, placement=placement)


def _optional(mapping: Mapping[str, Any], key: str, kind: type) -> Any:  # noqa: ANN401  of type `kind`, or None
    value = mapping.get(key)
    if value is not None and not isinstance(value, kind):
        raise _ill(f"answered with {quoted(key)} of another type than OPA's")
    return value


def _label(mapping: Mapping[str, Any], key: str) -> str | None:
    """Return a short name without spaces; an empty one counts as none."""
    value = _optional(mapping, key, str)
    if value is not None and not _LABEL.fullmatch(value):
        raise _ill(f"answered with {quoted(key)} that is no name")
    return value or None


def _revisions(provenance: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    bundles = _optional(provenance, "bundles", dict) or {}
    if not all(isinstance(bundle, dict) and _LABEL.fullmatch(name) for name, bundle in bundles.items()):
        raise _ill("answered with bundles that are no objects by name")
    return tuple((name, _label(bundles[name], "revision") or "") for name in sorted(bundles))


def _ill(what: str, *, hint: str | None = None) -> EngineResponseError:
    return EngineResponseError(
        f"the OPA server {what}", hint=hint or "no answer is a denial; ask the server by hand with the same input"
    )
