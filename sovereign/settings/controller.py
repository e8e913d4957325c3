"""Who decides about the data, as `sovereign.yaml` describes it."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

__all__ = ["Controller"]

_Word = Annotated[str, StringConstraints(min_length=1, max_length=256)]


class Controller(BaseModel):
    """The controller as the settings describe it; read by packs, never by built-in rules.

    Attributes:
        kind: care_provider, health_fund, care_fund, their_processor, financial_entity, other.
        public_powers: whether it exercises public powers.
        nis2_class: essential, important, none.
        profession: a profession bound to secrecy.
        client_book: sgb_ii, sgb_iii, other.
        establishments: countries with an establishment.
        role: controller or processor.
        lei: legal entity identifier, 20 letters and digits (ISO 17442).
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    kind: _Word | None = None
    public_powers: bool | None = None
    nis2_class: _Word | None = None
    profession: _Word | None = None
    client_book: _Word | None = None
    establishments: frozenset[_Word] | None = None
    role: _Word | None = None
    lei: Annotated[str, Field(pattern=r"^[A-Z0-9]{20}$")] | None = None
