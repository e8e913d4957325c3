"""Attack: a change brings a policy of its own that permits everything, and settings that name it."""

from pathlib import Path

import pytest

from sovereign._internal.canonical import sha256_hex
from sovereign.enforce.assembly import build
from sovereign.errors import PolicyTrustError

POLICY = """sovereign: 1
policy: generous
version: 2026.11.24
owner: management
status: house_rule
rules:
  - id: ANY-01
    title: {en: anywhere, de: überall}
    law: [{act: house rule}]
    severity: low
    must: {data.classification: {known: true}}
"""
TRUST = "trust: 1\nowner: platform team\n"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Return the tree under judgement."""
    path = tmp_path / "change"
    path.mkdir()
    (path / ".git").mkdir()
    (path / "generous.yaml").write_text(POLICY, encoding="utf-8")
    return path


@pytest.fixture
def trust(tmp_path: Path) -> Path:
    """Return a trust file that the platform team keeps elsewhere."""
    path = tmp_path / "platform"
    path.mkdir(mode=0o755)
    (path / "trust.yaml").write_text(TRUST, encoding="utf-8")
    (path / "trust.yaml").chmod(0o644)
    return path / "trust.yaml"


def _settings(tree: Path, text: str) -> Path:
    path = tree / "sovereign.yaml"
    path.write_text(f"sovereign: 1\n{text}", encoding="utf-8")
    return path


def test_own_policy_does_not_count_under_a_trust_file(tree: Path, trust: Path) -> None:
    """A policy that is neither shipped nor listed nor signed ends the command."""
    settings = _settings(tree, "policies: [./generous.yaml]\n")
    assert build(settings, trust=None, judged_paths=[tree], environ={}).policies.keys() == {"generous"}
    with pytest.raises(PolicyTrustError):
        build(settings, trust=trust, judged_paths=[tree], environ={})


def test_listed_policy_counts_with_its_listed_bytes_only(tree: Path, trust: Path) -> None:
    """One more byte, and it is another policy."""
    trust.write_text(
        f'{TRUST}policies: {{always: [{{id: generous, sha256: "{sha256_hex(POLICY.encode())}"}}]}}\n', encoding="utf-8"
    )
    settings = _settings(tree, "policies: [./generous.yaml]\n")
    build(settings, trust=trust, judged_paths=[tree], environ={})
    (tree / "generous.yaml").write_text(POLICY + "# harmless\n", encoding="utf-8")
    with pytest.raises(PolicyTrustError):
        build(settings, trust=trust, judged_paths=[tree], environ={})
