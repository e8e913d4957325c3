"""Attack: an engine that is always about to answer, so that a job waits for ever, or a thread is left behind."""

import socket
import threading
import time
from datetime import timedelta
from pathlib import Path

import pytest
from simulators.certificates import make_certificates
from simulators.fault_server import PERMIT, Fault, delay, http, result, serving, trickle

from sovereign.decision.engines.opa_server import OpaServer
from sovereign.errors import EngineUnavailableError

ANSWER = http(200, b'{"result": {"permit": true, "findings": []}}')
FAULTS = {
    "silence": delay(3, result(PERMIT)),
    "status line": trickle(ANSWER, pause=0.05),
    "header": trickle(b"X" * 60, pause=0.05, keep=0),
    "endless headers": trickle(b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 20, pause=0.05, keep=30),
    "endless continue": trickle(b"HTTP/1.1 100 Continue\r\n\r\n" * 4, pause=0.05, keep=25),
    "body": trickle(ANSWER, pause=0.05, keep=len(ANSWER) - 40),
    "white space": trickle(http(200, b'{"result": {}' + b" " * 60), pause=0.05, keep=60),
    "chunks": trickle(http(200, b"1\r\n \r\n" * 20, "Transfer-Encoding: chunked"), pause=0.05, keep=50),
    "trailers": trickle(http(200, b"0\r\n" + b"A: b\r\n" * 20, "Transfer-Encoding: chunked"), pause=0.05, keep=50),
    "no end": trickle(b"HTTP/1.1 200 OK\r\n\r\n" + b" " * 60, pause=0.05, keep=20),
}


def _engine_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "sovereign-opa"]


def _gone(seconds: float = 2) -> bool:
    ends = time.monotonic() + seconds
    while _engine_threads() and time.monotonic() < ends:
        time.sleep(0.01)
    return not _engine_threads()


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_deadline_is_for_the_whole_answer(fault: Fault) -> None:
    """Bytes that keep coming do not buy time; nothing is left running."""
    with serving(fault) as server:
        engine = OpaServer(server.url, deadline=timedelta(milliseconds=200))
        with pytest.raises(EngineUnavailableError, match="no answer within 200 ms"):
            engine.evaluate({})
        assert _gone()


@pytest.mark.asyncio
async def test_deadline_in_an_event_loop() -> None:
    """The same when an event loop waits."""
    with serving(FAULTS["endless headers"]) as server:
        engine = OpaServer(server.url, deadline=timedelta(milliseconds=200))
        with pytest.raises(EngineUnavailableError, match="no answer within 200 ms"):
            await engine.aevaluate({})
        assert _gone()


@pytest.mark.parametrize("fault", ["silence", "endless headers", "body"])
def test_deadline_over_tls(fault: str, tmp_path: Path) -> None:
    """The same over TLS, where one read of the caller is several of the socket."""
    ca, certificate, key = make_certificates(tmp_path)
    with serving(FAULTS[fault], certificate=(certificate, key)) as server:
        engine = OpaServer(server.url, ca=ca, deadline=timedelta(milliseconds=300))
        with pytest.raises(EngineUnavailableError, match="no answer within 300 ms"):
            engine.evaluate({})
        assert _gone()


def test_handshake_that_never_comes() -> None:
    """A server that accepts the connection and says nothing of TLS is given up as well."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        engine = OpaServer(f"https://127.0.0.1:{listener.getsockname()[1]}", deadline=timedelta(milliseconds=200))
        with pytest.raises(EngineUnavailableError, match="no answer within 200 ms"):
            engine.evaluate({})
        assert _gone()


def test_second_try_has_no_deadline_of_its_own() -> None:
    """A late 503 and a late second answer share the one deadline."""
    late = delay(0.15, lambda connection: connection.sendall(http(503, b"{}")))
    with serving(late, delay(0.15, result(PERMIT))) as server:
        with pytest.raises(EngineUnavailableError, match="no answer within 200 ms"):
            OpaServer(server.url, deadline=timedelta(milliseconds=200)).evaluate({})
        assert _gone()
