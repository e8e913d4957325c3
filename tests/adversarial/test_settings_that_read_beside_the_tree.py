"""Attack: settings in the judged tree name a file of the machine, whose lines an error message would show."""

from pathlib import Path

import pytest

from sovereign.errors import UsageError
from sovereign.settings.precedence import load_settings

SECRET = "a line that nobody but this machine may see"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A tree with settings, beside a file that is none of its business."""
    (tmp_path / "secret.yaml").write_text(SECRET)
    (tmp_path / "tree").mkdir()
    return tmp_path / "tree"


@pytest.mark.parametrize(
    "settings",
    [
        "policies: [../secret.yaml]",
        "tags: [../secret.yaml]",
        "tags: [../*.yaml]",
        "gate: {default_tag: ../secret.yaml}",
        "gate: {paths: [{match: '**', policies: [../secret.yaml]}]}",
        "policies: [./link.yaml]",
    ],
)
@pytest.mark.parametrize(("environ", "has_trust"), [({"CI": "true"}, False), ({}, True)])
def test_files_beside_the_tree_are_not_read(
    settings: str, environ: dict[str, str], *, has_trust: bool, tree: Path
) -> None:
    """Under CI or a trust file a path or link that leaves the tree is refused before anything is read."""
    (tree / "link.yaml").symlink_to(tree.parent / "secret.yaml")
    (tree / "sovereign.yaml").write_text(f"sovereign: 1\n{settings}\n")
    with pytest.raises(UsageError) as caught:
        load_settings(tree / "sovereign.yaml", environ=environ, has_trust=has_trust)
    assert caught.value.code == "SOV-C205"
    assert SECRET not in str(caught.value)


def test_files_of_the_same_work_tree_are_read(tree: Path) -> None:
    """In a repository of many projects a policy may lie beside the project."""
    (tree.parent / ".git").mkdir()
    (tree / "sovereign.yaml").write_text("sovereign: 1\npolicies: [../secret.yaml]\n")
    settings = load_settings(tree / "sovereign.yaml", environ={"CI": "true"})
    assert [Path(name).resolve() for name in settings.policies] == [tree.parent / "secret.yaml"]


def test_a_desk_may_read_where_it_wants(tree: Path) -> None:
    """Without CI and trust file the author of the settings is the reader of the message."""
    (tree / "sovereign.yaml").write_text("sovereign: 1\npolicies: [../secret.yaml, de-only]\n")
    assert len(load_settings(tree / "sovereign.yaml", environ={}).policies) == 2
