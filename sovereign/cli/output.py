"""One document on stdout, everything else on stderr."""

import sys
from collections.abc import Iterable, Mapping
from typing import Any, Final

import orjson

from sovereign.errors import SovereignError
from sovereign.policy.outcome import Outcome
from sovereign.report.diagnostic import Diagnostic, from_error
from sovereign.report.terminal import painter_for
from sovereign.report.text import render

__all__ = ["complain", "lead", "say", "tell", "write_json", "write_text"]

_COLOUR: Final = {Outcome.PERMIT: "green", Outcome.DENY: "red", Outcome.UNDECIDED: "yellow"}


def write_json(document: Mapping[str, Any]) -> None:
    """Write one JSON document, in UTF-8 whatever the locale says (RFC 8259, section 8.1)."""
    try:
        data = orjson.dumps(document, option=orjson.OPT_INDENT_2)
    except orjson.JSONEncodeError:  # the name of a file is bytes, and need not be UTF-8
        data = orjson.dumps(_encodable(document), option=orjson.OPT_INDENT_2)
    sys.stdout.flush()
    sys.stdout.buffer.write(data + b"\n")


def _encodable(value: Any) -> Any:  # noqa: ANN401  JSON of any type
    """Return the value with escapes in place of what UTF-8 cannot hold."""
    if isinstance(value, str):
        return value.encode(errors="backslashreplace").decode()
    if isinstance(value, Mapping):
        return {key: _encodable(item) for key, item in value.items()}
    return [_encodable(item) for item in value] if isinstance(value, list | tuple) else value


def write_text(text: str) -> None:
    """Write text that is already safe for a terminal."""
    sys.stdout.write(text)


def tell(diagnostics: Iterable[Diagnostic]) -> None:
    """Write diagnostics to stdout as text."""
    paint = painter_for(sys.stdout)
    for diagnostic in diagnostics:
        sys.stdout.write(render(diagnostic, paint) + "\n")


def lead(verdict: Outcome, text: str) -> None:
    """Write a verdict, and what it is about, as one line to stdout."""
    paint = painter_for(sys.stdout)
    styles = (_COLOUR[verdict],) if verdict in _COLOUR else ()
    sys.stdout.write(f"{paint(f'{verdict.value:<10}', *styles)} {paint(text)}\n")


def complain(errors: Iterable[SovereignError]) -> None:
    """Write errors to stderr as text."""
    paint = painter_for(sys.stderr)
    for error in errors:
        sys.stderr.write(render(from_error(error), paint))


def say(line: str) -> None:
    """Write one line for people to stderr."""
    sys.stderr.write(painter_for(sys.stderr)(line) + "\n")
