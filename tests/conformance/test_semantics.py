"""The semantics of the language, case by case, through the loader and every native engine."""

from pathlib import Path

import pytest

from sovereign.errors import PolicyFormatError
from sovereign.jurisdiction.snapshot import load_snapshot
from sovereign.policy.inline_tests import InlineTest, run_tests
from sovereign.policy.load import parse_policy, read_policy

GROUPS = load_snapshot().groups
FILE = Path(__file__).with_name("semantics.yaml")
POLICY, TESTS = read_policy(FILE.read_bytes(), source=FILE.name, groups=GROUPS)


@pytest.mark.parametrize("test", TESTS, ids=[f"{test.rule} {test.name}" for test in TESTS])
def test_each_engine_gives_the_answer(test: InlineTest) -> None:
    """The rule alone answers as expected, by generated source and by closures."""
    (result,) = run_tests(POLICY, [test], GROUPS)
    assert dict(result.got) == {"source": test.expect, "closures": test.expect}


def test_every_case_is_read() -> None:
    """No case is lost on the way from the file."""
    assert len(TESTS) == FILE.read_text(encoding="utf-8").count("expect: ")
    assert len(TESTS) > 80


@pytest.mark.parametrize("status", ["proposal", "adopted_deferred", "not_yet_applicable"])
def test_text_that_does_not_bind_yet_only_observes(status: str) -> None:
    """Under such a status every denial and every undecided answer is advice."""
    text = FILE.read_text(encoding="utf-8").replace("status: house_rule", f"status: {status}")
    text = text.replace("expect: deny", "expect: advice").replace("expect: undecided", "expect: advice")
    policy = parse_policy(text.encode(), source=FILE.name, groups=GROUPS)
    assert {policy.effect_of(rule) for rule in policy.rules} == {"observe"}


def test_a_policy_with_one_wrong_expectation_does_not_load() -> None:
    """The message names the test, the rule, and both answers."""
    first, rest = FILE.read_text(encoding="utf-8").split("expect: not_applicable", 1)
    with pytest.raises(PolicyFormatError) as caught:
        parse_policy(f"{first}expect: permit{rest}".encode(), source=FILE.name, groups=GROUPS)
    assert caught.value.message == "test `P false` of SEM-01: expected permit, got not_applicable"
    assert caught.value.others == ()
