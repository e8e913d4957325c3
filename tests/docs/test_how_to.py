"""The how-to pages work when typed, as the tutorial does."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from docs.typed_page import steps, walk

ROOT = Path(__file__).resolve().parents[2]
HOW_TO = ROOT / "docs" / "how-to"


def _nothing(_: Path) -> None:
    """Let the page begin in an empty folder."""


def _plan(folder: Path) -> None:
    """Give the reader a plan, made by another job."""
    shutil.copy(ROOT / "examples" / "munich" / "plan.json", folder)


def _checkout(folder: Path) -> None:
    """Give the reader the part of a checkout that the page names."""
    without = shutil.ignore_patterns("node_modules")
    shutil.copytree(ROOT / "tests" / "foreign", folder / "tests" / "foreign", ignore=without)
    shutil.copytree(ROOT / "tests" / "vectors", folder / "tests" / "vectors")
    (ROOT / ".tools").mkdir(exist_ok=True)
    for name in (".ci", ".tools"):  # a Go that was fetched once is fetched for all
        (folder / name).symlink_to(ROOT / name)


PAGES: dict[str, Callable[[Path], None]] = {
    "write-a-policy.md": _nothing,
    "sign-a-policy.md": _nothing,
    "keys-in-an-hsm.md": _nothing,
    "rotate-a-key.md": _nothing,
    "key-compromise.md": _nothing,
    "gate-in-ci.md": _plan,
    "run-logs-in-ci.md": _plan,
    "prove-an-entry.md": _nothing,
    "verify-a-log-without-us.md": _checkout,
}


@pytest.mark.parametrize("name", PAGES)
def test_page_works_when_typed(name: str, tmp_path: Path) -> None:
    """Each block is run in order, and prints what the page shows."""
    folder, state = tmp_path / "residency", tmp_path / "state"
    folder.mkdir()
    state.mkdir(mode=0o700)
    PAGES[name](folder)
    assert walk(HOW_TO / name, folder, state) == sum(step.file is None for step in steps(HOW_TO / name)) > 2


def test_every_page_is_typed_by_a_test() -> None:
    """A page without a test would drift; the one on Rego has a test of its own."""
    assert {page.name for page in HOW_TO.glob("*.md")} == {*PAGES, "rego-with-opa.md"}
