"""Intervals of days: half-open, with open ends.

`[start, end)` holds on `start` and no longer on `end`; None is an open end. The data write them as ISO dates.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

__all__ = ["Interval", "parse_day", "parse_interval"]


@dataclass(frozen=True, slots=True)
class Interval:
    """The days from `start` on, before `end`."""

    start: date | None = None
    end: date | None = None

    def __post_init__(self) -> None:
        if self.start is not None and self.end is not None and self.start >= self.end:
            raise ValueError(f"the interval [{self.start}, {self.end}) holds no day")

    def covers(self, day: date) -> bool:
        """Whether `day` lies in the interval."""
        return (self.start is None or self.start <= day) and (self.end is None or day < self.end)

    def boundaries(self) -> frozenset[date]:
        """The days on which the answer of `covers` changes."""
        return frozenset(day for day in (self.start, self.end) if day is not None)


def parse_day(text: str | None) -> date | None:
    """Return the day of an ISO date, None for None.

    Raises:
        ValueError: not of the form YYYY-MM-DD.
    """
    if text is None:
        return None
    day = date.fromisoformat(text)
    if day.isoformat() != text:  # fromisoformat also reads 20261123 and week dates
        raise ValueError(f"{text!r} is not of the form YYYY-MM-DD")
    return day


def parse_interval(row: Mapping[str, Any]) -> Interval:
    """Return the interval of a row's `valid_from` and `valid_to`; a missing or null bound is open."""
    return Interval(parse_day(row.get("valid_from")), parse_day(row.get("valid_to")))
