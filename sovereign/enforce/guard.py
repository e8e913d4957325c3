"""The guard: checks inside a program, before an action starts (PEP).

```python
with Guard.load("sovereign.yaml") as guard:

    @guard.job(id="train-17", kind="training", purpose="research", inputs=["patients"], placements=[hall])
    def train() -> None: ...

    train()                                    # DeniedError, or runs after its entry was durable
    decision = guard.check("patients", kind="export", purpose="research", placements=[bucket])
    if decision.permits: ...
```

`check` answers and never raises for a denial; `job` enforces: its body runs under a permit, or not at all. Both wait
for the entry. A guard never looks for a place by itself; none given are those of the enclosing job, else none, and
SOV-000 answers undecided. `acheck`, `async with` and coroutine functions wait without blocking the event loop.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from contextvars import ContextVar
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Self

from sovereign._internal.clock import Clock, system_clock
from sovereign.analysis.passes_if import find_change
from sovereign.decision.document import request_document
from sovereign.decision.point import DecisionPoint
from sovereign.decision.prepare import Prepared
from sovereign.decision.request import Action, Context, Request, Resource, Subject
from sovereign.enforce.arguments import check_size, observed, tag_of
from sovereign.enforce.checked import CheckedDecision
from sovereign.enforce.clock import check_clock, first_day
from sovereign.enforce.denied import DeniedError
from sovereign.enforce.job import Desk, JobRun, Question
from sovereign.enforce.recording import Recording
from sovereign.errors import ObligationError, UsageError, quoted
from sovereign.facts.model import Placement
from sovereign.report.findings import rule_lines
from sovereign.tags.model import Controller, JobTag, ResidencyTag

__all__ = ["Guard", "Obligation"]

_QUESTIONS_KEPT: Final = 256

Obligation = Callable[[CheckedDecision], None]
"""Meets one duty of a permit; an exception stops the action and is recorded."""


class Guard:
    """Answers inside a program, after the entry was durable.

    Args:
        point: decides.
        recording: makes entries durable.
        tags: the datasets that callers name by id.
        controller: who decides, for packs that ask.
        clock: the only source of `at` and `known`; a request that carries them is refused.
        obligations: the duties this guard can meet, by name; a permit with any other is a denial.
    """

    def __init__(
        self,
        point: DecisionPoint,
        recording: Recording,
        *,
        tags: Mapping[str, ResidencyTag],
        controller: Controller | None = None,
        clock: Clock = system_clock,
        obligations: Mapping[str, Obligation] | None = None,
    ) -> None:
        self._point = point
        self._recording = recording
        self._tags = dict(tags)
        self._controller = controller
        self._clock = clock
        self._first_day = first_day(point.snapshot, point.policies)
        self._obligations = dict(obligations or {})
        self._prepared: dict[Question, Prepared] = {}
        self._active: ContextVar[JobRun | None] = ContextVar("sovereign_job", default=None)
        recording.announce()

    @classmethod
    def load(
        cls,
        path: str | Path = "sovereign.yaml",
        *,
        trust: str | Path | None = None,
        obligations: Mapping[str, Obligation] | None = None,
    ) -> Self:
        """Return the guard that a settings file describes, its log open for writing.

        Raises:
            UsageError: settings, trust, keys or log do not load.
            PolicyError: a policy does not load, is not trusted, or none is named.
            TagError: a tag file does not load.
        """
        from sovereign.enforce.assembly import assemble  # noqa: PLC0415  reads files, opens a log

        parts = assemble(Path(path), trust=None if trust is None else Path(trust))
        return cls(
            parts.point,
            parts.recording,
            tags=parts.tags,
            controller=parts.controller,
            clock=parts.clock,
            obligations=obligations,
        )

    def check(
        self,
        data: str | ResidencyTag | None,
        *,
        kind: str,
        purpose: str | None = None,
        job: str | None = None,
        placements: Iterable[Placement] | None = None,
        size_bytes: int = 0,
    ) -> CheckedDecision:
        """Return the decision about `data`, after its entry was durable; never raises for a denial.

        Args:
            data: the id of a tagged dataset, or its tag (`sv.combine(...)` for several).
            kind: a job kind, e.g. `training`, `export`.
            purpose: what for; None takes that of the enclosing job.
            job: names who asks; None takes the enclosing job.
            placements: where the data would be; None takes those of the enclosing job.
            size_bytes: how much would move; counted in a lease.

        Raises:
            AuditWriteError: the entry is not durable; the action must not start.
            TagMissingError: `data` is an id that no tag file names.
            TagConflictError: `data` is a tag that contradicts itself.
            UsageError: `size_bytes` is no count (SOV-C503), or the clock is before the data or a policy (SOV-C007).
        """
        run = self._active.get()
        check_size(size_bytes)
        places = self._placements(placements, run)
        tag, resource = tag_of(data, self._tags)
        question = Question(tag, resource, _asking(run, job, kind, purpose), places)
        if run is None:
            return self._decide(question)
        return run.answer(question, self._clock(), size_bytes=size_bytes)

    async def acheck(self, data: str | ResidencyTag | None, **question: Any) -> CheckedDecision:  # noqa: ANN401  as `check`
        """Return the decision as `check` does, without blocking the event loop."""
        return await asyncio.to_thread(self.check, data, **question)

    def job(
        self,
        *,
        id: str,  # noqa: A002  the tag's own word
        kind: str,
        purpose: str | None = None,
        inputs: Iterable[str | ResidencyTag],
        placements: Iterable[Placement],
        outputs: Iterable[str] = (),
    ) -> JobRun:
        """Return a job that runs under a permit or not at all: a decorator, and a context manager, sync and async.

        Args:
            id: names the job.
            kind: a job kind.
            purpose: what for.
            inputs: datasets it reads, by id or tag; at least one.
            placements: where it runs and writes.
            outputs: ids of datasets it writes.

        Raises:
            UsageError: no input is named.
            TagMissingError: an input's id is in no tag file.
        """
        tags = [tag_of(item, self._tags) for item in inputs]
        if not tags:
            raise UsageError("a job names at least one input", code="SOV-C500", hint="inputs=['<dataset id>']")
        names = frozenset(name for _, name in tags)
        job = JobTag(id=id, kind=kind, purpose=purpose, inputs=names, outputs=frozenset(outputs))
        desk = Desk(
            decide=self._decide,
            denial=self._denial,
            clock=self._clock,
            recording=self._recording,
            active=self._active,
        )
        return JobRun(desk, job, [tag for tag, _ in tags], observed(placements))

    def close(self) -> None:
        """Seal the log and let go of it."""
        self._recording.trail.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _placements(self, given: Iterable[Placement] | None, run: JobRun | None) -> tuple[Placement, ...]:
        if given is not None:
            return observed(given)
        return run.placements if run is not None else ()

    def _decide(self, question: Question) -> CheckedDecision:
        now = self._clock()
        check_clock(now, self._first_day)
        prepared = self._prepare(question, now)
        document = request_document(prepared.request, at=now, known=now) if self._point.is_remote else None
        decision = self._point.decide(prepared, at=now, document=document, meets=self._obligations.keys())
        checked = self._recording.decision(decision, prepared)
        self._meet(checked)
        return checked

    def _denial(self, question: Question, decision: CheckedDecision) -> DeniedError:
        """Return the error of a denial; what would pass is searched here, where only a denied job pays for it."""
        policies = {ref.id: self._point.policy(ref.id) for ref in decision.policies}
        blocking = [finding for finding in decision.findings if finding.outcome.blocks]
        request = self._prepare(question, decision.at).request
        # a remote engine would be asked for every place that is tried
        change = None if self._point.is_remote else find_change(self._point, request, decision, at=decision.at)
        return DeniedError(
            decision,
            reasons=rule_lines(blocking, policies, "en"),
            passes_if=change.text if change is not None else None,
        )

    def _prepare(self, question: Question, now: datetime) -> Prepared:
        """Return the question as rules read it; equal questions are prepared once and asked often."""
        prepared = self._prepared.get(question)
        if prepared is None:
            request = Request(
                subject=Subject(type="job", id=question.job.id, properties=question.job),
                action=Action(name=question.job.kind or "other"),
                resource=Resource(type="dataset", id=question.resource, properties=question.tag),
                context=Context(placements=question.placements, controller=self._controller),
            )
            prepared = self._point.prepare(request, at=now, believe=True)
            if len(self._prepared) >= _QUESTIONS_KEPT:
                self._prepared.clear()
            self._prepared[question] = prepared
        return prepared

    def _meet(self, checked: CheckedDecision) -> None:
        """Meet the duties of a permit; one that fails stops the action and is recorded."""
        if not checked.permits:
            return
        for name in checked.obligations:
            try:
                self._obligations[name](checked)
            except Exception as error:
                fields = {"decision": checked.id, "index": checked.receipt.index, "obligation": name}
                self._recording.event("enforcement.refused", fields)
                raise ObligationError(f"the obligation {quoted(name)} could not be met") from error


def _asking(run: JobRun | None, job: str | None, kind: str, purpose: str | None) -> JobTag:
    """Return who asks: the enclosing job itself where nothing else is said, so that its lease covers the call."""
    if run is not None:
        own = run.job
        if job in {None, own.id} and kind == own.kind and purpose in {None, own.purpose}:
            return own
        return JobTag(id=job or own.id, kind=kind, purpose=purpose or own.purpose)
    return JobTag(id=job or "ad-hoc", kind=kind, purpose=purpose)
