"""Operational log lines of the command: on stderr, from warnings upwards; evidence is elsewhere."""

import logging
import sys

__all__ = ["quiet_operations"]


def quiet_operations() -> None:
    """Send structlog's lines to stderr, so that stdout holds one document, and drop those that only inform."""
    import structlog  # noqa: PLC0415  a preview starts without it

    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
