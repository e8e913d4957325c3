from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from simulators.certificates import make_certificates
from simulators.fault_server import (
    DENY,
    PERMIT,
    Fault,
    body,
    delay,
    document,
    http,
    raw,
    reset,
    result,
    serving,
    status,
)

from sovereign.decision.engines.opa_address import parse_address, parse_entrypoint
from sovereign.decision.engines.opa_answer import read_answer
from sovereign.decision.engines.opa_server import OpaServer
from sovereign.decision.engines.protocol import RemoteAnswer, RemoteEngine, RemoteFinding
from sovereign.errors import EngineResponseError, EngineUnavailableError, UsageError

QUESTION: dict[str, Any] = {"context": {"placements": [{"countries": ["DE"]}, {"countries": ["US"]}]}}
UNUSED_URL = "http://127.0.0.1:9"
NOT_READY = {
    "502": status(502),
    "503": status(503),
    "504": status(504),
    "connection reset": reset,
    "connection closed": raw(b""),
}
ILL = {
    "500": status(500),
    "503": status(503),
    "204": raw(http(204, b"")),
    "connection reset": reset,
    "HTML": body("<html>"),
}


def _ask(*script: Fault, deadline: float = 5) -> RemoteAnswer:
    with serving(*script) as server:
        return OpaServer(server.url, deadline=timedelta(seconds=deadline)).evaluate(QUESTION)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://opa.internal:8181", "https://opa.internal:8181"),
        ("https://opa.internal", "https://opa.internal:8181"),
        ("https://OPA.internal:443/", "https://opa.internal:443"),
        ("http://localhost:8181", "http://localhost:8181"),
        ("http://127.0.0.2:1", "http://127.0.0.2:1"),
        ("http://[::1]:8181", "http://[::1]:8181"),
        ("https://[2001:DB8::1]:8181", "https://[2001:db8::1]:8181"),
    ],
)
def test_address(url: str, shown: str) -> None:
    """An address is scheme, host and port; the port of OPA if none is given."""
    assert str(parse_address(url)) == shown


@pytest.mark.parametrize(
    "url",
    [
        "http://opa.internal:8181",
        "http://10.0.0.1:8181",
        "http://127.0.0.1.example.org:8181",
        "http://localhost.example.org",
        "http://0.0.0.0:8181",
        "http://[::ffff:10.0.0.1]:8181",
        "https://opa.internal:8181/v1",
        "https://opa.internal?x=1",
        "https://opa.internal#x",
        "https://user@opa.internal",
        "https://opa.internal:0",
        "https://opa.internal:99999",
        "https://opa.internal:x",
        "https://opa internal",
        "https://opa.internal\r\nX: y",
        "https://ópa.internal",
        "https://",
        "unix:///run/opa.sock",
        "opa.internal:8181",
        "",
    ],
)
def test_address_is_refused(url: str) -> None:
    """Plain http to another machine, and whatever says more than scheme, host and port, is a configuration error."""
    with pytest.raises(UsageError) as caught:
        OpaServer(url)
    assert caught.value.code == "SOV-C410"


def test_password_in_an_address_is_not_shown() -> None:
    """The message leaves out what stands before the host."""
    with pytest.raises(UsageError) as caught:
        OpaServer("https://admin:hunter2@opa.internal")
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("entrypoint", ["data.residency.decision", "data.a.b_c.D9"])
def test_entrypoint(entrypoint: str) -> None:
    """An entry point is a package and a rule in it; the package is the prefix of the rules in findings."""
    package, rule = parse_entrypoint(entrypoint)
    assert f"data.{package}.{rule}" == entrypoint
    assert OpaServer(UNUSED_URL, entrypoint=entrypoint).package == package


@pytest.mark.parametrize(
    "entrypoint",
    [
        "data", "data.residency", "residency.decision", "data.residency.", "data..decision", "data.a.b/../c",
        "data.a.b c", "data.a.b?x", 'data.a["b"]', "data.a.b\n", "data.ä.b", "",
    ],
)  # fmt: skip
def test_entrypoint_is_refused(entrypoint: str) -> None:
    """A package alone, another form, or what would leave its path is a configuration error."""
    with pytest.raises(UsageError) as caught:
        OpaServer(UNUSED_URL, entrypoint=entrypoint)
    assert caught.value.code == "SOV-C411"


@pytest.mark.parametrize("content", [None, b"", b"no certificate", b"-----BEGIN CERTIFICATE-----\nAAAA\n"])
def test_authority_without_certificate_is_refused(content: bytes | None, tmp_path: Path) -> None:
    """A file of authorities that is missing, empty or broken is refused before anything is sent."""
    ca = tmp_path / "ca.pem"
    if content is not None:
        ca.write_bytes(content)
    with pytest.raises(UsageError) as caught:
        OpaServer("https://opa.internal", ca=ca)
    assert caught.value.code == "SOV-C412"


def test_given_authority_is_the_only_one(tmp_path: Path) -> None:
    """With `ca` the system's roots do not count."""
    ca, _, _ = make_certificates(tmp_path)
    context = OpaServer("https://opa.internal", ca=ca)._context
    assert context is not None
    assert len(context.get_ca_certs()) == 1
    assert context.check_hostname


@pytest.mark.parametrize("token", ["", "two words", "line\r\nX-Injected: 1", '"quoted"', "ü"])
def test_token_is_refused(token: str) -> None:
    """A token with characters that none has is refused, and not shown."""
    with pytest.raises(UsageError) as caught:
        OpaServer(UNUSED_URL, token=token)
    assert caught.value.code == "SOV-C413"
    assert not token or token not in str(caught.value)


def test_question_is_strict_and_carries_the_token() -> None:
    """The path is the rule's; strict built-in errors and provenance are always asked for; nothing inflates."""
    with serving(result(PERMIT)) as server:
        OpaServer(server.url, entrypoint="data.a.b.decision", token="secret.token").evaluate(QUESTION)
    head, _, sent = server.requests[0].partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    assert lines[0] == "POST /v1/data/a/b/decision?strict-builtin-errors=true&provenance=true HTTP/1.1"
    assert {"Authorization: Bearer secret.token", "Accept-Encoding: identity", "Connection: close"} <= set(lines)
    assert sent == b'{"input": {"context": {"placements": [{"countries": ["DE"]}, {"countries": ["US"]}]}}}'


def test_permit() -> None:
    """A permit has no blocking finding; advice does not block."""
    advice = {"rule": "EU-09", "message": "think of the backup", "outcome": "advice", "placement": 1}
    answer = _ask(result({"permit": True, "findings": [advice]}))
    assert answer.permit
    assert answer.findings == (
        RemoteFinding(rule="EU-09", message="`think of the backup`", outcome="advice", placement=1),
    )


def test_denial_with_what_the_server_says_of_itself() -> None:
    """A finding without outcome denies; decision id, version and revisions are kept."""
    answer = _ask(
        document(
            {
                "result": DENY,
                "decision_id": "4ca636c1-55e4-417a-b1d8-4aceb67960d1",
                "provenance": {"version": "1.20.2", "bundles": {"b": {"revision": "r2"}, "a": {}}},
                "metrics": {"timer_server_handler_ns": 1},
            }
        )
    )
    assert answer == RemoteAnswer(
        permit=False,
        findings=(RemoteFinding(rule="EU-01", message="`outside the EU`", outcome="deny"),),
        decision_id="4ca636c1-55e4-417a-b1d8-4aceb67960d1",
        version="1.20.2",
        revisions=(("a", ""), ("b", "r2")),
    )


@pytest.mark.asyncio
async def test_permit_in_an_event_loop() -> None:
    """`aevaluate` gives what `evaluate` gives."""
    with serving(result(PERMIT), result(DENY)) as server:
        engine = OpaServer(server.url, deadline=timedelta(seconds=5))
        assert (await engine.aevaluate(QUESTION)).permit
        assert not (await engine.aevaluate(QUESTION)).permit


@pytest.mark.asyncio
async def test_late_answer_in_an_event_loop() -> None:
    """The deadline holds in an event loop too."""
    with serving(delay(1, result(PERMIT))) as server:
        engine = OpaServer(server.url, deadline=timedelta(milliseconds=50))
        with pytest.raises(EngineUnavailableError, match="no answer within 50 ms"):
            await engine.aevaluate(QUESTION)


@pytest.mark.parametrize("first", NOT_READY.values(), ids=NOT_READY)
def test_one_more_try(first: Fault) -> None:
    """A gateway that did not reach the server, and a connection that breaks, are tried once more."""
    with serving(first, result(PERMIT)) as server:
        assert OpaServer(server.url, deadline=timedelta(seconds=5)).evaluate(QUESTION).permit
    assert len(server.requests) == 2


@pytest.mark.parametrize("fault", NOT_READY.values(), ids=NOT_READY)
def test_not_a_third_try(fault: Fault) -> None:
    """After the second failure the engine is unavailable."""
    with serving(fault, fault, result(PERMIT)) as server, pytest.raises(EngineUnavailableError) as caught:
        OpaServer(server.url, deadline=timedelta(seconds=5)).evaluate(QUESTION)
    assert len(server.requests) == 2
    assert (caught.value.code, caught.value.exit_code) == ("SOV-U005", 4)
    assert caught.value.hint


@pytest.mark.parametrize("code", [201, 202, 204, 301, 302, 307, 308, 400, 401, 403, 404, 418, 500, 501])
def test_any_other_status_is_an_error(code: int) -> None:
    """Only 200 carries an answer, whatever the body says; it is not asked again."""
    text = b"" if code == 204 else b'{"result": {"permit": true, "findings": []}}'
    with serving(status(code, text)) as server, pytest.raises(EngineResponseError) as caught:
        OpaServer(server.url, deadline=timedelta(seconds=5)).evaluate(QUESTION)
    assert len(server.requests) == 1
    assert (caught.value.code, caught.value.exit_code) == ("SOV-U006", 4)
    assert caught.value.hint


def test_words_of_a_failed_evaluation_are_shown() -> None:
    """What OPA says of a built-in that failed reaches the author of the policy, on one line."""
    said = b'{"code": "internal_error", "errors": [{"message": "to_number: bad\\n\\u001b[31msyntax"}]}'
    with pytest.raises(EngineResponseError) as caught:
        _ask(status(500, said))
    assert caught.value.message == r"the OPA server answered with status 500: `to_number: bad\u000a\u001b[31msyntax`"


def test_nobody_listens() -> None:
    """A refused connection is an engine that is unavailable; the message says where."""
    with pytest.raises(EngineUnavailableError, match=r"http://127\.0\.0\.1:9.*Connection refused"):
        OpaServer(UNUSED_URL).evaluate(QUESTION)


def test_question_that_is_no_json() -> None:
    """A document that JSON cannot say is not sent, and is no permit."""
    with serving(result(PERMIT)) as server, pytest.raises(EngineUnavailableError):
        OpaServer(server.url).evaluate({"x": float("nan")})
    with serving(result(PERMIT)) as server, pytest.raises(EngineUnavailableError):
        OpaServer(server.url).evaluate({"x": object()})
    assert server.requests == []


def test_health() -> None:
    """Health is status 200 of the path that covers bundles and plugins."""
    with serving(status(200)) as server:
        OpaServer(server.url).check_health()
    assert server.requests[0].startswith(b"GET /health?bundles=true&plugins=true HTTP/1.1\r\n")


@pytest.mark.parametrize("fault", ILL.values(), ids=ILL)
def test_ill_health(fault: Fault) -> None:
    """Anything else is an error."""
    with serving(fault) as server, pytest.raises((EngineResponseError, EngineUnavailableError)):
        OpaServer(server.url).check_health()


def test_engine_is_of_the_protocol() -> None:
    """The decision point can take it for a remote engine."""
    engine: RemoteEngine = OpaServer(UNUSED_URL)
    assert (engine.name, engine.package) == ("opa", "residency")


FINDING = {"rule": "EU-01", "message": "no"}


@pytest.mark.parametrize(
    "value",
    [
        None, True, "permit", 1, [], {},
        {"permit": True}, {"findings": []}, {"permit": 1, "findings": []}, {"permit": "true", "findings": []},
        {"permit": None, "findings": []}, {"allow": True, "permit": True, "findings": []},
        {"permit": True, "findings": None}, {"permit": True, "findings": {}}, {"permit": True, "findings": ""},
    ],
)  # fmt: skip
def test_result_of_another_shape(value: Any) -> None:
    """A result is exactly `permit` and `findings`, of their types."""
    with pytest.raises(EngineResponseError):
        read_answer({"result": value}, placements=2)


@pytest.mark.parametrize(
    "change",
    [
        {"rule": None}, {"rule": ""}, {"rule": "eu-01"}, {"rule": "EU 01"}, {"rule": "EU-01\n"}, {"rule": "-1"},
        {"rule": "É1"}, {"rule": "A" * 65}, {"rule": ["EU-01"]}, {"message": None}, {"message": " "}, {"message": 5},
        {"outcome": "permit"}, {"outcome": "waived"}, {"outcome": "not_applicable"}, {"outcome": "DENY"},
        {"outcome": None}, {"outcome": ["deny"]}, {"placement": -1}, {"placement": 2}, {"placement": True},
        {"placement": 1.0}, {"placement": "0"}, {"severity": "low"},
    ],
)  # fmt: skip
def test_finding_of_another_shape(change: dict[str, Any]) -> None:
    """A finding with one wrong member makes the whole answer an error, also when it denies."""
    with pytest.raises(EngineResponseError):
        read_answer({"result": {"permit": False, "findings": [FINDING, FINDING | change]}}, placements=2)


@pytest.mark.parametrize("missing", ["rule", "message"])
def test_finding_without_a_member(missing: str) -> None:
    """Rule and message are required."""
    finding = {key: value for key, value in FINDING.items() if key != missing}
    with pytest.raises(EngineResponseError, match=f"without `{missing}`"):
        read_answer({"result": {"permit": False, "findings": [finding]}}, placements=2)


@pytest.mark.parametrize(
    "change",
    [
        {"decision_id": 5}, {"decision_id": "a b"}, {"decision_id": "x" * 129}, {"provenance": []},
        {"provenance": {"version": 1}}, {"provenance": {"version": "1\n2"}}, {"provenance": {"bundles": []}},
        {"provenance": {"bundles": {"b": "r1"}}}, {"provenance": {"bundles": {"b": {"revision": 1}}}},
        {"provenance": {"bundles": {"b c": {"revision": "1"}}}}, {"warning": None}, {"warning": {"code": "x"}},
    ],
)  # fmt: skip
def test_envelope_of_another_shape(change: dict[str, Any]) -> None:
    """What the server says of itself has OPA's types; a warning means that it did not see the request."""
    with pytest.raises(EngineResponseError):
        read_answer({"result": PERMIT} | change, placements=2)


def test_message_is_untrusted_text() -> None:
    """A message is shown on one line, without control and direction characters, and not without end."""
    item = FINDING | {"message": "no\r\n\x1b[2J\u202e" + "x" * 500}
    (finding,) = read_answer({"result": {"permit": False, "findings": [item]}}, placements=0).findings
    assert finding.message.startswith(r"`no\u000d\u000a\u001b[2J\u202e")
    assert finding.message.isprintable()
    assert len(finding.message) < 350
