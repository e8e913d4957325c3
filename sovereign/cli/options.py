"""Options that several verbs share, each defined once."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

__all__ = ["common", "instants", "out_format", "trust_log_policy"]

F = TypeVar("F", bound=Callable[..., Any])

_POLICY = click.option(
    "--policy",
    "policies",
    multiple=True,
    metavar="ID|PATH",
    help="A shipped policy by id, or a file by path; repeatable.",
)
_TRUST = click.option(
    "--trust", type=click.Path(path_type=Path), metavar="FILE", help="The trust file of whoever answers for this gate."
)
_LOG = click.option("--log", type=click.Path(path_type=Path), metavar="DIR", help="The log directory to write to.")
_NO_LOG = click.option("--no-log", is_flag=True, help="A preview: no log is opened or made, no key is read.")
_LANG = click.option("--lang", type=click.Choice(["en", "de"]), default=None, help="Language of explanations.")
_FORMAT = click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", help="What stands on stdout."
)
_AT = click.option("--at", metavar="INSTANT", help="Simulate: ask about another instant, e.g. 2027-01-01T09:00:00Z.")
_KNOWN = click.option("--known", metavar="INSTANT", help="Simulate: with the knowledge of another instant.")


def common(function: F) -> F:
    """Add `--format` and `--lang`."""
    return _FORMAT(_LANG(function))


def out_format(function: F) -> F:
    """Add `--format`."""
    return _FORMAT(function)


def trust_log_policy(function: F) -> F:
    """Add `--policy`, `--trust`, `--log` and `--no-log`."""
    return _POLICY(_TRUST(_LOG(_NO_LOG(function))))


def instants(function: F) -> F:
    """Add `--at` and `--known`."""
    return _AT(_KNOWN(function))
