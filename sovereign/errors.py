"""The error tree: one branch for each person who can repair something.

```
SovereignError
├── UsageError          options, settings, keys, placement of files                -> whoever runs the command acts
├── InputError          a file or body that cannot be read                         -> whoever supplies it acts
├── TagError            TagMissingError, TagFormatError, TagConflictError          -> the data owner acts
├── FactError           FactUnavailableError, FactStaleError                       -> the platform acts
├── PolicyError         PolicyFormatError, PolicyTrustError                        -> the policy author acts
├── EngineError         EngineUnavailableError, EngineResponseError                -> counts as deny, basis = failure
├── DeniedError         (enforce/denied.py) carries the Decision and the receipt   -> the caller acts
├── ObligationError     an obligation could not be met                             -> counts as deny
├── AuditError          AuditWriteError: the action must not start                 -> the operator acts
└── VerificationError   SignatureError, ProofError, ConsistencyError               -> the auditor acts
```

Every error has a stable `code` of the form `SOV-<letter><3 digits>`; the letter fixes the exit code of a command
(`EXIT_BY_LETTER`).
A message starts lower-case, has no full stop and no line break, and quotes what a user wrote in backticks.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import ClassVar, Final

__all__ = [
    "EXIT_BY_LETTER",
    "AuditError",
    "AuditWriteError",
    "ConsistencyError",
    "EngineError",
    "EngineResponseError",
    "EngineUnavailableError",
    "FactError",
    "FactStaleError",
    "FactUnavailableError",
    "InputError",
    "ObligationError",
    "PolicyError",
    "PolicyFormatError",
    "PolicyTrustError",
    "ProofError",
    "SignatureError",
    "SovereignError",
    "Span",
    "TagConflictError",
    "TagError",
    "TagFormatError",
    "TagMissingError",
    "UsageError",
    "VerificationError",
    "quoted",
]

EXIT_BY_LETTER: Final[Mapping[str, int]] = MappingProxyType({"A": 0, "E": 1, "C": 2, "I": 3, "U": 4, "V": 5, "X": 70})


def quoted(text: str, limit: int = 120) -> str:
    """Return `text` in backticks, on one line, without control characters, shortened to `limit` characters."""
    shown = "".join(c if c.isprintable() and c != "`" else f"\\u{ord(c):04x}" for c in text[: limit + 1])
    return f"`{shown[:limit]}…`" if len(text) > limit else f"`{shown}`"


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A place in an input that an error points at.

    Attributes:
        path: file name as the user gave it, or `<stdin>`, `<string>`.
        line: 1-based; None where the input has no lines that help.
        column: 1-based, in code points.
        length: code points to underline, at least 1.
        pointer: RFC 6901 JSON pointer; None where it does not apply.
        source: the text of the line, for the caret.
    """

    path: str
    line: int | None = None
    column: int | None = None
    length: int = 1
    pointer: str | None = None
    source: str | None = None

    def __str__(self) -> str:
        """`file:line:column`, or `file#pointer`, as far as known."""
        if self.line is not None:
            return f"{self.path}:{self.line}:{self.column or 1}"
        return f"{self.path}#{self.pointer}" if self.pointer else self.path


class SovereignError(Exception):
    """Base of every error of this library.

    Attributes:
        code: stable, documented under docs/reference/errors/.
        message: one line, for the person who can repair it.
        hint: what to do next, or None.
        span: where in the input, or None.
    """

    default_code: ClassVar[str] = "SOV-X001"

    def __init__(
        self, message: str, *, code: str | None = None, hint: str | None = None, span: Span | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.default_code
        self.hint = hint
        self.span = span
        if hint:
            self.add_note(f"help: {hint}")  # a traceback shows it too

    @property
    def exit_code(self) -> int:
        """The exit code that a command ends with when this error reaches it."""
        return EXIT_BY_LETTER[self.code[4]]

    def __str__(self) -> str:
        where = f"{self.span}: " if self.span else ""
        return f"{where}{self.message} [{self.code}]"


class UsageError(SovereignError):
    """Options, settings, keys or the placement of a file are wrong; nothing was decided."""

    default_code = "SOV-C001"


class InputError(SovereignError):
    """An input cannot be read or is of no known kind; empty is never success."""

    default_code = "SOV-I001"


class TagError(SovereignError):
    """A residency tag is missing, broken, or contradicts another."""

    default_code = "SOV-I100"


class TagMissingError(TagError):
    """A dataset has no tag."""

    default_code = "SOV-U003"


class TagFormatError(TagError):
    """A tag file does not have the form of a tag."""

    default_code = "SOV-I101"


class TagConflictError(TagError):
    """Two tags contradict each other."""

    default_code = "SOV-I102"


class FactError(SovereignError):
    """A fact about a place cannot be had."""

    default_code = "SOV-U001"


class FactUnavailableError(FactError):
    """The fact is not in the input."""


class FactStaleError(FactError):
    """The fact is too old to count."""

    default_code = "SOV-U004"


class PolicyError(SovereignError):
    """A policy does not load, is not trusted, or none is named."""

    default_code = "SOV-C002"


class PolicyFormatError(PolicyError):
    """A policy file does not have the form of the language.

    Attributes:
        others: the further mistakes in the same file, in order of place.
    """

    others: "tuple[PolicyFormatError, ...]" = ()


class PolicyTrustError(PolicyError):
    """A policy is neither shipped nor listed nor signed by a listed signer."""

    default_code = "SOV-C004"


class EngineError(SovereignError):
    """A decision engine failed; counts as deny with basis `failure`."""

    default_code = "SOV-U005"


class EngineUnavailableError(EngineError):
    """The engine did not answer in time."""


class EngineResponseError(EngineError):
    """The engine answered in a shape that means nothing."""

    default_code = "SOV-U006"


class ObligationError(SovereignError):
    """A duty attached to a permit could not be met; counts as deny."""

    default_code = "SOV-E040"


class AuditError(SovereignError):
    """The log cannot be used."""

    default_code = "SOV-V010"


class AuditWriteError(AuditError):
    """The entry is not durable: the action must not start."""

    default_code = "SOV-V011"


class VerificationError(SovereignError):
    """Evidence was not verified: it failed, or it cannot be checked."""

    default_code = "SOV-V001"


class SignatureError(VerificationError):
    """A signature does not verify, or its key is unknown."""

    default_code = "SOV-V002"


class ProofError(VerificationError):
    """A recomputed hash differs from the recorded one."""


class ConsistencyError(VerificationError):
    """The log shrank or was forked: two tree heads cannot both be true."""

    default_code = "SOV-V003"
