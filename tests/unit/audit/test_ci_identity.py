"""What submitters and CI systems state of a run."""

import json

import pytest

from sovereign.audit.ci_identity import CiIdentity, missing_runs, parse_announcements, parse_identity
from sovereign.errors import UsageError

STATED = [("run_id", "7"), ("attempt", "1"), ("job", "gate")]


def _code(stated: list[tuple[str, object]]) -> str:
    with pytest.raises(UsageError) as caught:
        parse_identity(stated)
    return caught.value.code


def test_members_have_one_order() -> None:
    """Two statements of the same are equal, in whatever order they were made."""
    assert parse_identity(STATED) == parse_identity(reversed(STATED))


def test_numbers_are_text() -> None:
    """A CI system numbers its runs; an entry holds text."""
    assert parse_identity([("run_id", 7), ("attempt", 1), ("job", "gate")]) == parse_identity(STATED)


def test_nothing_stated_is_no_identity() -> None:
    """A run outside of CI has none."""
    assert parse_identity([]) is None


@pytest.mark.parametrize("left_out", ["run_id", "attempt", "job"])
def test_what_tells_runs_apart_is_required(left_out: str) -> None:
    """Without it, two runs would look like one."""
    assert _code([(name, value) for name, value in STATED if name != left_out]) == "SOV-C341"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("actor", "ada"),
        ("run_id", "8"),
        ("ref", ""),
        ("ref", "two\nlines"),
        ("ref", "x" * 257),
        ("ref", None),
        ("ref", True),
        ("ref", 1.5),
        ("ref", ["main"]),
    ],
)
def test_anything_else_is_refused(name: str, value: object) -> None:
    """No person, nothing twice, and each member one short line of text."""
    assert _code([*STATED, (name, value)]) == "SOV-C341"


@pytest.mark.parametrize(
    ("mine", "other", "may_be"),
    [
        ([], [], True),
        ([("ref", "main")], [("ref", "other")], True),
        ([("repository", "a")], [], True),
        ([("repository", "a")], [("provider", "github")], True),
        ([("repository", "a")], [("repository", "b")], False),
        ([("provider", "gitlab")], [("provider", "github")], False),
    ],
)
def test_second_log_of_a_run_stays_one(
    mine: list[tuple[str, str]], other: list[tuple[str, str]], *, may_be: bool
) -> None:
    """Under whatever branch it is submitted, and whatever is left out; only a difference tells two runs apart."""
    one, two = parse_identity([*STATED, *mine]), parse_identity([*STATED, *other])
    assert one is not None
    assert two is not None
    assert (one.may_be(two), two.may_be(one)) == (may_be, may_be)


def test_equal_lines_announce_one_run() -> None:
    """A query that lists a run on two pages announces it once."""
    line = json.dumps(dict(STATED))
    assert len(parse_announcements(f"{line}\n{line}\n".encode(), source="announced")) == 1
    with pytest.raises(UsageError, match="another number"):
        parse_announcements(f'{line[:-1]}, "runs": 2}}\n{line}\n'.encode(), source="announced")


def test_announcement_by_origin() -> None:
    """Who knows a run's name, from its notice, announces that."""
    (announcement,) = parse_announcements(b'{"origin": "local/run/x"}', source="announced")
    assert list(missing_runs([announcement], [("local/run/x", None)])) == []
    assert len(list(missing_runs([announcement], [("local/run/y", None)]))) == 1


@pytest.mark.parametrize("runs", ["0", "-1", "true", '"2"', "1.0", "10001", "null"])
def test_number_of_logs_is_a_number(runs: str) -> None:
    """`runs` is a whole number of logs, at least one."""
    with pytest.raises(UsageError, match="`runs`"):
        parse_announcements(f'{{"origin": "local/run/x", "runs": {runs}}}'.encode(), source="announced")


def test_unknown_member_of_an_announcement_is_named() -> None:
    """A member that nobody compares would look as if it were."""
    with pytest.raises(UsageError, match="`branch`"):
        parse_announcements(b'{"origin": "local/run/x", "branch": "main"}', source="announced")


def test_message_begins_with_what_tells_runs_apart() -> None:
    """A long message is cut, and the parent keeps members in the order of the alphabet."""
    identity = CiIdentity(members={"attempt": "1", "job": "gate", "ref": "main", "run_id": "17"})
    assert str(identity) == "run_id=17 attempt=1 job=gate ref=main"
