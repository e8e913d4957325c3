"""Attack: a missing or ill-typed value makes a denial in Rego vanish, and what is left permits.

Two ways are known, and OPA has both: an undefined operand behind `not` ends the body of the denial without one, and a
function that fails is undefined unless the server is told to be strict.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from simulators.opa import ROOT, RunningOpa, running_opa

from sovereign.decision.engines.native import NativeEngine
from sovereign.decision.engines.opa_server import OpaServer
from sovereign.decision.point import DecisionPoint
from sovereign.decision.request import read_request
from sovereign.errors import EngineResponseError
from sovereign.jurisdiction.snapshot import load_snapshot
from sovereign.policy.store import load_pack

EXAMPLE = ROOT / "examples/rego"
NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
SNAPSHOT = load_snapshot()
FINDING = '{"rule": "EU-01", "message": "not in the EU"}'
NAIVE = f"""package naive
decision := {{"permit": count(findings) == 0, "findings": findings}}
findings contains {FINDING} if not input.context.placements[0].key_countries[0] in data.places.eu
"""
SAFE = f"""package safe
decision := {{"permit": count(findings) == 0, "findings": findings}}
findings contains {FINDING} if not key_in_eu
key_in_eu if input.context.placements[0].key_countries[0] in data.places.eu
"""
FAILING = """package failing.{name}
decision := {{"permit": count(findings) == 0, "findings": findings}}
findings contains {finding} if {{ {body} }}
"""
BODIES = {
    "division": "1 / (count(input.context.placements) - 1) > 0",
    "number": 'to_number("zz") > 0',
    "prefix": 'startswith(input.action, "eu")',
    "size": "count(input.number) > 0",
    "network": 'net.cidr_contains("no network", "10.0.0.1")',
    "pattern": 'regex.match("(", "x")',
    "instant": 'time.parse_rfc3339_ns("yesterday") > 0',
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningOpa]:
    """Run one server with the traps, their cure, and the example."""
    folder = tmp_path_factory.mktemp("opa")
    (folder / "naive.rego").write_text(NAIVE)
    (folder / "safe.rego").write_text(SAFE)
    for name, body in BODIES.items():
        (folder / f"{name}.rego").write_text(FAILING.format(name=name, finding=FINDING, body=body))
    files = [EXAMPLE / "residency.rego", EXAMPLE / "data.json", *sorted(folder.glob("*.rego"))]
    with running_opa(files, folder / "log.txt") as running:
        yield running


def _engine(server: RunningOpa, package: str) -> OpaServer:
    return OpaServer(server.url, entrypoint=f"data.{package}.decision", deadline=timedelta(seconds=10))


def _request(placement: dict[str, Any]) -> dict[str, Any]:
    tag = {"id": "payroll", "classification": "confidential", "categories": ["hr"], "status": "personal"}
    return {
        "subject": {"type": "job", "id": "backup-payroll"},
        "action": {"name": "backup"},
        "resource": {"type": "dataset", "id": "payroll", "properties": tag},
        "context": {"placements": [placement]},
    }


KEYS_MISSING = _request({"role": "key", "region": "eu01"})


def test_undefined_operand_behind_not(server: RunningOpa) -> None:
    """The naive form permits when the value is missing; the form with a rule of its own denies."""
    assert _engine(server, "naive").evaluate(KEYS_MISSING).permit
    assert not _engine(server, "safe").evaluate(KEYS_MISSING).permit
    for package in ("naive", "safe"):
        for value, permitted in (["DE"], True), (["US"], False), ([None], False):
            document = _request({"role": "key", "key_countries": value})
            assert _engine(server, package).evaluate(document).permit is permitted


@pytest.mark.parametrize(
    "placement", [{"role": "key"}, {"role": "key", "provider": "aws"}, {"role": "key", "region": "x"}]
)
def test_example_denies_what_is_missing(server: RunningOpa, placement: dict[str, Any]) -> None:
    """The shipped example is written in the safe form."""
    assert not _engine(server, "residency").evaluate(_request(placement)).permit


def test_missing_value_is_denied_beside_a_naive_policy(server: RunningOpa) -> None:
    """Even where the server permits for want of a value, the decision does not: built-in rules answer natively."""
    point = DecisionPoint(
        [load_pack("eu-only", SNAPSHOT.groups)],
        snapshot=SNAPSHOT,
        load_pack=lambda name: load_pack(name, SNAPSHOT.groups),
        engine=NativeEngine(),
        remote=_engine(server, "naive"),
    )
    prepared = point.prepare(read_request(KEYS_MISSING, source="request.json"), at=NOW)
    decision = point.decide(prepared, at=NOW, document=KEYS_MISSING)
    assert not decision.permits
    assert "SOV-000" in {finding.rule for finding in decision.findings}


@pytest.mark.parametrize("name", BODIES)
def test_function_that_fails_in_a_denial(server: RunningOpa, name: str) -> None:
    """Asked without strictness the server permits; the engine always asks for it, and gets an error."""
    document = KEYS_MISSING | {"number": 5}
    path = f"{server.url}/v1/data/failing/{name}/decision"
    lax = requests.post(path, json={"input": document}, timeout=10).json()
    assert lax["result"] == {"permit": True, "findings": []}
    with pytest.raises(EngineResponseError, match="status 500"):
        _engine(server, f"failing.{name}").evaluate(document)


def test_list_that_was_not_loaded(tmp_path: Path) -> None:
    """A server without the policy's data denies: everything is outside an absent list."""
    with running_opa([EXAMPLE / "residency.rego"], tmp_path / "log.txt") as running:
        answer = _engine(running, "residency").evaluate(_request({"role": "storage", "countries": ["DE"]}))
    assert not answer.permit
