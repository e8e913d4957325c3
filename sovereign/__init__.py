"""Decides whether data may be where they are about to go, and proves afterwards what it decided and why.

The names below stand in the order of one request's path: what owners claim, what is observed, what is demanded, what
follows, what is proven, what happens. They load on first use, so that importing the package costs nothing.

>>> import sovereign as sv
>>> patients = sv.tag("patients", classification="restricted", categories=["health"], status="personal")
>>> patients.allowed_locations is None
True
>>> payroll = sv.tag("payroll", classification="confidential", categories=["hr"], status="personal")
>>> from datetime import date
>>> sorted(sv.combine(patients, payroll, at=date(2026, 11, 24)).tag.categories)
['health', 'hr']
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from sovereign._internal.version import VERSION as __version__  # noqa: N811  the name that every package has

if TYPE_CHECKING:
    from sovereign.audit.receipt import Receipt
    from sovereign.audit.verify import LogReport, verify_log
    from sovereign.decision.model import Basis, Decision, Effect, Finding, Notice, PolicyRef
    from sovereign.decision.request import Request, parse_request
    from sovereign.enforce.checked import CheckedDecision
    from sovereign.enforce.denied import DeniedError
    from sovereign.enforce.guard import Guard
    from sovereign.errors import SovereignError
    from sovereign.facts.model import Evidence, Party, Placement, Role
    from sovereign.policy.outcome import Outcome
    from sovereign.tags.build import tag
    from sovereign.tags.merge import combine
    from sovereign.tags.model import JobTag, ResidencyTag

_HOMES = {
    "ResidencyTag": "tags.model",
    "JobTag": "tags.model",
    "tag": "tags.build",
    "combine": "tags.merge",
    "Placement": "facts.model",
    "Party": "facts.model",
    "Role": "facts.model",
    "Evidence": "facts.model",
    "Outcome": "policy.outcome",
    "Request": "decision.request",
    "parse_request": "decision.request",
    "Decision": "decision.model",
    "Effect": "decision.model",
    "Basis": "decision.model",
    "Finding": "decision.model",
    "Notice": "decision.model",
    "PolicyRef": "decision.model",
    "Receipt": "audit.receipt",
    "LogReport": "audit.verify",
    "verify_log": "audit.verify",
    "Guard": "enforce.guard",
    "CheckedDecision": "enforce.checked",
    "DeniedError": "enforce.denied",
    "SovereignError": "errors",
}

__all__ = [
    "Basis",
    "CheckedDecision",
    "Decision",
    "DeniedError",
    "Effect",
    "Evidence",
    "Finding",
    "Guard",
    "JobTag",
    "LogReport",
    "Notice",
    "Outcome",
    "Party",
    "Placement",
    "PolicyRef",
    "Receipt",
    "Request",
    "ResidencyTag",
    "Role",
    "SovereignError",
    "__version__",
    "combine",
    "parse_request",
    "tag",
    "verify_log",
]


def __getattr__(name: str) -> Any:  # noqa: ANN401  the name's own type; TYPE_CHECKING tells checkers
    if name not in _HOMES:
        raise AttributeError(f"module 'sovereign' has no attribute {name!r}")
    found = getattr(import_module(f"sovereign.{_HOMES[name]}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return list(__all__)
