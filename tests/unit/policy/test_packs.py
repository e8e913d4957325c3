"""The shipped packs: their own tests, and the situations of the language that touch them."""

from datetime import date
from typing import Any

import pytest

from sovereign.jurisdiction.snapshot import load_snapshot
from sovereign.policy.attributes import ATTRIBUTES
from sovereign.policy.backends.closures import closures
from sovereign.policy.backends.source import source
from sovereign.policy.inline_tests import run_tests
from sovereign.policy.ir import Effect, Status
from sovereign.policy.load import read_policy
from sovereign.policy.outcome import Outcome, worst
from sovereign.policy.store import load_pack, shipped_ids, shipped_path
from sovereign.policy.values import typed_values
from sovereign.policy.view import View

GROUPS = load_snapshot().groups
TODAY = date(2026, 11, 24)
ROLES = [role for role in ATTRIBUTES["placement.role"].domain if role != "image"]


def answer(pack: str, day: date = TODAY, *, placements: list[dict[str, Any]], **data: Any) -> Outcome:
    """Return the worst answer of a pack's duties, by both engines."""
    policy = load_pack(pack, GROUPS)
    view = View(
        root=typed_values({f"data.{name}": value for name, value in data.items()}, GROUPS),
        placements=tuple(typed_values({f"placement.{k}": v for k, v in p.items()}, GROUPS) for p in placements),
    )
    first, second = (engine(policy, day, GROUPS)(view) for engine in (source, closures))
    assert first == sorted(second)
    duties = [position for position, rule in enumerate(policy.rules) if policy.effect_of(rule) is Effect.DENY]
    found = [outcome for position, outcome, _ in first if position in duties]
    return worst(found) if found else Outcome.PERMIT


def at(country: str, role: str = "storage") -> dict[str, Any]:
    """Return a placement."""
    return {"role": role, "countries": [country]}


@pytest.mark.parametrize("name", shipped_ids())
def test_inline_tests_pass(name: str) -> None:
    """Every test of the pack passes in both engines, and there are enough of them."""
    path = shipped_path(name)
    assert path is not None
    policy, tests = read_policy(path.read_bytes(), source=name, groups=GROUPS)
    results = list(run_tests(policy, tests, GROUPS))
    assert [result for result in results if not result.passed] == []
    assert len(results) >= 6
    assert {test.rule for test in tests} == {rule.id for rule in policy.rules}


@pytest.mark.parametrize("name", shipped_ids())
def test_pack_says_what_it_is(name: str) -> None:
    """Titles and ways out are in both languages; a house rule says so; a page stands beside it."""
    policy = load_pack(name, GROUPS)
    assert policy.status is Status.HOUSE_RULE
    assert set(policy.title) == {"en", "de"}
    for rule in policy.rules:
        assert set(rule.title) == set(rule.fix) == {"en", "de"}
        assert [law.act for law in rule.law] == ["house rule"]
    path = shipped_path(name)
    assert path is not None
    assert "**A house rule**" in " ".join(path.with_name("README.md").read_text(encoding="utf-8").split())


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(("pack", "inside"), [("de-only", "DE"), ("eu-only", "FR"), ("eea-gdpr", "NO")])
def test_every_role_but_image_counts(pack: str, inside: str, role: str) -> None:
    """A key, a log, a telemetry stream or an access in the United States is in the United States."""
    data = {"categories": ["health"], "status": "personal"}
    assert answer(pack, placements=[at(inside, role)], **data) is Outcome.PERMIT
    assert answer(pack, placements=[at(inside), at("US", role)], **data) is Outcome.DENY
    assert answer(pack, placements=[at(inside), {"role": role}], **data) is Outcome.UNDECIDED


def test_tagged_health_only_in_the_united_states() -> None:
    """Situation 1: a category within personal is enough."""
    assert answer("eea-gdpr", placements=[at("US")], categories=["health"]) is Outcome.DENY


@pytest.mark.parametrize("pack", ["de-only", "eu-only"])
def test_no_placement(pack: str) -> None:
    """Situation 2: nothing placed is nothing decided."""
    assert answer(pack, placements=[]) is Outcome.UNDECIDED


@pytest.mark.parametrize("pack", ["eu-only", "eea-gdpr"])
def test_svalbard(pack: str) -> None:
    """Situation 15: a territory under review is inside nothing and outside nothing."""
    assert answer(pack, placements=[at("SJ")], status="personal", categories=[]) is Outcome.UNDECIDED


def test_backup_in_dublin() -> None:
    """Situation 18: de-only denies the backup in Dublin and permits once it is gone."""
    assert answer("de-only", placements=[at("DE"), at("IE", "backup")]) is Outcome.DENY
    assert answer("de-only", placements=[at("DE")]) is Outcome.PERMIT


@pytest.mark.parametrize(
    ("pack", "last", "first_outside"),
    [("eu-only", date(2020, 1, 31), date(2020, 2, 1)), ("eea-gdpr", date(2020, 12, 31), date(2021, 1, 1))],
)
def test_last_day_of_the_united_kingdom(pack: str, last: date, first_outside: date) -> None:
    """Membership ended with 31 January 2020, the transition period with the year (Art. 126, 127 of the Agreement)."""
    data = {"status": "personal", "categories": ["personal"]}
    assert answer(pack, last, placements=[at("GB")], **data) is Outcome.PERMIT
    assert answer(pack, first_outside, placements=[at("GB")], **data) is Outcome.DENY


@pytest.mark.parametrize(
    ("country", "eu", "eea"),
    [("NO", Outcome.DENY, Outcome.PERMIT), ("IS", Outcome.DENY, Outcome.PERMIT), ("CH", Outcome.DENY, Outcome.DENY)],
)
def test_neighbours_of_the_union(country: str, eu: Outcome, eea: Outcome) -> None:
    """The EFTA states of the EEA apply the GDPR and are no members; Switzerland is adequate and neither."""
    assert answer("eu-only", placements=[at(country)]) is eu
    assert answer("eea-gdpr", placements=[at(country)], status="personal", categories=[]) is eea


@pytest.mark.parametrize("status", ["anonymised", "synthetic", "non_personal"])
def test_data_about_nobody(status: str) -> None:
    """eea-gdpr is about personal data; what is called anonymised but is no person's category does not apply."""
    assert answer("eea-gdpr", placements=[at("US")], status=status, categories=["invoice"]) is Outcome.NOT_APPLICABLE
    assert answer("eea-gdpr", placements=[at("US")], status=status) is Outcome.UNDECIDED
