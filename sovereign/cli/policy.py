"""`sovereign policy check|test|schema`: for whoever writes policies."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from sovereign.cli.options import out_format
from sovereign.cli.output import tell, write_json, write_text
from sovereign.errors import PolicyError, PolicyFormatError, quoted
from sovereign.jurisdiction.snapshot import load_snapshot
from sovereign.policy.inline_tests import TestResult, run_tests
from sovereign.policy.load import read_policy
from sovereign.policy.store import is_path, load_policy_file, shipped_path
from sovereign.report.diagnostic import Diagnostic, from_error
from sovereign.report.terminal import clean

__all__ = ["policy"]


@click.group(no_args_is_help=False, short_help="Check and test policies; print the schemas.")
def policy() -> None:
    """Check and test policies, and print the schemas of what can be written."""


@policy.command(short_help="Load policies, and show every mistake with its place.")
@click.argument("names", nargs=-1, required=True, metavar="ID|PATH…")
@out_format
def check(names: tuple[str, ...], form: str) -> int:
    """Load policies, inline tests included, and show every mistake with its place."""
    results = [_checked(name) for name in names]
    mistakes = [error for _, errors in results for error in errors]
    if form == "json":
        write_json({"schema": "sovereign.policy_check/1", "results": [_check_json(*result) for result in results]})
    else:
        tell(from_error(error) for error in mistakes)
        for name, errors in results:
            count = f"{len(errors)} mistake{'s' if len(errors) > 1 else ''}" if errors else "loads"
            write_text(clean(f"{name}: {count}") + "\n")
    return 2 if mistakes else 0


@policy.command()
@click.argument("names", nargs=-1, required=True, metavar="ID|PATH…")
@out_format
def test(names: tuple[str, ...], form: str) -> int:
    """Run the tests that stand beside the rules, each by both engines."""
    results = [result for name in names for result in _tested(name)]
    failed = [result for result in results if not result.passed]
    if form == "json":
        write_json({"schema": "sovereign.policy_test/1", "tests": [_test_json(result) for result in results]})
    else:
        tell(_failure(result) for result in failed)
        write_text(f"{len(results) - len(failed)} passed, {len(failed)} failed\n")
    return 1 if failed else 0


@policy.command(short_help="Print a JSON Schema, for editors.")
@click.option(
    "--of",
    "what",
    type=click.Choice(["policy", "request", "sovereign.yaml", "trust.yaml"]),
    default="policy",
    help="Which form to print.",
)
def schema(what: str) -> int:
    """Print the JSON Schema of a policy, a request or the settings, for editors."""
    from sovereign.report.schemas import json_schema  # noqa: PLC0415  builds models

    write_json(json_schema(what))
    return 0


def _path(name: str) -> Path:
    path = Path(name) if is_path(name) else shipped_path(name)
    if path is None:
        raise PolicyError(
            f"no shipped policy has the id {quoted(name)}", code="SOV-C115", hint=f"a file needs a path: ./{name}"
        )
    return path


def _checked(name: str) -> tuple[str, tuple[PolicyError, ...]]:
    path = _path(name)
    try:
        if is_path(name):
            load_policy_file(path, load_snapshot().groups)
        else:
            read_policy(path.read_bytes(), source=str(path), groups=load_snapshot().groups)
    except PolicyFormatError as error:
        return name, (error, *error.others)
    except PolicyError as error:
        return name, (error,)
    return name, ()


def _tested(name: str) -> Iterator[TestResult]:
    path = _path(name)
    groups = load_snapshot().groups
    try:
        data = path.read_bytes()
    except OSError as error:
        raise PolicyError(
            f"cannot read the policy {quoted(name)}: {(error.strerror or 'unreadable').lower()}"
        ) from None
    loaded, tests = read_policy(data, source=str(path), groups=groups)
    yield from run_tests(loaded, tests, groups)


def _check_json(name: str, errors: tuple[PolicyError, ...]) -> dict[str, Any]:
    return {
        "policy": name,
        "loads": not errors,
        "mistakes": [
            {
                "code": error.code,
                "message": error.message,
                "hint": error.hint,
                "line": error.span.line if error.span else None,
                "column": error.span.column if error.span else None,
            }
            for error in errors
        ],
    }


def _failure(result: TestResult) -> Diagnostic:
    got = ", ".join(f"{engine}: {outcome.value}" for engine, outcome in result.got.items())
    title = f"test `{result.test.name}` of {result.test.rule}: expected {result.test.expect.value}, got {got}"
    return Diagnostic(level="error", code="SOV-C109", title=title, span=result.test.span)


def _test_json(result: TestResult) -> dict[str, Any]:
    return {
        "rule": result.test.rule,
        "name": result.test.name,
        "expect": result.test.expect.value,
        "got": {engine: outcome.value for engine, outcome in result.got.items()},
        "passed": result.passed,
    }
