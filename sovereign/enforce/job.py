"""One job: its body runs under a permit or not at all, and what it asks while it runs is answered by its lease.

A `JobRun` is made by `Guard.job`. It is a decorator and a context manager, for functions, coroutine functions, threads
and tasks; each call, and each `with`, is a run of its own.
"""

import asyncio
import functools
import inspect
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import TYPE_CHECKING, Any, NamedTuple, ParamSpec, Self, TypeVar, cast

from sovereign._internal.clock import Clock, local_day
from sovereign.decision.point import LEGAL_TIME
from sovereign.enforce.arguments import check_has_run, check_size, runs_late
from sovereign.enforce.checked import CheckedDecision
from sovereign.enforce.denied import DeniedError
from sovereign.enforce.lease import Lease
from sovereign.enforce.recording import Recording
from sovereign.errors import UsageError, quoted
from sovereign.facts.model import Placement
from sovereign.tags.merge import combine
from sovereign.tags.model import JobTag, ResidencyTag

if TYPE_CHECKING:
    from contextvars import ContextVar, Token

__all__ = ["Desk", "JobRun", "Question"]

P = ParamSpec("P")
R = TypeVar("R")


class Question(NamedTuple):
    """One thing asked in a lease; equal questions have equal answers while the lease lasts."""

    tag: ResidencyTag | None
    resource: str
    job: JobTag
    placements: tuple[Placement, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What a job needs of its guard.

    Attributes:
        decide: answers after the entry was durable.
        denial: the error of a denial, which says what would pass.
        clock: the current time.
        recording: for the entry at the end of a lease.
        active: the job that is running in this context.
    """

    decide: Callable[[Question], CheckedDecision]
    denial: Callable[[Question, CheckedDecision], DeniedError]
    clock: Clock
    recording: Recording
    active: "ContextVar[JobRun | None]"


class JobRun:
    """One job, and while it runs its lease; made by `Guard.job`.

    Attributes:
        lease: what this run was told so far.
        job: its tag.
        placements: where it runs and writes.
    """

    def __init__(
        self, desk: Desk, job: JobTag, tags: list[ResidencyTag | None], placements: tuple[Placement, ...]
    ) -> None:
        self._desk = desk
        self.job = job
        self._tags = tags
        self.placements = placements
        self.lease = Lease(run=secrets.token_hex(16))
        self._token: Token[JobRun | None] | None = None

    def __call__(self, function: Callable[P, R]) -> Callable[P, R]:
        """Return the function as a job: each call decides anew, and runs only under a permit.

        Raises:
            UsageError: it is a generator, or returns one or a coroutine (SOV-C502): its body would run after its lease.
        """
        if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
            raise runs_late(self.job.id)
        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def arun(*args: P.args, **kwargs: P.kwargs) -> Any:  # noqa: ANN401  the coroutine's own result
                async with self._again():
                    return await cast("Callable[P, Awaitable[Any]]", function)(*args, **kwargs)

            return cast("Callable[P, R]", arun)

        @functools.wraps(function)
        def run(*args: P.args, **kwargs: P.kwargs) -> R:
            with self._again():
                result = function(*args, **kwargs)
                check_has_run(result, self.job.id)
                return result

        return run

    def check(self, *, size_bytes: int = 0) -> CheckedDecision:
        """Return the job's own decision, counted; decided anew when the lease has run out.

        Raises:
            DeniedError: it is denied now.
            AuditWriteError: the entry is not durable.
        """
        check_size(size_bytes)
        now = self._desk.clock()
        tag, resource = _combined(self._tags, now)
        question = Question(tag, resource, self.job, self.placements)
        decision = self.answer(question, now, size_bytes=size_bytes)
        if not decision.permits:
            raise self._desk.denial(question, decision)
        return decision

    def answer(self, question: Question, now: datetime, *, size_bytes: int = 0) -> CheckedDecision:
        """Return the lease's answer to a question, a recorded one while it is valid; raises nothing for a denial."""
        ids = tuple(p.id or str(i) for i, p in enumerate(question.placements))
        return self.lease.answer(
            question, now, lambda: self._desk.decide(question), placements=ids, size_bytes=size_bytes
        )

    def __enter__(self) -> Self:
        """Decide, wait for the entry, and start the lease.

        Raises:
            DeniedError: the job is not permitted; its body does not run.
            AuditWriteError: the entry is not durable; its body does not run.
            UsageError: it was started before (SOV-C501); each run has a lease of its own.
        """
        self.check()
        self._begin()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the lease and record what it was used for."""
        self._end()
        self._close()

    async def __aenter__(self) -> Self:
        """As `__enter__`, without blocking the event loop."""
        await asyncio.to_thread(self.check)
        self._begin()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """As `__exit__`, without blocking the event loop."""
        self._end()
        await asyncio.to_thread(self._close)

    def _begin(self) -> None:
        if self._token is not None:
            raise UsageError(
                f"the job {quoted(self.job.id)} was started before",
                code="SOV-C501",
                hint="call `guard.job(...)` again: each run has a lease of its own",
            )
        self._token = self._desk.active.set(self)

    def _end(self) -> None:
        assert self._token is not None
        self._desk.active.reset(self._token)

    def _again(self) -> "JobRun":
        """Return the same job as a run of its own, with a lease of its own."""
        return JobRun(self._desk, self.job, self._tags, self.placements)

    def _close(self) -> None:
        fields = {"run": self.lease.run, "job": self.job.id, "decisions": self.lease.close()}
        self._desk.recording.event("lease.closed", fields)


def _combined(tags: list[ResidencyTag | None], now: datetime) -> tuple[ResidencyTag | None, str]:
    """Return the tag of everything a job reads together; one input without a tag makes the whole untagged."""
    if len(tags) == 1:
        return tags[0], tags[0].id if tags[0] else "untagged"
    combined = combine(*tags, at=local_day(now, LEGAL_TIME)).tag
    return combined, combined.id if combined else "untagged"
