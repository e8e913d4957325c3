"""Attack: somebody else answers in the engine's place: a proxy, a redirect's target, the answer before."""

from datetime import timedelta
from pathlib import Path

import pytest
from simulators.fault_server import DENY, PERMIT, http, raw, redirect, result, serving

from sovereign.decision.engines.opa_server import OpaServer
from sovereign.errors import EngineResponseError

PATIENT = timedelta(seconds=5)
LEFT_OVER = http(200, b'{"result": {"permit": true, "findings": []}}')


@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"])
def test_proxy_of_the_environment_is_not_asked(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The address that is configured is the address that is contacted."""
    for exception in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(exception, raising=False)
    with serving(result(PERMIT)) as proxy, serving(result(DENY)) as server:
        monkeypatch.setenv(name, proxy.url)
        assert not OpaServer(server.url, deadline=PATIENT).evaluate({}).permit
    assert (len(proxy.requests), len(server.requests)) == (0, 1)


def test_password_file_is_not_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A .netrc of the user neither replaces the token nor is sent anywhere."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login admin password hunter2\ndefault login admin password hunter2\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    with serving(result(PERMIT)) as server:
        OpaServer(server.url, deadline=PATIENT).evaluate({})
        OpaServer(server.url, token="t0ken", deadline=PATIENT).evaluate({})
    without, with_token = server.requests
    assert b"uthorization" not in without
    assert b"Authorization: Bearer t0ken\r\n" in with_token


@pytest.mark.parametrize("code", [300, 301, 302, 303, 307, 308])
def test_redirect_is_not_followed(code: int) -> None:
    """A redirect is an error that says where it leads; its target is not asked, and gets no token."""
    with (
        serving(result(PERMIT)) as target,
        serving(redirect(target.url + "/v1/data/residency/decision", code)) as server,
    ):
        with pytest.raises(EngineResponseError, match="redirects to") as caught:
            OpaServer(server.url, token="t0ken", deadline=PATIENT).evaluate({})
        assert target.url in caught.value.message
    assert (len(target.requests), len(server.requests)) == (0, 1)


def test_bytes_behind_an_answer_answer_nothing() -> None:
    """A permit that is sent behind a denial is not the answer to the next question."""
    denial = http(200, b'{"result": {"permit": false, "findings": [{"rule": "A", "message": "m"}]}}')
    with serving(raw(denial + LEFT_OVER), result(DENY)) as server:
        engine = OpaServer(server.url, deadline=PATIENT)
        assert [engine.evaluate({}).permit for _ in range(2)] == [False, False]
    assert len(server.requests) == 2


def test_cookie_does_not_come_back() -> None:
    """What a server sets is forgotten with the answer."""
    with serving(raw(http(200, b'{"result": {"permit": true, "findings": []}}', "Set-Cookie: a=b"))) as server:
        engine = OpaServer(server.url, deadline=PATIENT)
        engine.evaluate({})
        engine.evaluate({})
    assert b"ookie" not in server.requests[1]
