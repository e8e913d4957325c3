"""Reading a policy file with all its mistakes: problems are collected with their places, and reading goes on."""

import difflib
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from sovereign._internal.strict_yaml import YamlList, YamlMap, YamlNode, YamlScalar
from sovereign.errors import PolicyFormatError, Span, quoted
from sovereign.policy.ir import Window
from sovereign.policy.values import parse_day

__all__ = ["LANGUAGES", "Problems", "nearest", "one_of"]

LANGUAGES: Final = ("en", "de")
_PERIOD: Final = re.compile(r"P(\d{1,4})([MY])", re.ASCII)
_MOST_MONTHS: Final = 1200  # a century; a longer one would leave the calendar


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the sentence that names the nearest known word, or None."""
    names = difflib.get_close_matches(word, sorted(known), n=1, cutoff=0.6)
    return f"did you mean {quoted(names[0])}?" if names else None


def one_of(known: Collection[str], limit: int = 12) -> str:
    """Return a sentence that lists the known words."""
    words = sorted(known)
    listed = ", ".join(words[:limit])
    return f"known are: {listed}{', …' if len(words) > limit else ''}"


@dataclass(slots=True)
class Problems:
    """Collects what is wrong; every reader returns a harmless value after it reported."""

    found: list[PolicyFormatError] = field(default_factory=list)

    def add(self, code: str, message: str, span: Span, hint: str) -> None:
        """Note one mistake, and what to do about it."""
        self.found.append(PolicyFormatError(message, code=code, span=span, hint=hint))

    def unknown(self, code: str, what: str, word: YamlScalar, known: Collection[str]) -> None:
        """Note a word that is none of the known ones, with the nearest of them."""
        hint = nearest(word.text, known) or one_of(known)
        self.add(code, f"unknown {what} {quoted(word.text)}", word.span, hint)

    def mapping(self, node: YamlNode, what: str, known: Collection[str], required: Collection[str] = ()) -> YamlMap:
        """Return the mapping, after its keys were compared with the known ones."""
        if not isinstance(node, YamlMap):
            self.add("SOV-C107", f"{what} is a mapping", node.span, "write `key: value`")
            return YamlMap(items=(), span=node.span)
        for key, _ in node.items:
            if key.text not in known:
                self.unknown("SOV-C101", f"key of {what}", key, known)
        present = {key.text for key, _ in node.items}
        for name in sorted(set(required) - present):
            self.add("SOV-C102", f"{what} lacks {quoted(name)}", node.span, f"add `{name}: …`")
        return node

    def items(self, node: YamlNode, what: str) -> tuple[YamlNode, ...]:
        """Return the items of a list."""
        if isinstance(node, YamlList):
            return node.items
        self.add("SOV-C107", f"{what} is a list", node.span, "write `[…]`, or one item per line after a hyphen")
        return ()

    def word(self, node: YamlNode | None, what: str, known: Collection[str] | None = None) -> str:
        """Return a non-empty word, one of `known` if that is given."""
        if node is None:
            return ""
        if not isinstance(node, YamlScalar) or node.is_null or not node.text.strip():
            self.add("SOV-C107", f"{what} is a word", node.span, "write one value that is not empty")
            return ""
        if known is not None and node.text not in known:
            self.unknown("SOV-C105", f"value of {what}:", node, known)
            return ""
        return node.text

    def words(self, node: YamlNode | None, what: str, known: Collection[str] | None = None) -> tuple[str, ...]:
        """Return a list of words."""
        if node is None:
            return ()
        return tuple(word for item in self.items(node, what) if (word := self.word(item, f"an item of {what}", known)))

    def pattern(self, node: YamlNode | None, what: str, pattern: re.Pattern[str], form: str) -> str:
        """Return a word that matches the whole pattern."""
        text = self.word(node, what)
        if text and node is not None and not pattern.fullmatch(text):
            self.add("SOV-C107", f"{quoted(text)} is no {what}", node.span, f"the form is {form}")
        return text

    def truth(self, node: YamlNode | None, what: str, *, default: bool) -> bool:
        """Return true or false; nothing else is read as either."""
        if node is None:
            return default
        return self.word(node, what, ("true", "false")) == "true"

    def texts(self, node: YamlNode | None, what: str) -> dict[str, str]:
        """Return text by language; a plain text is English."""
        if node is None:
            return {}
        if isinstance(node, YamlScalar):
            return {"en": self.line(node, what)}
        mapping = self.mapping(node, what, LANGUAGES)
        if isinstance(node, YamlMap) and not node.items:
            self.add("SOV-C102", f"{what} says nothing", node.span, "write it under `en`, `de` or both")
        return {key.text: self.line(value, f"{what} in {key.text}") for key, value in mapping.items}

    def line(self, node: YamlNode | None, what: str) -> str:
        """Return text for people: one line without control characters, which could rewrite a report."""
        text = self.word(node, what)
        if node is not None and not text.isprintable():
            self.add("SOV-C107", f"{what} is more than one line of plain text", node.span, "write one line")
        return text

    def day(self, node: YamlNode | None, what: str) -> date | None:
        """Return a date."""
        if node is None:
            return None
        text = self.word(node, what)
        day = parse_day(text)
        if text and day is None:
            self.add("SOV-C107", f"{quoted(text)} is no date", node.span, "the form is YYYY-MM-DD")
        return day

    def window(self, node: YamlNode | None, what: str) -> Window:
        """Return the days `{from, to}`, half-open."""
        if node is None:
            return Window()
        mapping = self.mapping(node, what, ("from", "to"))
        window = Window(start=self.day(mapping.get("from"), "`from`"), end=self.day(mapping.get("to"), "`to`"))
        if window.start and window.end and window.end <= window.start:
            self.add(
                "SOV-C107",
                f"{what} ends before it starts",
                node.span,
                "`to` is the first day on which it no longer holds",
            )
        return window

    def months(self, node: YamlNode, what: str) -> int:
        """Return a period in months; `P18M` or `P2Y`."""
        text = self.word(node, what)
        match = _PERIOD.fullmatch(text)
        if match is None:
            if text:
                self.add("SOV-C107", f"{quoted(text)} is no period", node.span, "the form is P<n>M or P<n>Y")
            return 0
        months = int(match[1]) * (12 if match[2] == "Y" else 1)
        if months > _MOST_MONTHS:
            self.add("SOV-C107", f"{quoted(text)} is longer than a century", node.span, "write a date")
            return 0
        return months
