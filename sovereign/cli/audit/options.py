"""What several verbs of `sovereign audit` share: the options that name a log, and the keys a reader trusts."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar

import click

__all__ = ["log_directory", "log_place", "reader_keys"]

F = TypeVar("F", bound=Callable[..., Any])

_DEFAULT: Final = Path(".sovereign/log")
log_directory = click.option(
    "--log", "directory", type=click.Path(path_type=Path), default=_DEFAULT, help="The log directory."
)
log_place = click.option(
    "--log",
    "place",
    default=str(_DEFAULT),
    metavar="PLACE",
    help="The log: a directory, a zip or .slog file, an https or loopback http address.",
)
_KEY = click.option(
    "--key",
    "keys",
    multiple=True,
    metavar="VKEY|FILE",
    help="A log key that you trust, or a file of such keys, one a line; repeatable.",
)
_TRUST = click.option("--trust", type=click.Path(path_type=Path), help="A trust file that names the log's key.")


def reader_keys(function: F) -> F:
    """Add `--key` and `--trust`."""
    return _KEY(_TRUST(function))
