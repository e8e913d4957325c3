"""Attack: so many inputs, or duties so long, that the entry does not fit and nothing is decided any more."""

import json
from pathlib import Path
from typing import Any

import pytest
from simulators.command import bucket_plan, request, run

from sovereign._internal.canonical import sha256_hex
from sovereign.audit.entry import LARGEST_ENTRY
from sovereign.audit.reading import read_entries

LOG = Path(".sovereign/log")


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def _last() -> dict[str, Any]:
    """Return the last entry, and in it the lists that became objects."""
    last = list(read_entries(LOG, 0))[-1].data
    assert len(last) <= LARGEST_ENTRY
    entry: dict[str, Any] = json.loads(last)
    for name in [name for name in entry if name.endswith("_object")]:
        content = (LOG / "objects" / entry[name]["sha256"]).read_bytes()
        assert sha256_hex(content) == entry[name]["sha256"]
        entry[name.removesuffix("_object")] = json.loads(content)
    return entry


def test_run_over_many_inputs_is_recorded() -> None:
    """The inputs of a large repository are named by an object; the verdict is that of the plans."""
    Path("plans").mkdir()
    for number in range(600):
        (Path("plans") / f"environment-{number:04}.json").write_text(bucket_plan("eu-central-1"), encoding="utf-8")
    assert run("gate", "plans", "--policy", "de-only").code == 0
    entry = _last()
    assert entry["type"] == "gate_run"
    assert len(entry["inputs"]) == 600


def test_tag_with_long_duties_is_recorded() -> None:
    """More than one list may be too long."""
    asked = request({"role": "storage", "provider": "stackit", "region": "eu01"})
    asked["resource"]["properties"]["obligations"] = [f"{number:0256}" for number in range(300)]
    Path("request.json").write_text(json.dumps(asked), encoding="utf-8")
    assert run("check", "request.json", "--policy", "de-only").code == 1
    entry = _last()
    assert entry["effect"] == "deny"
    assert len(entry["obligations"]) == 300
