"""An input is told by its content, and what is no plan gets an error of its own with the commands that make one."""

import io
import json
import zipfile

import pytest
from simulators.terraform import CATALOGUE, Plan

from sovereign.errors import InputError
from sovereign.facts.sources.terraform_plan import parse_terraform_plan

PLAN = Plan().provider("aws", region="eu-central-1").add("aws_s3_bucket.a", {"bucket": "a"})


def _code(data: bytes) -> str:
    with pytest.raises(InputError) as caught:
        parse_terraform_plan(data, source="x", catalogue=CATALOGUE)
    assert caught.value.exit_code == 3
    assert caught.value.hint
    return caught.value.code


def _zip() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("tfplan", b"x")
    return file.getvalue()


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "SOV-I201"),
        (b" \n\t ", "SOV-I201"),
        (b"\xef\xbb\xbf\n", "SOV-I201"),
        (_zip(), "SOV-I202"),
        (b'{"@level":"info","@message":"Terraform 1.9.8"}\n{"@level":"info"}\n', "SOV-I203"),
        (b'# main\nresource "aws_s3_bucket" "a" {\n}\n', "SOV-I204"),
        (b'terraform {\n  required_version = ">= 1.5"\n}\n', "SOV-I204"),
        (b'{"format_version": "1.0", "terraform_version": "1.9.8", "values": {"root_module": {}}}', "SOV-I205"),
        (b'{"version": 4, "lineage": "x", "serial": 3, "resources": []}', "SOV-I205"),
        (b'{"hello": "world"}', "SOV-I200"),
        (b"[1, 2]", "SOV-I200"),
        (b'"text"', "SOV-I200"),
        (b"Terraform used the selected providers\n{}", "SOV-I002"),
        (b"{", "SOV-I002"),
        (b'{"format_version": "1.2", "resource_changes": [], "resource_changes": []}', "SOV-I004"),
        (b"[" * 100_000, "SOV-I005"),
        (b"\xff\xfe\x00", "SOV-I001"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_what_is_no_plan_has_an_error_of_its_own(data: bytes, code: str) -> None:
    """Each wrong input ends with exit code 3, its own code and what to do."""
    assert _code(data) == code


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_marks_of_byte_order_and_utf_16_are_read(encoding: str) -> None:
    """A shell that writes UTF-16 or a byte-order mark makes no other plan."""
    data = PLAN.bytes().decode().encode(encoding)
    assert len(parse_terraform_plan(data, source="x", catalogue=CATALOGUE).resources) == 1


def test_a_wrapped_plan_is_read_with_pointers_into_the_wrapper() -> None:
    """`{"tfplan": …}` is a plan, and evidence points into what was given."""
    plan = parse_terraform_plan(json.dumps({"tfplan": PLAN.document()}).encode(), source="x", catalogue=CATALOGUE)
    assert plan.resources[0].pointer == "/tfplan/resource_changes/0"


@pytest.mark.parametrize("version", ["2.0", "1", "1.x", "\u0660.1", "1.2\n", 1.2, None])
def test_an_unknown_format_is_refused(version: object) -> None:
    """A new major version may mean something else."""
    assert _code(json.dumps({**PLAN.document(), "format_version": version}).encode()) == "SOV-I207"


@pytest.mark.parametrize("extra", [{"errored": True}, {"complete": False}, {"errored": "no"}, {"complete": None}])
def test_a_partial_plan_is_refused_unless_it_is_accepted(extra: dict[str, object]) -> None:
    """What is missing cannot be judged."""
    plan = Plan(extra=extra).provider("aws", region="eu-central-1").add("aws_s3_bucket.a", {"bucket": "a"})
    assert _code(plan.bytes()) == "SOV-I206"
    assert len(plan.parse(allow_partial=True).resources) == 1


def test_a_plan_that_is_not_applyable_is_judged() -> None:
    """`applyable: false` only says that there is nothing to do."""
    plan = Plan(extra={"applyable": False}).provider("aws", region="eu-west-1")
    assert plan.add("aws_s3_bucket.a", {"bucket": "a"}, actions=["no-op"]).only().placements[0].region == "eu-west-1"


@pytest.mark.parametrize(
    "broken",
    [
        {"resource_changes": {}},
        {"resource_changes": [1]},
        {"resource_changes": [{"address": "a.b"}]},
        {"resource_changes": [{"address": "a.b", "mode": "other", "type": "a", "change": {"actions": ["create"]}}]},
        {"resource_changes": [{"address": "a.b", "mode": "managed", "type": "a", "change": {"actions": ["explode"]}}]},
        {"resource_changes": [{"address": "a.b", "mode": "managed", "type": "a", "change": {"actions": [["x"]]}}]},
        {"resource_changes": [{"address": "a.b", "mode": "managed", "type": "a", "change": {"actions": []}}]},
        {"configuration": []},
        {"prior_state": 3},
        {"deferred_changes": [3]},
        {"variables": "x"},
    ],
)
def test_a_part_of_another_form_is_refused_and_not_skipped(broken: dict[str, object]) -> None:
    """A change that cannot be read is never left out."""
    assert _code(json.dumps({**PLAN.document(), **broken}).encode()) == "SOV-I208"


def test_planned_values_alone_prove_nothing() -> None:
    """They leave out what is known only after apply, so absence says nothing."""
    assert _code(b'{"format_version": "1.2", "planned_values": {}}') == "SOV-I208"
