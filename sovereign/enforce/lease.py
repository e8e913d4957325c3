"""The unit of evidence: a lease (trust.md, section 2).

A permit covers one job run, tag, placements, action, policies and snapshot until `valid_until`, at most 15 minutes. The
first call decides and waits for its entry; later calls of the same lease compare in memory and are counted, denials
too. `lease.closed` is written at the end; after a crash there is no such entry, and the counts are unknown.
"""

import threading
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from sovereign.enforce.checked import CheckedDecision

__all__ = ["LONGEST_LEASE", "Lease"]

LONGEST_LEASE: Final = timedelta(minutes=15)


@dataclass(slots=True)
class _Use:
    """A decision and how often it was used."""

    decision: CheckedDecision
    ends: datetime
    placements: tuple[str, ...]
    calls: int = 1
    size_bytes: int = 0


@dataclass(slots=True)
class Lease:
    """What one job run was told so far. Safe for threads and tasks.

    Attributes:
        run: names the job run, 32 hexadecimal digits.
    """

    run: str
    _uses: dict[Hashable, _Use] = field(default_factory=dict)
    _ended: list[_Use] = field(default_factory=list)
    _is_closed: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(
        self,
        key: Hashable,
        now: datetime,
        decide: Callable[[], CheckedDecision],
        *,
        placements: tuple[str, ...],
        size_bytes: int = 0,
    ) -> CheckedDecision:
        """Return the decision for `key`: a recorded one while it is valid and the lease lasts, else a new one.

        Args:
            key: equal keys are equal questions.
            now: aware instant.
            decide: decides and returns after the entry is durable.
            placements: ids of what the question is about, for the summary.
            size_bytes: how much data this call moves.
        """
        with self._lock:
            use = self._uses.get(key)
            if use is not None and not self._is_closed and use.decision.at <= now < use.ends:
                use.calls += 1
                use.size_bytes += size_bytes
                return use.decision
        decision = decide()
        ends = min(decision.valid_until, decision.at + LONGEST_LEASE)
        with self._lock:
            if self._is_closed:  # nothing would count its later uses; the next call has an entry of its own again
                return decision
            if (before := self._uses.get(key)) is not None:
                self._ended.append(before)
            self._uses[key] = _Use(decision, ends, placements, size_bytes=size_bytes)
        return decision

    def close(self) -> list[dict[str, Any]]:
        """End the lease and return its summary: a use after it is a decision of its own, never an uncounted one."""
        with self._lock:
            self._is_closed = True
        return self.summary()

    def summary(self) -> list[dict[str, Any]]:
        """Return what `lease.closed` records: per decision the calls, bytes and placements."""
        with self._lock:
            uses = [*self._ended, *self._uses.values()]
        return [
            {
                "decision": use.decision.id,
                "index": use.decision.receipt.index,
                "effect": use.decision.effect.value,
                "calls": use.calls,
                "bytes": use.size_bytes,
                "placements": list(use.placements),
            }
            for use in uses
        ]
