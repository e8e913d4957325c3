"""One exchange with an OPA server, without anything that could answer in its place.

opa-python-client speaks through a `requests` session, and a session takes its transport as an adapter, which is public.
The default one asks environment proxies, follows redirects, inflates whatever comes, reads without a bound, waits per
socket operation, and keeps connections, of which a forked child would read its parent's answers. This one opens one
connection per exchange, reads at most so many bytes, and can be stopped from another thread.
"""

import contextlib
import http.client
import io
import socket
import ssl
import time
from typing import Final

from requests import PreparedRequest, Response
from requests.adapters import BaseAdapter

from sovereign.decision.engines.opa_address import Address
from sovereign.decision.engines.opa_answer import Reply, check_reply
from sovereign.errors import EngineResponseError, EngineUnavailableError

__all__ = ["Transport"]

_TRY_AGAIN: Final = frozenset({502, 503, 504})
"""A gateway that did not reach a server, or a server that is not ready: another try may meet another one."""


class Transport(BaseAdapter):
    """Carries one question to `address` until `expires`, and its answer back.

    Args:
        address: the only place that is contacted, whatever the request says.
        context: verifies the server; unused without TLS.
        expires: `time.monotonic()` value after which nothing is tried, and nothing waits.
        max_bytes: the longest body that is read.
    """

    def __init__(self, address: Address, *, context: ssl.SSLContext | None, expires: float, max_bytes: int) -> None:
        super().__init__()
        self._address = address
        self._context = context
        self._expires = expires
        self._max_bytes = max_bytes
        self._socket: socket.socket | None = None
        self._stopped = False

    def send(  # type: ignore[override]  # of requests' options only the request counts: no proxies, no other certificates
        self, request: PreparedRequest, **_options: object
    ) -> Response:
        """Return the answer, which is a JSON object with status 200.

        Raises:
            EngineUnavailableError: the server is not ready, twice.
            EngineResponseError: another status, or another body.
            OSError, http.client.HTTPException: no answer.
        """
        reply = None
        with contextlib.suppress(ConnectionError, socket.gaierror):
            reply = self._exchange(request)
        if reply is None or reply.status in _TRY_AGAIN:
            reply = self._exchange(request)
        if reply.status in _TRY_AGAIN:
            raise EngineUnavailableError(
                f"the OPA server is not ready: status {reply.status}",
                hint="look at its health and at what stands before it",
            )
        check_reply(reply)
        return _response(request, reply)

    def stop(self) -> None:
        """Have a running exchange fail now; it may sit in a read that the server feeds a byte at a time."""
        self._stopped = True
        running = self._socket
        if running is not None:
            with contextlib.suppress(OSError):  # closed meanwhile
                # Not the method of SSLSocket, which takes away the TLS state that the other thread is using.
                socket.socket.shutdown(running, socket.SHUT_RDWR)

    def close(self) -> None:
        """Do nothing: an exchange closes its own connection."""

    def _exchange(self, request: PreparedRequest) -> Reply:
        connection = self._connection()
        try:
            connection.connect()
            self._socket = connection.sock
            connection.sock.settimeout(self._remaining())
            headers = {**request.headers, "Connection": "close"}
            body = request.body if isinstance(request.body, bytes) else None
            connection.request(request.method or "", request.path_url, body=body, headers=headers)
            with connection.getresponse() as response:
                return self._read(response)
        finally:
            self._socket = None
            connection.close()

    def _connection(self) -> http.client.HTTPConnection:
        host, port, timeout = self._address.host.strip("[]"), self._address.port, self._remaining()
        if not self._address.tls:
            return http.client.HTTPConnection(host, port, timeout=timeout)
        return http.client.HTTPSConnection(host, port, timeout=timeout, context=self._context)

    def _remaining(self) -> float:
        """Return the seconds left; raise when there are none, or when nobody waits any more."""
        seconds = self._expires - time.monotonic()
        if self._stopped or seconds <= 0:
            raise TimeoutError
        return seconds

    def _read(self, response: http.client.HTTPResponse) -> Reply:
        headers = {name.lower(): value for name, value in response.getheaders()}
        body = response.read(self._max_bytes + 1)
        if len(body) > self._max_bytes:
            raise EngineResponseError(
                f"the OPA server answered with more than {self._max_bytes} bytes",
                hint="let the rule return findings only",
            )
        if (
            response.length
        ):  # what was promised and did not come; http.client does not tell when it reads a given amount
            raise http.client.IncompleteRead(body, response.length)
        return Reply(status=response.status, headers=headers, body=body)


def _response(request: PreparedRequest, reply: Reply) -> Response:
    """Return the reply as requests has it, with the encoding that was checked instead of one it would guess."""
    response = Response()
    response.request = request
    response.url = request.url or ""
    response.status_code = reply.status
    response.encoding = "utf-8"
    response.raw = io.BytesIO(reply.body)
    return response
