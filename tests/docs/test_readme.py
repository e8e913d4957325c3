"""What README and the documentation say of commands is so; README's Python runs, its rule loads, its targets exist."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import click
import pytest
from docs.typed_page import environment

from sovereign.cli.root import root
from sovereign.jurisdiction.snapshot import load_snapshot
from sovereign.policy.load import parse_policy

ROOT: Final = Path(__file__).resolve().parents[2]
README: Final = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES: Final = (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")), *sorted((ROOT / "examples").rglob("*.md")))

FENCE: Final = re.compile(r"^```([a-z]*)[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
SPAN: Final = re.compile(r"`([^`\n]+)`")
TYPED: Final = re.compile(r"(?:^|[|;&(]|\brun: |=)\s*(?:\S*/)?sovereign ([^\n]+)")
END: Final = re.compile(r"[|;&<>)]|\s#")
FOREIGN: Final = {
    "--cached": "git",
    "--ignore": "pytest",
    "--require-hashes": "pip",
    "--strict": "opa",
    "--strict-builtin-errors": "opa",
}
"""Options of other programs that pages name alone."""


def _commands(command: click.Command, name: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    yield name, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for verb in command.list_commands(context):
            found = command.get_command(context, verb)
            assert found is not None
            yield from _commands(found, (*name, verb))


COMMANDS: Final = dict(_commands(root))
EVERYWHERE: Final = {"--help", "-h"}


def _options(command: click.Command) -> set[str]:
    own = {option for parameter in command.params if isinstance(parameter, click.Option) for option in parameter.opts}
    return own | EVERYWHERE


def _problem(line: str) -> str | None:
    """Return what is wrong with a command as a page shows it; capitals and dots are for the reader to fill in."""
    words = END.split(re.sub(r"[\"']|\$\(", "", line))[0].split()
    name: tuple[str, ...] = ()
    while words and isinstance(COMMANDS[name], click.Group) and not words[0].startswith("-"):
        if not re.fullmatch(r"[a-z|]+,?", words[0]):
            return None
        found = [(*name, verb) for verb in words.pop(0).rstrip(",").split("|")]
        if unknown := [path for path in found if path not in COMMANDS]:
            return f"`sovereign {' '.join(unknown[0])}` does not exist"
        name = found[0]
    given = {word.partition("=")[0] for word in words if word.startswith("-") and word != "-"}
    wrong = {word for word in given if re.fullmatch(r"--?[a-z][a-z-]*", word)} - _options(COMMANDS[name])
    return f"`sovereign {' '.join(name)}` has no {sorted(wrong)}" if wrong else None


def _shown(text: str) -> Iterator[str]:
    """Yield every command of ours that a page shows, without its first word."""
    for kind, body in FENCE.findall(text):
        if kind in {"", "sh", "console", "yaml"}:
            for line in body.replace("\\\n", " ").splitlines():
                yield from TYPED.findall(line)
    for span in SPAN.findall(FENCE.sub("", text)):
        if span.startswith("sovereign "):
            yield span.removeprefix("sovereign ")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_of_a_page_exist(page: Path) -> None:
    """Each command that a page shows exists, with the options that it shows."""
    text = page.read_text(encoding="utf-8")
    assert [problem for line in _shown(text) if (problem := _problem(line))] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_options_of_a_page_exist(page: Path) -> None:
    """An option that a page names alone is one of a command, or is known to be somebody else's."""
    spans = SPAN.findall(FENCE.sub("", page.read_text(encoding="utf-8")))
    named = {match[1] for span in spans if (match := re.match(r"(--[a-z][a-z-]*)", span))}
    ours = {option for command in COMMANDS.values() for option in _options(command)}
    assert sorted(named - ours - set(FOREIGN)) == []


@pytest.mark.parametrize(
    "line", ["attest verify x", "gate plan.json --sarif", "audit erase", "--quiet", "policy check --of policy x"]
)
def test_what_does_not_exist_is_noticed(line: str) -> None:
    """A check that accepts everything would make the tests above pass."""
    assert _problem(line) is not None


def test_targets_of_readme_exist() -> None:
    """Each `make` target that README names is in the Makefile."""
    targets = set(re.findall(r"(?:^|`)make ([a-z]+)\b", README, re.MULTILINE))
    assert targets
    assert targets <= set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))


def _block(kind: str) -> str:
    (block,) = [body for found, body in FENCE.findall(README) if found == kind]
    return block


HEAD: Final = """\
sovereign: 1
policy: shown
version: 2026.11.24
title: {en: Shown, de: Gezeigt}
owner: management
status: house_rule
"""
SETTINGS: Final = "sovereign: 1\npolicies: [de-only]\ntags: [tags.yaml]\n"
TAGS: Final = """\
sovereign_tag: 1
datasets:
  - {id: patients, classification: restricted, categories: [health], status: pseudonymised, purposes: [research]}
"""


def test_python_of_readme_runs(tmp_path: Path) -> None:
    """The example runs in a project with settings and a tag, and its job was permitted."""
    (tmp_path / "sovereign.yaml").write_text(SETTINGS)
    (tmp_path / "tags.yaml").write_text(TAGS)
    done = subprocess.run(
        [sys.executable, "-c", _block("python")],
        cwd=tmp_path,
        env=environment(tmp_path / "state"),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "trained" in done.stdout.splitlines()


def test_rule_of_readme_loads() -> None:
    """The rules that README shows load once the head of a policy stands above them."""
    head = (
        "sovereign: 1\npolicy: shown\nversion: 2026.11.24\ntitle: {en: Shown}\nowner: management\nstatus: house_rule\n"
    )
    policy = parse_policy((head + _block("yaml")).encode(), source="README.md", groups=load_snapshot().groups)
    assert [rule.id for rule in policy.rules] == re.findall(r"- id: (\S+)", _block("yaml"))
