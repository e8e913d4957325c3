"""The files of a log at an address that the user named: `https`, or `http` on this machine itself.

1. The certificate is verified against the system's authorities (or `SSL_CERT_FILE`); plain `http` goes to a loopback
address only, which is looked at after connecting, since a name can lead anywhere. 2. No redirect is followed, no proxy
asked. 3. An answer is read up to the size that such a file of a log has, and within one deadline from the first byte
sent to the last received. 4. One connection serves all requests; one that was closed in between is opened once more.
"""

import http.client
import re
import socket
import ssl
import threading
import weakref
import zlib
from contextlib import suppress
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from sovereign.audit.log_paths import is_safe_path, largest, unreadable
from sovereign.errors import UsageError, VerificationError, quoted

__all__ = ["HttpFiles"]

_CONNECT_SECONDS: Final = 10.0
_DEADLINE_SECONDS: Final = 60.0
_CHUNK: Final = 1 << 16
_HOST: Final = re.compile(r"[A-Za-z0-9.:_-]+")
_OK: Final = 200
_ABSENT: Final = frozenset({403, 404, 410})  # object stores say 403 of what is not there
_HEADERS: Final = {"Accept-Encoding": "identity", "User-Agent": "sovereign-policy"}
_GONE: Final = (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError)


class HttpFiles:
    """The files below an address, which cannot be listed.

    Args:
        address: `https://host[:port]/path`, or `http://` with a loopback host; without user, query and fragment.
        deadline: seconds that one file may take, all in all.
    """

    def __init__(self, address: str, *, deadline: float = _DEADLINE_SECONDS) -> None:
        self._place = address
        self._deadline = deadline
        self._connection, self._base = _parse(address)
        self._expired = threading.Event()
        self._socket: socket.socket | None = None
        weakref.finalize(self, self._connection.close)

    @property
    def place(self) -> str:
        """The address."""
        return self._place

    def read(self, path: str) -> bytes:
        """Return the bytes of a file; see `LogFiles.read`."""
        if not is_safe_path(path):
            raise unreadable(self._place, path, "its name is not that of a file of a log")
        self._expired.clear()
        timer = threading.Timer(self._deadline, self._expire)
        timer.daemon = True
        timer.start()
        try:
            data = self._fetch(path)
            if self._expired.is_set():  # a body without a stated length ends where the connection was ended
                raise TimeoutError
            return data  # noqa: TRY300  both endings of one attempt
        except (OSError, http.client.HTTPException, ValueError) as error:  # http.client reads chunks of length -5
            if isinstance(error, FileNotFoundError):
                raise
            late = f"no whole answer within {self._deadline:g} seconds"
            raise self._unreachable(late if self._expired.is_set() else _reason(error)) from None
        finally:
            timer.cancel()

    def exists(self, path: str) -> bool:
        """Whether the server hands out a file; it is fetched to know."""
        try:
            self.read(path)
        except FileNotFoundError:
            return False
        return True

    def names(self, folder: str = "") -> None:
        """Return None: a server lists nothing."""

    def _fetch(self, path: str) -> bytes:
        response = self._ask(path)
        if response.status != _OK:
            self._connection.close()  # what else it says is not read
            if response.status in _ABSENT:
                raise FileNotFoundError(path)
            raise self._unreachable(f"{quoted(path)} was answered with status {response.status}")
        encoding = response.headers.get("Content-Encoding", "identity").lower()
        if encoding not in ("identity", "gzip"):
            raise self._unreachable(f"{quoted(path)} came in the encoding {quoted(encoding)}")
        limit = largest(path)
        data = self._read_body(response, path, limit)
        return self._unpacked(data, path, limit) if encoding == "gzip" else data

    def _ask(self, path: str) -> http.client.HTTPResponse:
        """Send the request and return the answer's head, over a new connection if the kept one is gone."""
        is_kept = self._connection.sock is not None
        try:
            return self._ask_once(path)
        except _GONE:
            self._connection.close()
            if not is_kept or self._expired.is_set():
                raise
            return self._ask_once(path)

    def _ask_once(self, path: str) -> http.client.HTTPResponse:
        if self._connection.sock is None:
            self._connection.connect()
            self._socket = self._connection.sock
            self._check_peer()
        self._connection.request("GET", f"{self._base}/{path}", headers=_HEADERS)
        return self._connection.getresponse()

    def _check_peer(self) -> None:
        """Return unless plain text would leave this machine."""
        address = self._connection.sock.getpeername()[0]
        if not isinstance(self._connection, http.client.HTTPSConnection) and not ip_address(address).is_loopback:
            raise self._unreachable("its name leads to another machine, which needs https")

    def _read_body(self, response: http.client.HTTPResponse, path: str, limit: int) -> bytes:
        parts: list[bytes] = []
        left = limit + 1
        while left and (part := response.read(min(left, _CHUNK))):
            parts.append(part)
            left -= len(part)
        if not left:
            self._connection.close()
            raise unreadable(self._place, path, f"it has more than {limit} bytes")
        if response.length:
            raise http.client.IncompleteRead(b"", response.length)
        return b"".join(parts)

    def _unpacked(self, data: bytes, path: str, limit: int) -> bytes:
        unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16)
        try:
            result = unpacker.decompress(data, limit + 1)
        except zlib.error:
            raise unreadable(self._place, path, "it is not packed as its server says") from None
        if len(result) > limit or not unpacker.eof or unpacker.unused_data:
            raise unreadable(self._place, path, f"it has more than {limit} bytes, or is not packed as its server says")
        return result

    def _expire(self) -> None:
        """End whatever waits for the server: runs in a thread of its own when the time is over."""
        self._expired.set()
        if self._socket is not None:
            with suppress(OSError):
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)  # not TLS's own, which would wait in turn

    def _unreachable(self, reason: str) -> VerificationError:
        self._connection.close()
        return VerificationError(
            f"the log at {quoted(self._place)} cannot be read: {reason}",
            code="SOV-V021",
            hint="ask whoever runs the server, or verify a copy: a directory or a .slog file",
        )


def _parse(address: str) -> tuple[http.client.HTTPConnection, str]:
    """Return a connection, not yet opened, and the path of the log on its server."""
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise _bad(address, "it is not of the form https://host/path") from None
    path = parts.path.rstrip("/")
    is_plain = address.isascii() and address.isprintable() and not set(address) & set("?#@")
    if not _HOST.fullmatch(host) or not is_plain:
        raise _bad(address, "it has a host and a path, and no user, query or fragment")
    if path and not (path.startswith("/") and is_safe_path(path[1:].replace("~", "-").replace("%", "-"))):
        raise _bad(address, "its path is not plain")
    if parts.scheme == "https":
        context = ssl.create_default_context()
        return http.client.HTTPSConnection(host, port, timeout=_CONNECT_SECONDS, context=context), path
    if parts.scheme != "http" or not _is_loopback(host):
        raise _bad(address, "only https, or http on this machine itself, is contacted")
    return http.client.HTTPConnection(host, port, timeout=_CONNECT_SECONDS), path


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _bad(address: str, reason: str) -> UsageError:
    return UsageError(
        f"{quoted(address)} is no address of a log: {reason}",
        code="SOV-C320",
        hint="name https://HOST/PATH, a directory, or a zip or .slog file",
    )


def _reason(error: Exception) -> str:
    """Return what went wrong in words of ours where the class says it, else the system's."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted: {error.verify_message.lower().removesuffix('.')}"
    if isinstance(error, http.client.IncompleteRead):
        return "the answer was cut short"
    if isinstance(error, http.client.HTTPException | ValueError) and not isinstance(error, OSError):
        return f"the answer is no HTTP: {type(error).__name__}"
    if isinstance(error, TimeoutError):
        return f"no answer within {_CONNECT_SECONDS:g} seconds"
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return " ".join(text.lower().split())
