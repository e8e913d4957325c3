"""What owners claim: `ResidencyTag` for a dataset, `JobTag` for what is done with it, `Controller` for who decides.

A field that a present tag leaves out makes no claim; null, and a word outside the domain, is unknown. So the models
keep words as they were written, and `model_fields_set` tells absent from null.
"""

from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, StringConstraints

from sovereign.settings.controller import Controller

__all__ = ["CLAIMS", "Controller", "JobTag", "ResidencyTag", "TagEvidence", "Word", "Words"]

Word = Annotated[str, StringConstraints(min_length=1, max_length=256)]
Words = frozenset[Word]

CLAIMS: Final = ("allowed_locations", "allowed_jurisdictions", "purposes", "packs")
"""Fields whose absence makes no claim: SOV-001 to SOV-004 are not applicable then."""


class _Tag(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    def __eq__(self, other: object) -> bool:
        """Whether both say the same: a field left out claims nothing, null is unknown, so they are not equal."""
        return (
            bool(super().__eq__(other)) and isinstance(other, _Tag) and self.model_fields_set == other.model_fields_set
        )

    def __hash__(self) -> int:
        """Return a hash of the values; pydantic gives none to a class with an equality of its own."""
        return hash((type(self), *self.__dict__.values()))


class TagEvidence(_Tag):
    """A document that supports a claim of the tag."""

    id: Word
    digest: str | None = None
    issued_on: str | None = None


class ResidencyTag(_Tag):
    """A claim about a dataset, or about a column group of it.

    Attributes:
        id: names the dataset in every decision.
        title: for people.
        owner: who answers for the dataset.
        controller: the controller in the sense of Art. 4(7) GDPR.
        classification: public < internal < confidential < restricted.
        categories: personal > special > health, genetic, biometric; social, hr < personal; tax_books, invoice, ….
        status: personal, pseudonymised, anonymised, synthetic, non_personal.
        allowed_locations: countries or dated groups in which every placement must lie.
        allowed_jurisdictions: countries or dated groups that may compel a party.
        purposes: what the data may be used for.
        packs: ids of policies that the owner binds the data to.
        retention: an ISO 8601 period.
        subjects: whom the data are about.
        label_review_due: ISO date.
        encrypted_at_rest: whether the data are stored encrypted.
        form: electronic or paper.
        planes_open: planes neither placed nor declared absent.
        obligations: duties that every use of the data brings with it.
        source: declared, inferred or attested.
        evidence: documents that support the claims.
    """

    id: Word
    title: str | None = None
    owner: str | None = None
    controller: Word | None = None
    classification: Word | None = None
    categories: Words | None = None
    status: Word | None = None
    allowed_locations: Words | None = None
    allowed_jurisdictions: Words | None = None
    purposes: Words | None = None
    packs: Words | None = None
    retention: Word | None = None
    subjects: Words | None = None
    label_review_due: Word | None = None
    encrypted_at_rest: bool | None = None
    form: Word | None = None
    planes_open: Words | None = None
    obligations: Words | None = None
    source: Word | None = None
    evidence: tuple[TagEvidence, ...] = ()

    def claims(self, field: str) -> bool:
        """Whether the tag says anything about `field`, be it null."""
        return field in self.model_fields_set


class JobTag(_Tag):
    """What is done with data, for which purpose, by whom.

    Attributes:
        id: names the job in every decision.
        kind: etl, training, inference, serving, simulation, backup, export, maintenance, support, disclosure, other,
            authority_order.
        purpose: one of the dataset's purposes, or the job is denied by SOV-003.
        owner: who answers for the job.
        inputs: ids of datasets read.
        outputs: ids of datasets written.
        recipients: who receives the result.
    """

    id: Word
    kind: Word | None = None
    purpose: Word | None = None
    owner: str | None = None
    inputs: Words | None = None
    outputs: Words | None = None
    recipients: Words | None = None
    function_critical: bool | None = None
    function_id: Word | None = None
    single_mandate: bool | None = None
    mandate_consent_id: Word | None = None
    maintenance_only: bool | None = None
