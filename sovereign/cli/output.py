"""One document on stdout, everything else on stderr."""

import sys
from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from sovereign.report.diagnostic import Diagnostic
from sovereign.report.terminal import painter_for
from sovereign.report.text import render

__all__ = ["say", "tell", "write_json", "write_text"]


def write_json(document: Mapping[str, Any]) -> None:
    """Write one JSON document."""
    sys.stdout.write(orjson.dumps(document, option=orjson.OPT_INDENT_2).decode() + "\n")


def write_text(text: str) -> None:
    """Write text that is already safe for a terminal."""
    sys.stdout.write(text)


def tell(diagnostics: Iterable[Diagnostic]) -> None:
    """Write diagnostics to stdout as text."""
    paint = painter_for(sys.stdout)
    for diagnostic in diagnostics:
        sys.stdout.write(render(diagnostic, paint) + "\n")


def say(line: str) -> None:
    """Write one line for people to stderr."""
    sys.stderr.write(painter_for(sys.stderr)(line) + "\n")
