"""Decide: a prepared request of three placements under eleven rules, against the same rules written by hand."""

import timeit
from datetime import date
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from sovereign.jurisdiction.snapshot import load_snapshot
from sovereign.policy.backends.closures import closures
from sovereign.policy.backends.source import source
from sovereign.policy.load import load_policy
from sovereign.policy.outcome import Outcome
from sovereign.policy.values import typed_values
from sovereign.policy.view import View

DAY = date(2026, 11, 24)
GROUPS = load_snapshot().groups
POLICY = load_policy(Path(__file__).with_name("policy.yaml"), GROUPS)

TAG = {
    "data.classification": "confidential",
    "data.categories": ["health", "trade_secret"],
    "data.status": "pseudonymised",
    "data.label_review_due": "2027-06-30",
    "data.encrypted_at_rest": True,
    "job.kind": "training",
}
PLACEMENTS = (
    {"role": "storage", "provider": "aws", "region": "eu-central-1", "countries": ["DE"], "confidence": "literal", "place_verification": "verified", "cloud": True,
     "moved_on": "2025-02-01", "key_custody": "external_key_manager", "plaintext_at_provider": False},
    {"role": "processing", "provider": "stackit", "region": "eu01", "countries": ["DE"], "confidence": "provider", "place_verification": "verified",
     "cloud": False, "plaintext_at_provider": False},
    {"role": "replica", "provider": "aws", "region": "eu-west-1", "countries": ["IE"], "confidence": "literal", "place_verification": "secondary", "cloud": True,
     "key_custody": "provider_managed"},
)  # fmt: skip


def a_view(**changes: Any) -> View:
    """Return the request; the replica in Ireland is denied by B-02, its unknown date leaves B-07 undecided."""
    root = typed_values({**TAG, **changes}, GROUPS)
    return View(
        root=root,
        placements=tuple(typed_values({f"placement.{k}": v for k, v in p.items()}, GROUPS) for p in PLACEMENTS),
    )


EU, GDPR, GERMANY = (GROUPS.expand(words, DAY) for words in (["eu"], ["gdpr_territory"], ["DE"]))
LEVELS = {"public": 0, "internal": 1, "confidential": 2, "restricted": 3}
CUSTODY = {"provider_managed": 0, "customer_managed_in_provider_kms": 1, "external_key_manager": 2, "customer_only": 3}
CONFIDENCE = {"asserted": 0, "inferred": 1, "variable": 2, "provider": 3, "literal": 4, "attested": 5}
MARKET_DAY = date(2024, 1, 1)
NOT_PERSONAL = {"anonymised", "synthetic", "non_personal"}


def within(countries: Any, places: Any) -> bool | None:
    """Return whether every country is inside; None if that is not known."""
    if countries is None:
        return None
    if countries <= places.yes:
        return True
    return None if countries <= places.yes | places.maybe else False


def by_hand(view: View) -> list[tuple[int, Outcome, int]]:
    """The eleven rules as a fair hand writes them: three-valued, every rule that did not pass, nothing shared away."""
    root, out = view.root, []

    def judge(rule: int, element: int, applies: bool | None, met: bool | None) -> bool:
        if applies is False:
            return False
        if met is not True:
            out.append((rule, Outcome.DENY if applies and met is False else Outcome.UNDECIDED, element))
        return True

    categories, level = root.get("data.categories"), root.get("data.classification")
    status = root.get("data.status")
    health = None if categories is None else "health" in categories
    secrets = None if categories is None else not categories.isdisjoint(("professional_secret", "trade_secret"))
    restricted = None if level is None else LEVELS[level] >= 3
    confidential = None if level is None else LEVELS[level] >= 2
    personal = None if status is None else status not in NOT_PERSONAL
    used = [False] * 11
    seen = [False] * 11
    for i, p in enumerate(view.placements):
        role, countries = p.get("placement.role"), p.get("placement.countries")
        custody, confidence = p.get("placement.key_custody"), p.get("placement.confidence")
        verified, cloud, moved = (
            p.get("placement.place_verification"),
            p.get("placement.cloud"),
            p.get("placement.moved_on"),
        )
        plaintext = p.get("placement.plaintext_at_provider")
        seen[0] = used[0] = judge(0, i, True, within(countries, EU)) or used[0]
        if role is None or role in ("storage", "processing", "replica"):
            seen[1] = True
            applies = health if role is not None or health is False else None
            used[1] = judge(1, i, applies, within(countries, GERMANY)) or used[1]
        if role is None or role in ("storage", "replica"):
            seen[2] = True
            applies = restricted if role is not None or restricted is False else None
            used[2] = judge(2, i, applies, None if custody is None else CUSTODY[custody] >= 2) or used[2]
        used[3] = judge(3, i, True, None if confidence is None else CONFIDENCE[confidence] >= 0) or used[3]
        used[4] = judge(4, i, True, None if verified is None else verified in ("verified", "secondary")) or used[4]
        if role is None or role == "processing":
            seen[5] = True
            applies = secrets if role is not None or secrets is False else None
            used[5] = judge(5, i, applies, None if plaintext is None else plaintext is False) or used[5]
        if cloud is not False:
            seen[6] = True
            used[6] = judge(6, i, cloud, None if moved is None else moved >= MARKET_DAY) or used[6]
        used[10] = judge(10, i, personal, within(countries, GDPR)) or used[10]
    due, encrypted, kind = root.get("data.label_review_due"), root.get("data.encrypted_at_rest"), root.get("job.kind")
    used[7] = judge(7, -1, True, None if due is None else due > DAY)
    used[8] = judge(8, -1, confidential, None if encrypted is None else encrypted is True)
    used[9] = judge(9, -1, True, None if kind is None else kind not in ("disclosure", "authority_order"))
    out += [(rule, Outcome.NOT_APPLICABLE, -1) for rule in range(11) if not used[rule]]
    out.sort()
    return out


def ratios(rounds: int = 9, number: int = 4000) -> dict[str, float]:
    """Return microseconds by engine, each the median of interleaved rounds."""
    view = a_view()
    runs: dict[str, Any] = {
        "by hand": partial(by_hand, view),
        "source": partial(source(POLICY, DAY, GROUPS), view),
        "closures": partial(closures(POLICY, DAY, GROUPS), view),
    }
    expected = runs["by hand"]()
    assert runs["source"]() == expected == sorted(runs["closures"]()), (runs["source"](), expected)
    times: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(rounds):
        for name, run in runs.items():
            times[name].append(timeit.timeit(run, number=number) / number * 1e6)
    return {name: median(values) for name, values in times.items()}


if __name__ == "__main__":
    found = ratios()
    for name, value in found.items():
        print(f"{name:<10} {value:7.2f} us  {value / found['by hand']:5.2f} x")
