"""Audited decisions without durability, and importing: ratios against the plain alternative in the same run."""

import json
import os
import subprocess
import sys
import timeit
from datetime import UTC, datetime
from hashlib import sha256
from statistics import median
from typing import Any

from bench_decide import DAY, GROUPS, PLACEMENTS, POLICY, TAG

from sovereign.audit.record import Recorder, record_decision
from sovereign.decision.engines.native import NativeEngine
from sovereign.decision.point import DecisionPoint
from sovereign.decision.request import parse_request
from sovereign.jurisdiction.snapshot import load_snapshot
from sovereign.policy.backends.source import source
from sovereign.policy.store import load_pack

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
_STATED = ("role", "provider", "region", "cloud", "moved_on", "key_custody", "plaintext_at_provider")


def body() -> bytes:
    """Return the benchmark's request as JSON: three placements, a full tag."""
    tag = {name.removeprefix("data."): value for name, value in TAG.items() if name.startswith("data.")}
    placements = [{"id": f"p{i}", **{k: v for k, v in p.items() if k in _STATED}} for i, p in enumerate(PLACEMENTS)]
    return json.dumps(
        {
            "subject": {"type": "job", "id": "job", "properties": {"id": "job", "purpose": "research"}},
            "action": {"name": "training"},
            "resource": {"type": "dataset", "id": "data", "properties": {"id": "data", **tag}},
            "context": {"placements": placements},
        }
    ).encode()


def ratios(rounds: int = 7, number: int = 800) -> dict[str, float]:
    """Return microseconds for each way to a recorded decision, each the median of interleaved rounds."""
    snapshot = load_snapshot()
    point = DecisionPoint(
        [POLICY], snapshot=snapshot, load_pack=lambda name: load_pack(name, GROUPS), engine=NativeEngine()
    )
    data, evaluate = body(), source(POLICY, DAY, GROUPS)
    prepared = point.prepare(parse_request(data, source="bench"), at=NOW)
    recorder = Recorder()

    def audit(ready: Any) -> None:
        decision = point.decide(ready, at=NOW)
        filled = ready.template.fill(at=NOW, known=NOW)
        recorded = record_decision(decision, ready.request, filled, recorder=recorder, recorded_at=NOW)
        sha256(b"\0" + recorded.entry).digest()

    runs: dict[str, Any] = {
        "rules alone": lambda: evaluate(prepared.view),
        "plain decide": lambda: point.decide(prepared, at=NOW),
        "audited, prepared": lambda: audit(prepared),
        "audited, from JSON": lambda: audit(point.prepare(parse_request(data, source="bench"), at=NOW)),
    }
    times: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(rounds):
        for name, run in runs.items():
            times[name].append(timeit.timeit(run, number=number) / number * 1e6)
    return {name: median(values) for name, values in times.items()}


def import_seconds(statement: str, rounds: int = 9) -> float:
    """Return the median processor seconds of a fresh interpreter that runs `statement`, without its own start."""
    code = f"import time; t = time.process_time(); {statement}; print(time.process_time() - t)"
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    found = [
        float(subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, env=environ).stdout)
        for _ in range(rounds)
    ]
    return median(found)


if __name__ == "__main__":
    found = ratios()
    for name, value in found.items():
        print(f"{name:<20} {value:8.2f} us  {value / found['plain decide']:6.2f} x decide")
