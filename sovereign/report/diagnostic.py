"""One thing to tell a person: what is wrong, where, by which rule and law, and what would pass.

Every renderer draws from this object only, so that a terminal, a JSON document and a later page cannot differ.
"""

from dataclasses import dataclass
from typing import Literal

from sovereign.errors import SovereignError, Span

__all__ = ["Diagnostic", "from_error", "hint_of"]

Level = Literal["error", "undecided", "warning", "notice"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnostic:
    """What is told.

    Attributes:
        level: error for a denial or a failure, undecided for a missing fact, warning and notice change no verdict.
        code: `<policy>/<rule>`, a built-in rule, or `SOV-<letter><3 digits>`.
        title: one line, lower-case start.
        span: the place in the input, or None.
        law: citations, each with its date where it has one.
        read: `attribute = value`, what the rule read.
        passes_if: a change that was re-evaluated and passes, or the words that no single change helps; None where the
            question has no meaning.
        waiting: rules that wait for the same fact, each with its sentence and law.
        hint: what to do next.
        receipt: where the evidence is.
        lang: `en` or `de`, of the words around the texts.
    """

    level: Level
    code: str
    title: str
    span: Span | None = None
    law: tuple[str, ...] = ()
    read: tuple[str, ...] = ()
    passes_if: str | None = None
    waiting: tuple[str, ...] = ()
    hint: str | None = None
    receipt: str | None = None
    lang: str = "en"


def from_error(error: SovereignError) -> Diagnostic:
    """Return what an error of the library tells."""
    return Diagnostic(level="error", code=error.code, title=error.message, span=error.span, hint=hint_of(error))


def hint_of(error: SovereignError) -> str:
    """Return what to do about an error; the page of its code where the error itself has no advice."""
    return error.hint or f"`sovereign explain {error.code}` says what to do"
