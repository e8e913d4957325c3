"""What is published about the language is made from it, and current."""

from pathlib import Path

import pytest

from sovereign.policy.attributes import ATTRIBUTES
from sovereign.policy.comparisons import OPERATORS
from sovereign.policy.load import POLICY_KEYS
from sovereign.policy.rules import RULE_KEYS
from sovereign.policy.schema import policy_schema
from sovereign.report.schemas import FORMS, attributes_page, schema_text

REFERENCE = Path(__file__).resolve().parents[3] / "docs" / "reference"


@pytest.mark.parametrize("form", sorted(FORMS))
def test_published_schema_is_current(form: str) -> None:
    """The file in the repository is what `sovereign policy schema` prints."""
    assert (REFERENCE / "schemas" / FORMS[form]).read_text(encoding="utf-8") == schema_text(form)


def test_page_of_attributes_is_current() -> None:
    """The page is made from the table."""
    assert (REFERENCE / "attributes.md").read_text(encoding="utf-8") == attributes_page()


def test_schema_knows_what_the_loader_knows() -> None:
    """Keys, attributes and operators of the schema are those of the loader."""
    schema = policy_schema()
    assert tuple(schema["properties"]) == POLICY_KEYS
    assert tuple(schema["$defs"]["rule"]["properties"]) == RULE_KEYS
    condition = schema["$defs"]["condition"]["properties"]
    assert set(ATTRIBUTES) <= set(condition)
    for name, attribute in ATTRIBUTES.items():
        fitting = {operator for operator, kinds in OPERATORS.items() if attribute.kind in kinds}
        form = schema["$defs"][condition[name]["$ref"].removeprefix("#/$defs/")]
        assert set(form["properties"]) == fitting
