"""Whoever answers for a set of policies: natively, or an OPA server."""

from pathlib import Path

from sovereign.decision.engines.protocol import RemoteEngine

__all__ = ["opa_engine", "opa_health"]


def opa_engine(url: str, *, entrypoint: str, ca: Path | None = None) -> RemoteEngine:
    """Return the engine behind an OPA server; its client is imported only here.

    Raises:
        UsageError: the address is not https and not loopback, or the entry point is no rule.
    """
    from sovereign.decision.engines.opa_server import OpaServer  # noqa: PLC0415  heavy, and most settings name no server

    return OpaServer(url, entrypoint=entrypoint, ca=ca)


def opa_health(url: str, *, ca: Path | None = None) -> None:
    """Return if the OPA server at `url` is healthy, its bundles and plugins included.

    Raises:
        UsageError: the address is refused.
        EngineError: it is not healthy, or does not answer.
    """
    from sovereign.decision.engines.opa_server import OpaServer  # noqa: PLC0415  heavy, and most settings name no server

    OpaServer(url, ca=ca).check_health()
