"""Attack: an object beside the log is swapped for another, or taken away, so that a lie cannot be found."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from simulators.asking import a_body, pack
from simulators.recording import Book

from sovereign.audit.directory_files import DirectoryFiles
from sovereign.audit.reading import read_entries
from sovereign.audit.verified_files import VerifiedFiles
from sovereign.audit.verify import LogReport, verify_log
from sovereign.errors import ProofError
from sovereign.evidence.outcome import Reason, ReplayOutcome
from sovereign.evidence.replay import replay_log, verify_and_replay

BODY = a_body([{"role": "storage", "provider": "aws", "region": "us-east-1"}])
OBJECTS = ("request", "policy", "snapshot", "trust")
TRUST = b"trust: 1\nowner: platform\n"


class WithoutListing(DirectoryFiles):
    """A log behind a web server: no folder can be listed, so the verifier does not look at objects."""

    def names(self, folder: str = "") -> Iterator[str]:  # noqa: ARG002  the reader's own form
        """Return nothing."""
        return iter(())


@pytest.fixture
def book(tmp_path: Path) -> Book:
    """Return a sealed log of two decisions."""
    made = Book(tmp_path / "log", trust=TRUST)
    made.record(BODY)
    made.record(BODY)
    made.seal()
    return made


def _path(book: Book, what: str, index: int = -1) -> Path:
    entry: dict[str, Any] = json.loads([entry.data for entry in read_entries(book.directory)][index])
    digest = entry["policies"][0]["sha256"] if what == "policy" else entry[what]
    return book.object(digest)


@pytest.mark.parametrize("what", OBJECTS)
def test_swapped_object_is_refused_or_named(book: Book, what: str) -> None:
    """In a directory the verification fails; behind a server the replay says which entry has a wrong object."""
    shutil.copy(_path(book, "request", -2), _path(book, what))
    with pytest.raises(ProofError):
        verify_log(book.directory, [book.log.verifier])
    _, report = verify_and_replay(WithoutListing(book.directory), [book.log.verifier])
    found = report.not_same[-1]
    assert (found.outcome, found.reason) == (ReplayOutcome.WRONG_OBJECT, Reason.OBJECT_WRONG)
    assert not report.holds


def test_missing_request_reads_erased_and_never_same(book: Book) -> None:
    """The other decision is still replayed; the erased one is counted apart."""
    _path(book, "request").unlink()
    _, report = verify_and_replay(book.directory, [book.log.verifier])
    assert [(f.outcome, f.reason) for f in report.not_same] == [(ReplayOutcome.ERASED, Reason.REQUEST_GONE)]
    assert (report.counts[ReplayOutcome.SAME], report.holds) == (1, True)


@pytest.mark.parametrize("what", ["policy", "snapshot", "trust"])
def test_missing_policy_or_data_read_not_kept(book: Book, what: str) -> None:
    """Also a shipped policy and today's data, which this installation has: nothing of today stands in for it."""
    assert what != "policy" or _path(book, what).name == pack("de-only").sha256
    _path(book, what).unlink()
    _, report = verify_and_replay(book.directory, [book.log.verifier])
    assert [(f.outcome, f.reason) for f in report.not_same] == [(ReplayOutcome.NOT_KEPT, Reason.OBJECT_GONE)] * 2
    assert not report.holds


def test_log_without_objects_shows_nothing(book: Book) -> None:
    """Where nothing could be replayed, the answer is no."""
    shutil.rmtree(book.directory / "objects")
    _, report = verify_and_replay(book.directory, [book.log.verifier])
    assert report.counts[ReplayOutcome.SAME] == 0
    assert not report.holds


def test_object_of_another_kind_under_its_right_digest(tmp_path: Path) -> None:
    """A right digest does not make a policy of a request, nor a request of anything."""
    book = Book(tmp_path / "log")
    book.record(BODY)
    odd = [book.keep(data) for data in (b"", b"{}", b'{"_salt":"0"}', b"[" * 5000, b"\xff", b"sovereign: 1\n")]
    for digest in odd:
        book.forge(lambda entry, digest=digest: entry.update(request=digest), index=2)  # type: ignore[misc]  # bound
        book.forge(lambda entry, digest=digest: entry.update(snapshot=digest), index=2)  # type: ignore[misc]  # at once
        book.forge(lambda entry, digest=digest: entry["policies"][0].update(sha256=digest), index=2)  # type: ignore[misc]
    report = book.replay()
    assert {found.outcome for found in report.not_same} == {ReplayOutcome.DIFFERS}
    assert len(report.not_same) == 3 * len(odd)


def test_findings_moved_to_an_object_that_says_less(tmp_path: Path) -> None:
    """A list that is named by digest is read from there, and a second one beside it is refused."""
    book = Book(tmp_path / "log")
    book.record(BODY)
    empty = {"sha256": book.keep(b"[]"), "bytes": 2}
    book.forge(lambda entry: entry.update(findings=[], findings_object=empty))
    book.forge(lambda entry: entry.update(findings_object=empty), index=2)
    fewer, both = book.replay().not_same
    assert {difference.member for difference in fewer.differences} == {"findings"}
    assert (both.outcome, both.reason) == (ReplayOutcome.DIFFERS, Reason.ILL_FORMED)


def test_names_that_lead_out_of_the_log(tmp_path: Path) -> None:
    """A digest is 64 digits; a path in its place reads nothing."""
    book = Book(tmp_path / "log")
    book.record(BODY)
    for name in ("../checkpoint", "/etc/passwd", "", "0" * 63, "A" * 64):
        book.forge(lambda entry, name=name: entry.update(request=name), index=2)  # type: ignore[misc]  # bound at once
    assert {found.reason for found in book.replay().not_same} == {Reason.ILL_FORMED}


def test_entries_swapped_after_they_were_verified(book: Book) -> None:
    """What is replayed are the bytes that were verified, or nothing."""
    files = VerifiedFiles(DirectoryFiles(book.directory))
    report: LogReport = verify_log(files, [book.log.verifier])
    (bundle,) = (book.directory / "tile/entries").rglob("*.p/*")
    bundle.write_bytes(bundle.read_bytes().replace(b'"deny"', b'"Deny"'))
    with pytest.raises(ProofError):
        replay_log(files, report)
