"""How two claims about one field become one: the strictest of both, never wider than either.

Each function is commutative, associative and idempotent, and takes known values only; unknown absorbs (merge.py).

| field | rule |
|---|---|
| allowed_locations, allowed_jurisdictions | places inside both, on one day |
| purposes | words in both |
| categories, subjects, packs, obligations, planes_open, evidence | words in either |
| classification | public < internal < confidential < restricted |
| status | non_personal < synthetic < anonymised < pseudonymised < personal |
| retention | the shortest: what may be kept no longer than one input allows (Art. 5(1)(e) GDPR) |
| label_review_due | the earliest |
| encrypted_at_rest | true where all are |
| source | declared < inferred < attested, the weakest |
| controller, form | the common value; of two values none is known |
"""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from fractions import Fraction
from types import MappingProxyType
from typing import Any, Final

from sovereign.jurisdiction import Groups, Membership, UnknownPlaceError
from sovereign.tags.model import TagEvidence

__all__ = ["CLASSIFICATION", "JOINS", "SOURCE", "STATUS", "meet_places"]

Join = Callable[[Any, Any], Any]
"""From two known, different values to one; None is unknown."""

CLASSIFICATION: Final = ("public", "internal", "confidential", "restricted")
STATUS: Final = ("non_personal", "synthetic", "anonymised", "pseudonymised", "personal")
SOURCE: Final = ("attested", "inferred", "declared")

_PERIOD: Final = re.compile(
    r"P(?=\d)(?:(?P<y>\d{1,4})Y)?(?:(?P<m>\d{1,5})M)?(?:(?P<w>\d{1,5})W)?(?:(?P<d>\d{1,6})D)?", re.ASCII
)
_MONTH: Final = Fraction(146_097, 4_800)  # days: 400 Gregorian years have 146,097 days and 4,800 months


def meet_places(left: frozenset[str], right: frozenset[str], groups: Groups, day: date) -> frozenset[str] | None:
    """Return words for the places that lie inside both claims on `day`; None if a word is no place and no group.

    A word qualifies when all it surely stands for lies inside both claims, and all it may stand for may lie in both.
    The result is the fewest qualifying words: `eu` and `eea` give `eu`, `eu` and `DE, CH` give `DE`. So it is never
    wider than either claim, three-valued. It is narrower only where no word says the rest: `eu_vat_area` and `DE`
    share Germany without Büsingen and Heligoland, and no word stands for that.

    The result does not depend on the order in which several claims meet, because a word qualifies for the meeting of
    two claims exactly if it qualifies for both.
    """
    try:
        first, second = groups.expand(left, day), groups.expand(right, day)
    except UnknownPlaceError:
        return None
    surely, possibly = first.yes & second.yes, _possible(first) & _possible(second)
    words = {word: groups.expand((word,), day) for word in (*surely, *groups.known)}
    return _fewest(
        {
            word: meaning
            for word, meaning in words.items()
            if meaning.yes and meaning.yes <= surely and _possible(meaning) <= possibly
        }
    )


def _possible(membership: Membership) -> frozenset[str]:
    return membership.yes | membership.maybe


def _fewest(words: Mapping[str, Membership]) -> frozenset[str]:
    """Return the words that no other one covers; of two that stand for the same, the first by `_rank`."""
    larger = {word: meaning for word, meaning in words.items() if len(_possible(meaning)) > 1}

    def is_covered(word: str, meaning: Membership) -> bool:
        return any(
            other != word
            and meaning.yes <= cover.yes
            and _possible(meaning) <= _possible(cover)
            and (meaning != cover or _rank(other) < _rank(word))
            for other, cover in larger.items()
        )

    return frozenset(word for word, meaning in words.items() if not is_covered(word, meaning))


def _rank(word: str) -> tuple[bool, int, str]:
    return (word.islower(), len(word), word)  # a place before a group, and `eu` before what is defined by it


def _strictest(order: tuple[str, ...]) -> Join:
    def join(left: str, right: str) -> str | None:
        known = left in order and right in order
        return max(left, right, key=order.index) if known else None

    return join


def _intersect(left: frozenset[str], right: frozenset[str]) -> frozenset[str]:
    return left & right


def _unite(left: frozenset[str], right: frozenset[str]) -> frozenset[str]:
    return left | right


def _unite_evidence(left: tuple[TagEvidence, ...], right: tuple[TagEvidence, ...]) -> tuple[TagEvidence, ...]:
    return tuple(sorted({*left, *right}, key=lambda item: (item.id, item.digest or "", item.issued_on or "")))


def _shortest(left: str, right: str) -> str | None:
    lengths = (_days(left), _days(right))
    if lengths[0] is None or lengths[1] is None:
        return None
    return min((lengths[0], left), (lengths[1], right))[1]


def _days(period: str) -> Fraction | None:
    """Return the length of an ISO 8601 period of whole years to days; a month counts as its average."""
    match = _PERIOD.fullmatch(period)
    if match is None:
        return None
    years, months, weeks, days = (int(match[unit] or 0) for unit in "ymwd")
    return (12 * years + months) * _MONTH + 7 * weeks + days


def _earliest(left: str, right: str) -> str | None:
    return min(left, right) if _is_day(left) and _is_day(right) else None


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _both(left: bool, right: bool) -> bool:  # noqa: FBT001  a join takes two values of the field
    return left and right


def _common(_left: str, _right: str) -> None:
    """Of two different values none is known; equal ones never come here."""


def _table(rows: Iterable[tuple[str, Join]]) -> Mapping[str, Join]:
    return MappingProxyType({name: join for names, join in rows for name in names.split()})


JOINS: Final = _table(
    (
        ("purposes", _intersect),
        ("categories subjects packs obligations planes_open", _unite),
        ("classification", _strictest(CLASSIFICATION)),
        ("status", _strictest(STATUS)),
        ("source", _strictest(SOURCE)),
        ("retention", _shortest),
        ("label_review_due", _earliest),
        ("encrypted_at_rest", _both),
        ("evidence", _unite_evidence),
        ("controller form", _common),
    )
)
"""By field of `ResidencyTag`, all but `id`, `title`, `owner` and the two claims of place."""
