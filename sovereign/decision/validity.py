"""How long an answer may be used.

Every date that a rule, a group or a catalogue row knows meets an instant as a day in a legal time. So within one legal
day nothing changes by itself, and an answer is good until the next midnight of a legal time it read, at most one hour.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

__all__ = ["LONGEST", "valid_until"]

LONGEST: Final = timedelta(hours=1)


def valid_until(at: datetime, legal_times: Iterable[str]) -> datetime:
    """Return the instant from which the answer given at `at` may change, aware, in UTC."""
    return min((at.astimezone(UTC) + LONGEST, *(_next_midnight(at, name) for name in set(legal_times))))


def _next_midnight(at: datetime, legal_time: str) -> datetime:
    zone = ZoneInfo(legal_time)
    tomorrow = at.astimezone(zone).date() + timedelta(days=1)
    return datetime.combine(tomorrow, time(), tzinfo=zone).astimezone(UTC)
