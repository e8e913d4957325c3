"""The examples on the pages of policy errors do what they are said to do."""

import re
from pathlib import Path
from typing import Final

import pytest

from sovereign.errors import PolicyFormatError
from sovereign.jurisdiction.snapshot import load_snapshot
from sovereign.policy.load import parse_policy

ERRORS: Final = Path(__file__).resolve().parents[2] / "docs" / "reference" / "errors"
EXAMPLE: Final = re.compile(r"^```yaml\n# (refused|abgelehnt|loads|zulässig)\n(.+?)^```$", re.MULTILINE | re.DOTALL)

POLICY: Final = {
    "sovereign": "1",
    "policy": "example",
    "version": "2026.11.24",
    "title": "{en: An example, de: Ein Beispiel}",
    "owner": "management",
    "status": "house_rule",
}
RULE: Final = {
    "id": "EX-01",
    "law": "[{act: house rule}]",
    "severity": "high",
    "for_each": "{over: placements}",
    "when": "{data.classification: {at_least: restricted}}",
    "must": "{placement.countries: {all_within: [DE]}}",
}


def _blocks(path: Path) -> list[tuple[str, str]]:
    """Return the examples of a page: whether they load, and the keys that they show."""
    return EXAMPLE.findall(path.read_text(encoding="utf-8"))


def _completed(example: str) -> bytes:
    """Return a policy of one rule in which the keys of the example stand for those of the template."""
    policy, rule = dict(POLICY), dict(RULE, title=POLICY["title"])
    for key, value in re.findall(r"^(\w+):((?: .*)?(?:\n .*)*)$", example, re.MULTILINE):
        (policy if key in {"owner", "status"} else rule)[key] = value.strip(" ")
    lines = [f"{key}: {value}" for key, value in policy.items()]
    keys = "\n".join(f"{key}: {value}" for key, value in rule.items()).replace("\n", "\n    ")
    return "\n".join([*lines, "rules:", f"  - {keys}", ""]).encode()


PAGES: Final = tuple(path for path in sorted(ERRORS.glob("SOV-C1*.md")) if _blocks(path))


def test_there_are_examples() -> None:
    """An expression that finds nothing would make the tests below pass."""
    assert len(PAGES) > 9


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.stem)
def test_example_is_true(page: Path) -> None:
    """What a page calls refused raises its code, what it says loads does; in both languages the same."""
    blocks = _blocks(page)
    assert [word for word, _ in blocks] == ["refused", "loads", "abgelehnt", "zulässig"]
    assert [text for _, text in blocks[:2]] == [text for _, text in blocks[2:]]
    groups = load_snapshot().groups
    with pytest.raises(PolicyFormatError) as refusal:
        parse_policy(_completed(blocks[0][1]), source="<string>", groups=groups)
    assert page.stem in {error.code for error in (refusal.value, *refusal.value.others)}
    assert parse_policy(_completed(blocks[1][1]), source="<string>", groups=groups).rules
