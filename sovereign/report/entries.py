"""An entry of a decision in words, for who reads a log: what was answered, by which rule, on what law.

Sentence and law come from the policies at hand, and only from the very ones that the entry names by digest.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from sovereign.decision.model import Finding
from sovereign.policy.ir import Policy
from sovereign.policy.outcome import Outcome
from sovereign.report.findings import read_lines, tell
from sovereign.report.terminal import clean

__all__ = ["decision_entry_text"]

_WORDS: Final = {
    "en": {
        "what": "{effect}: {action} of {resource}, for {subject}, at {at}",
        "under": "under",
        "law": "law",
        "read": "read",
        "fix": "way out",
        "placement": "placement",
        "absent": "the policy in this version is not at hand; --policy names its file",
    },
    "de": {
        "what": "{effect}: {action} von {resource}, für {subject}, am {at}",
        "under": "nach",
        "law": "Recht",
        "read": "gelesen",
        "fix": "Abhilfe",
        "placement": "Ort",
        "absent": "diese Fassung der Vorgabe liegt nicht vor; --policy nennt ihre Datei",
    },
}


def decision_entry_text(entry: Mapping[str, Any], policies: Mapping[str, Policy], lang: str) -> str:
    """Return an entry of type `decision` or `simulation` in words, LF at the end of each line.

    Args:
        entry: as read from a log, which nobody vouches for.
        policies: at hand, by id.
        lang: `en` or `de`.

    Raises:
        KeyError, TypeError, ValueError, AttributeError: it is not of the form of a decision.
    """
    return "".join(f"{clean(line)}\n" for line in _lines(entry, policies, lang))  # no text begins a line of its own


def _lines(entry: Mapping[str, Any], policies: Mapping[str, Policy], lang: str) -> Iterator[str]:
    words = _WORDS[lang]
    yield words["what"].format(
        effect=entry["effect"],
        action=entry["action"],
        resource=entry["resource"]["id"],
        subject=entry["subject"]["id"],
        at=entry["at"],
    )
    named = {ref["id"]: ref for ref in entry["policies"]}
    yield f"{words['under']} " + ", ".join(f"{ref['id']} {ref['version']}" for ref in named.values())
    same = {name: p for name, p in policies.items() if name in named and named[name]["sha256"] == p.sha256}
    for stated in entry["findings"]:
        finding = _finding(stated)
        if finding.outcome is not Outcome.NOT_APPLICABLE:
            yield ""
            yield from _finding_lines(finding, same, named, lang)


def _finding(stated: Mapping[str, Any]) -> Finding:
    read = {name: frozenset(v) if isinstance(v, list) else v for name, v in stated["read"].items()}
    return Finding(
        rule=stated["rule"], outcome=Outcome(stated["outcome"]), placement=stated.get("placement"), read=read
    )


def _finding_lines(
    finding: Finding, policies: Mapping[str, Policy], named: Mapping[str, Any], lang: str
) -> Iterator[str]:
    words = _WORDS[lang]
    told = tell(finding, policies, lang)
    where = f" ({words['placement']} {finding.placement})" if finding.placement is not None else ""
    title = told.title if told.title != finding.rule else ""
    yield f"{finding.outcome.value} {finding.rule}{where}" + (f": {title}" if title else "")
    policy = finding.rule.partition("/")[0]
    if policy in named and policy not in policies:
        yield f"  {words['absent']}"
    yield from (f"  {words['law']}: {law}" for law in told.law)
    yield from (f"  {words['read']}: {line}" for line in read_lines(finding, lang))
    if told.fix:
        yield f"  {words['fix']}: {told.fix}"
