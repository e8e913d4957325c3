"""Tags made in Python: plain lists, sets and dates become the model, and nothing is guessed.

A field that is left out makes no claim; `None` says that it is unknown. So the default is neither, but `UNSET`.
"""

from collections.abc import Iterable
from datetime import date, datetime
from enum import Enum
from typing import Any, Final

from pydantic import ValidationError

from sovereign.errors import TagConflictError, TagFormatError, quoted
from sovereign.tags.consistency import contradicting_categories
from sovereign.tags.model import ResidencyTag, TagEvidence

__all__ = ["UNSET", "Unset", "tag"]


class Unset(Enum):
    """The type of a field that is left out."""

    UNSET = "unset"


UNSET: Final = Unset.UNSET

Text = str | Unset | None
Words = Iterable[str] | Unset | None

_COLLECTIONS: Final = frozenset(
    (
        "categories",
        "allowed_locations",
        "allowed_jurisdictions",
        "purposes",
        "packs",
        "subjects",
        "planes_open",
        "obligations",
    )
)


def tag(
    id: str,  # noqa: A002  the tag's own word
    *,
    title: Text = UNSET,
    owner: Text = UNSET,
    controller: Text = UNSET,
    classification: Text = UNSET,
    categories: Words = UNSET,
    status: Text = UNSET,
    allowed_locations: Words = UNSET,
    allowed_jurisdictions: Words = UNSET,
    purposes: Words = UNSET,
    packs: Words = UNSET,
    retention: Text = UNSET,
    subjects: Words = UNSET,
    label_review_due: date | Unset | None = UNSET,
    encrypted_at_rest: bool | Unset | None = UNSET,
    form: Text = UNSET,
    planes_open: Words = UNSET,
    obligations: Words = UNSET,
    source: Text = UNSET,
    evidence: Iterable[TagEvidence] | Unset = UNSET,
) -> ResidencyTag:
    """Return the tag of the dataset `id` with exactly the claims that are given.

    `sv.tag("payroll", classification="confidential", categories=["hr"], status="personal", allowed_locations=["eu"])`

    Args:
        id: names the dataset in every decision.
        title: for people.
        owner: who answers for the dataset.
        controller: the controller, Art. 4(7) GDPR.
        classification: public < internal < confidential < restricted.
        categories: what kind of data; an empty collection says that no category applies.
        status: personal, pseudonymised, anonymised, synthetic, non_personal.
        allowed_locations: countries or dated groups in which every placement must lie; empty allows nothing.
        allowed_jurisdictions: countries or dated groups that may compel a party; empty allows nothing.
        purposes: what the data may be used for.
        packs: ids of policies that the owner binds the data to.
        retention: an ISO 8601 period, `P10Y`.
        subjects: whom the data are about.
        label_review_due: a day, not an instant.
        encrypted_at_rest: whether the data are stored encrypted.
        form: electronic or paper.
        planes_open: planes neither placed nor declared absent.
        obligations: duties of every use.
        source: declared, inferred or attested.
        evidence: documents that support the claims.

    Raises:
        TagFormatError: a value is not of the kind of its field (SOV-I101).
        TagConflictError: status and categories contradict each other (SOV-I102).
    """
    given = {name: value for name, value in locals().items() if value is not UNSET}
    fields = {name: _value(name, value) for name, value in given.items()}
    try:
        made = ResidencyTag.model_validate(fields)
    except ValidationError as error:
        problem = error.errors(include_url=False, include_input=False)[0]
        raise _ill_formed(str(problem["loc"][0]), problem["msg"]) from None
    if wrong := contradicting_categories(made):
        raise TagConflictError(
            f"the status `non_personal` of {quoted(id)} contradicts the category {quoted(wrong[0])}",
            hint="data of this category relate to persons: correct the status or the category",
        )
    return made


def _value(name: str, value: Any) -> Any:  # noqa: ANN401  whatever a caller passes; the model checks the result
    if value is None:
        return None
    if name in _COLLECTIONS:
        return frozenset(_items(name, value))
    if name == "evidence":
        return _items(name, value)
    if name == "label_review_due":
        if not isinstance(value, date) or isinstance(value, datetime):
            raise _ill_formed(name, "a `datetime.date` is expected")
        return value.isoformat()
    return value


def _items(name: str, value: Any) -> tuple[Any, ...]:  # noqa: ANN401  as above
    """Return the items of a collection; a lone word is refused, since its letters would become the items."""
    if isinstance(value, str | bytes) or not isinstance(value, Iterable):
        raise _ill_formed(name, "a list, tuple or set of words is expected, not a single one")
    items = tuple(value)
    if name in _COLLECTIONS and not all(isinstance(item, str) for item in items):
        raise _ill_formed(name, "every item must be a word")
    return items


def _ill_formed(name: str, reason: str) -> TagFormatError:
    return TagFormatError(
        f"{quoted(name)} of a tag: {reason[0].lower()}{reason[1:]}",
        hint=f"for example {name}=[...]" if name in _COLLECTIONS else "docs/reference/tags.md lists the fields",
    )
