"""Attack: the judged tree holds a policy that permits more, under the id of a shipped one."""

from pathlib import Path

import pytest

from sovereign.errors import PolicyError
from sovereign.jurisdiction.snapshot import load_snapshot
from sovereign.policy.store import load_pack, load_policies, load_policy_file, shipped_path

GROUPS = load_snapshot().groups


def _weakened(name: str) -> str:
    path = shipped_path(name)
    assert path is not None
    text = path.read_text(encoding="utf-8")
    weakened = text.replace("severity: critical", "severity: critical\n    effect: observe", 1)
    assert weakened != text
    return weakened[: weakened.index("    tests:")]


def test_file_with_a_shipped_id_is_refused(tmp_path: Path) -> None:
    """A report that says `de-only` means the shipped one."""
    path = tmp_path / "de-only.yaml"
    path.write_text(_weakened("de-only"), encoding="utf-8")
    with pytest.raises(PolicyError) as caught:
        load_policy_file(path, GROUPS)
    assert (caught.value.code, caught.value.exit_code) == ("SOV-C114", 2)


def test_directory_with_a_shipped_name_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An id never falls through to a path of the working directory."""
    (tmp_path / "policies" / "de-only").mkdir(parents=True)
    (tmp_path / "policies" / "de-only" / "policy.yaml").write_text(_weakened("de-only"), encoding="utf-8")
    (tmp_path / "de-only").write_text(_weakened("de-only"), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    found = load_policies(["de-only"], base=tmp_path, groups=GROUPS)
    assert found["de-only"].sha256 == load_pack("de-only", GROUPS).sha256


def test_two_policies_with_one_id_are_refused(tmp_path: Path) -> None:
    """Neither the first nor the last of two namesakes wins."""
    text = _weakened("de-only").replace("policy: de-only", "policy: ours")
    for name, content in (("a.yaml", text), ("b.yaml", text.replace("[DE]", "[DE, US]"))):
        (tmp_path / name).write_text(content, encoding="utf-8")
    with pytest.raises(PolicyError) as caught:
        load_policies(["./a.yaml", "./b.yaml"], base=tmp_path, groups=GROUPS)
    assert caught.value.code == "SOV-C113"
