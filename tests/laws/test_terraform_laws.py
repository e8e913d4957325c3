"""Laws of reading plans: less knowledge never permits more, and neither order nor wrapping changes anything."""

from collections.abc import Mapping
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from simulators.terraform import GERMANY, UNION, Plan, refers, verdict

from sovereign.facts.sources.terraform.model import PlannedResource

_REGIONS = ("eu-central-1", "eu-west-1", "us-east-1", "eu-central-2", "nowhere")
_ZONES = ("eu-central-1a", "us-east-1b", "eu-central-1-waw-1a", "eu-central-1")
_region = st.sampled_from(_REGIONS)
_zone = st.sampled_from(_ZONES)
_arn = st.builds("arn:aws:kms:{}:111122223333:key/k".format, _region)

_RESOURCES: Mapping[str, Mapping[str, st.SearchStrategy[Any]]] = {
    "aws_s3_bucket": {"bucket": st.sampled_from(["a", "b"])},
    "aws_ebs_volume": {"availability_zone": _zone, "kms_key_id": _arn},
    "aws_sqs_queue": {"name": st.just("q"), "region": _region},
    "aws_dynamodb_table": {"name": st.just("t"), "replica": st.lists(st.builds(dict, region_name=_region), max_size=2)},
    "aws_s3_bucket_replication_configuration": {
        "bucket": st.sampled_from(["a", "b"]),
        "rule": st.just([{"destination": [{"bucket": "arn:aws:s3:::b"}]}]),
    },
    "aws_cloudfront_distribution": {"price_class": st.just("PriceClass_100")},
    "aws_iam_role": {"name": st.just("r")},
    "aws_kms_key": {"multi_region": st.booleans()},
}


@st.composite
def _resources(draw: st.DrawFn) -> list[tuple[str, dict[str, Any], str]]:
    """Draw kind, values and provider key of up to four resources."""
    chosen = draw(st.lists(st.sampled_from(sorted(_RESOURCES)), min_size=1, max_size=4))
    made = []
    for kind in chosen:
        shape = _RESOURCES[kind]
        kept = draw(st.sets(st.sampled_from(sorted(shape))))
        made.append((kind, {name: draw(shape[name]) for name in sorted(kept)}, draw(st.sampled_from(["aws", "aws.b"]))))
    return made


def _plan(regions: tuple[str, str | None], resources: list[tuple[str, dict[str, Any], str]]) -> Plan:
    plan = Plan().provider("aws", region=regions[0])
    plan.provider("aws.b", **({} if regions[1] is None else {"region": regions[1]}))
    for number, (kind, after, key) in enumerate(resources):
        plan.add(f"{kind}.r{number}", after, key=key)
    return plan


def _verdicts(plan: Plan, **assume: str) -> dict[str, tuple[str, str]]:
    read = plan.parse(**assume).resources
    return {r.address.rpartition("module.m.")[2]: (verdict(r, GERMANY), verdict(r, UNION)) for r in read}


def _contradicted(resource: PlannedResource) -> bool:
    return any(placement.conflicts for placement in resource.placements)


_pair = st.tuples(_region, st.one_of(st.none(), _region))


@given(_pair, _resources())
def test_the_order_of_changes_does_not_matter(regions: tuple[str, str | None], resources: list[Any]) -> None:
    """Neither do those of blocks."""
    plan, turned = _plan(regions, resources), _plan(regions, resources)
    turned.changes.reverse()
    turned.module()["resources"].reverse()
    assert _verdicts(plan) == _verdicts(turned)


@given(_pair, _resources(), st.data())
def test_an_attribute_that_becomes_unknown_never_permits(
    regions: tuple[str, str | None], resources: list[Any], data: st.DataObject
) -> None:
    """But for one that contradicted other evidence."""
    plan = _plan(regions, resources)
    before = plan.parse().resources
    change = data.draw(st.sampled_from([c for c in plan.changes if c["change"]["after"]] or [None]))
    if change is None:
        return
    name = data.draw(st.sampled_from(sorted(change["change"]["after"])))
    del change["change"]["after"][name]
    change["change"]["after_unknown"][name] = True
    for old, new in zip(before, plan.parse().resources, strict=True):
        for allowed in (GERMANY, UNION):
            if verdict(new, allowed) in {"yes", "n/a"} and not _contradicted(old):
                assert verdict(old, allowed) in {"yes", "n/a"}


@given(_pair, _resources())
def test_a_region_that_the_provider_stops_stating_never_permits(
    regions: tuple[str, str | None], resources: list[Any]
) -> None:
    """But where it contradicted other evidence."""
    before = _plan(regions, resources).parse().resources
    after = _plan((regions[0], None), resources).parse().resources
    for old, new in zip(before, after, strict=True):
        if verdict(new, UNION) in {"yes", "n/a"} and not _contradicted(old):
            assert verdict(old, UNION) in {"yes", "n/a"}


@given(_pair, _resources())
def test_a_region_moved_into_a_variable_changes_nothing_but_confidence(
    regions: tuple[str, str | None], resources: list[Any]
) -> None:
    """One variable with a value is as good as the constant, and said to be weaker."""
    moved = _plan(regions, resources)
    moved.provider("aws", region=refers("var.region"))
    moved.extra["variables"] = {"region": {"value": regions[0]}}
    assert _verdicts(_plan(regions, resources)) == _verdicts(moved)


@given(_pair, _resources())
def test_wrapping_resources_in_a_module_changes_nothing(regions: tuple[str, str | None], resources: list[Any]) -> None:
    """Resolved keys point at the same configurations."""
    wrapped = Plan().provider("aws", region=regions[0])
    wrapped.provider("aws.b", **({} if regions[1] is None else {"region": regions[1]}))
    for number, (kind, after, key) in enumerate(resources):
        wrapped.add(f"module.m.{kind}.r{number}", after, key=key, modules=("m",))
    assert _verdicts(_plan(regions, resources)) == _verdicts(wrapped)


@given(_pair, _resources(), st.sampled_from(["eu-central-1", "us-east-1", "DE"]))
def test_an_assumption_turns_no_denial_into_a_permit(
    regions: tuple[str, str | None], resources: list[Any], assumed: str
) -> None:
    """It fills what is unknown, and nothing else."""
    plan = _plan(regions, resources)
    plain, stated = _verdicts(plan), _verdicts(plan, aws_region=assumed)
    for address, verdicts in plain.items():
        for old, new in zip(verdicts, stated[address], strict=True):
            assert old in {"unknown", new}
