"""A finding in words: sentence, law and severity come from the policy when they are read, never from the record."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from sovereign.decision.builtin import BUILTIN_RULES
from sovereign.decision.model import Finding
from sovereign.policy.ir import Policy
from sovereign.policy.view import Value

__all__ = ["Told", "passes_text", "read_lines", "rule_lines", "shown_value", "tell", "undecided_title"]

_LONGEST_SET: Final = 12
_CLAIM: Final = {
    "en": "claim of the data owner, in the tag",
    "de": "Vorgabe des Verantwortlichen für die Daten, im Etikett",
}
_UNKNOWN: Final = {"en": "built in: unknown is not permitted", "de": "fest eingebaut: Unbekanntes ist nicht zugelassen"}
_MISSING: Final = {"en": "not decided, a fact is missing", "de": "nicht entschieden, eine Angabe fehlt"}
_AGAIN: Final = {"en": "decided again: permit", "de": "erneut entschieden: zugelassen"}
_GROUND: Final = {
    lang: {rule: _UNKNOWN[lang] if rule == "SOV-000" else _CLAIM[lang] for rule in BUILTIN_RULES}
    for lang in ("en", "de")
}
"""On what a built-in rule rests: no statute, but the owner's own word, or the need to know."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a finding says to a person.

    Attributes:
        title: what was demanded.
        severity: critical, high, medium, low or info.
        law: citations in one line each.
        fix: the author's way out; may be empty.
    """

    title: str
    severity: str
    law: tuple[str, ...]
    fix: str


def tell(finding: Finding, policies: Mapping[str, Policy], lang: str) -> Told:
    """Return the finding in words.

    Args:
        finding: of a native rule, a built-in one, or a remote engine.
        policies: by id; those the decision was made under.
        lang: `en` or `de`.
    """
    if finding.rule in BUILTIN_RULES:
        return Told(
            title=BUILTIN_RULES[finding.rule][lang], severity="critical", law=(_GROUND[lang][finding.rule],), fix=""
        )
    name, _, identifier = finding.rule.partition("/")
    policy = policies.get(name)
    rule = policy.rule(identifier) if policy is not None else None
    if rule is None:
        return Told(title=finding.message or finding.rule, severity="high", law=(), fix="")
    return Told(
        title=rule.title_in(lang),
        severity=rule.severity,
        law=tuple(law.text(lang) for law in rule.law),
        fix=rule.fix_in(lang),
    )


def undecided_title(title: str, lang: str) -> str:
    """Return what is demanded as the title of an answer that waits for a fact."""
    return f"{_MISSING[lang]}: {title}"


def passes_text(change: str, lang: str) -> str:
    """Return a change together with the statement that the changed question was decided again."""
    return f"{change} ({_AGAIN[lang]})"


def read_lines(finding: Finding, lang: str) -> tuple[str, ...]:
    """Return `attribute = value` for everything the rule read; an unknown value says so."""
    unknown = "unbekannt" if lang == "de" else "unknown"
    return tuple(
        f"{name} = {shown_value(value) if value is not None else unknown}" for name, value in finding.read.items()
    )


def rule_lines(findings: Iterable[Finding], policies: Mapping[str, Policy], lang: str) -> tuple[str, ...]:
    """Return one line for each rule: its name, its sentence, its law."""
    lines: dict[str, None] = {}
    for finding in findings:
        told = tell(finding, policies, lang)
        lines["; ".join((f"{finding.rule}: {told.title}", *told.law))] = None
    return tuple(lines)


def shown_value(value: Value) -> str:
    """Return a value for people; a long set is counted."""
    if isinstance(value, frozenset):
        words = sorted(value)
        more = f", … ({len(words)})" if len(words) > _LONGEST_SET else ""
        return "{" + ", ".join(words[:_LONGEST_SET]) + more + "}"
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
