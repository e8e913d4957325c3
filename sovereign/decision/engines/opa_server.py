"""An OPA server as engine: asks it for the decision of a policy in Rego, and believes it only in shape and in time.

Every doubt is an `EngineError`, which counts as a denial with basis `failure`. `strict-builtin-errors` is always asked
for: without it OPA treats a failed function as undefined, and a denial whose body fails is gone.

opa-python-client's own async client is not used: it takes no certificates of a caller, and tries a POST again by rules
of its own. `aevaluate` waits for the same exchange instead, so there is one transport to get right.
"""

import asyncio
import http.client
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from datetime import timedelta
from pathlib import Path
from typing import Any, Final, TypeVar

from opa_client import OpaClient
from requests import Session

from sovereign.decision.engines.opa_address import Address, check_token, parse_address, parse_entrypoint, tls_context
from sovereign.decision.engines.opa_answer import read_answer
from sovereign.decision.engines.opa_transport import Transport
from sovereign.decision.engines.protocol import RemoteAnswer
from sovereign.errors import EngineError, EngineResponseError, EngineUnavailableError, quoted

__all__ = ["OpaServer"]

T = TypeVar("T")

_STRICT: Final = {"strict-builtin-errors": "true", "provenance": "true"}
_READY: Final = {"bundles": "true", "plugins": "true"}


class OpaServer:
    """The engine behind an OPA server.

    Args:
        url: `https://host:port`, or `http://` on loopback.
        entrypoint: `data.<package>.<rule>`, whose value is `{"permit": bool, "findings": [...]}` for every request.
        ca: PEM file with the only certificates that may sign the server's; without it the system's roots.
        token: bearer token.
        deadline: how long an answer may take, all in all: name, connection, one more try, every byte.
        max_response_bytes: the longest answer that is read.

    Raises:
        UsageError: the address (SOV-C410), the entry point (SOV-C411), `ca` (SOV-C412), the token (SOV-C413).
    """

    def __init__(
        self,
        url: str,
        *,
        entrypoint: str = "data.residency.decision",
        ca: Path | None = None,
        token: str | None = None,
        deadline: timedelta = timedelta(milliseconds=500),
        max_response_bytes: int = 1_000_000,
    ) -> None:
        self._address = parse_address(url)
        self._package, self._rule = parse_entrypoint(entrypoint)
        self._context = tls_context(ca) if self._address.tls else None
        check_token(token)
        self._token = token
        self._deadline = deadline
        self._max_bytes = max_response_bytes

    @property
    def name(self) -> str:
        """What stands in decisions."""
        return "opa"

    @property
    def package(self) -> str:
        """The prefix of the policy's rules in findings."""
        return self._package

    def evaluate(self, document: Mapping[str, Any]) -> RemoteAnswer:
        """Return the answer to a request document (plain JSON values), which the policy reads as `input`.

        Raises:
            EngineUnavailableError: no answer within the deadline (SOV-U005).
            EngineResponseError: an answer that is not exactly in shape (SOV-U006).
        """
        return self._wait(lambda client: self._query(client, document))

    async def aevaluate(self, document: Mapping[str, Any]) -> RemoteAnswer:
        """Do what `evaluate` does without holding the event loop up.

        Raises:
            EngineUnavailableError: no answer within the deadline (SOV-U005).
            EngineResponseError: an answer that is not exactly in shape (SOV-U006).
        """
        transport = self._transport()
        try:
            async with asyncio.timeout(self._deadline.total_seconds()):
                return await asyncio.wrap_future(self._start(transport, lambda client: self._query(client, document)))
        except TimeoutError:
            raise self._late() from None
        finally:
            transport.stop()

    def check_health(self) -> None:
        """Check that the server runs and that its bundles and plugins are loaded.

        Only the status is looked at; it covers the first activation of a bundle, and says nothing about its content.

        Raises:
            EngineError: it does not answer in time (SOV-U005), or says that it is not ready (SOV-U006).
        """
        self._wait(self._probe)

    def _query(self, client: "_Client", document: Mapping[str, Any]) -> RemoteAnswer:
        answer = client.query_rule(document, self._package, self._rule, _STRICT)
        return read_answer(answer, placements=_count_placements(document))

    def _probe(self, client: "_Client") -> None:
        # Whatever failed arrives as an exception of the transport; False is the library's word for one of its own.
        if not client.check_health(_READY):
            raise self._unavailable("its health cannot be asked for")

    def _transport(self) -> Transport:
        expires = time.monotonic() + self._deadline.total_seconds()
        return Transport(self._address, context=self._context, expires=expires, max_bytes=self._max_bytes)

    def _wait(self, ask: "Callable[[_Client], T]") -> T:
        transport = self._transport()
        try:
            return self._start(transport, ask).result(self._deadline.total_seconds())
        except TimeoutError:
            raise self._late() from None
        finally:
            transport.stop()

    def _start(self, transport: Transport, ask: "Callable[[_Client], T]") -> "Future[T]":
        """Begin in a thread of its own: only so can the wait for a name or for a trickle of bytes be given up.

        A daemon thread, and no executor, whose threads are waited for when the process ends.
        """
        future: Future[T] = Future()

        def work() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                client = _Client(transport, self._address, self._token)
                future.set_result(ask(client))
            except Exception as error:  # noqa: BLE001  the door to another process: whatever goes wrong is a denial
                future.set_exception(self._engine_error(error))

        try:
            threading.Thread(target=work, name="sovereign-opa", daemon=True).start()
        except RuntimeError as error:  # no more threads, or the interpreter is ending
            raise self._engine_error(error) from None
        return future

    def _engine_error(self, error: Exception) -> EngineError:
        match error:
            case EngineError():
                return error
            case TimeoutError():
                return self._late()
            case ssl.SSLError():
                return self._unavailable(
                    _said(error), hint="`opa.ca` names the certificates that may sign the server's"
                )
            case http.client.HTTPException() if not isinstance(error, ConnectionError):
                return EngineResponseError(
                    f"the OPA server at {quoted(str(self._address))} broke off or speaks no HTTP: {_said(error)}",
                    hint="is this the address of an OPA server, with the right scheme",
                )
            case _:
                return self._unavailable(_said(error))

    def _late(self) -> EngineUnavailableError:
        milliseconds = round(self._deadline / timedelta(milliseconds=1))
        return self._unavailable(f"no answer within {milliseconds} ms")

    def _unavailable(
        self, why: str, *, hint: str = "is it running, and is the address right"
    ) -> EngineUnavailableError:
        return EngineUnavailableError(
            f"the OPA server at {quoted(str(self._address))} cannot be asked: {why}", hint=hint
        )


class _Client(OpaClient):  # type: ignore[misc]  # opa-python-client ships no type information
    """The library's client over our transport.

    `_init_session` is the one place where it makes its session, and that one asks environment proxies and .netrc,
    follows redirects and tries again without a bound in time; no parameter turns this off.
    """

    def __init__(self, transport: Transport, address: Address, token: str | None) -> None:
        self._transport = transport
        super().__init__(host=address.host, port=address.port, ssl=address.tls, token=token)

    def _init_session(self) -> Session:
        session = Session()
        session.trust_env = False
        session.headers.clear()
        session.headers.update({"User-Agent": "sovereign-policy", "Accept": "application/json", **(self.headers or {})})
        session.adapters.clear()
        session.mount("http://", self._transport)
        session.mount("https://", self._transport)
        return session


def _said(error: Exception) -> str:
    """Return the error's own words as untrusted text; what a library quotes may be the server's."""
    words = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return quoted(words)


def _count_placements(document: Mapping[str, Any]) -> int:
    context = document.get("context")
    placements = context.get("placements") if isinstance(context, Mapping) else None
    return len(placements) if isinstance(placements, list | tuple) else 0
