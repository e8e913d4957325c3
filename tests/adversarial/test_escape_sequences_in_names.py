"""Attack: a name in an input holds control characters, so that the terminal shows another verdict than was given."""

import json
import unicodedata

import pytest

from sovereign.decision.request import parse_request
from sovereign.errors import InputError, quoted
from sovereign.report.diagnostic import Diagnostic, from_error
from sovereign.report.terminal import Painter
from sovereign.report.text import render

HOSTILE = {
    "erase the line": "\x1b[2K\rpermit",
    "set the title": "\x1b]0;permit\x07",
    "C1 control": "\x9b2J",
    "right to left": "\u202etimrep\u202c",
    "isolate": "\u2066deny\u2069",
    "new line": "x\nverdict: permit",
    "line separator": "x\u2028verdict: permit",
    "backtick": "x` permitted `",
}
BIDI = set("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def _is_harmless(text: str) -> bool:
    return not any(unicodedata.category(c) in {"Cc", "Zl", "Zp"} or c in BIDI for c in text if c != "\n")


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE)
def test_diagnostic_shows_names_harmlessly(name: str) -> None:
    """Every field of a diagnostic is shown without control or bidirectional characters, line by line."""
    plain = Diagnostic(level="error", code="de-only/DE-01", title="t", law=("l",), read=("r",), hint="h", receipt="e")
    hostile = Diagnostic(
        level="error", code="de-only/DE-01", title=name, law=(name,), read=(name,), hint=name, receipt=name
    )
    shown = render(hostile, Painter(colours=False))
    assert _is_harmless(shown)
    assert shown.count("\n") == render(plain, Painter(colours=False)).count("\n")


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE)
def test_error_message_stays_on_one_line(name: str) -> None:
    """User text in a message is quoted: one line, no escape, no second backtick."""
    assert _is_harmless(quoted(name))
    assert "\n" not in quoted(name)
    assert quoted(name).count("`") == 2


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE)
def test_refused_request_is_told_harmlessly(name: str) -> None:
    """The whole way from a hostile key to the terminal."""
    with pytest.raises(InputError) as caught:
        parse_request(json.dumps({name: 1}).encode(), source=f"{name}.json")
    assert _is_harmless(render(from_error(caught.value), Painter(colours=False)))
