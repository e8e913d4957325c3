"""Where an OPA server is and what it is asked for, checked before anything is sent there."""

import ipaddress
import re
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import SplitResult, urlsplit

from sovereign.errors import UsageError, quoted

__all__ = ["Address", "check_token", "parse_address", "parse_entrypoint", "tls_context"]

_DEFAULT_PORT: Final = 8181  # what `opa run --server` listens on
_HOST: Final = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*", re.ASCII)
_ENTRYPOINT: Final = re.compile(r"data((?:\.[A-Za-z_][A-Za-z0-9_]*)+)\.([A-Za-z_][A-Za-z0-9_]*)", re.ASCII)
_TOKEN: Final = re.compile(r"[A-Za-z0-9._~+/-]+=*", re.ASCII)  # RFC 6750, section 2.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """The server's place: `host` as it stands in a URL, an IPv6 address in brackets."""

    host: str
    port: int
    tls: bool

    def __str__(self) -> str:
        """The address as a URL without a path; it carries no secret."""
        return f"{'https' if self.tls else 'http'}://{self.host}:{self.port}"


def parse_address(url: str) -> Address:
    """Return the address in `https://host[:port]`, or in `http://` if the host is this machine.

    Raises:
        UsageError: any other form, plain http to another machine (SOV-C410).
    """
    try:
        parts = urlsplit(url)
        port = _DEFAULT_PORT if parts.port is None else parts.port
        host = _host(parts)
    except ValueError:
        raise _no_address(url, "it is no URL of a host") from None
    extra = parts.path.rstrip("/") or parts.query or parts.fragment
    if parts.scheme not in {"https", "http"} or extra or "@" in parts.netloc or not 0 < port < 1 << 16:
        raise _no_address(url, "only scheme, host and port are read")
    if parts.scheme == "http" and not _is_loopback(parts.hostname or ""):
        raise _no_address(url, "without TLS anybody between here and there can answer permit")
    return Address(host=host, port=port, tls=parts.scheme == "https")


def _host(parts: SplitResult) -> str:
    name = parts.hostname or ""
    if "[" in parts.netloc:
        return f"[{ipaddress.IPv6Address(name)}]"
    if not _HOST.fullmatch(name):
        raise ValueError(name)
    return name


def _is_loopback(host: str) -> bool:
    if host == "localhost":  # RFC 6761, section 6.3
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _no_address(url: str, reason: str) -> UsageError:
    # A URL with credentials in it must not reach a log.
    shown = quoted(url.rpartition("@")[2])
    return UsageError(
        f"{shown} is no address of an OPA server: {reason}",
        code="SOV-C410",
        hint="write `https://host:port`, or `http://127.0.0.1:port` for a server on this machine",
    )


def parse_entrypoint(entrypoint: str) -> tuple[str, str]:
    """Return package and rule of `data.<package>.<rule>`.

    Raises:
        UsageError: not of this form (SOV-C411); a package alone would answer with every rule it holds.
    """
    found = _ENTRYPOINT.fullmatch(entrypoint)
    if found is None:
        raise UsageError(
            f"{quoted(entrypoint)} names no rule",
            code="SOV-C411",
            hint="write `data.<package>.<rule>`, e.g. `data.residency.decision`",
        )
    return found[1][1:], found[2]


def tls_context(ca: Path | None) -> ssl.SSLContext:
    """Return a context that verifies the server's name and chain; against `ca` alone if given, else the system's roots.

    Raises:
        UsageError: `ca` holds no certificate that can be read (SOV-C412).
    """
    try:
        return ssl.create_default_context(cafile=ca)
    except OSError as error:  # a broken PEM is an ssl.SSLError, which is one
        raise UsageError(
            f"no certificate can be read from {quoted(str(ca))}: {error.strerror or 'not PEM'}",
            code="SOV-C412",
            hint="`opa.ca` is a PEM file with the certificates that may sign the server's",
        ) from None


def check_token(token: str | None) -> None:
    """Check that the token is one (RFC 6750); a line break in it would write a header of its own.

    Raises:
        UsageError: it is not (SOV-C413); the message does not show it.
    """
    if token is not None and not _TOKEN.fullmatch(token):
        raise UsageError(
            "the token for the OPA server has characters that no bearer token has",
            code="SOV-C413",
            hint="use the token alone, without quotes, spaces and line breaks",
        )
