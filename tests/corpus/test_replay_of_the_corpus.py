"""Runs of the gate over public plans of others are judged again from their result documents, and are the same."""

import os
from pathlib import Path

import pytest
from simulators.command import run

_BESIDE = Path(__file__).resolve().parents[3] / "shared" / "corpus"
# read before a test begins: each test clears the variables of the environment
PLANS = Path(os.environ.get("SOVEREIGN_CORPUS", _BESIDE)) / "tfplan"
STEP = 1 if os.environ.get("TEST_PROFILE") == "nightly" else 6


@pytest.mark.skipif(not PLANS.is_dir(), reason="corpus not present")
def test_runs_over_public_plans_follow_from_what_they_recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every kind of resource, candidate, deferral and gap that people write: verdict, findings and values return."""
    monkeypatch.chdir(tmp_path)
    plans = sorted(PLANS.iterdir())[::STEP]
    for number, plan in enumerate(plans):
        places = ("--assume", "aws.region=eu-central-1") if number % 3 == 0 else ()
        run("gate", plan, "--policy", ("de-only", "eu-only")[number % 2], *places)
    done = run("audit", "verify", "--replay", "--format", "json")
    replay = done.document["replay"]
    assert (done.code, replay["counts"]["same"], replay["not_same"]) == (0, len(plans), [])
