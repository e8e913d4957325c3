"""Which files a pattern of the gate names."""

from pathlib import Path

import pytest

from sovereign.settings.globs import first_match, matches, rule_for
from sovereign.settings.sovereign_yaml import PathRule


@pytest.mark.parametrize(
    ("pattern", "named", "not_named"),
    [
        ("docs/**", ["docs/a", "docs/a/b.json"], ["docs", "src/docs/a", "docs2/a", "xdocs/a"]),
        ("**/plan.json", ["plan.json", "a/plan.json", "a/b/plan.json"], ["xplan.json", "plan.json/a"]),
        ("stacks/eu/**", ["stacks/eu/a.json"], ["stacks/eu-west/a.json", "stacks/eu"]),
        ("a/**/z", ["a/z", "a/b/z", "a/b/c/z"], ["a/bz", "az"]),
        ("*.json", ["a.json", ".json"], ["a/b.json", "ajson", "a.json\n"]),
        ("a*b*c", ["abc", "axbxbxc", "abbcc"], ["acb", "ab/c", "abcd"]),
        ("*" + "a*" * 60 + "b", ["a" * 60 + "b"], ["a" * 200]),
        ("a?c", ["abc"], ["a/c", "ac"]),
        ("a[bc]d", ["abd", "acd"], ["aad"]),
        ("a[!b]d", ["acd"], ["abd", "a/d"]),
        ("a[0-9]", ["a7"], ["ax"]),
        ("a[", ["a["], ["ab"]),
        ("a[^b]", ["ab", "a^"], ["ac"]),
        ("./a", ["a"], ["b"]),
        ("a.b", ["a.b"], ["axb"]),
        ("**", ["a", "a/b"], []),
    ],
)
def test_a_pattern_names_whole_paths(pattern: str, named: list[str], not_named: list[str]) -> None:
    """A pattern is compared with the whole path; a wildcard never stands for a slash."""
    assert [path for path in named if not matches(pattern, path)] == []
    assert [path for path in not_named if matches(pattern, path)] == []


@pytest.mark.parametrize("pattern", ["a[z-a]", "a[]", "[\\]", "(", "a[--0]", "[!]"])
def test_an_odd_pattern_names_little_and_raises_nothing(pattern: str) -> None:
    """Whoever writes a pattern cannot break the gate, nor name more than is written."""
    assert not matches(pattern, "src/main.tf")


def test_the_last_rule_that_matches_wins(tmp_path: Path) -> None:
    """Rules are read in order, and a later one replaces an earlier one for its files."""
    rules = [PathRule(match="stacks/**", policies=("a",)), PathRule(match="stacks/eu/**", policies=("b",))]
    assert rule_for(rules, tmp_path / "stacks" / "eu" / "x.json", root=tmp_path) is rules[1]
    assert rule_for(rules, tmp_path / "stacks" / "us" / "x.json", root=tmp_path) is rules[0]
    assert rule_for(rules, tmp_path / "x.json", root=tmp_path) is None


def test_no_pattern_reaches_out_of_the_tree(tmp_path: Path) -> None:
    """A file outside the directory of the settings is named by nothing, however its path is spelt."""
    root = tmp_path / "tree"
    (root / "docs").mkdir(parents=True)
    (tmp_path / "elsewhere").mkdir()
    (root / "docs" / "out").symlink_to(tmp_path / "elsewhere")
    for path in (tmp_path / "x.json", root / ".." / "x.json", root / "docs" / "out" / "x.json", root / ".."):
        assert first_match(["**"], path, root=root) is None
    assert first_match(["a", "docs/*"], root / "docs" / ".." / "docs" / "x.json", root=root) == "docs/*"
