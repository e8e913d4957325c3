"""Asks decision points: policies from text or at random, requests from plain values, both engines."""

import json
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from random import Random
from typing import Any

from simulators.policies import NAMES, OVER, ROOT_NAMES, a_value

from sovereign.decision.engines.native import NativeEngine
from sovereign.decision.engines.protocol import RemoteEngine
from sovereign.decision.model import Decision
from sovereign.decision.point import DecisionPoint
from sovereign.decision.request import parse_request
from sovereign.jurisdiction.snapshot import load_snapshot
from sovereign.policy.attributes import ATTRIBUTES
from sovereign.policy.backends.closures import closures
from sovereign.policy.backends.protocol import Backend
from sovereign.policy.backends.source import source
from sovereign.policy.ir import Policy
from sovereign.policy.load import parse_policy
from sovereign.policy.outcome import Outcome
from sovereign.policy.store import load_pack

SNAPSHOT = load_snapshot()
GROUPS = SNAPSHOT.groups
NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
ENGINES: dict[str, Backend] = {"source": source, "closures": closures}
KNOWN_TAG = {"classification": "restricted", "categories": ["health"], "status": "personal"}


def pack(name: str) -> Policy:
    """Return a shipped policy."""
    return load_pack(name, GROUPS)


def policy_of(text: str) -> Policy:
    """Return the policy in a text."""
    return parse_policy(text.encode(), source="own.yaml", groups=GROUPS)


def one_rule(body: str, *, name: str = "own", head: str = "", status: str = "house_rule") -> Policy:
    """Return a policy of one rule R-01; `body` holds the lines of the rule beyond those that each rule needs."""
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    return policy_of(
        f"sovereign: 1\npolicy: {name}\nversion: 2026.11.24\nowner: management\nstatus: {status}\n{head}"
        f"rules:\n  - id: R-01\n    title: a rule\n    law: [{{act: house rule}}]\n    severity: high\n{lines}"
    )


def a_point(
    *policies: Policy,
    backend: Backend = source,
    load: Callable[[str], Policy] = pack,
    remote: RemoteEngine | None = None,
) -> DecisionPoint:
    """Return a decision point with an engine of its own."""
    return DecisionPoint(
        policies, snapshot=SNAPSHOT, load_pack=load, engine=NativeEngine(backend=backend), remote=remote
    )


def a_body(
    placements: Iterable[dict[str, Any]] = (),
    *,
    tag: dict[str, Any] | None = KNOWN_TAG,
    job: dict[str, Any] | None = None,
    kind: str = "training",
    **context: Any,
) -> dict[str, Any]:
    """Return a request document; `tag` None is a dataset without a tag."""
    properties = None if tag is None else {"id": "patients", **tag}
    stated = None if job is None else {"id": "train-17", "kind": kind, **job}
    return {
        "subject": {"type": "job", "id": "train-17", "properties": stated},
        "action": {"name": kind},
        "resource": {"type": "dataset", "id": "patients", "properties": properties},
        "context": {"placements": list(placements), **context},
    }


def ask(point: DecisionPoint, body: dict[str, Any], *, at: datetime = NOW) -> Decision:
    """Return the decision about a request document, as a file of it would be decided."""
    request = parse_request(json.dumps(body).encode(), source="request.json")
    return point.decide(point.prepare(request, at=at), at=at)


def answers(decision: Decision) -> set[tuple[str, Outcome, int | None]]:
    """Return rule, outcome and placement of every finding."""
    return {(finding.rule, finding.outcome, finding.placement) for finding in decision.findings}


def outcome_of(decision: Decision, rule: str) -> Outcome:
    """Return the worst answer of a rule; permit where it is not listed."""
    found = [finding.outcome for finding in decision.findings if finding.rule == rule]
    order = [Outcome.DENY, Outcome.UNDECIDED, Outcome.ADVICE, Outcome.NOT_APPLICABLE]
    return min(found, key=order.index, default=Outcome.PERMIT)


# --- at random

_PLACES = (
    {"provider": "aws", "region": "eu-central-1"},
    {"provider": "aws", "region": "us-east-1"},
    {"provider": "azure", "region": "northeurope"},
    {"provider": "gcp", "region": "europe-west6"},
    {"provider": "stackit", "region": "eu01"},
    {"provider": "gcp", "region": "global"},
    {"provider": "aws", "region": "mars-north-1"},
    {"provider": "own-hall", "countries": ["DE"], "operator": "own", "jurisdictions": ["DE"]},
    {"countries": ["SJ"]},
    {"countries": ["DE", "FR"]},
    {"countries": ["DE", "Atlantis"]},
    {},
)
_ROLES = ATTRIBUTES["placement.role"].domain
_TAG_FIELDS = [n.partition(".")[2] for n in ROOT_NAMES if n.startswith("data.") and n != "data.allowed_countries_at"]
_PLACED = ("cloud", "key_custody", "key_countries", "plaintext_at_provider", "moved_on", "parties_complete")
_ODD: tuple[Any, ...] = ("", " ", "NO", "\u202e", 0, -1, True, [], {}, [None], ["DE", 1], "2026-02-30", "a" * 300, [[]])
_CLAIMS = {
    "allowed_locations": (["DE"], ["eu"], ["eea", "CH"], ["Atlantis"], []),
    "allowed_jurisdictions": (["DE"], ["eu"], ["eu", "US"], []),
    "purposes": (["research"], ["alpha", "research"], []),
    "packs": (["de-only"], ["eu-only"], ["no-such-pack"], []),
}


def plain(value: object) -> Any:
    """Return the JSON form of a typed value."""
    if isinstance(value, frozenset):
        return sorted(value)
    return value.isoformat() if isinstance(value, date) else value


def a_placement(random: Random, number: int, *, calm: bool = False) -> dict[str, Any]:
    """Return a placement; what it says of its place never contradicts the catalogue."""
    made: dict[str, Any] = {"id": f"p{number}", **random.choice(_PLACES[:5] if calm else _PLACES)}
    if calm or random.random() < 0.9:
        made["role"] = random.choice((*_ROLES, "storage", "storage"))
    for name in _PLACED:
        if random.random() < 0.5:
            made[name] = plain(a_value(random, ATTRIBUTES[f"placement.{name}"]))
    return made


def a_tag(random: Random, *, calm: bool = False) -> dict[str, Any]:
    """Return the claims of a tag, most of them known."""
    known = 1.0 if calm else random.choice((0.5, 0.9, 1.0))
    made: dict[str, Any] = {}
    for field in _TAG_FIELDS:
        if field in _CLAIMS:
            if not calm and random.random() < 0.3:
                made[field] = random.choice(_CLAIMS[field])
        elif random.random() < known:
            made[field] = plain(a_value(random, ATTRIBUTES[f"data.{field}"]))
    if made.get("status") == "non_personal":  # with most categories it is refused at the edge
        made["categories"] = []
    return made


def some_records(random: Random) -> dict[str, Any]:
    """Return evidence records; some fields are missing, null, of another type or outside their domain."""
    return {
        over: [
            {
                name.partition(".")[2]: random.choice(_ODD)
                if random.random() < 0.1
                else plain(a_value(random, ATTRIBUTES[name]))
                for name in NAMES[over]
                if random.random() < 0.8
            }
            for _ in range(random.randint(0, 2))
        ]
        for over in OVER[1:]
        if random.random() < 0.8
    }


def a_random_body(random: Random, *, least: int = 0) -> dict[str, Any]:
    """Return a request document with at least `least` placements; two of three leave the built-in rules calm."""
    calm = random.random() < 0.66
    placements = [a_placement(random, n, calm=calm) for n in range(random.randint(max(least, calm), 3))]
    job = {"purpose": "research"} if random.random() < 0.8 else None
    tag = a_tag(random, calm=calm) if random.random() < 0.95 else None
    kind = random.choice(("training", "export", "no such kind"))
    return a_body(placements, tag=tag, job=job, kind=kind, records=some_records(random))
