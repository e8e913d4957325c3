"""Attack: an engine's answer that fills the memory, or takes for ever to parse."""

import tracemalloc
from datetime import timedelta

import pytest
from simulators.fault_server import Fault, body, flood, gzip_bomb, http, raw, serving

from sovereign.decision.engines.opa_server import OpaServer
from sovereign.errors import EngineResponseError

PERMIT = '{"result": {"permit": true, "findings": []}'
FAULTS = {
    "stated length": flood(64),
    "chunks": flood(64, chunked=True),
    "inflates": gzip_bomb(32),
    "deflates": raw(http(200, b"x", "Content-Encoding: deflate")),
    "brotli": raw(http(200, b"x", "Content-Encoding: br")),
    "nesting": body(PERMIT + ', "metrics": ' + "[" * 100_000 + "]" * 100_000 + "}"),
    "digits": body(PERMIT + ', "metrics": ' + "9" * 100_000 + "}"),
    "header": raw(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000 + b"\r\n\r\n{}"),
    "headers": raw(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 1_000 + b"\r\n{}"),
    "negative length": raw(http(200, b"", "Content-Length: -1")),
    "length of many digits": raw(http(200, b"{}", "Content-Length: " + "9" * 5_000)),
    "chunk of many digits": raw(http(200, b"f" * 5_000 + b"\r\n{}", "Transfer-Encoding: chunked")),
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_answer_without_end_is_none(fault: Fault) -> None:
    """It is an error, and at most a few times the permitted size is held at any moment."""
    tracemalloc.start()
    try:
        with serving(fault) as server:
            engine = OpaServer(server.url, deadline=timedelta(seconds=10))
            with pytest.raises(EngineResponseError):
                engine.evaluate({})
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 16 << 20


def test_size_is_the_callers() -> None:
    """An answer of exactly the permitted size is read, one byte more is not."""
    text = PERMIT + "}"
    with serving(body(text)) as server:
        assert OpaServer(server.url, max_response_bytes=len(text), deadline=timedelta(seconds=5)).evaluate({}).permit
        with pytest.raises(EngineResponseError, match=f"more than {len(text) - 1} bytes"):
            OpaServer(server.url, max_response_bytes=len(text) - 1, deadline=timedelta(seconds=5)).evaluate({})
