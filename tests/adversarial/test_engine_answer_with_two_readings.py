"""Attack: an engine's answer that one reader takes for a denial and another for a permit."""

from datetime import timedelta

import pytest
from simulators.fault_server import body, serving

from sovereign.decision.engines.opa_server import OpaServer
from sovereign.errors import EngineResponseError

TWO_OUTCOMES = '{"rule": "A", "message": "m", "outcome": "deny", "outcome": "advice"}'
NOT_A_NUMBER = '{"rule": "A", "message": "m", "outcome": "advice", "placement": NaN}'
PERMIT = '{"result": {"permit": true, "findings": []}}'
ANSWERS = {
    "permit twice": '{"result": {"permit": false, "permit": true, "findings": []}}',
    "result twice": '{"result": {"permit": false, "findings": []}, "result": {"permit": true, "findings": []}}',
    "outcome twice": PERMIT.replace("[]", f"[{TWO_OUTCOMES}]"),
    "escaped key twice": '{"result": {"permit": false, "perm\\u0069t": true, "findings": []}}',
    "not a number": PERMIT.replace("[]", f"[{NOT_A_NUMBER}]"),
    "infinity outside the result": '{"metrics": Infinity, "result": {"permit": true, "findings": []}}',
    "two documents": PERMIT + PERMIT,
    "a comment": PERMIT + " // no",
    "a list around it": f"[{PERMIT}]",
    "another case": '{"result": {"Permit": true, "findings": []}}',
    "single quotes": PERMIT.replace('"', "'"),
    "Python": "{'result': {'permit': True, 'findings': []}}",
    "HTML": "<!doctype html><title>permit</title>",
    "a callback": f"permit({PERMIT})",
    "nothing": "",
}  # fmt: skip


@pytest.mark.parametrize("text", ANSWERS.values(), ids=ANSWERS)
def test_answer_with_two_readings_is_none(text: str) -> None:
    """Only strict JSON with each key once is read."""
    with serving(body(text)) as server, pytest.raises(EngineResponseError):
        OpaServer(server.url, deadline=timedelta(seconds=5)).evaluate({})


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32", "utf-8-sig", "utf-7", "cp037"])
def test_answer_in_another_encoding_is_none(encoding: str) -> None:
    """JSON between systems is UTF-8 without a mark (RFC 8259, section 8.1); nothing is guessed."""
    text = PERMIT.replace('"', "+ACI-").encode() if encoding == "utf-7" else PERMIT.encode(encoding)
    with serving(body(text)) as server, pytest.raises(EngineResponseError):
        OpaServer(server.url, deadline=timedelta(seconds=5)).evaluate({})


def test_stated_encoding_is_not_followed() -> None:
    """The bytes that were checked are the bytes that count, whatever the header calls them."""
    with serving(body(PERMIT, "Content-Type: application/json; charset=utf-16")) as server:
        assert OpaServer(server.url, deadline=timedelta(seconds=5)).evaluate({}).permit
