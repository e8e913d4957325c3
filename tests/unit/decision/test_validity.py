"""How long an answer may be used: to the next midnight of a legal time that it read, at most one hour."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sovereign.decision.validity import LONGEST, Span, legal_day, valid_until

BERLIN = "Europe/Berlin"
ZONES = (
    BERLIN,
    "UTC",
    "America/New_York",
    "Asia/Kolkata",
    "Pacific/Kiritimati",
    "Africa/Cairo",
    "Asia/Beirut",
    "America/Havana",
)


def utc(text: str) -> datetime:
    """Return the instant of `YYYY-MM-DDTHH:MM`."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("at", "start", "end"),
    [
        ("2026-11-24T09:00", "2026-11-23T23:00", "2026-11-24T23:00"),
        ("2026-11-23T23:00", "2026-11-23T23:00", "2026-11-24T23:00"),
        ("2026-07-01T12:00", "2026-06-30T22:00", "2026-07-01T22:00"),
        ("2026-03-29T00:30", "2026-03-28T23:00", "2026-03-29T22:00"),
        ("2026-03-29T21:59", "2026-03-28T23:00", "2026-03-29T22:00"),
        ("2026-10-25T00:30", "2026-10-24T22:00", "2026-10-25T23:00"),
        ("2026-10-25T22:59", "2026-10-24T22:00", "2026-10-25T23:00"),
    ],
)
def test_legal_day_in_berlin(at: str, start: str, end: str) -> None:
    """24 hours in winter and in summer, 23 and 25 on the days on which the clocks change."""
    assert legal_day(utc(at), [BERLIN]) == Span(start=utc(start), end=utc(end))


def test_two_legal_times_share_the_shorter_span() -> None:
    """A policy of New York and the catalogue's Berlin: from the later midnight to the earlier one."""
    span = legal_day(utc("2026-11-24T09:00"), [BERLIN, "America/New_York"])
    assert span == Span(start=utc("2026-11-24T05:00"), end=utc("2026-11-24T23:00"))
    assert legal_day(utc("2026-11-24T04:59"), [BERLIN, "America/New_York"]).end == utc("2026-11-24T05:00")


@pytest.mark.parametrize(
    ("at", "until"),
    [
        ("2026-11-24T09:00", "2026-11-24T10:00"),
        ("2026-11-24T22:00", "2026-11-24T23:00"),
        ("2026-11-24T22:30", "2026-11-24T23:00"),
        ("2026-11-24T22:59", "2026-11-24T23:00"),
        ("2026-11-24T23:00", "2026-11-25T00:00"),
    ],
)
def test_answer_ends_after_an_hour_or_with_the_day(at: str, until: str) -> None:
    """At midnight in Berlin another law may hold."""
    assert valid_until(utc(at), legal_day(utc(at), [BERLIN])) == utc(until)


@given(
    at=st.datetimes(min_value=datetime(1990, 1, 1), max_value=datetime(2036, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001  hypothesis adds the zone
    names=st.lists(st.sampled_from(ZONES), min_size=1, max_size=3),
    share=st.floats(min_value=0, max_value=1),
)
@settings(deadline=None)
def test_no_legal_time_changes_its_day_within_the_span(at: datetime, names: list[str], share: float) -> None:
    """Also where midnight does not exist, or comes twice; the answer is of some use, for an hour at most."""
    span = legal_day(at, names)
    assert span.covers(at)
    inside = span.start + (span.end - span.start - timedelta(microseconds=1)) * share
    for name in names:
        days = {moment.astimezone(ZoneInfo(name)).date() for moment in (at, span.start, inside)}
        assert len(days) == 1
    assert at < valid_until(at, span) <= min(at + LONGEST, span.end)
