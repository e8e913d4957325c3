"""Attack: under a trust file, a request brings its own certificate, or says that only the customer holds the keys."""

import json
from pathlib import Path
from typing import Any

import pytest
from simulators.command import request, run

from sovereign._internal.canonical import sha256_hex

POLICY = """sovereign: 1
policy: proven
version: 2026.11.24
owner: management
status: house_rule
rules:
  - id: PRV-01
    title: {en: what protects the data is proven, de: Der Schutz der Daten ist nachgewiesen}
    law: [{act: house rule}]
    severity: high
    for_each: {over: placements}
    must: %s
"""
CERTIFIED = "{for_some: {over: attestations, covering: placement, must: {attestation.type: {at_least: TYPE2}}}}"
KEYS = "{placement.key_custody: {at_least: external_key_manager}}"
PLAIN = "{placement.plaintext_at_provider: {is: false}}"
PLACE = {"id": "p", "role": "storage", "provider": "stackit", "region": "eu01"}


@pytest.mark.parametrize(
    ("must", "claim", "records"),
    [
        (CERTIFIED, {}, {"attestations": [{"covers": ["p"], "type": "TYPE2"}]}),
        (KEYS, {"key_custody": "customer_only"}, {}),
        (PLAIN, {"plaintext_at_provider": False}, {}),
    ],
    ids=["certificate", "keys", "plaintext"],
)
def test_unsigned_claim_does_not_count_under_a_trust_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, must: str, claim: dict[str, Any], records: dict[str, Any]
) -> None:
    """It is asserted in development, and unknown where somebody answers for the verdict."""
    tree, platform = tmp_path / "tree", tmp_path / "platform"
    tree.mkdir()
    platform.mkdir(mode=0o755)
    monkeypatch.chdir(tree)
    policy = POLICY % must
    Path("own.yaml").write_text(policy, encoding="utf-8")
    Path("request.json").write_text(json.dumps(request({**PLACE, **claim}, records=records)), encoding="utf-8")
    listed = f'{{always: [{{id: proven, sha256: "{sha256_hex(policy.encode())}"}}]}}'
    trust = platform / "trust.yaml"
    trust.write_text(f"trust: 1\nowner: platform team\npolicies: {listed}\n", encoding="utf-8")
    trust.chmod(0o644)
    question = ("check", "request.json", "--policy", "./own.yaml", "--no-log", "--format", "json")
    assert run(*question).code == 0
    ran = run(*question, "--trust", trust)
    assert ran.code == 4
    assert "SOV-A006" in ran.out
