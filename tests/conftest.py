"""For every test: no state of the user, no CI variables, no network but loopback, two sizes of generated runs."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("desk", max_examples=60, suppress_health_check=[HealthCheck.too_slow], derandomize=False)
settings.register_profile("nightly", max_examples=5000, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("TEST_PROFILE", "desk"))


@pytest.fixture(autouse=True)
def _own_state(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Point the state directory at an empty folder and clear whatever the environment would choose."""
    for name in list(os.environ):
        if name == "CI" or name.startswith("SOVEREIGN_"):
            monkeypatch.delenv(name)
    home = tmp_path_factory.mktemp("state")
    monkeypatch.setenv("SOVEREIGN_HOME", str(home))
    return home
