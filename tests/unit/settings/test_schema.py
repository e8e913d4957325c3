"""The published schemas are those of the models, and agree with the loaders."""

import json
from pathlib import Path
from typing import Any

import pytest

from sovereign.settings.names import NAMES
from sovereign.settings.schema import SCHEMAS, schema_text
from sovereign.settings.sovereign_yaml import UNBUILT as UNBUILT_SETTINGS
from sovereign.settings.trust_schema import UNBUILT as UNBUILT_TRUST


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_published_schema_is_current(name: str, request: pytest.FixtureRequest) -> None:
    """The file under docs/reference/schemas/ is what the model says; `schema_text` writes it."""
    published = request.config.rootpath / "docs" / "reference" / "schemas" / name
    assert Path(published).read_text(encoding="utf-8") == schema_text(name)


def keys_of(schema: dict[str, Any], node: dict[str, Any], prefix: str = "") -> set[str]:
    """Every dotted key that a schema allows."""
    found: set[str] = set()
    for choice in (node, *node.get("anyOf", ())):
        target = schema["$defs"][choice["$ref"].rpartition("/")[2]] if "$ref" in choice else choice
        for name, child in target.get("properties", {}).items():
            found |= {prefix + name} | keys_of(schema, child, f"{prefix}{name}.")
    return found


def test_every_object_is_closed() -> None:
    """No object of a schema takes an unknown key, as no loader does."""
    for name in SCHEMAS:
        schema = json.loads(schema_text(name))
        for part in (schema, *schema["$defs"].values()):
            if part.get("type") == "object":
                assert part["additionalProperties"] is False


def test_schema_settings_and_refused_keys_are_one_set_of_names() -> None:
    """What the schema allows are the settings; what this version refuses is no part of it."""
    settings = json.loads(schema_text("sovereign.yaml.schema.json"))
    trust = json.loads(schema_text("trust.yaml.schema.json"))
    allowed = keys_of(settings, settings)
    assert set(NAMES) <= allowed
    assert not allowed & {path for path in UNBUILT_SETTINGS if "=" not in path}
    assert not keys_of(trust, trust) & set(UNBUILT_TRUST)
    assert settings["$defs"]["LogKind"]["enum"] == ["host", "run"]
