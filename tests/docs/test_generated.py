"""What is published under docs/reference is what the code says now.

To write it anew: `python tests/docs/test_generated.py`.
"""

from pathlib import Path

import pytest

from sovereign.report.schemas import FORMS, attributes_page, schema_text

REFERENCE = Path(__file__).resolve().parents[2] / "docs" / "reference"
PUBLISHED = {
    "attributes.md": attributes_page,
    **{f"schemas/{name}": lambda form=form: schema_text(form) for form, name in FORMS.items()},
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_file_is_current(name: str) -> None:
    """A published schema, and the page of attributes, differ from the code in nothing."""
    assert (REFERENCE / name).read_text(encoding="utf-8") == PUBLISHED[name]()


def test_every_published_schema_is_made() -> None:
    """No schema lies there that nothing makes."""
    assert {path.name for path in (REFERENCE / "schemas").iterdir()} == set(FORMS.values())


if __name__ == "__main__":
    for published, make in PUBLISHED.items():
        (REFERENCE / published).write_text(make(), encoding="utf-8")
