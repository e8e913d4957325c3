"""`sovereign init`: the first settings, tag, policy, key and log; asks nothing, overwrites nothing."""

import os
from pathlib import Path
from typing import Final

import click

from sovereign._internal.clock import system_clock
from sovereign._internal.files import OS_DISK, replace_file
from sovereign.audit.placement import default_log, state_directory
from sovereign.cli.output import say, write_text
from sovereign.enforce.gate_inputs import missing_assumptions
from sovereign.errors import UsageError, quoted
from sovereign.report.terminal import clean

__all__ = ["init"]

_SETTINGS: Final = """\
# What this project chooses; `sovereign policy schema --of sovereign.yaml` prints the form.
sovereign: 1
policies: [eu-only, ./policies/own.yaml]
tags: [tags/*.yaml]
"""

_TAG: Final = """\
# What the owner says of a dataset; docs/reference/tags.md explains each field.
sovereign_tag: 1
datasets:
  - id: example
    title: A first dataset
    owner: somebody who answers for it
    classification: internal
    categories: []
    status: non_personal
    allowed_locations: [eu]
    purposes: [testing]
"""

_POLICY: Final = """\
sovereign: 1
policy: own-rules
version: 2026.11.24
title: {en: Our own rules, de: Eigene Vorgaben}
owner: management
status: house_rule
rules:
  - id: OWN-01
    title: {en: restricted data stay in Germany, de: Daten der höchsten Stufe bleiben in Deutschland}
    law: [{act: house rule}]
    severity: high
    for_each: {over: placements}
    when: {data.classification: {at_least: restricted}}
    must: {placement.countries: {all_within: [DE]}}
    waivable: true
    fix: {en: choose a German region, de: eine deutsche Region wählen}
    tests:
      - name: Frankfurt
        given: {data.classification: restricted, placements: [{role: storage, countries: [DE]}]}
        expect: permit
      - name: Dublin
        given: {data.classification: restricted, placements: [{role: storage, countries: [IE]}]}
        expect: deny
      - name: place unknown
        given: {data.classification: restricted, placements: [{role: storage}]}
        expect: undecided
      - name: internal data
        given: {data.classification: internal, placements: [{role: storage, countries: [IE]}]}
        expect: not_applicable
"""


@click.command(short_help="Write first settings, a tag and a policy; make the log.")
@click.option(
    "--from", "plan", type=click.Path(path_type=Path), help="A plan: its missing places are prepared as settings."
)
def init(plan: Path | None) -> int:
    """Write a first sovereign.yaml, tag and policy, and make the log with its key."""
    here = Path.cwd()
    assumed = _assumed(plan) if plan is not None else ""
    if plan is not None and not assumed:
        say(f"{plan} leaves no place open that settings could state")
    files = {
        here / "sovereign.yaml": _SETTINGS + assumed,
        here / "tags" / "example.yaml": _TAG,
        here / "policies" / "own.yaml": _POLICY,
    }
    for path, text in files.items():
        if os.path.lexists(path):  # a link to nowhere is somebody's too
            say(f"kept {path}, it was there")
            if assumed and path.name == "sovereign.yaml":
                for line in ("to take over by hand:", *assumed.splitlines()):
                    say(line)
            continue
        _write(path, text)
        write_text(clean(f"wrote {path}") + "\n")
    placed = default_log(here, state_directory(os.environ), system_clock)
    with placed.log:
        for path in placed.made:
            write_text(clean(f"made {path}") + "\n")
        write_text(f"log key {placed.log.verifier.vkey}\n")
    return 0


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(exist_ok=True)
        replace_file(OS_DISK, path, text.encode())
    except OSError as error:
        raise UsageError(
            f"cannot write {quoted(str(path))}: {(error.strerror or 'no reason given').lower()}",
            hint="start in a directory that this user may write, with no file called tags or policies",
        ) from None


def _assumed(plan: Path) -> str:
    """Return the settings that keep what a plan leaves open, for a person to fill in."""
    lines = [f"#       {key}: …   # {count} resources wait for it" for key, count in missing_assumptions(plan).items()]
    if not lines:
        return ""
    return "\n".join(["# gate:", "#   paths:", '#   - match: "**"', "#     assume:", *lines, ""])
