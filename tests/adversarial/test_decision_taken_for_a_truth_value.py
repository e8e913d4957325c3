"""Attack: a program, by mistake or not, asks `if decision:`, which every object answers with yes."""

from datetime import UTC, datetime, timedelta

import pytest

from sovereign.decision.model import Basis, Decision, Effect, EngineRef

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)


@pytest.mark.parametrize("effect", list(Effect))
def test_decision_has_no_truth_value(effect: Effect) -> None:
    """A denial is never taken for a permit by accident, and a permit is asked for by name."""
    decision = Decision(
        id="0" * 32,
        effect=effect,
        basis=Basis.RULE,
        findings=(),
        obligations=(),
        policies=(),
        snapshot="0" * 64,
        at=NOW,
        known=NOW,
        valid_until=NOW + timedelta(hours=1),
        engine=EngineRef(name="test", version="1"),
    )
    with pytest.raises(TypeError, match=r"decision\.permits"):
        bool(decision)
    assert decision.permits is (effect is Effect.PERMIT)
