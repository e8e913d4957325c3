"""Placements that somebody wrote down: asserted, with the line they stand on as evidence."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

from sovereign._internal.shape import field_spans, read_model
from sovereign._internal.strict_yaml import YamlNode
from sovereign.errors import Span
from sovereign.facts.model import Evidence, Party, Placement

__all__ = ["Declared", "read_declared"]

_Word = Annotated[str, StringConstraints(min_length=1, max_length=256)]
_Words = frozenset[_Word]


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class _Party(_Form):
    function: _Word | None = None
    countries: _Words | None = None
    name: str | None = None


class Declared(_Form):
    """The fields of a placement that a person may state; confidence and evidence are not among them."""

    id: _Word | None = None
    resource: str | None = None
    role: _Word | None = None
    countries: _Words | None = None
    provider: _Word | None = None
    region: _Word | None = None
    operator: str | None = None
    parties: tuple[_Party, ...] | None = None
    parties_complete: bool | None = None
    jurisdictions: _Words | None = None
    key_custody: _Word | None = None
    key_countries: _Words | None = None
    plaintext_at_provider: bool | None = None
    cloud: bool | None = None


def read_declared(node: YamlNode, digest: str) -> tuple[Placement, Mapping[str, Span]]:
    """Return one placement and the place of each of its fields.

    Args:
        node: one mapping of a file.
        digest: SHA-256 of the file.

    Raises:
        ShapeError: it is no placement.
    """
    stated = read_model(Declared, node)
    spans = field_spans(node)
    span = next((spans[name] for name in ("region", "countries", "provider", "role") if name in spans), node.span)
    values = {name: getattr(stated, name) for name in Declared.model_fields if name != "parties"}
    parties = None
    if stated.parties is not None:
        parties = tuple(Party(function=p.function, countries=p.countries, name=p.name) for p in stated.parties)
    value = stated.region or ", ".join(sorted(stated.countries or ())) or None
    evidence = Evidence(input=digest, line=span.line, value=value)
    return Placement(**values, parties=parties, evidence=(evidence,)), spans
