"""Addresses are read by a state machine, and values along paths of the type table."""

import pytest

from sovereign.facts.sources.terraform.addresses import Address, parse_address, steps
from sovereign.facts.sources.terraform.values import Values, leaves


@pytest.mark.parametrize(
    ("text", "modules", "local"),
    [
        ("aws_s3_bucket.a", (), "aws_s3_bucket.a"),
        ("data.aws_region.current", (), "data.aws_region.current"),
        ("module.a.module.b.aws_s3_bucket.c[0]", ("a", "b"), "aws_s3_bucket.c"),
        ('module.a["x.y"].aws_s3_bucket.c["k[0].z"]', ("a",), "aws_s3_bucket.c"),
        ('module.a["module.b.aws_x.y"].data.aws_vpc.v', ("a",), "data.aws_vpc.v"),
        ('aws_s3_bucket.c["a\\"].module.b.aws_x.y"]', (), "aws_s3_bucket.c"),
        ('aws_s3_bucket.c["]"]', (), "aws_s3_bucket.c"),
        ("module.module.aws_s3_bucket.data", ("module",), "aws_s3_bucket.data"),
    ],
)
def test_index_keys_may_hold_dots_brackets_and_quotes(text: str, modules: tuple[str, ...], local: str) -> None:
    """They are dropped, whatever they hold."""
    address = parse_address(text)
    assert address is not None
    assert (address.modules, address.local) == (modules, local)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        "a.",
        ".a",
        "a.b.c",
        "module.a",
        "a.b[",
        "a.b]",
        'a.b["x]',
        "a.b[[0]]",
        'a.b["x\\"]',
        "module..a.b",
        "data.a",
    ],
)
def test_what_is_no_address_is_none(text: str) -> None:
    """Nothing is guessed from it."""
    assert parse_address(text) is None


def test_steps_of_a_reference_keep_what_stands_behind_the_name() -> None:
    """References go on with an attribute."""
    assert steps("aws_s3_bucket.a[0].arn") == ("aws_s3_bucket", "a", "arn")


def test_an_address_without_mode_is_managed() -> None:
    """Only `data.` says otherwise."""
    assert parse_address("a.b") == Address(modules=(), mode="managed", type="a", name="b")


def _known(values: Values, path: str) -> list[object]:
    return [leaf.value if leaf.known else "?" for leaf in leaves(values, path)]


@pytest.mark.parametrize(
    ("value", "unknown", "expected"),
    [
        ({"a": [{"b": "x"}]}, None, ["x"]),
        ({"a": {"b": "x"}}, None, ["x"]),
        ({"a": [{"b": ["x", "y"]}]}, None, ["x", "y"]),
        ({"a": []}, None, []),
        ({"a": None}, None, []),
        ({"a": [{"b": ""}]}, None, []),
        (None, None, []),
        ({"a": "text"}, None, []),
        ({}, {"a": True}, ["?"]),
        (None, True, ["?"]),
        (None, {"a": [{"b": True}]}, ["?"]),
        ({"a": [{"b": "x"}, {}]}, {"a": [{}, {"b": True}]}, ["x", "?"]),
        ({"a": [{"b": "x"}]}, {"a": [{"b": False}]}, ["x"]),
        ({"a": [{"b": ["x"]}]}, {"a": [{"b": [False, True]}]}, ["x", "?"]),
        ({"a": [{"b": "x"}]}, {"a": True}, ["?"]),
    ],
)
def test_values_are_known_unknown_or_absent(value: object, unknown: object, expected: list[object]) -> None:
    """`true` anywhere in the marks makes everything below unknown."""
    assert _known(Values(value=value, unknown=unknown, pointer=""), "a[].b[]") == expected


@pytest.mark.parametrize("marks", [True, {"a": True}, {"a": [{"b": True}]}, {"a": [True]}])
def test_sensitive_values_are_not_shown(marks: object) -> None:
    """`true` above or at the value."""
    (leaf,) = leaves(Values(value={"a": [{"b": "x"}]}, sensitive=marks, pointer=""), "a[].b")
    assert (leaf.text, leaf.shown) == ("x", None)


def test_pointers_escape_what_json_pointers_must() -> None:
    """RFC 6901, section 3."""
    (leaf,) = leaves(Values(value={"a/b~c": "x"}, pointer="/p"), "a/b~c")
    assert leaf.pointer == "/p/a~1b~0c"
