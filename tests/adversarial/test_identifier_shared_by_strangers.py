"""Attack: an object in a permitted place carries the id, ARN or name by which another one names its parent."""

from simulators.terraform import GERMANY, Plan, refers, verdict


def _both(name: str) -> Plan:
    plan = Plan().provider("aws", profile="x").provider("google", "hashicorp/google", region="europe-west3")
    return plan.add("google_compute_address.a", {"name": name, "id": name}, key="google")


def test_an_object_of_another_cloud_is_no_parent() -> None:
    """Identifiers mean something only inside their own provider."""
    plan = _both("vpc-0a1b2c3d").add("aws_security_group.g", {"vpc_id": "vpc-0a1b2c3d"})
    assert verdict(plan.parse().resources[1], GERMANY) == "unknown"


def test_a_plain_name_is_no_identifier() -> None:
    """Two objects of different types may have one name."""
    plan = Plan().provider("google", "hashicorp/google", region="europe-west3")
    plan.add("google_compute_address.a", {"name": "main", "id": "main"}, key="google")
    plan.add("google_sql_database.d", {"instance": "main"}, key="google")
    assert verdict(plan.parse().resources[1], GERMANY) == "unknown"


def test_two_objects_of_one_name_in_two_places_prove_nothing() -> None:
    """All that can be meant must agree."""
    plan = Plan().provider("aws", region="eu-central-1").provider("aws.us", region="us-east-1")
    plan.add("aws_s3_bucket.a", {"bucket": "copy"}).add("aws_s3_bucket.b", {"bucket": "copy"}, key="aws.us")
    plan.add("aws_s3_bucket_logging.l", {"target_bucket": "copy"})
    assert verdict(plan.parse().resources[2], GERMANY) == "unknown"


def test_objects_that_name_each_other_prove_nothing() -> None:
    """A circle ends, and is unknown."""
    plan = Plan().provider("aws", profile="x")
    for mine, other in (("subnet-0000000a", "subnet-0000000b"), ("subnet-0000000b", "subnet-0000000a")):
        plan.add(f"aws_instance.i{mine[-1]}", {"id": mine, "subnet_id": other}, actions=["no-op"])
    assert [verdict(resource, GERMANY) for resource in plan.parse().resources] == ["unknown", "unknown"]


def test_a_long_chain_and_a_wide_fan_of_objects_end() -> None:
    """Neither the depth nor the number of paths is the attacker's."""
    plan = Plan().provider("aws", profile="x")
    for number in range(400):
        after = {
            "id": f"rtb-{number:08}",
            "route_table_id": f"rtb-{number + 1:08}",
            "subnet_id": f"rtb-{number + 2:08}",
        }
        plan.add(f"aws_route_table_association.a{number}", after, actions=["no-op"])
        plan.add(f"aws_instance.same{number}", {"id": "i-00000001", "subnet_id": "i-00000001"}, actions=["no-op"])
    assert {verdict(resource, GERMANY) for resource in plan.parse().resources} == {"unknown"}


def test_outputs_and_inputs_that_refer_to_each_other_end() -> None:
    """Terraform would refuse them; a file can hold them."""
    plan = Plan().provider("azurerm", "hashicorp/azurerm")
    plan.module("a")["outputs"] = {"x": {"expression": refers("var.y")}}
    plan.module("a")["expressions"] = {"y": refers("module.a.x")}
    plan.add(
        "azurerm_subnet.s",
        {},
        unknown={"virtual_network_name": True},
        expressions={"virtual_network_name": refers("module.a.x")},
        key="azurerm",
    )
    assert verdict(plan.only(), GERMANY) == "unknown"


def test_modules_that_are_nested_deeply_are_read() -> None:
    """As deep as the format can be, without an end of the stack."""
    path = tuple(f"m{number}" for number in range(150))
    plan = Plan().provider("aws", region="eu-central-1")
    for depth in range(len(path)):
        plan.module(*path[: depth + 1])
    address = ".".join(f"module.{name}" for name in path) + ".aws_s3_bucket.b"
    plan.add(address, {"bucket": "b"}, modules=path)
    assert verdict(plan.only(), GERMANY) == "yes"
