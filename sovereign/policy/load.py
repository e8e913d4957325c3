"""A policy file becomes a policy, or the list of everything that is wrong with it.

Order: size and UTF-8, the event stream (anchors, tags, duplicates), the tree, names and types, the typed form, inline
tests by both engines. Any mistake means: not loaded.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sovereign._internal.canonical import sha256_hex
from sovereign._internal.strict_yaml import MAX_BYTES, YamlNode, parse_yaml
from sovereign.errors import InputError, PolicyError, PolicyFormatError, Span, quoted
from sovereign.jurisdiction import Groups
from sovereign.policy.comparisons import read_places
from sovereign.policy.inline_tests import InlineTest, failure_message, read_tests, run_tests
from sovereign.policy.ir import Policy, Status
from sovereign.policy.reading import Problems
from sovereign.policy.rules import ReadRule, read_rule
from sovereign.policy.scope import Place
from sovereign.policy.values import parse_day
from sovereign.policy.view import Value

__all__ = ["POLICY_KEYS", "LoadedPolicy", "load_policy", "parse_policy", "read_policy"]

POLICY_KEYS: Final = (
    "sovereign",
    "policy",
    "version",
    "title",
    "owner",
    "consulted",
    "status",
    "legal_time",
    "effective",
    "lists",
    "rules",
)
_REQUIRED: Final = ("sovereign", "policy", "version", "status", "owner", "rules")
_POLICY_ID: Final = re.compile(r"[a-z][a-z0-9]*([.-][a-z0-9]+)*", re.ASCII)
_VERSION: Final = re.compile(r"\d{4}\.\d{2}\.\d{2}(\+r[1-9]\d*)?", re.ASCII)
_LIST: Final = re.compile(r"[A-Z][A-Z0-9_]{2,}", re.ASCII)
_PLAIN: Final = "write plain YAML: look for brackets, quotes and indentation around this place"
_OFFICERS: Final = frozenset(
    {
        "dpo",
        "dsb",
        "dataprotectionofficer",
        "datenschutzbeauftragte",
        "datenschutzbeauftragter",
        "betrieblicherdatenschutzbeauftragter",
        "betrieblichedatenschutzbeauftragte",
        "behördlicherdatenschutzbeauftragter",
        "behördlichedatenschutzbeauftragte",
    }
)

LoadedPolicy = tuple[Policy, tuple[InlineTest, ...]]


def load_policy(path: Path, groups: Groups) -> Policy:
    """Return the policy in a file.

    Raises:
        PolicyError: the file cannot be read (SOV-C002).
        PolicyFormatError: the first mistake; `others` holds the rest.
    """
    if path.exists() and not path.is_file():  # a pipe would wait for its writer, a device never ends
        raise PolicyError(f"the policy {quoted(str(path))} is no file", span=Span(path=str(path)))
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        reason = (error.strerror or "unreadable").lower()
        raise PolicyError(f"cannot read the policy {quoted(str(path))}: {reason}", span=Span(path=str(path))) from None
    return parse_policy(data, source=str(path), groups=groups)


def parse_policy(data: bytes, *, source: str, groups: Groups) -> Policy:
    """Return the policy, its inline tests passed.

    Raises:
        PolicyFormatError: the first mistake; `others` holds the rest.
    """
    policy, tests = read_policy(data, source=source, groups=groups)
    problems = Problems()
    for result in run_tests(policy, tests, groups):
        if not result.passed:
            problems.add("SOV-C109", failure_message(result), result.test.span, "mend the rule or the test")
    _raise_if_any(problems)
    return policy


def read_policy(data: bytes, *, source: str, groups: Groups) -> LoadedPolicy:
    """Return the policy and its inline tests, which are not run.

    Raises:
        PolicyFormatError: the first mistake; `others` holds the rest.
    """
    try:
        root = parse_yaml(data, source=source)
    except InputError as error:
        raise PolicyFormatError(error.message, code="SOV-C100", hint=error.hint or _PLAIN, span=error.span) from None
    problems = Problems()
    loaded = _policy(root, data, source, groups, problems)
    _raise_if_any(problems)
    return loaded


def _raise_if_any(problems: Problems) -> None:
    if problems.found:
        first, *others = sorted(
            problems.found, key=lambda error: (error.span.line or 0, error.span.column or 0) if error.span else (0, 0)
        )
        first.others = tuple(others)
        raise first


def _policy(root: YamlNode, data: bytes, source: str, groups: Groups, problems: Problems) -> LoadedPolicy:
    mapping = problems.mapping(root, "a policy", POLICY_KEYS, _REQUIRED)
    problems.word(mapping.get("sovereign"), "sovereign", ("1",))
    status = problems.word(mapping.get("status"), "status", [status.value for status in Status])
    place = Place(
        problems=problems,
        places=groups,
        is_group=groups.is_group,
        groups=frozenset(groups.known),
        lists=_lists(mapping.get("lists"), groups, problems),
    )
    rules = mapping.get("rules")
    read = (
        [read_rule(item, Status(status) if status else None, place) for item in problems.items(rules, "rules")]
        if rules
        else []
    )
    _check_rules(rules, read, problems)
    policy = Policy(
        id=problems.pattern(mapping.get("policy"), "policy id", _POLICY_ID, "small letters, digits, hyphens and dots"),
        version=_version(mapping.get("version"), problems),
        title=problems.texts(mapping.get("title"), "title"),
        owner=_owner(mapping.get("owner"), problems),
        status=Status(status) if status else Status.HOUSE_RULE,
        legal_time=_legal_time(mapping.get("legal_time") or root, mapping.get("legal_time"), problems),
        effective=problems.window(mapping.get("effective"), "effective"),
        rules=tuple(item.rule for item in read),
        sha256=sha256_hex(data),
        source=source,
        source_bytes=data,
    )
    _consulted(mapping.get("consulted"), problems)
    return policy, tuple(test for item in read for test in read_tests(item.rule, item.tests, place))


def _lists(node: YamlNode | None, groups: Groups, problems: Problems) -> Mapping[str, frozenset[Value]]:
    if node is None:
        return {}
    lists: dict[str, frozenset[Value]] = {}
    for key, value in problems.mapping(node, "lists", _AnyKey()).items:
        if not _LIST.fullmatch(key.text):
            problems.add(
                "SOV-C107", f"{quoted(key.text)} is no name of a list", key.span, "capital letters, e.g. KEY_COUNTRIES"
            )
        mapping = problems.mapping(value, "a list", ("countries",), ("countries",))
        if (countries := mapping.get("countries")) is not None:
            place = Place(problems=problems, places=groups, is_group=groups.is_group, groups=frozenset(groups.known))
            lists[key.text] = read_places(countries, place)
    return lists


class _AnyKey(frozenset[str]):
    """Known keys where the keys are names that the author gives."""

    def __contains__(self, _: object) -> bool:
        return True


def _owner(node: YamlNode | None, problems: Problems) -> str:
    owner = problems.word(node, "owner")
    if node is not None and "".join(filter(str.isalpha, owner.casefold())) in _OFFICERS:
        hint = "the controller decides; name the officer under `consulted` (Art. 38(6), 39 GDPR)"
        problems.add("SOV-C110", "the data protection officer owns no policy", node.span, hint)
    return owner


def _consulted(node: YamlNode | None, problems: Problems) -> None:
    for item in problems.items(node, "consulted") if node is not None else ():
        mapping = problems.mapping(item, "a consultation", ("role", "opinion", "date"), ("role",))
        for key in ("role", "opinion"):
            problems.word(mapping.get(key), key)
        problems.day(mapping.get("date"), "date")


def _version(node: YamlNode | None, problems: Problems) -> str:
    version = problems.pattern(node, "version", _VERSION, "YYYY.MM.DD, with +r<n> for a revision")
    if node is not None and _VERSION.fullmatch(version) and parse_day(version[:10].replace(".", "-")) is None:
        problems.add("SOV-C107", f"{quoted(version)} is no day", node.span, "a clock before that day is refused")
    return version


def _legal_time(place: YamlNode, node: YamlNode | None, problems: Problems) -> str:
    name = problems.word(node, "legal_time") or "Europe/Berlin"
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        hint = "an IANA name, e.g. Europe/Berlin; a system without time zones needs the package `tzdata`"
        problems.add("SOV-C107", f"{quoted(name)} is no time zone", place.span, hint)
        return "Europe/Berlin"
    return name


def _check_rules(node: YamlNode | None, rules: list[ReadRule], problems: Problems) -> None:
    if node is not None and not rules:
        problems.add("SOV-C102", "a policy without a rule permits nothing and denies nothing", node.span, "add a rule")
    seen: set[str] = set()
    for item in rules:
        if item.rule.id in seen:
            problems.add(
                "SOV-C112", f"rule {quoted(item.rule.id)} stands twice", item.name.span, "give each rule its own id"
            )
        seen.add(item.rule.id)
