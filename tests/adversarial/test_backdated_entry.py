"""Attack: whoever holds the log's key appends a decision that says it is older than those before it."""

from datetime import timedelta
from pathlib import Path

import pytest
from simulators.asking import a_body
from simulators.recording import Book

from sovereign.audit.verify import verify_log
from sovereign.evidence.outcome import ReplayOutcome

MUNICH = {"role": "storage", "provider": "stackit", "region": "eu01"}


def test_true_decision_of_an_earlier_day_is_found_by_its_place(tmp_path: Path) -> None:
    """The decision follows from its own instant, and every proof is right; entries before it are later."""
    book = Book(tmp_path / "log")
    book.record(a_body([MUNICH]))
    today, book.now = book.now, book.now - timedelta(days=30)
    book.record(a_body([MUNICH]))
    book.now = today
    report = book.replay()
    assert verify_log(book.directory, [book.log.verifier]).size == 4
    (backdated,) = report.not_same
    assert (backdated.index, backdated.outcome, report.holds) == (3, ReplayOutcome.DIFFERS, False)
    (difference,) = backdated.differences
    assert (difference.member, difference.recorded, difference.follows) == (
        "recorded_at",
        "2026-10-25T09:00:00Z",
        ">= 2026-11-24T09:00:00Z",
    )


@pytest.mark.parametrize(("minutes", "found"), [(0, 0), (5, 0), (6, 1)])
def test_writers_that_take_turns_are_not_blamed(minutes: int, found: int, tmp_path: Path) -> None:
    """Several writers take the time before they take a number: five minutes are nothing, six are told."""
    book = Book(tmp_path / "log")
    book.record(a_body([MUNICH]))
    book.now -= timedelta(minutes=minutes)
    book.record(a_body([MUNICH]))
    book.now += timedelta(minutes=minutes)
    assert len(book.replay().not_same) == found


def test_later_entries_are_not_blamed_for_an_earlier_lie(tmp_path: Path) -> None:
    """The backdated entry alone is told; the next ones have their right date again."""
    book = Book(tmp_path / "log")
    for days in (0, -1, 0):
        book.now += timedelta(days=days)
        book.record(a_body([MUNICH]))
        book.now -= timedelta(days=days)
    assert [replayed.index for replayed in book.replay().not_same] == [3]
