"""What a run of the gate found, before it is written in any form."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sovereign.decision.deployment import deployment_exit, worst_verdict
from sovereign.enforce.gate import GateResult
from sovereign.enforce.gate_inputs import Collected
from sovereign.errors import InputError
from sovereign.policy.ir import Policy
from sovereign.policy.outcome import Outcome
from sovereign.tags.model import ResidencyTag

__all__ = ["GateReport", "Judged"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """An input that was read; `policies` are the ids of those that judged it, the tag's own packs apart."""

    path: str
    sha256: str
    kind: str
    policies: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GateReport:
    """What a run found.

    Attributes:
        at: the clock's instant.
        tag: of resources without one of their own.
        inputs: what was read, in order.
        results: one for each resource.
        drift: existing state that differs from the last run; it changes no verdict.
        assertions: places that somebody stated: key, value, whether an input needed it.
        policies: by id, those that applied to any input.
        collected: what was given.
        errors: inputs that could not be judged.
        notices: for people, one line each.
    """

    at: datetime
    tag: ResidencyTag
    inputs: tuple[Judged, ...]
    results: tuple[GateResult, ...]
    drift: tuple[GateResult, ...]
    assertions: tuple[tuple[str, str, bool], ...]
    policies: Mapping[str, Policy]
    collected: Collected
    errors: tuple[InputError, ...]
    notices: tuple[str, ...]

    @property
    def verdict(self) -> Outcome:
        """The worst verdict of a resource."""
        return worst_verdict(result.verdict for result in self.results)

    @property
    def exit_code(self) -> int:
        """3 if an input could not be judged, else 1 denied, 4 undecided, 0."""
        return deployment_exit(self.verdict, unreadable=bool(self.errors))
