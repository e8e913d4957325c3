"""Attack: a file of the installed data is edited so that a foreign region counts as German."""

import json
import shutil
from hashlib import sha256
from pathlib import Path

import pytest

import sovereign.jurisdiction
from sovereign.errors import UsageError
from sovereign.jurisdiction.snapshot import load_snapshot, load_snapshot_from

DATA = Path(sovereign.jurisdiction.__file__).with_name("data")


@pytest.fixture
def moved(tmp_path: Path) -> Path:
    """Return a copy of the package data in which Dublin lies in Germany."""
    data = Path(shutil.copytree(DATA, tmp_path / "data"))
    regions = (data / "regions.csv").read_text(encoding="utf-8")
    moved = regions.replace("north europe,Ireland,IE,", "north europe,Ireland,DE,")
    assert moved != regions
    (data / "regions.csv").write_text(moved, encoding="utf-8")
    return data


def test_moved_region_is_found(moved: Path) -> None:
    """An edited table is refused by name."""
    with pytest.raises(UsageError, match=r"regions\.csv"):
        load_snapshot_from(moved)


def test_moved_region_with_its_new_hash_is_found(moved: Path) -> None:
    """Writing the new hash of the file into the manifest does not help: the whole has a digest of its own."""
    manifest = json.loads((moved / "manifest.json").read_bytes())
    manifest["files"]["regions.csv"] = sha256((moved / "regions.csv").read_bytes()).hexdigest()
    (moved / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        load_snapshot_from(moved)
    assert caught.value.code == "SOV-C400"


def test_consistent_forgery_has_another_digest(moved: Path) -> None:
    """Whoever rewrites everything gets a snapshot of another digest, which every decision names."""
    manifest = json.loads((moved / "manifest.json").read_bytes())
    files = {name: (moved / name).read_text(encoding="utf-8") for name in manifest["files"]}
    document = json.dumps(
        {"as_of": manifest["as_of"], "files": files, "schema": manifest["schema"]},
        sort_keys=True,
        separators=(",", ":"),
        ensure_ascii=False,
    ).encode()
    manifest["files"]["regions.csv"] = sha256(files["regions.csv"].encode()).hexdigest()
    manifest["digest"] = sha256(document).hexdigest()
    (moved / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    assert load_snapshot_from(moved).digest != load_snapshot().digest
