"""`sovereign audit verify --replay`: what an officer reads, what a program reads, and the exit code."""

import re
from pathlib import Path
from typing import Any

import pytest
from simulators.asking import SNAPSHOT, a_body, one_rule, pack
from simulators.command import bucket_plan, run
from simulators.recording import Book

from sovereign._internal.version import VERSION
from sovereign.audit.directory_files import DirectoryFiles
from sovereign.audit.reading import read_entries
from sovereign.audit.slog import pack_log
from sovereign.audit.verified_files import VerifiedFiles
from sovereign.audit.verify import verify_log
from sovereign.decision.engines.native import NativeEngine
from sovereign.decision.point import DecisionPoint
from sovereign.evidence.replay import replay_log
from sovereign.jurisdiction.snapshot import parse_snapshot

VIRGINIA = {"role": "storage", "provider": "aws", "region": "us-east-1"}
MUNICH = {"role": "storage", "provider": "stackit", "region": "eu01"}


def _lie(entry: dict[str, Any]) -> None:
    entry.update(effect="permit", findings=[], engine={"name": "native", "version": "0.0.9"})


@pytest.fixture
def lying(tmp_path: Path) -> Book:
    """Return a sealed log: a permit, a denial, a lie about the denial, and a decision whose request is erased."""
    book = Book(tmp_path / "log")
    book.record(a_body([MUNICH]))
    book.record(a_body([VIRGINIA]))
    book.forge(_lie)
    book.record(a_body([MUNICH]))
    book.seal()
    *_, last = read_entries(book.directory)
    digest = re.search(rb'"request":"([0-9a-f]{64})"', last.data)
    assert digest is not None
    book.object(digest[1].decode()).unlink()
    return book


def _verify(book: Book, *options: str) -> Any:
    return run("audit", "verify", "--log", str(book.directory), "--key", book.log.verifier.vkey, *options)


def test_officer_reads_one_line_for_the_lie(lying: Book) -> None:
    """Index, instant, what was recorded, what follows, which rule; and what was not replayed, and why."""
    done = _verify(lying, "--replay")
    assert done.code == 5
    assert "replayed   2 of 4 verdicts of entries 0 to 5 follow from what was recorded" in done.out
    (line,) = [line for line in done.out.splitlines() if "effect" in line]
    assert line.startswith(
        "differs    entry 4  2026-11-24T09:00:00Z  decision: effect: recorded permit, follows deny by "
    )
    assert "de-only/DE-01" in line
    assert re.search(r"^erased +1: the request was erased, .*\(entries 5\)$", done.out, re.MULTILINE)
    assert "engine     1 verdicts were made by version 0.0.9" in done.out
    assert "the recorded placements and tags" in done.out
    assert re.search(
        r"^policy     de-only [\d.+r]+ [0-9a-f]{16}…, as shipped with this version$", done.out, re.MULTILINE
    )
    assert re.search(
        r"^places     data as of [\d-]+ [0-9a-f]{16}…, as shipped with this version$", done.out, re.MULTILINE
    )


def test_german_is_german_throughout(lying: Book) -> None:
    """No English word of ours stands in a German replay."""
    out = _verify(lying, "--replay", "--lang", "de").out
    assert "geprüft    2 von 4 Ergebnissen der Einträge 0 bis 5" in out
    assert "aufgezeichnet permit, es folgt deny nach" in out
    assert "gelöscht" in out
    replayed = out[out.index("geprüft") :]
    assert not re.search(r"\b(recorded|follows|entry|entries|by|erased|differs|replayed)\b", replayed)


def test_program_reads_both_sides(lying: Book) -> None:
    """The document has counts of each outcome and every difference."""
    done = _verify(lying, "--replay", "--format", "json")
    assert (done.code, done.document["schema"], done.document["verified"]) == (5, "sovereign.verify/1", True)
    replay = done.document["replay"]
    assert (replay["holds"], replay["from"], replay["to"], replay["verdicts"]) == (False, 0, 6, 4)
    assert replay["counts"] == {
        "same": 2,
        "differs": 1,
        "wrong_object": 0,
        "erased": 1,
        "not_kept": 0,
        "cannot_be_replayed": 0,
    }
    assert replay["other_versions"] == {"0.0.9": 1}
    assert VERSION not in replay["other_versions"]
    lie, erased = replay["not_same"]
    assert (lie["index"], lie["outcome"], lie["differences"][0]["member"]) == (4, "differs", "effect")
    assert (erased["index"], erased["outcome"], erased["reason"]) == (5, "erased", "request_gone")


@pytest.mark.parametrize(
    ("options", "code", "verdicts"),
    [
        ((), 5, 4),
        (("--to", "4"), 0, 2),
        (("--from", "3", "--to", "4"), 0, 1),
        (("--from", "4", "--to", "5"), 5, 1),
        (("--from", "5"), 5, 1),
        (("--from", "0", "--to", "2"), 5, 0),
        (("--from", "900"), 5, 0),
        (("--from", "4", "--to", "2"), 5, 0),
    ],
)
def test_range_and_exit_code(lying: Book, options: tuple[str, ...], code: int, verdicts: int) -> None:
    """0 where something was replayed and nothing contradicts; a range without a replayed verdict shows nothing."""
    done = _verify(lying, "--replay", *options, "--format", "json")
    assert (done.code, done.document["replay"]["verdicts"]) == (code, verdicts)


@pytest.mark.parametrize("options", [("--from", "1"), ("--to", "3"), ("--from", "0")])
def test_range_without_replay_is_refused(lying: Book, options: tuple[str, ...]) -> None:
    """A log is verified as a whole: a range that was taken for one of the verification would be a trap."""
    assert _verify(lying, *options).code == 2


def test_without_the_option_nothing_is_replayed(lying: Book) -> None:
    """A signed lie verifies otherwise, and the document has no such member."""
    done = _verify(lying, "--format", "json")
    assert done.code == 0
    assert "replay" not in done.document


def test_runs_and_checks_of_a_project_are_replayed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Policies and places that the settings add for a path, a default tag, places stated, undecided and drift."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tags").mkdir()
    (tmp_path / "stacks").mkdir()
    for name, region in (("stacks/a", "eu-central-1"), ("b", "us-east-1"), ("c", None)):
        (tmp_path / f"{name}.json").write_text(bucket_plan(region))
    (tmp_path / "sovereign.yaml").write_text(
        "sovereign: 1\npolicies: [eu-only]\ngate:\n  paths:\n"
        "    - {match: stacks/**, policies: [de-only]}\n    - {match: c.json, assume: {aws.region: eu-west-1}}\n"
    )
    run("gate", "stacks/a.json", "b.json", "c.json")
    run("gate", "c.json", "--policy", "de-only")
    run("gate", "b.json", "--policy", "eu-only")
    done = run("audit", "verify", "--replay", "--format", "json")
    replay = done.document["replay"]
    assert (done.code, replay["counts"]["same"], replay["not_same"]) == (0, 3, [])


def test_log_that_grows_while_it_is_replayed(tmp_path: Path) -> None:
    """A partial bundle that was verified and then replaced by a full one is still the one that was verified."""
    book = Book(tmp_path / "log")
    book.record(a_body([MUNICH]))
    book.log.publish()
    files = VerifiedFiles(DirectoryFiles(book.directory))
    report = verify_log(files, [book.log.verifier])
    for _ in range(300):
        book.log.append(b"{}")
    book.seal()
    for partial in list((book.directory / "tile/entries").rglob("000.p/*")):
        partial.unlink()
    assert replay_log(files, report).holds


def test_law_that_the_log_brought_along_is_named(tmp_path: Path) -> None:
    """Data in which Virginia is German are data of the keeper: verdicts follow from them, and their digest is shown."""
    german = SNAPSHOT.document().replace(b"us-east-1,", b"us-east-0,")
    assert german != SNAPSHOT.document()
    own = one_rule("must: {data.status: {one_of: [personal]}}", name="own")
    point = DecisionPoint([own], snapshot=parse_snapshot(german), load_pack=pack, engine=NativeEngine())
    book = Book(tmp_path / "log", point, trust=b"trust: 1\nowner: platform\n")
    book.record(a_body([MUNICH]))
    book.seal()
    relied = _verify(book, "--replay", "--format", "json").document["replay"]["relied_on"]
    assert [(item["kind"], item["name"], item["shipped"]) for item in relied] == [
        ("policy", "own", False),
        ("snapshot", SNAPSHOT.as_of.isoformat(), False),
        ("trust", "platform", False),
    ]
    assert _verify(book, "--replay").out.count("not shipped with this version") == 3


def test_packed_log_is_replayed_from_its_one_file(lying: Book, tmp_path: Path) -> None:
    """A `.slog` file holds the objects too: the same counts, the same lie."""
    packed = tmp_path / "run.slog"
    pack_log(lying.directory, packed)
    done = run("audit", "verify", "--log", packed, "--key", lying.log.verifier.vkey, "--replay", "--format", "json")
    assert done.document["replay"] == _verify(lying, "--replay", "--format", "json").document["replay"]
    assert done.code == 5
