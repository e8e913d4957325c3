"""Diagnostics as text: the lead line, the place with a caret, then rule, law, what would pass, and the receipt."""

from collections.abc import Iterator
from typing import Final

from sovereign.errors import Span
from sovereign.report.diagnostic import Diagnostic
from sovereign.report.terminal import Painter, clean, width

__all__ = ["render"]

_COLOUR: Final = {"error": "red", "undecided": "yellow", "warning": "yellow", "notice": "blue"}
_CONTEXT: Final = 100
_LABELS: Final = {
    "en": {
        "law": "law",
        "read": "read",
        "waits too": "waits too",
        "passes if": "passes if",
        "help": "help",
        "receipt": "receipt",
    },
    "de": {
        "law": "Recht",
        "read": "gelesen",
        "waits too": "wartet auch",
        "passes if": "zugelassen, wenn",
        "help": "Abhilfe",
        "receipt": "Quittung",
    },
}


def render(diagnostic: Diagnostic, paint: Painter) -> str:
    """Return the diagnostic as lines that end with LF."""
    return "".join(f"{line}\n" for line in _lines(diagnostic, paint))


def _lines(diagnostic: Diagnostic, paint: Painter) -> Iterator[str]:
    lead = f"{diagnostic.level}[{diagnostic.code}]"
    yield f"{paint(lead, 'bold', _COLOUR[diagnostic.level])}{paint(': ' + diagnostic.title, 'bold')}"
    if diagnostic.span is not None:
        yield from _place(diagnostic.span, paint)
    for name, text in _notes(diagnostic):
        label = _LABELS[diagnostic.lang][name]
        yield f"  {paint('=', 'blue')} {paint(f'{label}:', 'bold')} {clean(text)}"


def _notes(diagnostic: Diagnostic) -> Iterator[tuple[str, str]]:
    for law in diagnostic.law:
        yield "law", law
    for read in diagnostic.read:
        yield "read", read
    for rule in diagnostic.waiting:
        yield "waits too", rule
    if diagnostic.passes_if:
        yield "passes if", diagnostic.passes_if
    if diagnostic.hint:
        yield "help", diagnostic.hint
    if diagnostic.receipt:
        yield "receipt", diagnostic.receipt


def _place(span: Span, paint: Painter) -> Iterator[str]:
    where = str(span)
    if span.line is not None and span.pointer:
        where += f" ({span.pointer})"
    yield f"  {paint('-->', 'blue')} {clean(where)}"
    if span.line is None or span.source is None:
        return
    number = str(span.line)
    before, marked = _excerpt(span)
    yield f"  {paint(number + ' |', 'blue')} {clean(before + marked[0] + marked[1])}"
    caret = "^" * max(1, width(clean(marked[0])))
    yield f"  {' ' * len(number)} {paint('|', 'blue')} {' ' * width(clean(before))}{paint(caret, 'red')}"


def _excerpt(span: Span) -> tuple[str, tuple[str, str]]:
    """Return (text before the mark, (marked text, text after)), cut to a readable length around the mark."""
    source = span.source or ""
    start = max(0, (span.column or 1) - 1)
    cut = max(0, start - _CONTEXT // 2) if len(source) > _CONTEXT else 0
    end = min(len(source), start + span.length, cut + _CONTEXT)
    prefix = "…" if cut else ""
    suffix = "…" if len(source) > cut + _CONTEXT else ""
    return prefix + source[cut:start], (source[start:end], source[end : max(end, cut + _CONTEXT)] + suffix)
