"""Attack: the log of an awkward run is not submitted at all, or an empty answer hides that anything was expected."""

from pathlib import Path

import pytest
from simulators.run_logs import Parent, announced, ci_run, entry, write_run

from sovereign.audit.ci_identity import Missing
from sovereign.audit.ingest import Ingest
from sovereign.errors import UsageError

LINES = ('{"run_id": 7, "attempt": 1, "job": "gate"}', '{"run_id": 8, "attempt": 1, "job": "gate"}')


@pytest.fixture
def parent(tmp_path: Path) -> Parent:
    """A parent that has taken in run 7."""
    parent = Parent.make(tmp_path / "parent")
    parent.take(write_run(tmp_path / "run"), ci_run("7"))
    return parent


def _missing(parent: Parent, *lines: str) -> tuple[Missing, ...]:
    with parent.open() as log, Ingest(log, announced=announced(*lines)) as into:
        return into.missing()


def test_run_that_was_left_out_is_named(parent: Parent) -> None:
    """What the CI system says has been, and the parent does not have, is missing."""
    (missing,) = _missing(parent, *LINES)
    assert (missing.announcement.members["run_id"], missing.arrived) == ("8", 0)


def test_run_without_an_identity_does_not_stand_for_an_announced_one(parent: Parent, tmp_path: Path) -> None:
    """A log that nobody said anything of may be of any run, so it is that of none."""
    parent.take(write_run(tmp_path / "other", [entry(1)]))
    assert len(_missing(parent, *LINES)) == 1


def test_another_attempt_or_job_does_not_stand_for_it(parent: Parent) -> None:
    """The second attempt passed; the first one was announced too."""
    lines = ('{"run_id": 7, "attempt": 2, "job": "gate"}', '{"run_id": 7, "attempt": 1, "job": "gate (eu)"}')
    assert len(_missing(parent, *lines)) == 2


def test_one_log_does_not_stand_for_two(parent: Parent, tmp_path: Path) -> None:
    """A job that leaves two logs has come when two are there."""
    line = '{"run_id": 7, "attempt": 1, "job": "gate", "runs": 2}'
    (missing,) = _missing(parent, line)
    assert missing.arrived == 1
    parent.take(write_run(tmp_path / "second", [entry(1)]), ci_run("7"), expected=announced(line))
    assert _missing(parent, line) == ()


def test_other_members_must_agree_too(parent: Parent) -> None:
    """A run of another repository with the same numbers is another run."""
    assert len(_missing(parent, LINES[0][:-1] + ', "repository": "example/other"}')) == 1


@pytest.mark.parametrize("text", ["", "\n \n", "[]", "{}", '{"run_id": 7}', '{"run_id": 7, "run_id": 8}', "null"])
def test_announcement_that_expects_nothing_is_refused(text: str) -> None:
    """A query that failed leaves an empty file or half a line; it must not look like `nothing is missing`."""
    with pytest.raises(UsageError) as caught:
        announced(text)
    assert caught.value.code == "SOV-C341"
