"""A loopback HTTP server that answers by script, and in every way in which a server can fail.

It speaks through a bare socket: what it sends is what the script says, byte for byte, at the pace the script says.
"""

import gzip
import json
import socket
import socketserver
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Fault = Callable[[socket.socket], None]


@dataclass(slots=True)
class FaultServer:
    """What a test sees of the running server.

    Attributes:
        port: on 127.0.0.1.
        scheme: http, or https.
        requests: head and body of each request, as they came.
        script: what to do with the first, second, … connection; the last entry serves all further ones.
    """

    port: int
    script: tuple[Fault, ...]
    scheme: str = "http"
    requests: list[bytes] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Its address."""
        return f"{self.scheme}://127.0.0.1:{self.port}"


class _Listener(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False  # a slow script must not hold the test up
    known: FaultServer

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: a client that hangs up is what many scripts are about."""


class _Connection(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        assert isinstance(self.server, _Listener)
        known = self.server.known
        number = len(known.requests)
        known.requests.append(_receive(self.request))
        known.script[min(number, len(known.script) - 1)](self.request)


def _receive(connection: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        more = connection.recv(65536)
        if not more:
            return data
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    length = next(
        (int(v) for k, _, v in (h.partition(b":") for h in head.split(b"\r\n")) if k.lower() == b"content-length"), 0
    )
    while len(body) < length and (more := connection.recv(65536)):
        body += more
    return head + b"\r\n\r\n" + body


@contextmanager
def serving(*script: Fault, certificate: tuple[Path, Path] | None = None) -> Iterator[FaultServer]:
    """Run a server with this script; with a certificate and its key it speaks TLS."""
    with _Listener(("127.0.0.1", 0), _Connection) as listener:
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            listener.socket = context.wrap_socket(listener.socket, server_side=True, do_handshake_on_connect=False)
        known = listener.known = FaultServer(
            port=listener.server_address[1], script=script, scheme="https" if certificate else "http"
        )
        thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield known
        finally:
            listener.shutdown()
            thread.join(5)


def http(status: int, body: bytes, *headers: str) -> bytes:
    """Return a response; its length is stated unless `headers` says something about the body's framing."""
    framed = any(h.lower().startswith(("content-length", "transfer-encoding")) for h in headers)
    lines = [f"HTTP/1.1 {status} Scripted", *headers, *([] if framed else [f"Content-Length: {len(body)}"])]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def raw(data: bytes) -> Fault:
    """Send these bytes and hang up."""
    return lambda connection: connection.sendall(data)


def status(code: int, body: bytes = b"{}") -> Fault:
    """Answer with a status."""
    return raw(http(code, body, "Content-Type: application/json"))


def body(text: bytes | str, *headers: str) -> Fault:
    """Answer 200 with exactly this body."""
    return raw(http(200, text.encode() if isinstance(text, str) else text, "Content-Type: application/json", *headers))


def document(value: Any) -> Fault:
    """Answer 200 with a JSON document."""
    return body(json.dumps(value))


def result(value: Any) -> Fault:
    """Answer as OPA does when the rule has this value."""
    return document({"result": value})


PERMIT = {"permit": True, "findings": []}
DENY = {"permit": False, "findings": [{"rule": "EU-01", "message": "outside the EU"}]}


def delay(seconds: float, then: Fault) -> Fault:
    """Answer late."""

    def fault(connection: socket.socket) -> None:
        time.sleep(seconds)
        then(connection)

    return fault


def trickle(data: bytes, *, pause: float, keep: int = 0) -> Fault:
    """Send `keep` bytes at once and the others one at a time, each well within a time-out of a single read."""

    def fault(connection: socket.socket) -> None:
        with suppress(OSError):  # the client has had enough, which is the point
            connection.sendall(data[:keep])
            for byte in data[keep:]:
                time.sleep(pause)
                connection.sendall(bytes([byte]))

    return fault


def reset(connection: socket.socket) -> None:
    """Break the connection with a RST instead of an answer."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def flood(megabytes: int, *, chunked: bool = False) -> Fault:
    """Answer a permit, behind more white space than anybody should read."""

    def fault(connection: socket.socket) -> None:
        block = b" " * (1 << 20)
        framing = b"Transfer-Encoding: chunked" if chunked else b"Content-Length: %d" % (megabytes << 20)
        with suppress(OSError):
            connection.sendall(b"HTTP/1.1 200 OK\r\n" + framing + b"\r\n\r\n")
            for _ in range(megabytes):
                connection.sendall(b"%x\r\n%b\r\n" % (len(block), block) if chunked else block)

    return fault


def gzip_bomb(megabytes: int) -> Fault:
    """Answer a permit that inflates to that much, from a few kilobytes."""
    text = json.dumps({"result": PERMIT}).encode() + b" " * (megabytes << 20)
    return raw(http(200, gzip.compress(text), "Content-Type: application/json", "Content-Encoding: gzip"))


def redirect(location: str, code: int = 301) -> Fault:
    """Send the client elsewhere."""
    return raw(http(code, b"", f"Location: {location}"))


def truncated(value: Any) -> Fault:
    """Promise more than is sent."""
    text = json.dumps({"result": value}).encode()
    return raw(http(200, text, f"Content-Length: {len(text) + 100}"))
