"""The verbs, each loaded when it is called: `--version` and one verb pay for nothing else."""

import importlib
from typing import Final

import click

from sovereign._internal.version import VERSION

__all__ = ["root"]

_VERBS: Final = {
    "demo": "sovereign.cli.demo:demo",
    "init": "sovereign.cli.init:init",
    "tag": "sovereign.cli.tag:tag",
    "check": "sovereign.cli.check:check",
    "gate": "sovereign.cli.gate:gate",
    "explain": "sovereign.cli.explain:explain",
    "policy": "sovereign.cli.policy:policy",
    "audit": "sovereign.cli.audit.group:audit",
    "keys": "sovereign.cli.keys.group:keys",
    "doctor": "sovereign.cli.doctor:doctor",
}


class _LazyGroup(click.Group):
    """A group whose commands are imported on first use, in the order of the table."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  click's signature
        return list(_VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  click's signature
        if cmd_name not in _VERBS:
            return None
        module, name = _VERBS[cmd_name].split(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return command


@click.group(
    cls=_LazyGroup,
    no_args_is_help=False,  # a call without a verb did nothing, which is no success
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    epilog="Exit codes: 0 permitted, 1 denied, 2 usage or settings, 3 unreadable input, 4 undecided, "
    "5 evidence not verified, 70 internal error. Only 0 opens a gate.",
)
@click.version_option(VERSION, "--version", prog_name="sovereign")
def root() -> None:
    """Decide whether data may be where they are about to go, and prove it afterwards."""
