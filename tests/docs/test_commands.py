"""The reference of the commands is the list of the commands: each verb, each option, and nothing that is not there."""

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from sovereign.cli.root import root
from sovereign.facts.sources.terraform.assumptions import ASSUME_KEYS

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "commands.md"


def _commands(command: click.Command, name: str) -> Iterator[tuple[str, click.Command]]:
    """Yield each command that does something, by its full name."""
    if not isinstance(command, click.Group):
        yield name, command
        return
    context = click.Context(command)
    for verb in command.list_commands(context):
        found = command.get_command(context, verb)
        assert found is not None
        yield from _commands(found, f"{name} {verb}")


COMMANDS = dict(_commands(root, "sovereign"))


def _sections() -> dict[str, str]:
    _, *parts = re.split(r"^## (.+)$", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return dict(zip(parts[::2], parts[1::2], strict=True))


def test_page_lists_the_commands_that_exist() -> None:
    """No command is missing, and none is promised that cannot be run."""
    assert set(_sections()) == set(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_is_named(name: str) -> None:
    """A command's section names each of its options, and no other."""
    options = {option for parameter in COMMANDS[name].params for option in parameter.opts if option.startswith("--")}
    assert set(re.findall(r"--[a-z][a-z-]*", _sections()[name])) == options


@pytest.mark.parametrize("name", COMMANDS)
def test_command_has_an_example(name: str) -> None:
    """A command's section shows it once as it is typed."""
    assert re.search(rf"^```console\n{name}( [^\n]+)?\n```$", _sections()[name], re.MULTILINE)


def test_keys_that_can_be_assumed_are_listed() -> None:
    """What `--assume` takes is a closed list, and the page has it."""
    assert set(re.findall(r"`(\w+\.\w+_group|\w+\.region|runner)`", _sections()["sovereign gate"])) == ASSUME_KEYS


@pytest.mark.parametrize("name", COMMANDS)
def test_command_says_what_it_does(name: str) -> None:
    """`--help` has a sentence for the command and for each option."""
    command = COMMANDS[name]
    assert command.help
    assert [p.name for p in command.params if isinstance(p, click.Option) and not p.help] == []
