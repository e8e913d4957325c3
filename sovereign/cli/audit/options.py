"""What several verbs of `sovereign audit` share: the option that names the log."""

from pathlib import Path
from typing import Final

import click

__all__ = ["log_directory"]

_DEFAULT: Final = Path(".sovereign/log")
log_directory = click.option(
    "--log", "directory", type=click.Path(path_type=Path), default=_DEFAULT, help="The log directory."
)
