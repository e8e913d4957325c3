"""What a backend needs of a day: lists of places resolved, relative dates computed. No evaluation."""

from calendar import monthrange
from collections.abc import Iterable
from datetime import date

from sovereign.jurisdiction import Groups, Membership
from sovereign.policy.ir import AtMinus, Test
from sovereign.policy.view import Value

__all__ = ["boundary", "minus_months", "places_of"]


def places_of(test: Test, day: date, groups: Groups) -> Membership:
    """Return the places that the words of a test stand for on `day`."""
    return groups.expand(_texts(test.words), day)


def boundary(test: Test, day: date) -> date:
    """Return the date on the right side of a comparison, for a request about `day`."""
    if isinstance(test.day, AtMinus):
        return minus_months(day, test.day.months)
    assert test.day is not None
    return test.day


def minus_months(day: date, months: int) -> date:
    """Return the day `months` earlier; a day that does not exist there is the last one of its month."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _texts(words: Iterable[Value]) -> list[str]:
    return [word for word in words if isinstance(word, str)]
