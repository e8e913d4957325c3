"""Tags made in Python."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from sovereign.errors import TagConflictError, TagFormatError
from sovereign.tags.build import tag
from sovereign.tags.model import TagEvidence


def test_collections_of_any_kind_become_sets() -> None:
    """Lists, tuples, sets and generators are taken; dates become ISO days."""
    made = tag(
        "payroll",
        categories=["hr"],
        packs=("de-only",),
        purposes={"billing"},
        subjects=(word for word in ("employees",)),
        label_review_due=date(2027, 6, 30),
        evidence=[TagEvidence(id="x")],
    )
    assert made.categories == {"hr"}
    assert made.packs == {"de-only"}
    assert made.purposes == {"billing"}
    assert made.subjects == {"employees"}
    assert made.label_review_due == "2027-06-30"
    assert made.evidence == (TagEvidence(id="x"),)


def test_left_out_and_none_are_two_things() -> None:
    """What is left out makes no claim; None says that it is unknown."""
    made = tag("a", packs=None)
    assert made.claims("packs")
    assert not made.claims("purposes")
    assert made.model_fields_set == {"id", "packs"}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("categories", "hr"),
        ("categories", b"xy"),
        ("categories", 5),
        ("categories", [5]),
        ("categories", [["hr"]]),
        ("categories", [""]),
        ("classification", 3),
        ("classification", ["public"]),
        ("classification", ""),
        ("encrypted_at_rest", "true"),
        ("encrypted_at_rest", 1),
        ("label_review_due", "2027-06-30"),
        ("label_review_due", datetime(2027, 6, 30, tzinfo=UTC)),
        ("evidence", "x"),
        ("evidence", ["x"]),
    ],
)
def test_nothing_is_guessed(field: str, value: Any) -> None:
    """A value of another kind than its field is refused, above all a string whose letters would become words."""
    with pytest.raises(TagFormatError, match=f"`{field}` of a tag"):
        tag("a", **{field: value})


def test_a_contradiction_is_refused() -> None:
    """A tag made in Python can contradict itself as little as one in a file."""
    with pytest.raises(TagConflictError) as caught:
        tag("a", status="non_personal", categories=["health"])
    assert caught.value.code == "SOV-I102"
