"""The error for a dataset without a tag, as a command and as a traceback show it."""

import traceback

from sovereign.tags.sources.sidecar import missing_tag


def test_error_offers_the_dataset_that_looks_like_it() -> None:
    """A misspelled id is answered with the right one; one like no other, with what to do."""
    assert (missing_tag("pateints", ["patients", "payroll"]).hint or "").startswith("did you mean `patients`? else add")
    assert (missing_tag("zzz", ["patients"]).hint or "").startswith("add its tag")


def test_traceback_shows_the_way_out() -> None:
    """Whoever sees the error in a program only reads what to do as well."""
    shown = traceback.format_exception_only(missing_tag("pateints", ["patients"]))
    assert shown[0].endswith("no tag file names the dataset `pateints` [SOV-U003]\n")
    assert shown[1].startswith("help: did you mean `patients`?")
