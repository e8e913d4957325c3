"""A clock that enforces is not earlier than what is known to exist.

Else it would decide under law that is not in force any more. It is asked when policies are loaded and at each decision:
a guard runs for long, and its clock can be set back while it does.
"""

from collections.abc import Iterable
from datetime import date, datetime

from sovereign._internal.clock import local_day
from sovereign.decision.point import LEGAL_TIME
from sovereign.errors import UsageError
from sovereign.jurisdiction.snapshot import Snapshot
from sovereign.policy.ir import Policy

__all__ = ["check_clock", "first_day"]


def first_day(snapshot: Snapshot, policies: Iterable[Policy]) -> date:
    """Return the newest day of the data and of the versions of the policies."""
    versions = (date.fromisoformat(policy.version[:10].replace(".", "-")) for policy in policies)
    return max([snapshot.as_of, *versions])


def check_clock(now: datetime, first: date) -> None:
    """Return when the clock is not before the day `first`.

    Raises:
        UsageError: it is (SOV-C007).
    """
    today = local_day(now, LEGAL_TIME)
    if today < first:
        raise UsageError(
            f"the clock says {today.isoformat()}, but data or policies of {first.isoformat()} are loaded",
            code="SOV-C007",
            hint="set the clock; on a machine without one, nothing can be decided as of today",
        )
