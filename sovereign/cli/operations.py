"""Operational log lines of the command: on stderr, from warnings upwards; evidence is elsewhere."""

import logging
import sys

__all__ = ["quiet_operations"]


def quiet_operations() -> None:
    """Keep stdout for the one document: send structlog's lines to stderr, and drop those that only inform.

    Nothing is to be done in a process that never imported structlog: it writes no line then.
    """
    structlog = sys.modules.get("structlog")
    if structlog is not None:
        structlog.configure(
            wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
            logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        )
