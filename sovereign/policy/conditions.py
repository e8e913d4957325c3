"""Conditions: from the words of the language to typed nodes.

`when`, `must` and `where` are mappings; several keys are a conjunction. A key is an attribute, `any_of`, `all_of`,
`not`, `for_some` or `for_all`. What holds nothing is refused: an empty conjunction is always true.
"""

from dataclasses import replace
from typing import Final

from sovereign._internal.strict_yaml import YamlList, YamlMap, YamlNode, YamlScalar
from sovereign.errors import quoted
from sovereign.policy.attributes import ATTRIBUTES, COLLECTIONS
from sovereign.policy.comparisons import fitting, read_test
from sovereign.policy.ir import All, Any_, Condition, Constant, Not, Quantified
from sovereign.policy.scope import Place, check_bound

__all__ = ["read_condition"]

_TRUE: Final = Constant(value=True)
_CONNECTIVES: Final = ("any_of", "all_of", "not", "for_some", "for_all")


def read_condition(node: YamlNode | None, place: Place) -> Condition:
    """Return the condition; true, for none."""
    if node is None:
        return _TRUE
    if not isinstance(node, YamlMap) or not node.items:
        hint = "name at least one attribute, e.g. {placement.countries: {all_within: [eu]}}"
        place.problems.add("SOV-C107", "a condition is a mapping of attributes to tests", node.span, hint)
        return _TRUE
    return _all(tuple(_entry(key, value, place) for key, value in node.items))


def _all(items: tuple[Condition, ...]) -> Condition:
    return items[0] if len(items) == 1 else All(items)


def _entry(key: YamlScalar, node: YamlNode, place: Place) -> Condition:
    match key.text:
        case "all_of":
            return All(_several(key, node, place))
        case "any_of":
            return Any_(_several(key, node, place))
        case "not":
            return Not(read_condition(node, place))
        case "for_some" | "for_all":
            return _quantified(key, node, place)
        case _:
            return _tests(key, node, place)


def _several(key: YamlScalar, node: YamlNode, place: Place) -> tuple[Condition, ...]:
    items = place.problems.items(node, key.text)
    if isinstance(node, YamlList) and not items:
        place.problems.add("SOV-C107", f"{key.text} without an item is a constant", key.span, "name what it joins")
    return tuple(read_condition(item, place) for item in items)


def _quantified(key: YamlScalar, node: YamlNode, place: Place) -> Condition:
    problems = place.problems
    if place.quantified:
        problems.add("SOV-C111", f"{quoted(key.text)} stands inside another one", key.span, "one level is allowed")
    known = ("over", "covering", "where", "must")
    mapping = problems.mapping(node, key.text, known, ("over", "must"))
    over = problems.word(mapping.get("over"), "over", COLLECTIONS)
    if not over:
        return _TRUE
    root = COLLECTIONS[over]
    if root in place.bound:
        problems.add("SOV-C111", f"{quoted(over)} is already bound by for_each", key.span, "ask the element")
    inside = replace(place, bound=(*place.bound, root), quantified=True)
    return Quantified(
        every=key.text == "for_all",
        over=over,
        covering=_covering(mapping.get("covering"), root, place),
        where=read_condition(mapping.get("where"), inside),
        must=read_condition(mapping.get("must"), inside),
    )


def _covering(node: YamlNode | None, root: str, place: Place) -> str | None:
    if node is None:
        return None
    covered = place.problems.word(node, "covering", ("placement", "link"))
    if covered and covered not in place.bound:
        hint = f"bind it with for_each: {{over: {covered}s}}"
        place.problems.add("SOV-C111", f"no {covered} is bound here", node.span, hint)
    if f"{root}.covers" not in ATTRIBUTES:
        place.problems.add("SOV-C111", f"a {root} covers nothing", node.span, "leave `covering` out")
    return covered or None


def _tests(key: YamlScalar, node: YamlNode, place: Place) -> Condition:
    attribute = ATTRIBUTES.get(key.text)
    if attribute is None:
        place.problems.unknown("SOV-C103", "attribute", key, (*ATTRIBUTES, *_CONNECTIVES))
        return _TRUE
    check_bound(attribute, key.span, place)
    if not isinstance(node, YamlMap) or not node.items:
        hint = f"write {{{key.text}: {{{fitting(attribute)[0]}: …}}}}"
        place.problems.add("SOV-C107", f"{quoted(key.text)} needs an operator", node.span, hint)
        return _TRUE
    return _all(tuple(read_test(attribute, name, value, place) for name, value in node.items))
