"""How long an answer may be used.

Every date that a rule, a group or a catalogue row knows meets an instant as a day in a legal time. So within one legal
day nothing changes by itself, and an answer is good until the next midnight of a legal time it read, at most one hour.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

__all__ = ["LONGEST", "Span", "legal_day", "valid_until"]

LONGEST: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Instants `[start, end)` that fall on one day in every legal time asked for; aware, in UTC."""

    start: datetime
    end: datetime

    def covers(self, at: datetime) -> bool:
        """Whether `at` lies in the span."""
        return self.start <= at < self.end


def legal_day(at: datetime, legal_times: Iterable[str]) -> Span:
    """Return the longest span around `at` in which no legal time changes its day."""
    zones = [ZoneInfo(name) for name in set(legal_times)]
    return Span(
        start=max(_midnight(at, zone, days=0) for zone in zones),
        end=min(_midnight(at, zone, days=1) for zone in zones),
    )


def valid_until(at: datetime, span: Span) -> datetime:
    """Return the instant from which the answer given at `at` may change."""
    return min(at + LONGEST, span.end)


def _midnight(at: datetime, zone: ZoneInfo, *, days: int) -> datetime:
    day = at.astimezone(zone).date() + timedelta(days=days)
    return datetime.combine(day, time(), tzinfo=zone).astimezone(UTC)
