"""Attack: a document that one reader understands as harmless and another as not."""

import pytest

from sovereign._internal.strict_json import parse_json
from sovereign._internal.strict_yaml import parse_yaml, plain
from sovereign.errors import InputError, PolicyError
from sovereign.jurisdiction.snapshot import load_snapshot
from sovereign.policy.load import parse_policy

RULE = """sovereign: 1
policy: ours
version: 2026.11.24
owner: management
status: house_rule
rules:
  - id: OUR-01
    title: {en: stays, de: bleibt}
    law: [{act: house rule}]
    severity: high
    for_each: {over: placements}
    must: {placement.countries: {all_within: [DE]}}
"""


@pytest.mark.parametrize(
    "document",
    [
        b'{"region": "us-east-1", "region": "eu-central-1"}',
        b'{"a": {"region": "us-east-1", "\\u0072egion": "eu-central-1"}}',
        b'{"size": NaN}',
        b'{"size": Infinity}',
        b"{} {}",
        b'{"a": 1} trailing',
        b'{"name": "\xff"}',
    ],
    ids=["twice", "twice, escaped", "NaN", "Infinity", "two documents", "trailing text", "not UTF-8"],
)
def test_json_with_two_readings_is_refused(document: bytes) -> None:
    """Neither the first nor the last of two equal keys wins, however they are spelt."""
    with pytest.raises(InputError) as caught:
        parse_json(document, source="plan.json")
    assert caught.value.exit_code == 3


@pytest.mark.parametrize(
    "document",
    [
        b"region: us-east-1\nregion: eu-central-1\n",
        b"region: us-east-1\n'region': eu-central-1\n",
        b"base: &b {region: us-east-1}\nsite: *b\n",
        b"base: &b {region: us-east-1}\nsite: {<<: *b}\n",
        b"region: !!python/name:os.system x\n",
        b"region: !!str us-east-1\n",
        b"region: us-east-1\n---\nregion: eu-central-1\n",
    ],
    ids=["twice", "twice, quoted", "alias", "merge key", "tag", "harmless tag", "two documents"],
)
def test_yaml_with_two_readings_is_refused(document: bytes) -> None:
    """No anchor, alias, merge key, tag or second document; no key twice."""
    with pytest.raises(InputError) as caught:
        parse_yaml(document, source="tags.yaml")
    assert caught.value.exit_code == 3


@pytest.mark.parametrize("word", ["NO", "no", "on", "010", "1_000", "0x1F", "12:30:45", "1e3", "2026-01-01"])
def test_no_word_becomes_something_else(word: str) -> None:
    """`NO` is Norway; a scalar is text until a place demands a type."""
    assert plain(parse_yaml(f"value: {word}\n".encode(), source="tags.yaml")) == {"value": word}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("[DE]", "[DE]\n    must: {placement.countries: {all_within: [US]}}"),
        ("all_within: [DE]", "all_within: [DE], all_within: [US]"),
        ("severity: high", "severity: high\n    effekt: observe"),
        ("status: house_rule", "status: house_rule\nstatus: proposal"),
    ],
    ids=["second must", "second operator", "misspelt key", "second status"],
)
def test_policy_with_two_readings_does_not_load(old: str, new: str) -> None:
    """What one reader would overlook is an error for everybody."""
    groups = load_snapshot().groups
    assert parse_policy(RULE.encode(), source="ours.yaml", groups=groups).id == "ours"
    changed = RULE.replace(old, new).replace("}}\n    must", "}}\n    must")
    assert changed != RULE
    with pytest.raises((PolicyError, InputError)):
        parse_policy(changed.encode(), source="ours.yaml", groups=groups)
