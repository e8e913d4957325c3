"""`sovereign keys`: for whoever keeps keys; one module a verb."""

import click

from sovereign.cli.keys.encrypt import encrypt
from sovereign.cli.keys.new import new
from sovereign.cli.keys.rotate import rotate
from sovereign.cli.keys.show import show
from sovereign.cli.keys.sign import sign

__all__ = ["keys"]


@click.group(no_args_is_help=False)
def keys() -> None:
    """Make, show, use and replace keys; each has one purpose."""


for _command in (new, show, sign, encrypt, rotate):
    keys.add_command(_command)
