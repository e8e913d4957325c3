"""Step 5, what is proven: a decision becomes the bytes of a log entry, and what is too large for it becomes objects.

An entry holds identifiers, words and digests, no personal data: the request itself is an object with a random salt,
erasable without touching a root or a proof.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, Final

from sovereign._internal.canonical import canonical_unchecked, sha256_hex
from sovereign._internal.clock import format_utc
from sovereign.audit.entry import LARGEST_ENTRY
from sovereign.decision.model import Decision, Finding
from sovereign.decision.request import Request
from sovereign.policy.view import Value

__all__ = [
    "Recorded",
    "Recorder",
    "decided_fields",
    "finding_fields",
    "plain_value",
    "record_decision",
    "record_event",
    "salted",
]

_SALT_BYTES: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What goes to the log in one append.

    Attributes:
        entry: canonical JSON, at most 65,535 bytes.
        objects: by SHA-256 in hexadecimal digits; durable before the entry.
    """

    entry: bytes
    objects: Mapping[str, bytes] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorder:
    """What stands in every entry of one enforcement point.

    Attributes:
        trust: SHA-256 of the trust file; None without one.
        context: allow-listed keys of the caller, such as run_id.
    """

    trust: str | None = None
    context: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


def record_decision(
    decision: Decision, request: Request, body: bytes, *, recorder: Recorder, recorded_at: datetime
) -> Recorded:
    """Return the entry of a decision and its request as an object.

    Args:
        decision: what followed.
        request: what was asked; names subject, action and resource.
        body: canonical bytes of the request document.
        recorder: what stands in every entry.
        recorded_at: the clock's instant.
    """
    stored = salted(body)
    digest = sha256_hex(stored)
    entry = {
        **decided_fields(decision, request),
        "type": "simulation" if decision.simulated else "decision",
        "v": 1,
        "id": decision.id,
        "recorded_at": format_utc(recorded_at),
        "trust": recorder.trust,
        "engine": {"name": decision.engine.name, "version": decision.engine.version},
        "request": digest,
        "context": dict(recorder.context),
        "_sd": [],
    }
    return _fitting(entry, {digest: stored})


def decided_fields(decision: Decision, request: Request) -> dict[str, Any]:
    """Return the members of an entry that follow from request, policies, data and instant: what a replay compares."""
    return {
        "at": format_utc(decision.at),
        "known": format_utc(decision.known),
        "effect": decision.effect.value,
        "basis": decision.basis.value,
        "subject": {"type": request.subject.type, "id": request.subject.id},
        "action": request.action.name,
        "resource": {"type": request.resource.type, "id": request.resource.id},
        "policies": [{"id": p.id, "version": p.version, "sha256": p.sha256} for p in decision.policies],
        "snapshot": decision.snapshot,
        "findings": [finding_fields(finding) for finding in decision.findings],
        "obligations": list(decision.obligations),
        "waivers": [],
        "valid_until": format_utc(decision.valid_until),
    }


def _fitting(entry: dict[str, Any], objects: Mapping[str, bytes]) -> Recorded:
    """Return the entry; while it is too long, its longest list becomes an object of its own, named by digest."""
    data = canonical_unchecked(entry)
    while len(data) > LARGEST_ENTRY:
        lists = {name: canonical_unchecked(value) for name, value in entry.items() if isinstance(value, list) and value}
        if not lists:
            break  # the log refuses it
        member = max(lists, key=lambda name: len(lists[name]))
        digest = sha256_hex(lists[member])
        entry |= {member: [], f"{member}_object": {"sha256": digest, "bytes": len(lists[member])}}
        data, objects = canonical_unchecked(entry), {**objects, digest: lists[member]}
    return Recorded(entry=data, objects=objects)


def record_event(
    kind: str,
    fields: Mapping[str, Any],
    objects: Mapping[str, bytes],
    *,
    recorder: Recorder,
    recorded_at: datetime,
    identifier: str,
) -> Recorded:
    """Return an entry that is no decision, with its objects: `policy.loaded`, `lease.closed`, `gate_run`, …."""
    head = {"type": kind, "v": 1, "id": identifier, "recorded_at": format_utc(recorded_at), "trust": recorder.trust}
    return _fitting({**fields, **head, "context": dict(recorder.context)}, objects)


def salted(body: bytes) -> bytes:
    """Return a JSON object with a 128-bit random salt as its first member.

    Without it, the digest in the log would tell whoever guesses the request that the guess is right.
    """
    return b'{"_salt":"' + os.urandom(_SALT_BYTES).hex().encode() + b'",' + body[1:]


def plain_value(value: Value | None) -> Any:  # noqa: ANN401  JSON of any type
    """Return the JSON form of an attribute's value: sets are sorted, dates are text."""
    if isinstance(value, frozenset):
        return sorted(value)
    return value.isoformat() if isinstance(value, date) else value


def finding_fields(finding: Finding) -> dict[str, Any]:
    """Return a finding as an entry lists it."""
    entry: dict[str, Any] = {
        "rule": finding.rule,
        "outcome": finding.outcome.value,
        "placement": finding.placement,
        "read": {name: plain_value(value) for name, value in finding.read.items()},
    }
    if finding.message is not None:
        entry["message"] = finding.message
    return entry
