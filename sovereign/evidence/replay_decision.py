"""One decision, made again from what its entry names: request, policies, data, instants.

1. An entry that contradicts itself does not follow from anything; that needs no object.
2. Each object is the one that the entry names, or the replay ends: erased, not kept, or wrong.
3. The request is the one that the entry is about, and the trust file's own policies are among those applied.
4. Both native engines decide. What they say alike is compared with the entry, member by member, findings as a set.
5. An answer of a remote engine cannot be had again. But it only adds denials: what the native engine denies stands.

Whether a duty could be met is what the enforcement point said: a permit is replayed as by one that can meet its duties.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from pydantic import ValidationError

from sovereign._internal.canonical import canonical
from sovereign.audit.record import decided_fields
from sovereign.decision.model import Basis, Decision, Effect
from sovereign.decision.request import Request
from sovereign.decision.validity import LONGEST
from sovereign.evidence.kept import Engines, Kept
from sovereign.evidence.outcome import Difference, Reason, ReplayOutcome, StoppedError
from sovereign.evidence.stored import digests_of, instant_of, mapping_of, read_object, rows_of, text_of, with_objects
from sovereign.policy.outcome import Outcome

__all__ = ["check_always", "decide_alike", "finding_differences", "not_of_the_clock", "replay_decision"]

_NATIVE: Final = "native"
_SALT: Final = b'{"_salt":"'
_SALTED: Final = len(_SALT) + 32 + len(b'",')
_LATEST: Final = timedelta(hours=1)
_COMPARED: Final = ("rule", "outcome", "placement", "read")
_AS_A_SET: Final = frozenset({"findings", "policies"})
_BLOCKING: Final = frozenset({Outcome.DENY.value, Outcome.UNDECIDED.value})


def replay_decision(entry: Mapping[str, Any], kept: Kept) -> tuple[Difference, ...]:
    """Return what of a `decision` or `simulation` does not follow from what it recorded.

    Args:
        entry: as parsed, its type and version known.
        kept: the objects of its log.

    Raises:
        StoppedError: it was not replayed, and why.
    """
    entry = with_objects(entry, kept)
    if found := tuple(_contradictions(entry)):
        return found
    digests, snapshot, trust = digests_of(entry), text_of(entry, "snapshot"), entry.get("trust")
    engines = kept.engines(digests.values(), snapshot, demands_proof=trust is not None)
    if trust is not None:
        found = check_always(kept, text_of(entry, "trust"), digests)
    request = _request(kept.content(text_of(entry, "request"), gone=ReplayOutcome.ERASED), text_of(entry, "request"))
    found += tuple(_of_another_instant(entry, request))
    follows = decided_fields(_decide(entry, request, engines), request)
    reason = _not_native(entry)
    if reason is None:
        return found + tuple(_differences(entry, follows))
    found += tuple(_beyond_a_remote_engine(entry, follows))
    if found:
        return found
    raise StoppedError(ReplayOutcome.CANNOT, reason, text_of(mapping_of(entry.get("engine"), "engine"), "name"))


def decide_alike(
    engines: Engines, request: Request, *, at: datetime, known: datetime, meets: Collection[str] = ()
) -> Decision:
    """Return what both engines say of a request as it was recorded.

    Args:
        engines: of the recorded policies and data.
        request: as recorded; its placements have the confidence that the enforcement point gave them.
        at: aware instant that the entry names.
        known: the same, for the knowledge that counts.
        meets: duties that the caller could meet.

    Raises:
        StoppedError: they disagree, and then nothing is known.
    """
    prepared = engines.first.prepare(request, at=at, believe=True)
    first, second = (
        point.decide(prepared, at=at, known=known, meets=meets) for point in (engines.first, engines.second)
    )
    if _comparable(decided_fields(first, request)) != _comparable(decided_fields(second, request)):
        raise StoppedError(ReplayOutcome.DIFFERS, Reason.ENGINES_DISAGREE)
    return first


def check_always(kept: Kept, trust: str, digests: Mapping[str, str]) -> tuple[Difference, ...]:
    """Return the policies that the trust file always demands and that were not applied.

    Raises:
        StoppedError: the trust file is not kept, is another, or cannot be read.
    """
    return tuple(
        Difference(member="policies", recorded=digests.get(name), follows=digest, rule=name)
        for name, digest in sorted(kept.trust(trust).always.items())
        if digests.get(name) != digest
    )


def not_of_the_clock(entry: Mapping[str, Any]) -> Iterator[Difference]:
    """Yield which instants of an entry that enforces are not the clock's: it is about the moment it was recorded.

    Raises:
        StoppedError: it has no such instants.
    """
    at, recorded_at = instant_of(entry, "at"), instant_of(entry, "recorded_at")
    if abs(recorded_at - at) > _LATEST:
        yield Difference(member="at", recorded=entry["at"], follows=entry["recorded_at"])
    if entry.get("known") != entry["at"]:
        yield Difference(member="known", recorded=entry.get("known"), follows=entry["at"])


def finding_differences(
    recorded: Sequence[Mapping[str, Any]], follows: Sequence[Mapping[str, Any]], *, resource: str | None = None
) -> Iterator[Difference]:
    """Yield what two lists of findings do not share; their order says nothing.

    Args:
        recorded: as an entry or a result document lists them.
        follows: as an entry lists them.
        resource: of a result document, where sentences stand beside what is compared; None of an entry.
    """
    if resource is not None:
        recorded = [{name: row[name] for name in _COMPARED if name in row} for row in recorded]
    before, after = _by_place(recorded), _by_place(follows)
    for rule, placement in sorted(before.keys() | after.keys(), key=repr):
        old, new = before.get((rule, placement), []), after.get((rule, placement), [])
        if sorted(map(canonical, old)) == sorted(map(canonical, new)):
            continue
        shown = "read" if _answers(old, "outcome") == _answers(new, "outcome") else "outcome"
        yield Difference(
            member="findings.read" if shown == "read" else "findings",
            recorded=_shown(old, shown),
            follows=_shown(new, shown),
            rule=rule,
            placement=placement,
            resource=resource,
        )


def _decide(entry: Mapping[str, Any], request: Request, engines: Engines) -> Decision:
    meets = _obligations(entry) if entry.get("effect") == Effect.PERMIT else ()
    return decide_alike(engines, request, at=instant_of(entry, "at"), known=instant_of(entry, "known"), meets=meets)


def _obligations(entry: Mapping[str, Any]) -> tuple[str, ...]:
    found = entry.get("obligations")
    return tuple(name for name in found if isinstance(name, str)) if isinstance(found, list) else ()


def _contradictions(entry: Mapping[str, Any]) -> Iterator[Difference]:
    """Yield what no request could make follow: a permit beside a denial, an instant that is not the clock's."""
    blocking = sorted({str(f.get("rule")) for f in rows_of(entry, "findings") if f.get("outcome") in _BLOCKING})
    is_permit = entry.get("effect") != Effect.DENY
    is_known = entry.get("effect") in {*Effect}
    if is_permit and (blocking or not is_known or entry.get("basis") != Basis.RULE):
        yield Difference(
            member="effect", recorded=entry.get("effect"), follows="deny", rule=", ".join(blocking) or None
        )
    if instant_of(entry, "valid_until") > instant_of(entry, "at") + LONGEST:
        yield Difference(member="valid_until", recorded=entry["valid_until"], follows=None)
    if entry.get("type") == "decision":
        yield from not_of_the_clock(entry)


def _request(data: bytes, digest: str) -> Request:
    """Return the request in its salted object; only its form counts, since a program may say what no file may."""
    document = read_object(b"{" + data[_SALTED:] if data.startswith(_SALT) else data, Reason.UNREADABLE, digest)
    try:
        return Request.model_validate_json(canonical(document))
    except ValidationError:
        raise StoppedError(ReplayOutcome.DIFFERS, Reason.UNREADABLE, digest) from None


def _of_another_instant(entry: Mapping[str, Any], request: Request) -> Iterator[Difference]:
    """Yield where the request names other instants than the entry; its ids are compared with what follows."""
    for member in ("at", "known"):
        asked = getattr(request.context, member)
        if asked != entry.get(member):
            yield Difference(member=member, recorded=entry.get(member), follows=asked)


def _not_native(entry: Mapping[str, Any]) -> Reason | None:
    """Return why the answer cannot be had again; None for one of the native engine alone."""
    name = text_of(mapping_of(entry.get("engine"), "engine"), "name")
    if name.startswith(f"{_NATIVE}+"):
        return Reason.ENGINE_FAILED if entry.get("basis") == Basis.FAILURE else Reason.REMOTE_ENGINE
    return None if name == _NATIVE else Reason.OTHER_ENGINE


def _beyond_a_remote_engine(entry: Mapping[str, Any], follows: Mapping[str, Any]) -> Iterator[Difference]:
    """Yield what no remote engine can have changed: what was asked, and what the native engine found."""
    for member in ("subject", "action", "resource", "policies", "snapshot", "valid_until"):
        yield from _of_member(member, entry, follows)
    for difference in finding_differences(rows_of(entry, "findings"), follows["findings"]):
        if difference.follows is not None:
            yield difference
    blocking = [f["rule"] for f in follows["findings"] if f["outcome"] in _BLOCKING]
    if entry.get("effect") != Effect.DENY and blocking:
        yield Difference(
            member="effect", recorded=entry.get("effect"), follows="deny", rule=", ".join(sorted(set(blocking)))
        )


def _differences(entry: Mapping[str, Any], follows: Mapping[str, Any]) -> Iterator[Difference]:
    """Yield each member in which the entry is not what follows, the effect first, with the rules that decide."""
    for member in sorted(follows, key=lambda name: (name != "effect", name)):
        if member == "findings":
            yield from finding_differences(rows_of(entry, "findings"), follows["findings"])
        else:
            yield from _of_member(member, entry, follows)


def _of_member(member: str, entry: Mapping[str, Any], follows: Mapping[str, Any]) -> Iterator[Difference]:
    recorded, expected = entry.get(member), follows[member]
    if _plain(member, recorded) != _plain(member, expected):
        blocking = sorted({f["rule"] for f in follows["findings"] if f["outcome"] in _BLOCKING})
        rule = ", ".join(blocking) or None if member == "effect" else None
        yield Difference(member=member, recorded=recorded, follows=expected, rule=rule)


def _comparable(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {member: _plain(member, value) for member, value in fields.items()}


def _plain(member: str, value: Any) -> Any:  # noqa: ANN401  JSON of any type
    """Return a value whose equality is that of its JSON: 1 is not true, and findings have no order."""
    if member in _AS_A_SET and isinstance(value, list):
        return sorted(canonical(item) for item in value)
    return canonical(value)


def _by_place(findings: Sequence[Mapping[str, Any]]) -> dict[tuple[str, int | None], list[Mapping[str, Any]]]:
    found: dict[tuple[str, int | None], list[Mapping[str, Any]]] = {}
    for finding in findings:
        found.setdefault((str(finding.get("rule")), finding.get("placement")), []).append(finding)
    return found


def _answers(findings: Sequence[Mapping[str, Any]], member: str) -> list[bytes]:
    return sorted(canonical(finding.get(member)) for finding in findings)


def _shown(findings: Sequence[Mapping[str, Any]], member: str) -> Any:  # noqa: ANN401  JSON of any type
    """Return what findings say; one alone without a list around it, none as None."""
    values = [finding.get(member) for finding in findings]
    return values[0] if len(values) == 1 else values or None
