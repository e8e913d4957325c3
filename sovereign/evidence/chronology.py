"""Whether entries are dated in the order in which they were appended.

Whoever holds the log's key can append an entry that says it is older than those before it: then another law, another
tag or an attestation that has lapsed would have applied. The place in the tree contradicts the date.
"""

from datetime import datetime, timedelta
from typing import Final

from sovereign._internal.clock import format_utc
from sovereign.evidence.outcome import Difference

__all__ = ["Chronology"]

_SLACK: Final = timedelta(minutes=5)
"""Several writers take the time before they take a number, and clocks are set by a little."""


class Chronology:
    """The latest instant at which an entry was recorded so far."""

    def __init__(self) -> None:
        self._latest: datetime | None = None

    def look(self, recorded_at: datetime) -> tuple[Difference, ...]:
        """Return what contradicts the date of the next entry: nothing, or that an earlier one is later."""
        latest = self._latest
        if latest is None or recorded_at > latest:
            self._latest = recorded_at
        if latest is None or recorded_at >= latest - _SLACK:
            return ()
        return (Difference(member="recorded_at", recorded=format_utc(recorded_at), follows=f">= {format_utc(latest)}"),)
