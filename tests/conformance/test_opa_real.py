"""A real OPA server: what the engine makes of its answers, its silence and its refusals."""

import asyncio
import os
import signal
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from simulators.certificates import make_certificates
from simulators.opa import ROOT, RunningOpa, opa, opa_binary, running_opa

from sovereign._internal.strict_json import parse_json
from sovereign.decision.engines.native import NativeEngine
from sovereign.decision.engines.opa_server import OpaServer
from sovereign.decision.model import Basis, Decision
from sovereign.decision.point import DecisionPoint
from sovereign.decision.request import read_request
from sovereign.errors import EngineError, EngineResponseError, EngineUnavailableError
from sovereign.jurisdiction.snapshot import load_snapshot
from sovereign.policy.store import load_pack

EXAMPLE = ROOT / "examples/rego"
PATIENT = timedelta(seconds=10)  # a busy machine is no fault of the server; the tests of deadlines set their own
NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
SNAPSHOT = load_snapshot()

OTHER = """package other
decision := {"permit": true, "findings": [], "n": to_number(input.text)} if input.text
many := numbers.range(1, 3000)
slow := {"permit": true, "findings": []} if count([1 | some i in many; some j in many; i == j]) > 0
always := {"permit": true, "findings": []}
two := {"permit": input.text == "a", "findings": []}
two := {"permit": true, "findings": []}
answer := {"permit": to_number(input.text) == 1, "findings": []}
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningOpa]:
    """Run one server for the module: the example's policy and one of traps."""
    folder = tmp_path_factory.mktemp("opa")
    (folder / "other.rego").write_text(OTHER)
    files = [EXAMPLE / "residency.rego", EXAMPLE / "data.json", folder / "other.rego"]
    with running_opa(files, folder / "log.txt") as running:
        yield running


def _request(*placements: Any, status: str = "personal") -> dict[str, Any]:
    tag = {"id": "payroll", "classification": "confidential", "categories": ["hr"], "status": status}
    return {
        "schema": "sovereign.request/1",
        "subject": {"type": "job", "id": "backup-payroll"},
        "action": {"name": "backup"},
        "resource": {"type": "dataset", "id": "payroll", "properties": tag},
        "context": {"placements": list(placements)},
    }


MUNICH = {"role": "storage", "provider": "dt-industrial-ai-cloud", "region": "munich-tucherpark"}
VIRGINIA = {"role": "storage", "provider": "aws", "region": "us-east-1"}


def test_version_is_the_pinned_one() -> None:
    """The tests run the version that the installer names, unless the environment names another binary."""
    pinned = (ROOT / ".ci/install-opa").read_text().partition("version=v")[2].split("\n")[0]
    assert "OPA_BIN" in os.environ or f"Version: {pinned}\n" in opa("version").stdout


def test_example_is_written_well() -> None:
    """The policy is formatted, strict, and passes its own tests."""
    assert opa("fmt", "--list", "--fail", EXAMPLE).returncode == 0
    checked = opa("check", "--strict", EXAMPLE)
    assert (checked.returncode, checked.stderr) == (0, "")
    tested = opa("test", EXAMPLE)
    assert tested.returncode == 0, tested.stdout
    assert "PASS: 12/12" in tested.stdout


def test_places_of_the_example_are_those_of_the_catalogue() -> None:
    """The example's lists say what the shipped data say."""
    places = parse_json((EXAMPLE / "data.json").read_bytes(), source="data.json")["places"]
    day = date(2026, 11, 24)
    assert set(places["eu"]) == SNAPSHOT.groups.members("eu", day).yes
    for provider, regions in places["regions"].items():
        for region, countries in regions.items():
            row = SNAPSHOT.catalogue.locate(provider, region, day=day)
            assert row is not None
            assert row.countries == set(countries)


def test_permit(server: RunningOpa) -> None:
    """Personal data in Munich pass, and the server says its version."""
    answer = OpaServer(server.url, deadline=PATIENT).evaluate(_request(MUNICH))
    assert (answer.permit, answer.findings) == (True, ())
    assert f"Version: {answer.version}\n" in opa("version").stdout


def test_denial(server: RunningOpa) -> None:
    """Personal data in Virginia do not, and the finding names its placement."""
    answer = OpaServer(server.url, deadline=PATIENT).evaluate(_request(MUNICH, VIRGINIA))
    assert not answer.permit
    assert [(f.rule, f.outcome, f.placement) for f in answer.findings] == [("EU-01", "deny", 1)]


@pytest.mark.parametrize("document", [{}, _request(), _request({"role": "storage"}), _request(MUNICH, status="secret")])
def test_undecided(server: RunningOpa, document: dict[str, Any]) -> None:
    """What is not known is undecided, not permitted."""
    answer = OpaServer(server.url, deadline=PATIENT).evaluate(document)
    assert not answer.permit
    assert {finding.outcome for finding in answer.findings} == {"undecided"}


@pytest.mark.parametrize("entrypoint", ["data.residency.decisions", "data.residence.decision", "data.other.decision"])
def test_undefined_rule(server: RunningOpa, entrypoint: str) -> None:
    """A misspelt rule, a misspelt package, a rule without a value: OPA says 200, the engine says no."""
    engine = OpaServer(server.url, entrypoint=entrypoint, deadline=PATIENT)
    with pytest.raises(EngineResponseError, match="has no such rule, or the rule is undefined"):
        engine.evaluate(_request(MUNICH))


@pytest.mark.parametrize("entrypoint", ["data.residency.findings", "data.residency.placed", "data.places.eu"])
def test_rule_of_another_shape(server: RunningOpa, entrypoint: str) -> None:
    """A rule that is no decision is not read as one, be it true."""
    engine = OpaServer(server.url, entrypoint=entrypoint, deadline=PATIENT)
    with pytest.raises(EngineResponseError, match="a result that is no object"):
        engine.evaluate(_request(VIRGINIA))


def test_builtin_that_fails(server: RunningOpa) -> None:
    """A function that fails is an error with OPA's words, not an undefined value."""
    engine = OpaServer(server.url, entrypoint="data.other.answer", deadline=PATIENT)
    assert engine.evaluate({"text": "1"}).permit
    with pytest.raises(EngineResponseError, match="status 500: `to_number: "):
        engine.evaluate({"text": "zz"})


def test_rule_with_two_values(server: RunningOpa) -> None:
    """A complete rule with two values is a conflict, not the value that permits."""
    engine = OpaServer(server.url, entrypoint="data.other.two", deadline=PATIENT)
    assert engine.evaluate({"text": "a"}).permit
    with pytest.raises(EngineResponseError, match="status 500"):
        engine.evaluate({"text": "b"})


def test_slow_rule(server: RunningOpa) -> None:
    """A rule that takes longer than the deadline is a denial."""
    engine = OpaServer(server.url, entrypoint="data.other.slow", deadline=timedelta(milliseconds=100))
    with pytest.raises(EngineUnavailableError, match="no answer within 100 ms"):
        engine.evaluate({})


@pytest.mark.asyncio
async def test_answers_do_not_cross(server: RunningOpa) -> None:
    """Many questions at once get each its own answer."""
    engine = OpaServer(server.url, deadline=timedelta(seconds=30))
    places = [MUNICH, VIRGINIA] * 20
    answers = await asyncio.gather(*(engine.aevaluate(_request(place)) for place in places))
    assert [answer.permit for answer in answers] == [place is MUNICH for place in places]


def test_health(server: RunningOpa) -> None:
    """A server that has loaded what it should is healthy."""
    OpaServer(server.url, deadline=PATIENT).check_health()


def test_ill_health(tmp_path: Path) -> None:
    """A server whose bundle never came is not."""
    bundle = ("--set", "services.none.url=http://127.0.0.1:9", "--set", "bundles.b.service=none")
    with running_opa([], tmp_path / "log.txt", *bundle) as running, pytest.raises(EngineResponseError, match="500"):
        OpaServer(running.url, deadline=PATIENT).check_health()


def test_stopped_server(tmp_path: Path) -> None:
    """A server that answered, and is gone, permits nothing any more."""
    with running_opa([EXAMPLE / "residency.rego", EXAMPLE / "data.json"], tmp_path / "log.txt") as running:
        engine = OpaServer(running.url, deadline=PATIENT)
        assert engine.evaluate(_request(MUNICH)).permit
        running.stop()
        with pytest.raises(EngineUnavailableError, match="Connection refused"):
            engine.evaluate(_request(MUNICH))
        with pytest.raises(EngineUnavailableError, match="Connection refused"):
            engine.check_health()


def test_frozen_server(tmp_path: Path) -> None:
    """A server that accepts and does nothing is given up at the deadline."""
    with running_opa([EXAMPLE / "residency.rego", EXAMPLE / "data.json"], tmp_path / "log.txt") as running:
        os.kill(running.process.pid, signal.SIGSTOP)
        try:
            with pytest.raises(EngineUnavailableError, match="no answer within 100 ms"):
                OpaServer(running.url, deadline=timedelta(milliseconds=100)).evaluate(_request(MUNICH))
        finally:
            os.kill(running.process.pid, signal.SIGCONT)


def test_server_is_ended_when_the_test_fails(tmp_path: Path) -> None:
    """No process is left behind by an exception."""
    with pytest.raises(ZeroDivisionError), running_opa([], tmp_path / "log.txt") as running:
        raise ZeroDivisionError
    assert running.process.poll() is not None


def test_policy_that_does_not_compile(tmp_path: Path) -> None:
    """A server that does not start fails the test that needs it, with OPA's words."""
    (tmp_path / "broken.rego").write_text("package broken\nx := y\n")
    with pytest.raises(AssertionError, match="rego_unsafe_var_error"), running_opa([tmp_path], tmp_path / "log.txt"):
        pass


def test_binary_is_named_by_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """`OPA_BIN` is taken before any other place; a name without a program is a failure."""
    monkeypatch.setenv("OPA_BIN", "/nonexistent/opa")
    with pytest.raises(AssertionError, match="OPA_BIN names no program"):
        opa_binary.__wrapped__()


def test_certificate_is_verified(tmp_path: Path) -> None:
    """Over TLS the server answers who proves its name under the configured authority, and nobody else."""
    ca, certificate, key = make_certificates(tmp_path)
    (tmp_path / "another").mkdir()
    another, _, _ = make_certificates(tmp_path / "another")
    tls = ("--tls-cert-file", str(certificate), "--tls-private-key-file", str(key))
    files = [EXAMPLE / "residency.rego", EXAMPLE / "data.json"]
    with running_opa(files, tmp_path / "log.txt", *tls) as running:
        assert OpaServer(running.url, ca=ca, deadline=PATIENT).evaluate(_request(MUNICH)).permit
        for foreign in (None, another):
            with pytest.raises(EngineUnavailableError, match="CERTIFICATE_VERIFY_FAILED"):
                OpaServer(running.url, ca=foreign, deadline=PATIENT).evaluate(_request(MUNICH))
        by_name = running.url.replace("127.0.0.1", "localhost")
        with pytest.raises(EngineUnavailableError, match="CERTIFICATE_VERIFY_FAILED"):
            OpaServer(by_name, ca=ca, deadline=PATIENT).evaluate(_request(MUNICH))
        with pytest.raises(EngineError):
            OpaServer(running.url.replace("https", "http"), deadline=PATIENT).evaluate(_request(MUNICH))


def test_token_is_demanded(tmp_path: Path) -> None:
    """A server with an authorization policy answers to the right token only."""
    (tmp_path / "authz.rego").write_text(
        'package system.authz\ndefault allow := false\nallow if input.identity == "t0ken"\n'
    )
    options = ("--authentication=token", "--authorization=basic", "--ready-timeout=0")
    files = [EXAMPLE / "residency.rego", EXAMPLE / "data.json", tmp_path / "authz.rego"]
    with running_opa(files, tmp_path / "log.txt", *options) as running:
        assert OpaServer(running.url, token="t0ken", deadline=PATIENT).evaluate(_request(MUNICH)).permit
        for token in (None, "another"):
            with pytest.raises(EngineResponseError, match="status 401"):
                OpaServer(running.url, token=token, deadline=PATIENT).evaluate(_request(MUNICH))


def _decide(remote: OpaServer, document: dict[str, Any]) -> Decision:
    point = DecisionPoint(
        [load_pack("eu-only", SNAPSHOT.groups)],
        snapshot=SNAPSHOT,
        load_pack=lambda name: load_pack(name, SNAPSHOT.groups),
        engine=NativeEngine(),
        remote=remote,
    )
    prepared = point.prepare(read_request(document, source="request.json"), at=NOW)
    return point.decide(prepared, at=NOW, document=document)


def test_decision_with_a_remote_engine(server: RunningOpa) -> None:
    """Both engines permit Munich; Virginia is denied by both, each under its own name."""
    engine = OpaServer(server.url, deadline=PATIENT)
    assert _decide(engine, _request(MUNICH)).permits
    denied = _decide(engine, _request(VIRGINIA))
    assert not denied.permits
    assert {"eu-only/EU-01", "residency/EU-01"} <= {finding.rule for finding in denied.findings}


def test_remote_engine_only_adds_denials(server: RunningOpa) -> None:
    """What the server permits is denied where a native rule denies it."""
    engine = OpaServer(server.url, entrypoint="data.other.always", deadline=PATIENT)
    assert engine.evaluate(_request(VIRGINIA)).permit
    assert not _decide(engine, _request(VIRGINIA)).permits


def test_silence_is_a_denial_by_failure() -> None:
    """A decision without the remote engine's answer rests on the failure, and the notice names it."""
    decision = _decide(OpaServer("http://127.0.0.1:9"), _request(MUNICH))
    assert not decision.permits
    assert decision.basis is Basis.FAILURE
    assert "SOV-U005" in {notice.code for notice in decision.notices}


def test_no_input_makes_the_engine_permit(server: RunningOpa) -> None:
    """Missing, null and ill-typed members of a request give denials or an engine's error, never a permit."""
    engine = OpaServer(server.url, deadline=PATIENT)
    hostile: tuple[Any, ...] = (None, True, 0, -1.5, "", "DE", [], [None], {}, {"a": 1}, [[]], 10**30)
    for value in hostile:
        for document in (
            {"resource": value, "context": value},
            _request(value),
            _request({"countries": value}),
            _request({"countries": [value]} if value != "DE" else {}),
            _request({"provider": value, "region": "munich-tucherpark"}),
            _request({"provider": "aws", "region": value}),
            {**_request(), "context": {"placements": value}},
        ):
            try:
                answer = engine.evaluate(document)
            except EngineError:
                continue
            assert not answer.permit, document
