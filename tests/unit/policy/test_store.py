"""Where policies are found: a shipped id is never a file, a path is never an id."""

import os
import shutil
from pathlib import Path

import pytest

from sovereign._internal import shipped
from sovereign.errors import PolicyError
from sovereign.jurisdiction.snapshot import load_snapshot
from sovereign.policy.load import load_policy
from sovereign.policy.store import is_path, load_pack, load_policies, load_policy_file, shipped_ids, shipped_path

GROUPS = load_snapshot().groups
ROOT = Path(__file__).resolve().parents[3]
OWN = """sovereign: 1
policy: ours
version: 2026.11.24
owner: management
status: house_rule
rules:
  - id: OUR-01
    title: data stay
    law: [{act: house rule}]
    severity: high
    for_each: {over: placements}
    must: {placement.countries: {all_within: [DE]}}
"""


def _own(folder: Path, name: str = "ours.yaml", text: str = OWN) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_shipped_ids() -> None:
    """Every folder of policies/ is a pack under its own name."""
    assert shipped_ids() == tuple(sorted(path.parent.name for path in ROOT.glob("policies/*/policy.yaml")))
    assert {"de-only", "eu-only", "eea-gdpr"} <= set(shipped_ids())


@pytest.mark.parametrize("installed", [True, False], ids=["installed", "checkout"])
def test_packs_load_from_a_wheel_and_from_a_checkout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, installed: bool
) -> None:
    """One loader reads the packs beside the modules as from the checkout, byte for byte."""
    expected = {name: load_pack(name, GROUPS).sha256 for name in shipped_ids()}
    package = tmp_path / "site-packages" / "sovereign"
    package.mkdir(parents=True)
    shutil.copytree(ROOT / "policies", package / "_policies" if installed else package.parent / "policies")
    monkeypatch.setattr(shipped, "_PACKAGE", package)
    assert {name: load_pack(name, GROUPS).sha256 for name in shipped_ids()} == expected
    assert str(shipped_path("de-only")).startswith(str(tmp_path))


@pytest.mark.parametrize(
    ("argument", "path"),
    [
        ("de-only", False),
        ("ours", False),
        ("./de-only", True),
        ("a/b", True),
        ("..\\ours", True),
        ("ours.yaml", True),
        ("ours.yml", True),
        ("ours.rego", True),
    ],
)
def test_path_or_id(argument: str, *, path: bool) -> None:
    """A slash or a suffix makes a path; everything else is an id."""
    assert is_path(argument) is path


@pytest.mark.parametrize("argument", ["de-onyl", "", "..", "de-only ", "DE-ONLY", "policy"])
def test_unknown_id(argument: str) -> None:
    """An id that is not shipped is refused, with the nearest one or the list."""
    with pytest.raises(PolicyError) as caught:
        load_pack(argument, GROUPS)
    assert (caught.value.code, caught.value.exit_code) == ("SOV-C115", 2)
    assert "de-only" in (caught.value.hint or "")


def test_id_never_falls_through_to_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file or folder named like an id is not looked at."""
    _own(tmp_path, "ours")
    (tmp_path / "other").mkdir()
    monkeypatch.chdir(tmp_path)
    for argument in ("ours", "other"):
        with pytest.raises(PolicyError) as caught:
            load_policies([argument], base=tmp_path, groups=GROUPS)
        assert caught.value.code == "SOV-C115"


def test_own_policy_beside_a_shipped_one(tmp_path: Path) -> None:
    """Paths are taken from the base; the same policy named twice counts once."""
    _own(tmp_path)
    found = load_policies(["de-only", "./ours.yaml", "ours.yaml"], base=tmp_path, groups=GROUPS)
    assert sorted(found) == ["de-only", "ours"]
    assert found["ours"].source.endswith("ours.yaml")


def test_pack_that_calls_itself_otherwise(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A changed pack whose id is not its folder's is refused."""
    package = tmp_path / "sovereign"
    (package / "_policies" / "de-only").mkdir(parents=True)
    _own(package / "_policies" / "de-only", "policy.yaml")
    monkeypatch.setattr(shipped, "_PACKAGE", package)
    with pytest.raises(PolicyError) as caught:
        load_pack("de-only", GROUPS)
    assert caught.value.code == "SOV-C114"


def test_missing_file(tmp_path: Path) -> None:
    """A path that leads nowhere is an error of the policy, not of the input."""
    with pytest.raises(PolicyError, match="no such file") as caught:
        load_policy_file(tmp_path / "gone.yaml", GROUPS)
    assert (caught.value.code, caught.value.exit_code) == ("SOV-C002", 2)


def test_what_is_no_file(tmp_path: Path) -> None:
    """A folder, a named pipe and a device are refused before they are opened."""
    pipe = tmp_path / "pipe.yaml"
    os.mkfifo(pipe)
    for path in (tmp_path, pipe, Path("/dev/zero")):
        with pytest.raises(PolicyError, match="is no file"):
            load_policy(path, GROUPS)


def test_file_that_is_too_long(tmp_path: Path) -> None:
    """Reading stops at the limit."""
    path = _own(tmp_path, text=OWN + "#" * 2_000_000)
    with pytest.raises(PolicyError) as caught:
        load_policy(path, GROUPS)
    assert caught.value.code == "SOV-C100"
