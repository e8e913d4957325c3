"""A change that brings, replaces or redirects the trust file which is to judge it."""

import os
from pathlib import Path

import pytest

from sovereign.errors import UsageError
from sovereign.settings.trust_yaml import load_trust


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A git work tree with a plan in a folder of it."""
    tree = tmp_path / "tree"
    (tree / ".git").mkdir(parents=True)
    (tree / "stacks").mkdir()
    (tree / "stacks" / "plan.json").write_text("{}")
    return tree


def write_trust(path: Path) -> Path:
    """Write a trust file that its owner alone may write."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("trust: 1\nowner: platform team\n")
    path.chmod(0o644)
    return path


def refused(path: Path, *judged: Path) -> str:
    """Return the code with which a trust file is refused."""
    with pytest.raises(UsageError) as caught:
        load_trust(path, judged_paths=judged)
    assert caught.value.exit_code == 2
    return caught.value.code


def test_beside_the_tree_it_is_read(tree: Path, tmp_path: Path) -> None:
    """Outside of everything that is judged, kept by its owner, it counts."""
    trust = load_trust(write_trust(tmp_path / "platform" / "trust.yaml"), judged_paths=[tree / "stacks" / "plan.json"])
    assert trust.owner == "platform team"


@pytest.mark.parametrize("place", ["trust.yaml", "stacks/trust.yaml", "other/deep/trust.yaml", ".git/trust.yaml"])
@pytest.mark.parametrize("judged", ["stacks/plan.json", "stacks", ".", "stacks/missing.json"])
def test_inside_the_work_tree_it_is_refused(tree: Path, place: str, judged: str) -> None:
    """Wherever it lies in the work tree of an input."""
    assert refused(write_trust(tree / place), tree / judged) == "SOV-C210"


def test_in_the_directory_of_an_input_it_is_refused_without_git(tmp_path: Path) -> None:
    """A directory of inputs is a tree, work tree or not."""
    (tmp_path / "in").mkdir()
    assert refused(write_trust(tmp_path / "in" / "sub" / "trust.yaml"), tmp_path / "in" / "plan.json") == "SOV-C210"


def test_a_work_tree_that_the_change_brings_does_not_hide_the_outer_one(tree: Path) -> None:
    """A `.git` inside the tree does not make the rest of the tree somebody else's."""
    (tree / "stacks" / ".git").write_text("gitdir: elsewhere\n")
    assert refused(write_trust(tree / "trust.yaml"), tree / "stacks" / "plan.json") == "SOV-C210"


def test_a_link_to_a_folder_of_the_tree_does_not_hide_it(tree: Path, tmp_path: Path) -> None:
    """The same folder under another name is the same folder."""
    write_trust(tree / "sub" / "trust.yaml")
    (tmp_path / "elsewhere").symlink_to(tree / "sub")
    assert refused(tmp_path / "elsewhere" / "trust.yaml", tree / "stacks" / "plan.json") == "SOV-C210"


def test_an_input_behind_a_link_is_judged_at_both_ends(tree: Path, tmp_path: Path) -> None:
    """An input that is linked into the tree, or out of it, brings both places under judgement."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "link.json").symlink_to(tree / "stacks" / "plan.json")
    assert refused(write_trust(tree / "trust.yaml"), outside / "link.json") == "SOV-C210"
    assert refused(write_trust(outside / "trust.yaml"), outside / "link.json") == "SOV-C210"


def test_a_link_is_refused(tree: Path, tmp_path: Path) -> None:
    """The trust file itself is no link, wherever it points."""
    link = tmp_path / "trust.yaml"
    link.symlink_to(write_trust(tmp_path / "platform" / "trust.yaml"))
    assert refused(link, tree) == "SOV-C211"


@pytest.mark.parametrize("mode", [0o664, 0o646, 0o666, 0o622])
def test_a_file_that_others_may_write_is_refused(tree: Path, tmp_path: Path, mode: int) -> None:
    """Group and everybody are others."""
    path = write_trust(tmp_path / "platform" / "trust.yaml")
    path.chmod(mode)
    assert refused(path, tree) == "SOV-C211"


@pytest.mark.parametrize("above", ["platform/deep", "platform"])
def test_a_directory_that_others_may_write_is_refused(tree: Path, tmp_path: Path, above: str) -> None:
    """Who may rename in a directory above can put another file there."""
    path = write_trust(tmp_path / "platform" / "deep" / "trust.yaml")
    (tmp_path / above).chmod(0o777)
    assert refused(path, tree) == "SOV-C211"
    (tmp_path / above).chmod(0o1777)
    assert load_trust(path, judged_paths=[tree]).owner == "platform team"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away; the rule is the same for every user")
@pytest.mark.parametrize("given", ["platform/trust.yaml", "platform"])
def test_what_another_user_owns_is_refused(tree: Path, tmp_path: Path, given: str) -> None:
    """An owner can change a file, and what lies in a directory, whatever the mode says today."""
    path = write_trust(tmp_path / "platform" / "trust.yaml")
    os.chown(tmp_path / given, 12345, -1)
    assert refused(path, tree) == "SOV-C211"


def test_a_folder_a_pipe_and_nothing_are_refused(tree: Path, tmp_path: Path) -> None:
    """Only a regular file is read, and reading never waits; a missing file is never no trust file."""
    os.mkfifo(tmp_path / "pipe", 0o600)
    assert refused(tmp_path / "pipe", tree) == "SOV-C211"
    assert refused(tmp_path / "missing.yaml", tree) == "SOV-C200"
    assert refused(tmp_path / "missing" / "trust.yaml", tree) == "SOV-C200"
    (tmp_path / "folder").mkdir()
    assert refused(tmp_path / "folder", tree) in {"SOV-C200", "SOV-C211"}


def test_a_file_without_end_is_refused(tree: Path, tmp_path: Path) -> None:
    """Size is bounded before anything is parsed."""
    path = write_trust(tmp_path / "platform" / "trust.yaml")
    path.write_bytes(b"#" * 1_000_001)
    assert refused(path, tree) == "SOV-C200"
