"""The JSON Schema of policies, as an editor applies it: everything that loads passes, and common slips are marked."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from sovereign.policy.schema import policy_schema
from sovereign.policy.store import shipped_ids, shipped_path

ROOT = Path(__file__).resolve().parents[3]
LOADING = [path for name in shipped_ids() if (path := shipped_path(name))] + [
    ROOT / "tests" / "bench" / "policy.yaml",
    ROOT / "tests" / "conformance" / "policies" / "health-in-germany.yaml",
]
BROKEN = ROOT / "tests" / "corpus" / "broken_policies"


def as_an_editor_reads(path: Path) -> Any:
    """Return the document in the core schema of YAML 1.2, in which dates are text."""
    return _core(yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader))  # noqa: S506  makes text only


def _core(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _core(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_core(item) for item in value]
    return {"true": True, "false": False, "1": 1}.get(value, value)


def test_schema_is_one() -> None:
    """It is valid by its own schema."""
    Draft202012Validator.check_schema(policy_schema())


@pytest.mark.parametrize("path", LOADING, ids=lambda path: path.parent.name + "/" + path.name)
def test_what_loads_passes(path: Path) -> None:
    """An editor that marks a correct policy teaches its reader to look away."""
    errors = Draft202012Validator(policy_schema()).iter_errors(as_an_editor_reads(path))
    assert [error.message[:200] for error in errors] == []


@pytest.mark.parametrize(
    "name",
    [
        "attribute_misspelt",
        "key_of_policy",
        "key_of_rule",
        "key_of_citation",
        "law_missing",
        "law_empty",
        "must_missing",
        "operator_unknown",
        "operator_of_another_type",
        "role_unknown",
        "severity_unknown",
        "status_unknown",
        "id_of_a_policy",
        "id_of_a_rule",
        "version_of_another_form",
    ],
)
def test_common_slips_are_marked(name: str) -> None:
    """While typing, before any test runs."""
    assert not Draft202012Validator(policy_schema()).is_valid(as_an_editor_reads(BROKEN / f"{name}.yaml"))
