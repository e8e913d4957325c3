"""`sovereign audit`: for whoever keeps a log, and whoever doubts it; one module a verb."""

import click

from sovereign.cli.audit.ingest import ingest
from sovereign.cli.audit.new import new
from sovereign.cli.audit.prove import prove
from sovereign.cli.audit.show import show
from sovereign.cli.audit.verify import verify

__all__ = ["audit"]


@click.group(no_args_is_help=False)
def audit() -> None:
    """Make, read and verify logs."""


for _command in (ingest, new, prove, show, verify):
    audit.add_command(_command)
