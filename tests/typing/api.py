"""The public API as a user types it: checked by mypy, not run.

A line that must not type carries an ignore with its code; strict mode reports it once it types after all.
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import assert_type

import sovereign as sv

MUNICH = sv.Placement(id="hall", role="processing", provider="dt-industrial-ai-cloud", region="munich-tucherpark")
OWN = sv.Placement(
    role=sv.Role.STORAGE,
    countries=frozenset({"DE"}),
    parties=(sv.Party(function="operator", countries=frozenset({"DE"})),),
    evidence=(sv.Evidence(input="…", line=3, value="DE"),),
)


# --- tags

patients = sv.tag("patients", classification="restricted", categories=["health"], status="personal")
payroll = sv.tag("payroll", allowed_locations={"eu"}, label_review_due=date(2027, 6, 30), packs=None)
assert_type(patients, sv.ResidencyTag)
assert_type(sv.combine(patients, payroll, at=date(2026, 11, 24)).tag, sv.ResidencyTag | None)
sv.tag("patients", clasification="restricted")  # type: ignore[call-arg]  # a misspelt claim
sv.tag("patients", label_review_due="2027-06-30")  # type: ignore[arg-type]  # a day, not its text
patients.status = "anonymised"  # type: ignore[misc]  # a claim is not changed in passing
sv.Placement("hall")  # type: ignore[call-arg]  # placements are made by name


# --- a guard: check, decorator, context manager


def notify(decision: sv.CheckedDecision) -> None:
    """Meet a duty."""
    print(decision.receipt.line)  # noqa: T201  what a user would do


def use(path: Path) -> None:
    """Every synchronous form."""
    with sv.Guard.load(path, trust="/etc/sovereign/trust.yaml", obligations={"notify": notify}) as guard:
        assert_type(guard, sv.Guard)
        decision = guard.check("patients", kind="export", purpose="research", placements=[MUNICH], size_bytes=10)
        assert_type(decision, sv.CheckedDecision)
        assert_type(decision.permits, bool)
        assert_type(decision.effect, sv.Effect)
        assert_type(decision.basis, sv.Basis)
        assert_type(decision.outcome, sv.Outcome)
        assert_type(decision.findings, tuple[sv.Finding, ...])
        assert_type(decision.policies, tuple[sv.PolicyRef, ...])
        assert_type(decision.notices, tuple[sv.Notice, ...])
        assert_type(decision.valid_until, datetime)
        assert_type(decision.receipt, sv.Receipt)
        plain: sv.Decision = decision
        plain.effect = sv.Effect.PERMIT  # type: ignore[misc]  # an answer is not changed on its way

        guard.check(patients, kind="etl", placements=(OWN,))
        guard.check(None, kind="etl")
        guard.check("patients", purpose="research")  # type: ignore[call-arg]  # what is to be done is always said
        guard.check("patients", "export")  # type: ignore[call-arg]  # by name, so that nothing is mistaken for another
        guard.check("patients", kind="export", at=datetime(2019, 1, 1))  # type: ignore[call-arg]  # noqa: DTZ001  a guard asks about now

        @guard.job(id="train-17", kind="training", purpose="research", inputs=["patients"], placements=[MUNICH])
        def train(epochs: int, *, rate: float = 0.1) -> Mapping[str, float]:
            """Train."""
            return {"loss": epochs * rate}

        assert_type(train(3, rate=0.2), Mapping[str, float])
        train("3")  # type: ignore[arg-type]  # the function keeps its own types

        with guard.job(id="j", kind="etl", inputs=[patients, "payroll"], placements=[OWN], outputs=["lake"]) as run:
            assert_type(run.check(size_bytes=1), sv.CheckedDecision)
            assert_type(run.job, sv.JobTag)


async def ause(guard: sv.Guard) -> None:
    """Every asynchronous form."""
    assert_type(await guard.acheck("patients", kind="export", placements=[MUNICH]), sv.CheckedDecision)

    @guard.job(id="train-17", kind="training", inputs=["patients"], placements=[MUNICH])
    async def train(epochs: int) -> str:
        """Train."""
        return str(epochs)

    started: Callable[[int], Awaitable[str]] = train
    assert_type(await started(3), str)
    async with guard.job(id="j", kind="etl", inputs=[patients], placements=[OWN]):
        pass


# --- denials


def handle(action: Callable[[], None]) -> str:
    """A denial carries its decision, and is no error of input or output."""
    try:
        action()
    except sv.DeniedError as denied:
        assert_type(denied.decision, sv.CheckedDecision)
        return f"{denied.code} {denied.hint} {denied.decision.receipt.index}"
    except sv.SovereignError as error:
        return f"{error.code} {error.exit_code} {error.span}"
    return ""


# --- requests, and a log that is verified

request = sv.parse_request(b"{}", source="request.json")
assert_type(request, sv.Request)
assert_type(request.context.placements, tuple[sv.Placement, ...])
sv.parse_request("{}", source="request.json")  # type: ignore[arg-type]  # bytes, so that nobody guesses an encoding
verify: Callable[..., sv.LogReport] = sv.verify_log
