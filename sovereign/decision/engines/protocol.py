"""What an engine is: somebody who answers for policies.

A native engine answers for the typed form and sees views; a remote engine answers for a policy of its own and sees the
request document. Both are trusted with denials; only the native one is trusted with the absence of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

__all__ = ["RemoteAnswer", "RemoteEngine", "RemoteFinding"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteFinding:
    """One answer of a remote engine's rule.

    Attributes:
        rule: `[A-Z][A-Z0-9-]*`.
        message: untrusted text, one line.
        outcome: `deny`, `undecided` or `advice`.
        placement: index into the request's placements, or None.
    """

    rule: str
    message: str
    outcome: str
    placement: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteAnswer:
    """What a remote engine said, its shape already checked.

    Attributes:
        permit: true only if no finding denies or is undecided.
        findings: its answers.
        decision_id: the engine's own id of this answer.
        version: the engine's version.
        revisions: (bundle, revision) as the engine states them; self-declared.
    """

    permit: bool
    findings: tuple[RemoteFinding, ...] = ()
    decision_id: str | None = None
    version: str | None = None
    revisions: tuple[tuple[str, str], ...] = ()


class RemoteEngine(Protocol):
    """A decision engine in another process."""

    @property
    def name(self) -> str:
        """What stands in a decision, e.g. `opa`."""

    @property
    def package(self) -> str:
        """The prefix of its rules in findings, e.g. `residency`."""

    def evaluate(self, document: Mapping[str, Any]) -> RemoteAnswer:
        """Return the answer to a request document.

        Raises:
            EngineError: no answer in time, or not in shape.
        """
