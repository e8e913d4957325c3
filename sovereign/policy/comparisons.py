"""Comparisons: one attribute, one operator, one right side, each checked by the attribute's type and domain."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from sovereign._internal.strict_yaml import YamlList, YamlMap, YamlNode, YamlScalar
from sovereign.errors import quoted
from sovereign.policy.attributes import ATTRIBUTES, Attribute, Kind
from sovereign.policy.ir import All, AtMinus, Condition, Constant, Not, Op, Test
from sovereign.policy.reading import nearest, one_of
from sovereign.policy.scope import Place, check_bound
from sovereign.policy.values import typed_value
from sovereign.policy.view import Value

__all__ = ["OPERATORS", "fitting", "read_places", "read_test", "read_value"]

_TRUE: Final = Constant(value=True)
_ONE: Final = frozenset({Kind.ENUM, Kind.ORDERED, Kind.BOOL, Kind.INT, Kind.ID})
_DATES: Final = frozenset({Kind.DATE})
_SETS: Final = frozenset({Kind.ENUM_SET, Kind.TREE_SET, Kind.ID_SET, Kind.PLACE_SET})
_INT: Final = re.compile(r"-?\d{1,18}", re.ASCII)
_WORDS: Final = frozenset({Kind.ENUM_SET, Kind.ID_SET})
# a tree is closed upwards, and a country stands for its territories too: equality of sets would surprise there

OPERATORS: Final[Mapping[str, frozenset[Kind]]] = MappingProxyType(
    {
        "is": _ONE | _WORDS,
        "is_not": _ONE,
        "one_of": _ONE,
        "none_of": _ONE,
        "at_least": frozenset({Kind.ORDERED}),
        "at_most": frozenset({Kind.ORDERED}),
        "within": frozenset({Kind.PLACE}),
        "not_within": frozenset({Kind.PLACE}),
        "all_within": frozenset({Kind.PLACE_SET}),
        "includes": _SETS,
        "includes_any": _SETS,
        "excludes": _SETS,
        "subset_of": _WORDS | {Kind.PLACE_SET},
        "before": _DATES,
        "after": _DATES,
        "on_or_before": _DATES,
        "on_or_after": _DATES,
        "known": frozenset(Kind),
    }
)
"""Each operator and the types on its left side."""


def fitting(attribute: Attribute) -> list[str]:
    """Return the operators that apply to an attribute, the most usual first."""
    return [name for name, kinds in OPERATORS.items() if attribute.kind in kinds]


_DATE_OPS: Final = {
    "before": Op.BEFORE,
    "after": Op.AFTER,
    "on_or_before": Op.ON_OR_BEFORE,
    "on_or_after": Op.ON_OR_AFTER,
}


def read_test(attribute: Attribute, name: YamlScalar, node: YamlNode, place: Place) -> Condition:
    """Return the comparison of `attribute` by the operator `name` with the right side `node`."""
    kinds = OPERATORS.get(name.text)
    if kinds is None:
        place.problems.unknown("SOV-C104", "operator", name, OPERATORS)
        return _TRUE
    if attribute.kind not in kinds:
        message = f"{quoted(name.text)} does not apply to {attribute.name} ({attribute.kind.value})"
        place.problems.add("SOV-C104", message, name.span, f"these do: {', '.join(fitting(attribute))}")
        return _TRUE
    return _READ[name.text](attribute, name, node, place)


def _is(attribute: Attribute, name: YamlScalar, node: YamlNode, place: Place) -> Condition:
    if attribute.is_set:
        return Test(attribute.name, Op.EQUAL_SET, _values(attribute, node, place))
    value = read_value(attribute, node, place)
    op = Op.MEMBER if name.text == "is" else Op.NOT_MEMBER
    return Test(attribute.name, op, frozenset() if value is None else frozenset({value}))


def _one_of(attribute: Attribute, name: YamlScalar, node: YamlNode, place: Place) -> Condition:
    op = Op.MEMBER if name.text == "one_of" else Op.NOT_MEMBER
    return Test(attribute.name, op, _some_values(attribute, name, node, place))


def _ordered(attribute: Attribute, name: YamlScalar, node: YamlNode, place: Place) -> Condition:
    value = read_value(attribute, node, place)
    if value not in attribute.domain:
        return _TRUE
    at = attribute.domain.index(str(value))
    words = attribute.domain[at:] if name.text == "at_least" else attribute.domain[: at + 1]
    return Test(attribute.name, Op.MEMBER, frozenset(words))


def _within(attribute: Attribute, name: YamlScalar, node: YamlNode, place: Place) -> Condition:
    op = Op.ALL_WITHIN if name.text == "all_within" else Op.WITHIN
    if isinstance(node, YamlMap):
        test = Test(attribute.name, op, other=_other(node, (Kind.PLACE_SET,), place))
    else:
        test = Test(attribute.name, op, read_places(node, place))
    return Not(test) if name.text == "not_within" else test


def _set(attribute: Attribute, name: YamlScalar, node: YamlNode, place: Place) -> Condition:
    if attribute.kind is Kind.PLACE_SET:
        return _place_set(attribute, name, read_places(node, place))
    op = {"includes": Op.INCLUDES, "includes_any": Op.INCLUDES_ANY, "excludes": Op.EXCLUDES}[name.text]
    return Test(attribute.name, op, _some_values(attribute, name, node, place))


def _some_values(attribute: Attribute, name: YamlScalar, node: YamlNode, place: Place) -> frozenset[Value]:
    """Return at least one value: a comparison with nothing is a constant, and a duty of that kind demands nothing."""
    values = _values(attribute, node, place)
    if isinstance(node, YamlList) and not node.items:
        place.problems.add("SOV-C107", f"{quoted(name.text)} needs at least one value", node.span, "name the values")
    return values


def _place_set(attribute: Attribute, name: YamlScalar, words: frozenset[Value]) -> Condition:
    """A country stands for its territories here too: no place in France is also none in Réunion."""
    if name.text == "includes":
        return All(tuple(Test(attribute.name, Op.MEETS, frozenset({word})) for word in sorted(map(str, words))))
    meets = Test(attribute.name, Op.MEETS, words)
    return Not(meets) if name.text == "excludes" else meets


def _subset(attribute: Attribute, name: YamlScalar, node: YamlNode, place: Place) -> Condition:  # noqa: ARG001  one form
    if isinstance(node, YamlMap):
        return Test(attribute.name, Op.SUBSET, other=_other(node, (attribute.kind,), place))
    if attribute.kind is Kind.PLACE_SET:
        return Test(attribute.name, Op.ALL_WITHIN, read_places(node, place))
    return Test(attribute.name, Op.SUBSET, _values(attribute, node, place))


def _date(attribute: Attribute, name: YamlScalar, node: YamlNode, place: Place) -> Condition:
    op = _DATE_OPS[name.text]
    if isinstance(node, YamlMap):
        if node.get("at_minus") is None:
            return Test(attribute.name, op, other=_other(node, (Kind.DATE,), place))
        mapping = place.problems.mapping(node, "a relative date", ("at_minus",))
        period = mapping.get("at_minus")
        assert period is not None
        return Test(attribute.name, op, day=AtMinus(place.problems.months(period, "at_minus")))
    if isinstance(node, YamlScalar) and node.text == "at":
        return Test(attribute.name, op, day=AtMinus())
    day = place.problems.day(node, f"the right side of {name.text}")
    return _TRUE if day is None else Test(attribute.name, op, day=day)


def _known(attribute: Attribute, name: YamlScalar, node: YamlNode, place: Place) -> Condition:  # noqa: ARG001  one form
    if place.problems.word(node, "known", ("true",)):
        return Test(attribute.name, Op.KNOWN)
    return _TRUE


_READ: Final[Mapping[str, Callable[[Attribute, YamlScalar, YamlNode, Place], Condition]]] = {
    "is": _is,
    "is_not": _is,
    "one_of": _one_of,
    "none_of": _one_of,
    "at_least": _ordered,
    "at_most": _ordered,
    "within": _within,
    "not_within": _within,
    "all_within": _within,
    "includes": _set,
    "includes_any": _set,
    "excludes": _set,
    "subset_of": _subset,
    "before": _date,
    "after": _date,
    "on_or_before": _date,
    "on_or_after": _date,
    "known": _known,
}


def read_value(attribute: Attribute, node: YamlNode, place: Place) -> Value | None:
    """Return one value in the attribute's domain, or a whole set for a set; None after a mistake was noted."""
    if attribute.is_set:
        texts: object = [item.text for item in _scalars(node, attribute.name, place)]
    elif isinstance(node, YamlScalar) and not node.is_null:
        texts = _plain(attribute, node)
    else:
        place.problems.add(
            "SOV-C105", f"{attribute.name} has one value", node.span, f"its type: {attribute.kind.value}"
        )
        return None
    value = typed_value(attribute, texts, place.places)
    if value is None:
        _not_in_domain(attribute, node, place)
    return value


def _plain(attribute: Attribute, node: YamlScalar) -> object:
    if attribute.kind is Kind.BOOL:
        return {"true": True, "false": False}.get(node.text)
    if attribute.kind is Kind.INT:
        return int(node.text) if _INT.fullmatch(node.text) else None
    return node.text


def _values(attribute: Attribute, node: YamlNode, place: Place) -> frozenset[Value]:
    """Return the values of a list, or of one word, each in the domain of the attribute's members."""
    member = replace(attribute, kind=_MEMBER.get(attribute.kind, attribute.kind))
    nodes = node.items if isinstance(node, YamlList) else (node,)
    found = (read_value(member, item, place) for item in nodes)
    return frozenset(value for value in found if value is not None)


_MEMBER: Final = {
    Kind.ENUM_SET: Kind.ENUM,
    Kind.TREE_SET: Kind.ENUM,
    Kind.ID_SET: Kind.ID,
    Kind.PLACE_SET: Kind.PLACE,
}


def read_places(node: YamlNode, place: Place) -> frozenset[Value]:
    """Return the words of a list of countries, groups and the policy's own lists."""
    found: set[Value] = set()
    for item in _scalars(node, "a list of places", place):
        if item.text in place.lists:
            found |= place.lists[item.text]
        elif place.is_group(item.text) or place.places.canonical(item.text) in place.places.places:
            found.add(item.text)
        else:
            known = (*place.lists, *place.groups, *place.places.places)
            hint = (
                nearest(item.text, known)
                or "write ISO 3166-1 codes, groups such as eu or eea, or a list of this policy"
            )
            place.problems.add("SOV-C106", f"unknown country, group or list {quoted(item.text)}", item.span, hint)
    if isinstance(node, YamlList) and not node.items:
        place.problems.add("SOV-C107", "an empty list of places holds nothing", node.span, "name countries or groups")
    return frozenset(found)


def _scalars(node: YamlNode, what: str, place: Place) -> list[YamlScalar]:
    nodes = node.items if isinstance(node, YamlList) else (node,)
    found = [item for item in nodes if isinstance(item, YamlScalar) and not item.is_null]
    if len(found) != len(nodes):
        place.problems.add("SOV-C107", f"{what} holds something that is no word", node.span, "write words")
    return found


def _other(node: YamlMap, kinds: tuple[Kind, ...], place: Place) -> str | None:
    """Return the attribute of `{attr: …}`, which must be of one of `kinds`."""
    mapping = place.problems.mapping(node, "a reference", ("attr",), ("attr",))
    name = mapping.get("attr")
    if not isinstance(name, YamlScalar):
        return None
    attribute = ATTRIBUTES.get(name.text)
    if attribute is None:
        place.problems.unknown("SOV-C103", "attribute", name, ATTRIBUTES)
        return None
    check_bound(attribute, name.span, place)
    if attribute.kind not in kinds:
        expected = " or ".join(kind.value for kind in kinds)
        message = f"{attribute.name} ({attribute.kind.value}) cannot stand here"
        place.problems.add("SOV-C104", message, name.span, f"name an attribute of this type: {expected}")
    return attribute.name


def _not_in_domain(attribute: Attribute, node: YamlNode, place: Place) -> None:
    words = [item.text for item in _scalars(node, attribute.name, place)]
    known = attribute.domain or tuple(place.places.places if attribute.kind in {Kind.PLACE, Kind.PLACE_SET} else ())
    known = known or (("true", "false") if attribute.kind is Kind.BOOL else ())
    wrong = next((word for word in words if place.places.canonical(word) not in known and word not in known), None)
    shown = wrong if wrong is not None else (words[0] if words else "")
    hint = (nearest(shown, known) or one_of(known)) if known else f"its type: {attribute.kind.value}"
    place.problems.add("SOV-C105", f"{quoted(shown)} is not a value of {attribute.name}", node.span, hint)
