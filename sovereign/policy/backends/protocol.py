"""What a backend is: it turns a policy into a program that answers views on one legal day.

An answer is a tuple (position of the rule, outcome, position of the element or -1) for every rule in force that is not
a plain permit. A rule with for_each gives one answer for each element that is denied or undecided; `not_applicable` is
given once, for the rule as a whole. Deny and undecided of a rule that only warns or observes come out as `advice`.
"""

from collections.abc import Callable
from datetime import date
from typing import Protocol

from sovereign.jurisdiction import Groups
from sovereign.policy.ir import Policy
from sovereign.policy.outcome import Outcome
from sovereign.policy.view import View

__all__ = ["WHOLE", "Answer", "Backend", "Evaluator"]

WHOLE = -1
"""The element position of an answer about the request as a whole."""

Answer = tuple[int, Outcome, int]

Evaluator = Callable[[View], list[Answer]]
"""Answers views on one day; total: never raises for a view whose values are in their domains."""


class Backend(Protocol):
    """Makes evaluators."""

    def __call__(self, policy: Policy, day: date, groups: Groups) -> Evaluator:
        """Return the evaluator of a policy for one legal day; only rules in force on it are evaluated."""
