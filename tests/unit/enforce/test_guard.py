"""The guard: its answer comes after its entry, and a body runs under a permit or not at all."""

import asyncio
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from simulators.asking import NOW, one_rule, pack

from sovereign.audit.objects import load_object
from sovereign.decision.model import Basis
from sovereign.enforce.denied import DeniedError
from sovereign.errors import AuditWriteError, ObligationError, SovereignError, TagMissingError, UsageError
from sovereign.facts.model import Party, Placement
from sovereign.policy.outcome import Outcome
from sovereign.tags.build import tag

if TYPE_CHECKING:
    from conftest import Desk

HALL = Placement(id="hall", role="processing", provider="dt-industrial-ai-cloud", region="munich-tucherpark")
STORE = Placement(id="store", role="storage", provider="stackit", region="eu01")
DUBLIN = Placement(id="vault", role="backup", provider="azure", region="northeurope")
TRAINING: dict[str, Any] = {"id": "train-17", "kind": "training", "purpose": "research", "inputs": ["patients"]}
NOTIFY = one_rule("must: {data.status: {is: personal}}\nobligations: [notify]", name="notify")


# --- check


def test_check_answers_after_its_entry_and_never_raises_for_a_denial(desk: "Desk") -> None:
    """The receipt says where the entry is; the entry says the same."""
    guard = desk.guard()
    permit = guard.check("payroll", kind="backup", placements=[STORE])
    denial = guard.check("payroll", kind="backup", placements=[DUBLIN])
    assert (permit.permits, denial.permits) == (True, False)
    entries = desk.entries()
    for decision in (permit, denial):
        entry = entries[decision.receipt.index]
        assert (entry["id"], entry["effect"], entry["type"]) == (decision.id, decision.effect.value, "decision")


def test_check_without_placements_is_undecided(desk: "Desk") -> None:
    """A guard never looks for a place by itself; the entry is written as usual."""
    for placements in (None, []):
        decision = desk.guard() if not desk.guards else desk.guards[0]
        found = decision.check("payroll", kind="backup", placements=placements)
        assert (found.permits, found.basis, found.outcome) == (False, Basis.RULE, Outcome.UNDECIDED)
        assert "SOV-000" in {finding.rule for finding in found.findings if finding.outcome is Outcome.UNDECIDED}
    assert len(desk.entries("decision")) == 2


def test_check_takes_a_tag_an_id_or_nothing(desk: "Desk") -> None:
    """An id that no file names is an error; data without a tag are undecided."""
    guard = desk.guard()
    own = tag("own", classification="internal", categories=[], status="non_personal")
    assert guard.check(own, kind="etl", placements=[STORE]).permits
    assert guard.check(None, kind="etl", placements=[STORE]).outcome is Outcome.UNDECIDED
    with pytest.raises(TagMissingError, match="no tag file names the dataset `nobody`"):
        guard.check("nobody", kind="etl", placements=[STORE])


def test_placement_of_a_caller_is_asserted(desk: "Desk") -> None:
    """Whoever writes it by hand has read it nowhere."""
    sure = one_rule("for_each: {over: placements}\nmust: {placement.confidence: {at_least: provider}}", name="sure")
    placed = Placement(role="storage", provider="stackit", region="eu01", confidence="attested")
    assert not desk.guard(sure).check("payroll", kind="etl", placements=[placed]).permits


def test_acheck_is_check(desk: "Desk") -> None:
    """The same answer without blocking the loop, also within a job."""
    guard = desk.guard()

    async def ask() -> tuple[bool, bool]:
        alone = await guard.acheck("payroll", kind="backup", placements=[DUBLIN])
        async with guard.job(**TRAINING, placements=[HALL]):
            inside = await guard.acheck("patients", kind="training")
        return alone.permits, inside.permits

    assert asyncio.run(ask()) == (False, True)
    assert [entry["subject"]["id"] for entry in desk.entries("decision")] == ["ad-hoc", "train-17"]


# --- job


def test_body_runs_under_a_permit_after_its_entry(desk: "Desk") -> None:
    """As a decorator, with arguments, result, name and documentation of the function."""
    guard = desk.guard()

    @guard.job(**TRAINING, placements=[HALL])
    def train(epochs: int, *, rate: float) -> str:
        """Train."""
        return f"{epochs} at {rate}"

    assert train(3, rate=0.5) == "3 at 0.5"
    assert (train.__name__, train.__doc__) == ("train", "Train.")
    assert [entry["type"] for entry in desk.entries()] == [
        "policy.loaded",
        "snapshot.loaded",
        "decision",
        "lease.closed",
    ]


def test_body_of_a_denied_job_does_not_run(desk: "Desk") -> None:
    """The error carries decision and receipt, names the rules, and is no OSError."""
    guard = desk.guard()
    ran: list[int] = []
    job = guard.job(**TRAINING, placements=[DUBLIN])(lambda: ran.append(1))
    with pytest.raises(DeniedError) as caught:
        job()
    error = caught.value
    assert ran == []
    assert not isinstance(error, OSError)
    assert (error.code, error.exit_code, error.message) == ("SOV-E001", 1, "deny: de-only/DE-01")
    assert error.decision.receipt.index == 2
    assert [entry["effect"] for entry in desk.entries("decision")] == ["deny"]


def test_each_call_of_a_decorated_function_decides_anew(desk: "Desk") -> None:
    """Each run has a lease of its own."""
    train = desk.guard().job(**TRAINING, placements=[HALL])(lambda: None)
    train()
    train()
    assert len({entry["run"] for entry in desk.entries("lease.closed")}) == 2
    assert len(desk.entries("decision")) == 2


def test_coroutine_function_runs_under_a_permit(desk: "Desk") -> None:
    """It is awaited within the lease; a denied one is never started."""
    guard, ran = desk.guard(), []

    @guard.job(**TRAINING, placements=[HALL])
    async def train() -> bool:
        await asyncio.sleep(0)
        ran.append("train")
        return guard.check("patients", kind="training").permits

    @guard.job(**TRAINING, placements=[DUBLIN])
    async def leak() -> None:
        ran.append("leak")

    assert asyncio.run(train())
    with pytest.raises(DeniedError):
        asyncio.run(leak())
    assert ran == ["train"]


def test_tasks_do_not_see_each_others_jobs(desk: "Desk") -> None:
    """What one task was permitted says nothing about its neighbour's placements."""
    guard = desk.guard()
    started = asyncio.Event()

    async def permitted() -> None:
        async with guard.job(**TRAINING, placements=[HALL]):
            started.set()
            await asyncio.sleep(0)

    async def outside() -> bool:
        await started.wait()
        return (await guard.acheck("patients", kind="training", purpose="research")).permits

    async def both() -> bool:
        return (await asyncio.gather(permitted(), outside()))[1]

    assert asyncio.run(both()) is False


@pytest.mark.parametrize("is_async", [False, True])
def test_generator_is_refused_as_a_job(desk: "Desk", is_async: bool) -> None:
    """Its body would run when the permit has ended."""
    job = desk.guard().job(**TRAINING, placements=[HALL])

    def batches() -> Iterator[int]:
        yield 1

    async def abatches() -> Any:
        yield 1

    with pytest.raises(UsageError) as caught:
        job(abatches if is_async else batches)
    assert caught.value.code == "SOV-C502"


def test_job_is_started_once(desk: "Desk") -> None:
    """Again, and within itself, it is refused, and what runs is closed once."""
    job = desk.guard().job(**TRAINING, placements=[HALL])
    with job, pytest.raises(UsageError) as caught, job:
        pytest.fail("the inner body ran")
    assert caught.value.code == "SOV-C501"
    with pytest.raises(UsageError), job:
        pytest.fail("the second body ran")
    assert len(desk.entries("lease.closed")) == 1


def test_job_names_an_input_that_is_known(desk: "Desk") -> None:
    """A job about nothing, and about data nobody tagged, is an error before anything is asked."""
    guard = desk.guard()
    with pytest.raises(UsageError) as caught:
        guard.job(id="x", kind="etl", inputs=[], placements=[HALL])
    assert caught.value.code == "SOV-C500"
    with pytest.raises(TagMissingError):
        guard.job(id="x", kind="etl", inputs=["patients", "nobody"], placements=[HALL])


def test_job_is_judged_by_the_tag_of_all_its_inputs(desk: "Desk") -> None:
    """Purposes intersect with those of the one that names some; the resource is named after both."""
    guard = desk.guard()
    both = {**TRAINING, "inputs": ["payroll", "patients"]}
    with guard.job(**both, placements=[HALL]):
        pass
    with pytest.raises(DeniedError, match="SOV-003"), guard.job(**{**both, "purpose": "ads"}, placements=[HALL]):
        pytest.fail("ran")
    assert {entry["resource"]["id"] for entry in desk.entries("decision")} == {"patients+payroll"}


def test_error_of_a_body_reaches_its_caller_and_the_lease_is_closed(desk: "Desk") -> None:
    """The guard is in nobody's way."""
    guard = desk.guard()

    @guard.job(**TRAINING, placements=[HALL])
    def fail() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert len(desk.entries("lease.closed")) == 1


# --- lease


def test_lease_covers_what_is_asked_again(desk: "Desk") -> None:
    """One entry, however often; what is asked in the job's own name is the job's own decision."""
    guard = desk.guard()
    with guard.job(**TRAINING, placements=[HALL]) as run:
        decisions = {guard.check("patients", kind="training", size_bytes=10).id for _ in range(5)}
        decisions.add(run.check(size_bytes=1).id)
    assert len(decisions) == 1
    closed = desk.entries("lease.closed")[0]
    assert closed["run"] == run.lease.run
    assert closed["job"] == "train-17"
    assert closed["decisions"] == [
        {
            "decision": decisions.pop(),
            "index": 2,
            "effect": "permit",
            "calls": 7,
            "bytes": 51,
            "placements": ["hall"],
        }
    ]


def test_other_questions_in_a_job_have_entries_of_their_own(desk: "Desk") -> None:
    """Another place, another dataset, another purpose, another kind."""
    guard = desk.guard()
    with guard.job(**TRAINING, placements=[HALL]):
        for _ in range(2):
            guard.check("patients", kind="training", placements=[STORE])
            guard.check("payroll", kind="training")
            guard.check("patients", kind="training", purpose="ads")
            guard.check("patients", kind="export")
    assert len(desk.entries("decision")) == 5
    assert [use["calls"] for use in desk.entries("lease.closed")[0]["decisions"]] == [1, 2, 2, 2, 2]


def test_denial_in_a_job_is_one_entry_and_counted(desk: "Desk") -> None:
    """A loop that tries again and again fills no log."""
    guard = desk.guard()
    with guard.job(**TRAINING, placements=[HALL]):
        assert not any(guard.check("payroll", kind="backup", placements=[DUBLIN]).permits for _ in range(4))
    assert [entry["effect"] for entry in desk.entries("decision")] == ["permit", "deny"]
    counted = desk.entries("lease.closed")[0]["decisions"][1]
    assert (counted["effect"], counted["calls"], counted["placements"]) == ("deny", 4, ["vault"])


def test_lease_ends_after_fifteen_minutes(desk: "Desk") -> None:
    """One second before, it is used; then it is decided again, and both are counted."""
    guard = desk.guard()
    with guard.job(**TRAINING, placements=[HALL]) as run:
        desk.wait(minutes=14, seconds=59)
        first = run.check()
        desk.wait(seconds=1)
        second = run.check()
    assert (first.at, second.at) == (NOW, desk.now)
    assert [use["calls"] for use in desk.entries("lease.closed")[0]["decisions"]] == [2, 1]


def test_lease_ends_with_the_legal_day(desk: "Desk") -> None:
    """At midnight in Berlin a policy ends; the next call is denied, and says so."""
    desk.now = NOW.replace(hour=22, minute=55)
    last_day = one_rule("must: {data.status: {is: personal}}", head="effective: {to: 2026-11-25}\n")
    guard = desk.guard(last_day)
    with guard.job(**TRAINING, placements=[HALL]) as run:
        desk.wait(minutes=4)
        run.check()
        desk.wait(minutes=1)
        with pytest.raises(DeniedError, match="deny: basis default"):
            run.check()


def test_lease_is_not_used_before_it_began(desk: "Desk") -> None:
    """A clock that is set back gets a new answer, not an old one for a time it was not given for."""
    guard = desk.guard()
    with guard.job(**TRAINING, placements=[HALL]) as run:
        desk.wait(seconds=-1)
        assert run.check().at == desk.now


def test_threads_share_a_lease(desk: "Desk") -> None:
    """Every call is counted once, and none is lost."""
    guard = desk.guard()
    with guard.job(**TRAINING, placements=[HALL]) as run:
        threads = [threading.Thread(target=lambda: [run.check(size_bytes=1) for _ in range(50)]) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    uses = desk.entries("lease.closed")[0]["decisions"]
    assert (sum(use["calls"] for use in uses), sum(use["bytes"] for use in uses)) == (401, 400)
    assert len(desk.entries("decision")) == 1


def test_thread_without_the_jobs_context_is_on_its_own(desk: "Desk") -> None:
    """It names its placements or is undecided; it never inherits a permit by accident."""
    guard = desk.guard()
    found = []
    with guard.job(**TRAINING, placements=[HALL]):
        ask = threading.Thread(
            target=lambda: found.append(guard.check("patients", kind="training", purpose="research"))
        )
        ask.start()
        ask.join()
    assert [decision.outcome for decision in found] == [Outcome.UNDECIDED]


# --- duties


def test_unknown_duty_denies_before_the_entry(desk: "Desk") -> None:
    """The entry itself says deny."""
    decision = desk.guard(NOTIFY).check("payroll", kind="etl", placements=[STORE])
    assert (decision.outcome, [notice.code for notice in decision.notices]) == (Outcome.DENY, ["SOV-E040"])
    entry = desk.entries("decision")[0]
    assert (entry["effect"], entry["obligations"]) == ("deny", ["notify"])
    with pytest.raises(DeniedError, match="does not know the obligation `notify`"):
        raise DeniedError(decision)


def test_duty_is_met_once_for_each_permit_and_sees_it(desk: "Desk") -> None:
    """After the entry, before the body; a lease does not repeat it; a denial owes nothing."""
    met: list[int] = []
    guard = desk.guard(NOTIFY, pack("de-only"), obligations={"notify": lambda d: met.append(d.receipt.index)})
    with guard.job(**TRAINING, placements=[HALL]) as run:
        assert met == [3]
        run.check()
    guard.check("payroll", kind="backup", placements=[DUBLIN])
    assert met == [3]


def test_failing_duty_stops_the_action_and_is_recorded(desk: "Desk") -> None:
    """The permit was in the log already; what became of it stands behind it."""

    def fail(_: object) -> None:
        raise ConnectionError

    guard, ran = desk.guard(NOTIFY, obligations={"notify": fail}), []
    job = guard.job(**TRAINING, placements=[HALL])
    with pytest.raises(ObligationError) as caught, job:
        ran.append(1)
    assert ran == []
    assert isinstance(caught.value.__cause__, ConnectionError)
    decision, refused = desk.entries()[-2:]
    assert (decision["effect"], refused["type"]) == ("permit", "enforcement.refused")
    assert (refused["decision"], refused["index"], refused["obligation"]) == (decision["id"], 2, "notify")


def test_failed_duty_is_tried_again_and_never_remembered_as_met(desk: "Desk") -> None:
    """A lease holds no answer that was not given."""
    outcomes = iter([ConnectionError("down"), None])

    def notify(_: object) -> None:
        if (outcome := next(outcomes)) is not None:
            raise outcome

    guard = desk.guard(NOTIFY, obligations={"notify": notify})
    run = guard.job(**TRAINING, placements=[HALL])
    with pytest.raises(ObligationError):
        run.check()
    with run:
        pass
    assert [entry["type"] for entry in desk.entries()[2:]] == [
        "decision",
        "enforcement.refused",
        "decision",
        "lease.closed",
    ]


# --- evidence


def test_entry_that_is_not_durable_lets_nothing_run_and_is_no_answer(desk: "Desk") -> None:
    """Not as a permit, not as a denial: as an error of the log."""
    guard, ran = desk.guard(), []
    desk.disk.fail_at(0)
    with pytest.raises(AuditWriteError):
        guard.check("payroll", kind="backup", placements=[STORE])
    desk.disk.fail_at(0)
    with pytest.raises(AuditWriteError), guard.job(**TRAINING, placements=[HALL]):
        ran.append(1)
    assert ran == []


def test_pack_of_a_tag_is_kept_before_the_entry_that_names_it(desk: "Desk") -> None:
    """Whoever replays the entry finds every policy in the log."""
    guard = desk.guard()
    own = tag("own", classification="internal", categories=[], status="non_personal", packs=["eu-only"])
    for _ in range(2):
        assert guard.check(own, kind="etl", placements=[STORE]).permits
    entries = desk.entries()
    assert [entry["type"] for entry in entries] == [
        "policy.loaded",
        "snapshot.loaded",
        "policy.loaded",
        "decision",
        "decision",
    ]
    for ref in entries[3]["policies"]:
        assert load_object(desk.directory, ref["sha256"]).startswith(b"sovereign: 1\n")


def test_closed_guard_answers_nothing(desk: "Desk") -> None:
    """Evidence cannot be written any more."""
    guard = desk.guard()
    with guard:
        pass
    with pytest.raises(SovereignError):
        guard.check("payroll", kind="backup", placements=[STORE])


def test_stated_party_counts(desk: "Desk") -> None:
    """A sub-processor that the caller names is judged as the catalogue's are."""
    own = tag("own", classification="internal", categories=[], status="non_personal", allowed_jurisdictions=["DE"])
    guard = desk.guard()
    placed = Placement(role="storage", provider="stackit", region="eu01", parties=(Party(countries=frozenset({"US"})),))
    assert guard.check(own, kind="etl", placements=[STORE]).permits
    assert guard.check(own, kind="etl", placements=[placed]).outcome is Outcome.DENY
