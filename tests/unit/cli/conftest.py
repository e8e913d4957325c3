from pathlib import Path

import pytest
from simulators.command import AMERICAN, GERMAN, NOWHERE, TAGS, jobs


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the working directory: tags, and a file of one job each for every verdict under eu-only."""
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "tags.yaml").write_text(TAGS)
    (folder / "permit.yaml").write_text(jobs(GERMAN))
    (folder / "deny.yaml").write_text(jobs(AMERICAN))
    (folder / "undecided.yaml").write_text(jobs(NOWHERE))
    monkeypatch.chdir(folder)
    return folder
