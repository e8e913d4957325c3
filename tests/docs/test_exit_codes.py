"""The page of exit codes holds the numbers of the program, and a row for each command."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import click
import pytest
from docs.typed_page import environment

from sovereign.cli.main import INTERNAL, INTERRUPTED
from sovereign.cli.root import root
from sovereign.errors import EXIT_BY_LETTER

PAGE: Final = (Path(__file__).resolve().parents[2] / "docs" / "reference" / "exit-codes.md").read_text("utf-8")
PLAN: Final = {"format_version": "1.2", "resource_changes": [], "planned_values": {}}

ENDINGS: Final = {
    "gate nothing.json --policy eu-only --no-log": 0,
    "gate nothing.json --policy europe-only --no-log": 2,
    "gate broken.json --policy eu-only --no-log": 3,
    "gate broken.json nothing.json --policy eu-only --no-log": 3,
    "check dublin.json --policy de-only --no-log": 1,
    "check nowhere.json --policy de-only --no-log": 4,
    "check dublin.json nowhere.json --policy de-only --no-log": 1,
    "audit verify --log log --key example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k": 5,
    "tag combine nobody": 2,
    "explain nothing-of-this-name": 2,
}


def _names(command: click.Command, name: str) -> Iterator[str]:
    if not isinstance(command, click.Group):
        yield name
        return
    context = click.Context(command)
    for verb in command.list_commands(context):
        found = command.get_command(context, verb)
        assert found is not None
        yield from _names(found, f"{name} {verb}")


def test_numbers_are_those_of_the_program() -> None:
    """Each number of the program stands in the table, and no other."""
    numbers = {int(number) for number in re.findall(r"^\| (\d+) \|", PAGE, re.MULTILINE)}
    assert numbers == {*EXIT_BY_LETTER.values(), INTERNAL, INTERRUPTED}


def test_every_command_has_a_row() -> None:
    """Each command says what its 0 means."""
    assert sorted(re.findall(r"^\| `(sovereign [a-z ]+)` \|", PAGE, re.MULTILINE)) == sorted(_names(root, "sovereign"))


def _request(**placement: object) -> str:
    tag = {"id": "d", "classification": "internal", "categories": [], "status": "non_personal"}
    return json.dumps(
        {
            "subject": {"type": "job", "id": "j"},
            "action": {"name": "etl"},
            "resource": {"type": "dataset", "id": "d", "properties": tag},
            "context": {"placements": [{"role": "storage", **placement}]},
        }
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one input for each ending, and a log whose key the reader does not have."""
    made = tmp_path_factory.mktemp("endings")
    (made / "nothing.json").write_text(json.dumps(PLAN))
    (made / "broken.json").write_text("[")
    (made / "dublin.json").write_text(_request(provider="aws", region="eu-west-1"))
    (made / "nowhere.json").write_text(_request(provider="aws"))
    done = _sovereign(made, "audit new --origin example.org/endings --log log")
    assert done.returncode == 0, done.stderr
    return made


def _sovereign(folder: Path, arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "sovereign", *arguments.split()]
    environ = environment(folder / "state")
    return subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, timeout=300, check=False)


@pytest.mark.parametrize("arguments", ENDINGS)
def test_command_ends_as_the_page_says(arguments: str, folder: Path) -> None:
    """Denied, undecided, unreadable, called wrongly and not verified are five numbers."""
    done = _sovereign(folder, arguments)
    assert done.returncode == ENDINGS[arguments], done.stdout + done.stderr
