"""Every published form as JSON Schema, and the page of attributes; files under docs/reference are made from these."""

import json
from collections.abc import Iterator
from itertools import groupby
from typing import Any, Final

from sovereign.policy.attributes import ATTRIBUTES, Attribute, root_of

__all__ = ["FORMS", "attributes_page", "json_schema", "schema_text"]

FORMS: Final = {
    "policy": "policy.schema.json",
    "request": "request.schema.json",
    "sovereign.yaml": "sovereign.yaml.schema.json",
    "trust.yaml": "trust.yaml.schema.json",
}
"""What `policy schema --of` prints, and the published file of each."""

_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"


def json_schema(form: str) -> dict[str, Any]:
    """Return the schema of a form; a key of `FORMS`."""
    if form == "policy":
        from sovereign.policy.schema import policy_schema  # noqa: PLC0415  each builds models of its own

        return policy_schema()
    if form == "request":
        from sovereign.decision.request import Request  # noqa: PLC0415  as above

        return {"$schema": _DIALECT, **_sorted(Request.model_json_schema(by_alias=True))}
    from sovereign.settings.schema import schema_text as settings_schema  # noqa: PLC0415  as above

    found: dict[str, Any] = json.loads(settings_schema(FORMS[form]))
    return found


def schema_text(form: str) -> str:
    """Return the text of the published file."""
    return json.dumps(json_schema(form), indent=2, ensure_ascii=False) + "\n"


def attributes_page() -> str:
    """Return docs/reference/attributes.md: what a policy can ask, and what a request supplies."""
    lines = [
        "# Attributes",
        "",
        "What a policy can ask. An attribute that is absent, null, or outside its domain is unknown.",
        "`for_each`, `for_some` and `for_all` bind the elements of collections;",
        "everything else is read of the request.",
        "This page is made from the attribute table.",
        *_sections(),
    ]
    return "\n".join(lines) + "\n"


def _sections() -> Iterator[str]:
    ordered = sorted(ATTRIBUTES.values(), key=lambda attribute: root_of(attribute.name))
    for root, rows in groupby(ordered, key=lambda attribute: root_of(attribute.name)):
        yield from ("", f"## {root}", "", "| attribute | type | values | meaning | from |", "|---|---|---|---|---|")
        yield from (_row(attribute) for attribute in rows)


def _row(attribute: Attribute) -> str:
    separator = " < " if attribute.kind.value == "ordered enum" else ", "
    return (
        f"| `{attribute.name}` | {attribute.kind.value} | {separator.join(attribute.domain)} "
        f"| {attribute.doc} | {attribute.room} |"
    )


def _sorted(value: Any) -> Any:  # noqa: ANN401  JSON of any type
    """Return the schema with descriptions cut to their first line."""
    if isinstance(value, dict):
        return {
            k: v.split("\n")[0] if k == "description" and isinstance(v, str) else _sorted(v) for k, v in value.items()
        }
    return [_sorted(item) for item in value] if isinstance(value, list) else value
