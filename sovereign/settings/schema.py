"""JSON Schemas of `sovereign.yaml` and `trust.yaml`, made from the models that read them.

So schema and loader cannot differ in a name or a form. What a schema cannot say (a day of the calendar, keys that
contradict each other, where a file may lie) the loader checks in addition; it never takes what the schema refuses.
"""

import json
from typing import Any, Final

from pydantic import BaseModel

from sovereign.settings.sovereign_yaml import SovereignYaml
from sovereign.settings.trust_schema import TrustYaml

__all__ = ["SCHEMAS", "schema_text"]

_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"

SCHEMAS: Final[dict[str, type[BaseModel]]] = {
    "sovereign.yaml.schema.json": SovereignYaml,
    "trust.yaml.schema.json": TrustYaml,
}
"""The published files, under docs/reference/schemas/, and the models they describe."""


def schema_text(name: str) -> str:
    """Return the text of a published schema, ended by a line feed.

    Args:
        name: a key of `SCHEMAS`.
    """
    schema: dict[str, Any] = SCHEMAS[name].model_json_schema(by_alias=True)
    document = {"$schema": _DIALECT, "$id": f"urn:sovereign:schema:{name.removesuffix('.schema.json')}:1", **schema}
    return json.dumps(_plain(document), indent=2, ensure_ascii=False) + "\n"


def _plain(value: Any) -> Any:  # noqa: ANN401  JSON is any of six types
    """Return the schema with descriptions of one line, the first of each docstring."""
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key: item.split("\n", 1)[0] if key == "description" and isinstance(item, str) else _plain(item)
        for key, item in value.items()
    }
