"""Makes policies and views at random, from the attribute table: every operator, every kind of value, gaps everywhere.

`a_raw_view` makes what arrives from outside: values of wrong types, unknown words, nulls, beside right ones.
"""

from datetime import date, timedelta
from random import Random
from typing import Any

from sovereign.policy.attributes import ATTRIBUTES, COLLECTIONS, Attribute, Kind, closure, root_of
from sovereign.policy.ir import (
    All,
    Any_,
    AtMinus,
    Condition,
    Constant,
    Effect,
    ForEach,
    Not,
    Op,
    Policy,
    Quantified,
    Rule,
    Status,
    Test,
    Window,
)
from sovereign.policy.values import PlaceNames, typed_collections, typed_values
from sovereign.policy.view import Value, View

PLACES = ("DE", "DE-BUESINGEN", "FR", "IE", "CH", "GB", "US", "SJ", "NO", "IN")
LISTS = ("DE", "FR", "eu", "eea", "gdpr_territory", "GB", "NO")
WORDS = ("alpha", "beta", "gamma")
DAY = date(2026, 11, 24)
DATE_OPS = (Op.BEFORE, Op.AFTER, Op.ON_OR_BEFORE, Op.ON_OR_AFTER)
COMPARED = {Kind.DATE: DATE_OPS, Kind.PLACE_SET: (Op.ALL_WITHIN, Op.SUBSET), Kind.ID_SET: (Op.SUBSET,)}
HOSTILE: tuple[Any, ...] = (
    None, "", " ", 0, 1, 1.5, float("nan"), True, "true", "none", "NO", "DE ", "de", "XX", [], [None], [""], [["DE"]],
    ["DE", None], ["DE", "XX"], {"DE": True}, {}, b"DE", DAY, "2026-02-30", "20261124", "2026-11-24T00:00:00Z",
    "\ud800", "a" * 5000, ["health", "Health"], "health", ("DE",), {"DE"}, "__import__('os')",
)  # fmt: skip
ELEMENTS = set(COLLECTIONS.values())
OVER = ("placements", "attestations", "links", "contracts")
ROOT_NAMES = [name for name in ATTRIBUTES if root_of(name) not in ELEMENTS][:24]
NAMES = {over: [n for n in ATTRIBUTES if root_of(n) == COLLECTIONS[over]] for over in OVER}


def a_value(random: Random, attribute: Attribute) -> Value:
    """Return a value in the attribute's domain."""
    if attribute.is_set:
        pool = PLACES if attribute.kind is Kind.PLACE_SET else attribute.domain or ("p1", "p2", *WORDS)
        least = 1 if attribute.kind is Kind.PLACE_SET else 0
        members = frozenset(random.sample(pool, random.randint(least, min(3, len(pool)))))
        return closure(members) if attribute.kind is Kind.TREE_SET else members
    if attribute.kind is Kind.BOOL:
        return random.random() < 0.5
    if attribute.kind is Kind.INT:
        return random.randint(0, 3)
    if attribute.kind is Kind.DATE:
        return DAY - timedelta(days=random.randint(-400, 800))
    if attribute.kind is Kind.PLACE:
        return random.choice(PLACES)
    return random.choice(attribute.domain or (("p1", "p2") if attribute.name.endswith(".id") else WORDS))


def a_test(random: Random, name: str, names: list[str]) -> Condition:
    """Return a comparison that fits the attribute's type; its right side may be another of `names`."""
    attribute = ATTRIBUTES[name]
    if random.random() < 0.1:
        return Test(name, Op.KNOWN)
    others = [other for other in names if ATTRIBUTES[other].kind is attribute.kind]
    if attribute.kind in COMPARED and random.random() < 0.2:
        return Test(name, random.choice(COMPARED[attribute.kind]), other=random.choice(others))
    if attribute.kind is Kind.DATE:
        op = random.choice(DATE_OPS)
        day: date | AtMinus = random.choice((DAY, AtMinus(), AtMinus(12), DAY - timedelta(days=100)))
        return Test(name, op, day=day)
    if attribute.kind is Kind.PLACE_SET and random.random() < 0.6:
        op = random.choice((Op.ALL_WITHIN, Op.MEETS))
        return Test(name, op, frozenset(random.sample(LISTS, random.randint(1, 3))))
    if attribute.is_set:
        op = random.choice((Op.INCLUDES, Op.INCLUDES_ANY, Op.EXCLUDES, Op.SUBSET, Op.EQUAL_SET))
        value = a_value(random, attribute)
        assert isinstance(value, frozenset)
        return Test(name, op, value)
    op = random.choice((Op.MEMBER, Op.NOT_MEMBER))
    return Test(name, op, frozenset(a_value(random, attribute) for _ in range(random.randint(1, 3))))


def a_condition(random: Random, names: list[str], depth: int, over: str | None = None) -> Condition:
    """Return a tree of conditions over `names`; `over` is the collection bound outside, if any."""
    roll = random.random()
    if depth == 0 or roll < 0.45:
        return (
            a_test(random, random.choice(names), names) if random.random() > 0.05 else Constant(random.random() < 0.5)
        )
    if roll < 0.62:
        return All(tuple(a_condition(random, names, depth - 1, over) for _ in range(random.randint(0, 3))))
    if roll < 0.78:
        return Any_(tuple(a_condition(random, names, depth - 1, over) for _ in range(random.randint(0, 3))))
    if roll < 0.9:
        return Not(a_condition(random, names, depth - 1, over))
    inside = random.choice([name for name in OVER if name != over])
    inner = [*names, *NAMES[inside]]
    covering = "placement" if over == "placements" and inside != "placements" else None
    return Quantified(
        every=random.random() < 0.5,
        over=inside,
        covering=covering if random.random() < 0.7 else None,
        where=_flat(random, inner) if random.random() < 0.5 else Constant(value=True),
        must=_flat(random, inner),
    )


def _flat(random: Random, names: list[str]) -> Condition:
    items = tuple(a_test(random, random.choice(names), names) for _ in range(random.randint(1, 3)))
    return random.choice((All(items), Any_(items), Not(items[0])))


def a_rule(random: Random, number: int) -> Rule:
    """Return a rule, bound to a collection or not."""
    each = None
    names = list(ROOT_NAMES)
    over = None
    if random.random() < 0.6:
        over = random.choice(OVER)
        inside = NAMES[over]
        roles = frozenset(random.sample(ATTRIBUTES["placement.role"].domain, 3)) if over == "placements" else None
        each = ForEach(
            over=over,
            roles=roles if random.random() < 0.5 else None,
            where=_flat(random, inside) if random.random() < 0.3 else Constant(value=True),
            may_be_empty=random.random() < 0.3,
        )
        names += inside * 3
    start = DAY + timedelta(days=random.randint(-30, 5)) if random.random() < 0.2 else None
    return Rule(
        id=f"R-{number}",
        title={"en": "made at random"},
        law=(),
        severity="low",
        effect=random.choice((Effect.DENY, Effect.DENY, Effect.DENY, Effect.WARN, Effect.OBSERVE)),
        effective=Window(start=start),
        for_each=each,
        when=a_condition(random, names, 2, over) if random.random() < 0.6 else Constant(value=True),
        must=a_condition(random, names, 3, over),
    )


def a_policy(random: Random, rules: int = 4) -> Policy:
    """Return a policy of a few rules."""
    made = tuple(a_rule(random, number) for number in range(rules))
    return make_policy(made, seed=str(random.random()))


def make_policy(rules: tuple[Rule, ...], seed: str = "") -> Policy:
    """Return a policy that holds `rules`."""
    return Policy(
        id="random",
        version="2026.11.24",
        title={},
        owner="nobody",
        status=Status.HOUSE_RULE,
        legal_time="Europe/Berlin",
        effective=Window(),
        rules=rules,
        sha256=(seed + "0" * 64)[:64],
        source="random",
        source_bytes=b"",
    )


def some_values(random: Random, names: list[str], known: float) -> dict[str, Value]:
    """Return values for a share of `names`; the rest is unknown."""
    return {name: a_value(random, ATTRIBUTES[name]) for name in names if random.random() < known}


def a_view(random: Random) -> View:
    """Return a view with gaps; collections may be missing or empty."""
    known = random.choice((0.4, 0.7, 0.95))
    placements: Any = tuple(some_values(random, NAMES["placements"], known) for _ in range(random.randint(0, 3)))
    collections = {
        over: tuple(some_values(random, NAMES[over], known) for _ in range(random.randint(0, 2)))
        for over in OVER[1:]
        if random.random() < 0.8
    }
    return View(root=some_values(random, ROOT_NAMES, known), placements=placements, collections=collections)


def raw(value: Value) -> Any:
    """Return a value as JSON holds it."""
    if isinstance(value, frozenset):
        return sorted(value)
    return value.isoformat() if isinstance(value, date) else value


def some_raw_values(random: Random, names: list[str]) -> dict[str, Any]:
    """Return values for a share of `names`, a third of them hostile."""
    return {
        name: random.choice(HOSTILE) if random.random() < 0.3 else raw(a_value(random, ATTRIBUTES[name]))
        for name in names
        if random.random() < 0.8
    }


def a_hostile_view(random: Random, places: PlaceNames) -> View:
    """Return what becomes of a request that holds right and hostile values."""
    records = {
        over: [
            {name.partition(".")[2]: value for name, value in some_raw_values(random, NAMES[over]).items()}
            for _ in range(random.randint(0, 2))
        ]
        for over in OVER
    }
    typed = dict(typed_collections({**records, "unheard_of": [{"id": "x"}], "plans": None}, places))
    placements = typed.pop("placements")
    root = typed_values({**some_raw_values(random, ROOT_NAMES), "data.unheard_of": True}, places)
    return View(root=root, placements=placements, collections=typed)
