"""Attack: a change brings its own settings, so that the gate writes elsewhere, asks another engine, or trusts it."""

from pathlib import Path

import pytest

from sovereign._internal.canonical import sha256_hex
from sovereign.enforce.assembly import build
from sovereign.errors import PolicyTrustError, SovereignError, UsageError
from sovereign.settings.trust_yaml import load_trust

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


@pytest.mark.parametrize(
    "text",
    [
        "log: {kind: host, dir: elsewhere}\n",
        "keys: {log: {file: mine.key}}\n",
        "keys: {log: {env: MINE}}\n",
        "opa: {url: 'https://opa.attacker.example'}\n",
    ],
)
@pytest.mark.parametrize("judge", ["trust", "CI"])
def test_tree_names_nothing_that_is_run_unlocked_or_contacted(tree: Path, trust: Path, text: str, judge: str) -> None:
    """With a trust file or under CI, log, keys and OPA come from flags and the environment."""
    environ = {"CI": "true"} if judge == "CI" else {}
    with pytest.raises(UsageError) as caught:
        build(
            _settings(tree, f"policies: [de-only]\n{text}"),
            trust=trust if judge == "trust" else None,
            judged_paths=[tree],
            environ=environ,
        )
    assert caught.value.exit_code == 2


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


@pytest.mark.parametrize("place", ["file", "link into", "link out", "group may write"])
def test_trust_file_within_reach_of_the_change_is_refused(tree: Path, trust: Path, place: str) -> None:
    """Who writes the change does not write the trust file."""
    path = {
        "file": tree / "trust.yaml",
        "link into": trust.with_name("link.yaml"),
        "link out": tree / "trust.yaml",
    }.get(place, trust)
    if place == "file":
        path.write_text(TRUST, encoding="utf-8")
    elif place == "link into":
        (tree / "trust.yaml").write_text(TRUST, encoding="utf-8")
        path.symlink_to(tree / "trust.yaml")
    elif place == "link out":
        path.symlink_to(trust)
    else:
        path.chmod(0o664)
    with pytest.raises(SovereignError) as caught:
        load_trust(path, judged_paths=[tree])
    assert caught.value.exit_code == 2
