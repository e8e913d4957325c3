"""The tests that stand beside a rule: each judges that rule alone, by both engines, without the built-in rules.

`given` maps attributes to values, `placements` and other collections to lists of elements with short names, and `at` to
a day; without `at`, the first day on which policy and rule are both in force.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from types import MappingProxyType
from typing import Final

from sovereign._internal.strict_yaml import YamlMap, YamlNode, YamlScalar
from sovereign.errors import Span, quoted
from sovereign.jurisdiction import Groups
from sovereign.policy.attributes import ATTRIBUTES, COLLECTIONS, root_of
from sovereign.policy.backends.closures import closures
from sovereign.policy.backends.protocol import Answer, Backend, Evaluator
from sovereign.policy.backends.source import source
from sovereign.policy.comparisons import read_value
from sovereign.policy.ir import Policy, Rule
from sovereign.policy.outcome import Outcome, worst
from sovereign.policy.scope import ELEMENT_ROOTS, Place
from sovereign.policy.view import Element, Value, View

__all__ = ["InlineTest", "TestResult", "read_tests", "run_tests"]

_EXPECTED: Final = tuple(outcome.value for outcome in Outcome if outcome is not Outcome.WAIVED)
_ENGINES: Final[Mapping[str, Backend]] = MappingProxyType({"source": source, "closures": closures})
_SOMEDAY: Final = date(2026, 1, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class InlineTest:
    """One test of one rule.

    Attributes:
        rule: the rule's id.
        name: as written.
        at: the day; None takes the first on which the rule is in force.
        view: what is given.
        expect: the answer of the rule.
        span: where it stands.
    """

    rule: str
    name: str
    at: date | None
    view: View
    expect: Outcome
    span: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class TestResult:
    """What a test got, by engine."""

    test: InlineTest
    got: Mapping[str, Outcome]

    @property
    def passed(self) -> bool:
        """Whether every engine gave the expected answer."""
        return all(outcome is self.test.expect for outcome in self.got.values())


def run_tests(policy: Policy, tests: Iterable[InlineTest], groups: Groups) -> Iterator[TestResult]:
    """Yield the result of each test."""
    made: dict[tuple[str, str, date], Evaluator] = {}
    for test in tests:
        rule = policy.rule(test.rule)
        if rule is None:
            continue
        day = test.at or _first_day(policy, rule)
        got = {}
        for name, engine in _ENGINES.items():
            key = (name, rule.id, day)
            if key not in made:
                made[key] = engine(replace(policy, rules=(rule,)), day, groups)
            got[name] = _answer(made[key](test.view), in_force=policy.in_force(rule, day))
        yield TestResult(test=test, got=MappingProxyType(got))


def _answer(answers: list[Answer], *, in_force: bool) -> Outcome:
    if not in_force:
        return Outcome.NOT_APPLICABLE
    return worst([outcome for _, outcome, _ in answers]) if answers else Outcome.PERMIT


def _first_day(policy: Policy, rule: Rule) -> date:
    starts = [window.start for window in (policy.effective, rule.effective) if window.start is not None]
    return max(starts, default=_SOMEDAY)


def read_tests(rule: Rule, nodes: Iterable[YamlNode], place: Place) -> tuple[InlineTest, ...]:
    """Return the tests of a rule."""
    return tuple(_read(rule, node, place) for node in nodes)


def _read(rule: Rule, node: YamlNode, place: Place) -> InlineTest:
    problems = place.problems
    mapping = problems.mapping(node, "a test", ("name", "given", "expect"), ("name", "given", "expect"))
    given = mapping.get("given")
    at, view = _given(given, place) if given is not None else (None, View(root={}))
    expect = problems.word(mapping.get("expect"), "expect", _EXPECTED)
    return InlineTest(
        rule=rule.id,
        name=problems.word(mapping.get("name"), "name"),
        at=at,
        view=view,
        expect=Outcome(expect) if expect else Outcome.DENY,
        span=mapping.span,
    )


def _given(node: YamlNode, place: Place) -> tuple[date | None, View]:
    if not isinstance(node, YamlMap):
        place.problems.add("SOV-C107", "given is a mapping of attributes to values", node.span, "write {}")
        return None, View(root={})
    at: date | None = None
    root: dict[str, Value] = {}
    collections: dict[str, tuple[Element, ...]] = {}
    for key, value in node.items:
        if key.text == "at":
            at = place.problems.day(value, "at")
        elif root_of(key.text) in ELEMENT_ROOTS and key.text in ATTRIBUTES:
            hint = f"give it in a list, under {next(c for c, r in COLLECTIONS.items() if r == root_of(key.text))}"
            place.problems.add("SOV-C111", f"{quoted(key.text)} belongs to an element", key.span, hint)
        elif key.text in COLLECTIONS:
            collections[key.text] = _elements(COLLECTIONS[key.text], value, place)
        else:
            _put(root, key, key.text, value, place)
    if root.get("data.status") == "non_personal" and "personal" in _categories(root):
        hint = "a tag that says both does not load (Art. 4(1) GDPR)"
        place.problems.add("SOV-C117", "non_personal data have a category within personal", node.span, hint)
    placements = collections.pop("placements", ())
    return at, View(root=root, placements=placements, collections=MappingProxyType(collections))


def _categories(root: Mapping[str, Value]) -> frozenset[str]:
    categories = root.get("data.categories")
    return categories if isinstance(categories, frozenset) else frozenset()


def _elements(root: str, node: YamlNode, place: Place) -> tuple[Element, ...]:
    elements = []
    for item in place.problems.items(node, f"a list of {root}s"):
        known = [name.partition(".")[2] for name in ATTRIBUTES if name.startswith(f"{root}.")]
        mapping = place.problems.mapping(item, f"a {root}", known)
        element: dict[str, Value] = {}
        for key, value in mapping.items:
            if key.text in known:
                _put(element, key, f"{root}.{key.text}", value, place)
        elements.append(element)
    return tuple(elements)


def _put(values: dict[str, Value], key: YamlScalar, name: str, node: YamlNode, place: Place) -> None:
    """Store a known value; a plain null says that the value is unknown."""
    attribute = ATTRIBUTES.get(name)
    if attribute is None:
        place.problems.unknown("SOV-C103", "attribute", key, (*ATTRIBUTES, *COLLECTIONS, "at"))
        return
    if isinstance(node, YamlScalar) and node.is_null:
        return
    value = read_value(attribute, node, place)
    if value is not None:
        values[name] = value


def failure_message(result: TestResult) -> str:
    """Return what a failed test tells."""
    got = ", ".join(f"{engine}: {outcome.value}" for engine, outcome in result.got.items())
    unanimous = len(set(result.got.values())) == 1
    shown = next(iter(result.got.values())).value if unanimous else got
    return f"test {quoted(result.test.name)} of {result.test.rule}: expected {result.test.expect.value}, got {shown}"
