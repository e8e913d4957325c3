"""Text for a terminal: safe against control characters, aligned by display width, coloured only where that is wanted.

Colours follow NO_COLOR (no-color.org) and CLICOLOR_FORCE; without either they need a terminal.
"""

import os
import unicodedata
from collections.abc import Mapping
from typing import Final, TextIO

__all__ = ["Painter", "clean", "painter_for", "width"]

_CODES: Final = {"red": "31", "yellow": "33", "green": "32", "blue": "34", "bold": "1", "dim": "2"}
_BIDI: Final = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def clean(text: str) -> str:
    """Return `text` on one line: tabs become spaces, control and bidirectional characters become escapes."""
    return "".join(_shown(c) for c in text)


def _shown(character: str) -> str:
    if character == "\t":
        return "    "
    if character in _BIDI or unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"}:
        return f"\\u{ord(character):04x}"
    return character


def width(text: str) -> int:
    """Return the columns that `text` takes; wide East Asian characters take two, combining marks none."""
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


class Painter:
    """Puts colours around text, or does not."""

    def __init__(self, *, colours: bool) -> None:
        self._colours = colours

    def __call__(self, text: str, *styles: str) -> str:
        """Return `text`, cleaned, in the given styles."""
        if not (self._colours and styles):
            return clean(text)
        return f"\x1b[{';'.join(_CODES[style] for style in styles)}m{clean(text)}\x1b[0m"


def painter_for(stream: TextIO, environ: Mapping[str, str] = os.environ) -> Painter:
    """Return the painter for `stream`."""
    if environ.get("NO_COLOR"):
        return Painter(colours=False)
    return Painter(colours=environ.get("CLICOLOR_FORCE", "0") not in {"", "0"} or stream.isatty())
