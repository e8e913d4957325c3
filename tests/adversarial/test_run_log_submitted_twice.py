"""Attack: one run log is submitted again, as itself, as another CI run, or a second log as the same CI run."""

from pathlib import Path

import pytest
from simulators.run_logs import Parent, announced, ci_run, entry, write_run

from sovereign.audit.ci_identity import parse_identity
from sovereign.errors import VerificationError


@pytest.fixture
def parent(tmp_path: Path) -> Parent:
    """An empty parent."""
    return Parent.make(tmp_path / "parent")


def test_same_log_is_one_run(parent: Parent, tmp_path: Path) -> None:
    """However often it comes, it has one receipt, and the parent does not grow."""
    packed = write_run(tmp_path / "run")
    taken = [parent.take(packed, ci_run()) for _ in range(3)]
    assert len({one.receipt for one in taken}) == 1
    assert [one.is_new for one in taken] == [True, False, False]
    assert parent.size == 2


def test_one_log_does_not_stand_for_two_runs(parent: Parent, tmp_path: Path) -> None:
    """A good run is not lent to another one, whose own log would have shown a denial."""
    packed = write_run(tmp_path / "run")
    parent.take(packed, ci_run("7"))
    with pytest.raises(VerificationError, match="taken in as") as caught:
        parent.take(packed, ci_run("8"))
    assert caught.value.code == "SOV-V042"
    assert parent.size == 2


def test_second_log_of_one_run_is_refused_and_both_are_named(parent: Parent, tmp_path: Path) -> None:
    """A run whose answer did not please is not repeated under its own name until one does."""
    denied, permitted = write_run(tmp_path / "denied", [entry(0, said="deny")]), write_run(tmp_path / "permitted")
    first = parent.take(denied, ci_run())
    with pytest.raises(VerificationError) as caught:
        parent.take(permitted, ci_run())
    assert caught.value.code == "SOV-V042"
    assert first.origin in caught.value.message
    assert parent.size == 2


def test_member_left_out_makes_no_other_run(parent: Parent, tmp_path: Path) -> None:
    """A second log does not pass as another run because its repository is not stated, or stated only now."""
    stated = parse_identity([*ci_run().members.items(), ("repository", "example/app")])
    first, second = (write_run(tmp_path / name, [entry(0, said=name)]) for name in ("deny", "permit"))
    parent.take(first, stated)
    with pytest.raises(VerificationError) as caught:
        parent.take(second, ci_run())
    assert (caught.value.code, parent.size) == ("SOV-V042", 2)


def test_as_many_logs_as_were_announced(parent: Parent, tmp_path: Path) -> None:
    """A job that calls the gate twice leaves two logs; a third one was not announced."""
    packed = [write_run(tmp_path / f"run{number}", [entry(number)]) for number in range(3)]
    expected = announced('{"run_id": 7, "attempt": 1, "job": "gate", "runs": 2}')
    for path in packed[:2]:
        assert parent.take(path, ci_run(), expected=expected).is_new
    with pytest.raises(VerificationError) as caught:
        parent.take(packed[2], ci_run(), expected=expected)
    assert caught.value.code == "SOV-V042"
    assert not parent.take(packed[1], ci_run()).is_new  # what is in stays in, announced or not
