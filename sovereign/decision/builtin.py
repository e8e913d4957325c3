"""The built-in rules SOV-000 to SOV-004: never off, never waivable, always evaluated natively (language.md, 2.7).

SOV-000  Classification, categories, status and each role are known; so are the countries. What is given of provider,
         region, countries, operator and jurisdictions agrees with the catalogue, else deny. At least one placement.
         Obligations that the tag claims are known: nobody can meet an unknown duty.
SOV-001  Each placement lies in the tag's `allowed_locations`.
SOV-002  Each party's country lies in `allowed_jurisdictions`.
SOV-003  The job's purpose is one of `purposes`.
SOV-004  Every policy in `packs` is loaded, trusted and in force.

An absent claim of a present tag is not_applicable. A null claim, an unknown word in it, or no tag at all is unknown.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from sovereign.decision.locate import Located
from sovereign.decision.model import Finding
from sovereign.jurisdiction import Groups, Membership
from sovereign.policy.outcome import Outcome
from sovereign.policy.view import Value, View
from sovereign.tags.model import ResidencyTag

__all__ = ["BUILTIN_RULES", "Matter", "builtin_findings", "pack_findings"]

BUILTIN_RULES: Final[Mapping[str, Mapping[str, str]]] = {
    "SOV-000": {
        "en": "the facts needed to decide are known and agree with the catalogue",
        "de": "die zur Entscheidung nötigen Angaben liegen vor und stimmen mit dem Katalog überein",
    },
    "SOV-001": {
        "en": "each placement lies in the tag's allowed locations",
        "de": "jeder Speicher- und Verarbeitungsort liegt in den erlaubten Orten des Etiketts",
    },
    "SOV-002": {
        "en": "each party's country lies in the tag's allowed jurisdictions",
        "de": "das Land jedes Beteiligten liegt in den erlaubten Rechtsordnungen des Etiketts",
    },
    "SOV-003": {
        "en": "the job's purpose is one of the tag's purposes",
        "de": "der Zweck der Verarbeitung gehört zu den festgelegten Zwecken",
    },
    "SOV-004": {
        "en": "every policy that the tag binds the data to is loaded, trusted and in force",
        "de": "jedes Regelwerk, an das das Etikett die Daten bindet, ist geladen, vertrauenswürdig und in Kraft",
    },
}

_TAG_FACTS: Final = ("data.classification", "data.categories", "data.status")


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """What the built-in rules look at.

    Attributes:
        tag: the combined tag; None is no tag.
        view: typed values of the request.
        located: placements after the catalogue was asked, in the request's order.
        day: the legal day that is asked about.
    """

    tag: ResidencyTag | None
    view: View
    located: tuple[Located, ...]
    day: date


def builtin_findings(matter: Matter, groups: Groups) -> tuple[Finding, ...]:
    """Return the answers of SOV-000 to SOV-003 that are not plain permits; nothing here depends on policies."""
    return (
        *_facts_known(matter),
        *_locations(matter, groups),
        *_jurisdictions(matter, groups),
        *_purpose(matter),
    )


def pack_findings(tag: ResidencyTag | None, missing: frozenset[str]) -> tuple[Finding, ...]:
    """Return the answer of SOV-004 unless it is a plain permit.

    Args:
        tag: the combined tag; None is no tag.
        missing: ids in its `packs` that are not loaded, not trusted or not in force.
    """
    if tag is None or (tag.claims("packs") and tag.packs is None):
        return _PACKS_UNKNOWN
    if not tag.claims("packs"):
        return _NO_PACKS
    return (Finding(rule="SOV-004", outcome=Outcome.DENY, read={"data.packs": missing}),) if missing else ()


_PACKS_UNKNOWN: Final = (Finding(rule="SOV-004", outcome=Outcome.UNDECIDED, read={"data.packs": None}),)
_NO_PACKS: Final = (Finding(rule="SOV-004", outcome=Outcome.NOT_APPLICABLE),)


def _facts_known(matter: Matter) -> Iterator[Finding]:
    root = matter.view.root
    missing = {name: None for name in _TAG_FACTS if name not in root}
    if matter.tag is not None and matter.tag.claims("obligations") and matter.tag.obligations is None:
        missing["data.obligations"] = None
    if missing or not matter.located:
        yield Finding(rule="SOV-000", outcome=Outcome.UNDECIDED, read=missing)
    for index, located in enumerate(matter.located):
        element = matter.view.placements[index]
        if located.contradictions:
            yield Finding(rule="SOV-000", outcome=Outcome.DENY, placement=index, read=_read(located, element))
        elif located.countries is None or "placement.role" not in element:
            yield Finding(rule="SOV-000", outcome=Outcome.UNDECIDED, placement=index, read=_read(located, element))


def _read(located: Located, element: Mapping[str, Value]) -> dict[str, Value | None]:
    names = ("placement.role", "placement.provider", "placement.region", "placement.countries", *located.contradictions)
    return {name: element.get(name) for name in names}


def _locations(matter: Matter, groups: Groups) -> Iterator[Finding]:
    claim = _claim(matter, "allowed_locations")
    if claim is _ABSENT:
        yield Finding(rule="SOV-001", outcome=Outcome.NOT_APPLICABLE)
        return
    allowed = _expand(claim, groups, matter.day)
    for index, located in enumerate(matter.located):
        outcome = _within(located.countries, allowed)
        if outcome is not Outcome.PERMIT:
            read = {"placement.countries": located.countries, "data.allowed_locations": _words(claim)}
            yield Finding(rule="SOV-001", outcome=outcome, placement=index, read=read)


def _jurisdictions(matter: Matter, groups: Groups) -> Iterator[Finding]:
    claim = _claim(matter, "allowed_jurisdictions")
    if claim is _ABSENT:
        yield Finding(rule="SOV-002", outcome=Outcome.NOT_APPLICABLE)
        return
    allowed = _expand(claim, groups, matter.day)
    for index, located in enumerate(matter.located):
        outcome = _parties_within(located, allowed, groups)
        if outcome is not Outcome.PERMIT:
            read = {
                "placement.jurisdictions": located.jurisdictions,
                "placement.operator": ", ".join(sorted(located.operators)) if located.operators else None,
                "data.allowed_jurisdictions": _words(claim),
            }
            yield Finding(rule="SOV-002", outcome=outcome, placement=index, read=read)


def _parties_within(located: Located, allowed: Membership | None, groups: Groups) -> Outcome:
    """Deny if any known country is outside; undecided if the operator, a party or a country is unknown."""
    known = located.jurisdictions or frozenset()
    complete = located.jurisdictions is not None and located.operators is not None
    for party in located.placement.parties or ():
        codes = frozenset(groups.canonical(code) for code in party.countries or ())
        complete = complete and bool(codes) and codes <= groups.places
        known |= codes & groups.places
    outcome = _within(known or None, allowed)
    return outcome if complete or outcome is Outcome.DENY else Outcome.UNDECIDED


def _purpose(matter: Matter) -> Iterator[Finding]:
    claim = _claim(matter, "purposes")
    if claim is _ABSENT:
        yield Finding(rule="SOV-003", outcome=Outcome.NOT_APPLICABLE)
        return
    purpose = matter.view.root.get("job.purpose")
    words = _words(claim)
    if words is None or purpose is None:
        outcome = Outcome.UNDECIDED
    elif purpose in words:
        return
    else:
        outcome = Outcome.DENY
    yield Finding(rule="SOV-003", outcome=outcome, read={"job.purpose": purpose, "data.purposes": words})


class _Absent:
    """No claim is made."""


_ABSENT: Final = _Absent()


def _claim(matter: Matter, field: str) -> frozenset[str] | _Absent | None:
    """Return the words of a claim, None where it is unknown, `_ABSENT` where a present tag makes none."""
    if matter.tag is None:
        return None
    if not matter.tag.claims(field):
        return _ABSENT
    words: frozenset[str] | None = getattr(matter.tag, field)
    return words


def _words(claim: frozenset[str] | _Absent | None) -> frozenset[str] | None:
    return claim if isinstance(claim, frozenset) else None


def _expand(claim: frozenset[str] | _Absent | None, groups: Groups, day: date) -> Membership | None:
    """Return the places of a claim on `day`; None if it is unknown or holds a word that is no place and no group."""
    words = _words(claim)
    if words is None or not all(groups.is_group(word) or groups.canonical(word) in groups.places for word in words):
        return None
    return groups.expand(words, day)


def _within(countries: frozenset[str] | None, allowed: Membership | None) -> Outcome:
    if countries is None or allowed is None:
        return Outcome.UNDECIDED
    if countries <= allowed.yes:
        return Outcome.PERMIT
    return Outcome.UNDECIDED if countries <= allowed.yes | allowed.maybe else Outcome.DENY
