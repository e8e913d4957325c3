"""Rules: one mapping of the file becomes one typed rule; its inline tests are read beside it."""

import re
from dataclasses import dataclass, replace
from typing import Final

from sovereign._internal.strict_yaml import YamlList, YamlNode, YamlScalar
from sovereign.policy.attributes import ATTRIBUTES, COLLECTIONS
from sovereign.policy.conditions import read_condition
from sovereign.policy.ir import Condition, Constant, Effect, ForEach, Law, Rule, Status, falls_with_more
from sovereign.policy.reading import Problems
from sovereign.policy.scope import Place

__all__ = ["RULE_KEYS", "SEVERITIES", "VERIFICATIONS", "ReadRule", "read_law", "read_rule"]

RULE_KEYS: Final = (
    "id",
    "title",
    "law",
    "severity",
    "effect",
    "reason",
    "effective",
    "for_each",
    "when",
    "must",
    "waivable",
    "obligations",
    "fix",
    "tests",
)
_REQUIRED: Final = ("id", "title", "law", "severity", "must")
_RULE_ID: Final = re.compile(r"[A-Z][A-Z0-9-]*", re.ASCII)
_REASON: Final = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)*", re.ASCII)
_OBLIGATION: Final = re.compile(r"[a-z][a-z0-9_-]*", re.ASCII)
SEVERITIES: Final = ("critical", "high", "medium", "low", "info")
VERIFICATIONS: Final = ("verified", "secondary", "unverified")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadRule:
    """A rule, its id's place, and its tests as they stand in the file."""

    rule: Rule
    name: YamlNode
    tests: tuple[YamlNode, ...]


def read_rule(node: YamlNode, status: Status | None, place: Place) -> ReadRule:
    """Return the rule in `node`."""
    problems = place.problems
    mapping = problems.mapping(node, "a rule", RULE_KEYS, _REQUIRED)
    each = _for_each(mapping.get("for_each"), place)
    bound = place if each is None else replace(place, bound=(COLLECTIONS[each.over],))
    rule = Rule(
        id=problems.pattern(mapping.get("id"), "rule id", _RULE_ID, "capital letters, digits and hyphens, e.g. DE-01"),
        title=problems.texts(mapping.get("title"), "title"),
        law=read_law(mapping.get("law"), problems),
        severity=problems.word(mapping.get("severity"), "severity", SEVERITIES),
        effect=Effect(problems.word(mapping.get("effect"), "effect", [e.value for e in Effect]) or "deny"),
        reason=_reason(mapping.get("reason"), problems),
        effective=problems.window(mapping.get("effective"), "effective"),
        for_each=each,
        when=_when(mapping.get("when"), bound),
        must=read_condition(mapping.get("must"), bound),
        waivable=_waivable(mapping.get("waivable"), status, problems),
        obligations=_obligations(mapping.get("obligations"), problems),
        fix=problems.texts(mapping.get("fix"), "fix"),
        line=mapping.span.line or 1,
    )
    tests = mapping.get("tests")
    return ReadRule(
        rule=rule, name=mapping.get("id") or mapping, tests=problems.items(tests, "tests") if tests is not None else ()
    )


def read_law(node: YamlNode | None, problems: Problems) -> tuple[Law, ...]:
    """Return the citations; at least one."""
    if node is None:
        return ()
    items = problems.items(node, "law")
    if isinstance(node, YamlList) and not items:
        problems.add("SOV-C102", "law names no text", node.span, "name the act, or `{act: house rule}`")
    return tuple(_citation(item, problems) for item in items)


def _citation(node: YamlNode, problems: Problems) -> Law:
    known = ("act", "ref", "text_date", "verification", "note")
    mapping = problems.mapping(node, "a citation", known, ("act",))
    return Law(
        act=problems.line(mapping.get("act"), "act"),
        ref=problems.texts(mapping.get("ref"), "ref"),
        note=problems.texts(mapping.get("note"), "note"),
        text_date=problems.day(mapping.get("text_date"), "text_date"),
        verification=problems.word(mapping.get("verification"), "verification", VERIFICATIONS) or None,
    )


def _for_each(node: YamlNode | None, place: Place) -> ForEach | None:
    if node is None:
        return None
    problems = place.problems
    mapping = problems.mapping(node, "for_each", ("over", "roles", "where", "may_be_empty"), ("over",))
    over = problems.word(mapping.get("over"), "over", COLLECTIONS)
    if not over:
        return None
    roles = mapping.get("roles")
    if roles is not None and over != "placements":
        problems.add("SOV-C107", "`roles` are roles of placements", roles.span, "use `where` for other collections")
    words = problems.words(roles, "roles", ATTRIBUTES["placement.role"].domain)
    if roles is not None and not words:
        problems.add("SOV-C107", "an empty list of roles is about nothing", roles.span, "leave it out for every role")
    return ForEach(
        over=over,
        roles=frozenset(words) if roles is not None else None,
        where=_when(mapping.get("where"), replace(place, bound=(COLLECTIONS[over],))),
        may_be_empty=problems.truth(mapping.get("may_be_empty"), "may_be_empty", default=False),
    )


def _when(node: YamlNode | None, place: Place) -> Condition:
    """Return what the rule applies to; one more placement must never switch a rule off (a law of the language)."""
    if isinstance(node, YamlScalar) and node.text == "true":
        return Constant(value=True)
    condition = read_condition(node, place)
    if node is not None and falls_with_more(condition, "placements"):
        hint = "ask for placements one by one with for_each, or move the condition into `must`"
        place.problems.add("SOV-C116", "one more placement could switch this rule off", node.span, hint)
    return condition


def _reason(node: YamlNode | None, problems: Problems) -> str | None:
    if node is None:
        return None
    return problems.pattern(node, "reason", _REASON, "small letters and dots, e.g. location.outside") or None


def _waivable(node: YamlNode | None, status: Status | None, problems: Problems) -> bool:
    waivable = problems.truth(node, "waivable", default=False)
    if waivable and node is not None and status is not None and not status.waivable:
        problems.add(
            "SOV-C108",
            f"a rule of status {status.value} cannot be waived: nobody signs away a statute",
            node.span,
            "set `waivable: false`; a statutory exception is an evidence record that `must` reads",
        )
    return waivable


def _obligations(node: YamlNode | None, problems: Problems) -> tuple[str, ...]:
    if node is None:
        return ()
    form = "small letters, digits and hyphens"
    items = problems.items(node, "obligations")
    return tuple(problems.pattern(item, "obligation", _OBLIGATION, form) for item in items)
