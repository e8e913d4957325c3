"""JSON Schema of a policy file, made from the attribute table, so that editors complete and check while typing.

The loader is stricter (tests, unique ids, quantifiers); nothing that it accepts is refused here.
"""

from typing import Any, Final

from sovereign.policy.attributes import ATTRIBUTES, COLLECTIONS, Attribute, Kind, root_of
from sovereign.policy.comparisons import fitting
from sovereign.policy.ir import Effect, Status
from sovereign.policy.load import POLICY_KEYS
from sovereign.policy.outcome import Outcome
from sovereign.policy.rules import RULE_KEYS, SEVERITIES, VERIFICATIONS
from sovereign.policy.scope import ELEMENT_ROOTS

__all__ = ["policy_schema"]

_TEXT: Final = {"oneOf": [{"type": "string"}, {"$ref": "#/$defs/texts"}]}
_WORDS: Final = {"type": "array", "items": {"type": "string"}}
_DAY: Final = {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$"}
_TRUTH: Final = {"enum": [True, False, "true", "false"]}
_SCALAR: Final = {"type": ["string", "boolean", "number"]}
_REFERENCE: Final = {"$ref": "#/$defs/reference"}
_REFERENCE_FORM: Final = {
    "type": "object",
    "additionalProperties": False,
    "required": ["attr"],
    "properties": {"attr": {"enum": list(ATTRIBUTES)}},
}
_AT_MINUS: Final = {
    "type": "object",
    "additionalProperties": False,
    "required": ["at_minus"],
    "properties": {"at_minus": {"type": "string", "pattern": r"^P\d{1,4}[MY]$"}},
}
_PREMISE: Final = {"anyOf": [{"$ref": "#/$defs/condition"}, {"enum": [True, "true"]}]}
_BETWEEN_ATTRIBUTES: Final = frozenset({"within", "not_within", "all_within", "subset_of"})


def policy_schema() -> dict[str, Any]:
    """Return the schema of a policy file (JSON Schema 2020-12)."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A policy of sovereign",
        "type": "object",
        "additionalProperties": False,
        "required": ["sovereign", "policy", "version", "status", "owner", "rules"],
        "properties": {key: _POLICY[key] for key in POLICY_KEYS},
        "$defs": {
            "texts": {
                "type": "object",
                "additionalProperties": False,
                "properties": {"en": {"type": "string"}, "de": {"type": "string"}},
            },
            "window": {
                "type": "object",
                "additionalProperties": False,
                "properties": {"from": _DAY, "to": _DAY},
            },
            "citation": _CITATION,
            "condition": _condition(),
            "quantifier": _QUANTIFIER,
            "rule": {
                "type": "object",
                "additionalProperties": False,
                "required": ["id", "title", "law", "severity", "must"],
                "properties": {key: _RULE[key] for key in RULE_KEYS},
            },
            "test": _test(),
            "reference": _REFERENCE_FORM,
            **_comparisons(),
        },
    }


_POLICY: Final[dict[str, Any]] = {
    "sovereign": {"enum": [1, "1"], "description": "version of the language"},
    "policy": {"type": "string", "pattern": "^[a-z][a-z0-9]*([.-][a-z0-9]+)*$"},
    "version": {"type": "string", "pattern": r"^\d{4}\.\d{2}\.\d{2}(\+r[1-9]\d*)?$"},
    "title": _TEXT,
    "owner": {"type": "string", "description": "whoever decides; never the data protection officer"},
    "consulted": {
        "type": "array",
        "items": {
            "type": "object",
            "additionalProperties": False,
            "required": ["role"],
            "properties": {"role": {"type": "string"}, "opinion": {"type": "string"}, "date": _DAY},
        },
    },
    "status": {"enum": [status.value for status in Status]},
    "legal_time": {"type": "string", "description": "IANA time zone; Europe/Berlin if left out"},
    "effective": {"$ref": "#/$defs/window"},
    "lists": {
        "type": "object",
        "propertyNames": {"pattern": "^[A-Z][A-Z0-9_]{2,}$"},
        "additionalProperties": {
            "type": "object",
            "additionalProperties": False,
            "required": ["countries"],
            "properties": {"countries": _WORDS},
        },
    },
    "rules": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/rule"}},
}

_RULE: Final[dict[str, Any]] = {
    "id": {"type": "string", "pattern": "^[A-Z][A-Z0-9-]*$"},
    "title": _TEXT,
    "law": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/citation"}},
    "severity": {"enum": list(SEVERITIES)},
    "effect": {"enum": [effect.value for effect in Effect]},
    "reason": {"type": "string"},
    "effective": {"$ref": "#/$defs/window"},
    "for_each": {
        "type": "object",
        "additionalProperties": False,
        "required": ["over"],
        "properties": {
            "over": {"enum": list(COLLECTIONS)},
            "roles": {
                "type": "array",
                "minItems": 1,
                "items": {"enum": list(ATTRIBUTES["placement.role"].domain)},
            },
            "where": _PREMISE,
            "may_be_empty": _TRUTH,
        },
    },
    "when": _PREMISE,
    "must": {"$ref": "#/$defs/condition"},
    "waivable": _TRUTH,
    "obligations": _WORDS,
    "fix": _TEXT,
    "tests": {"type": "array", "items": {"$ref": "#/$defs/test"}},
}

_CITATION: Final[dict[str, Any]] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["act"],
    "properties": {
        "act": {"type": "string"},
        "ref": _TEXT,
        "text_date": _DAY,
        "verification": {"enum": list(VERIFICATIONS)},
        "note": _TEXT,
    },
}

_QUANTIFIER: Final[dict[str, Any]] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["over", "must"],
    "properties": {
        "over": {"enum": list(COLLECTIONS)},
        "covering": {"enum": ["placement", "link"]},
        "where": {"$ref": "#/$defs/condition"},
        "must": {"$ref": "#/$defs/condition"},
    },
}


def _condition() -> dict[str, Any]:
    reference = {"$ref": "#/$defs/condition"}
    several = {"type": "array", "minItems": 1, "items": reference}
    quantifier = {"$ref": "#/$defs/quantifier"}
    connectives: dict[str, Any] = {"any_of": several, "all_of": several, "not": reference}
    connectives |= {"for_some": quantifier, "for_all": quantifier}
    tests = {
        name: {"$ref": f"#/$defs/{_form(attribute)}", "description": _described(attribute)}
        for name, attribute in ATTRIBUTES.items()
    }
    return {
        "type": "object",
        "additionalProperties": False,
        "minProperties": 1,
        "properties": {**connectives, **tests},
    }


def _described(attribute: Attribute) -> str:
    return f"{attribute.doc} ({attribute.kind.value})"


def _form(attribute: Attribute) -> str:
    """Return the name of the definition for comparisons of an attribute; those without a domain share one by type."""
    return attribute.name if attribute.domain else attribute.kind.value.replace(" ", "_")


def _comparisons() -> dict[str, Any]:
    """Return a definition of the comparisons for each domain, and one for each type without."""
    return {
        _form(attribute): {
            "type": "object",
            "additionalProperties": False,
            "minProperties": 1,
            "properties": {operator: _right_side(operator, attribute) for operator in fitting(attribute)},
        }
        for attribute in ATTRIBUTES.values()
    }


def _right_side(operator: str, attribute: Attribute) -> dict[str, Any]:
    if operator == "known":
        return {"enum": [True, "true"]}
    if attribute.kind is Kind.DATE:
        return {"anyOf": [_DAY, {"const": "at"}, _AT_MINUS, _REFERENCE]}
    value = _value(attribute)
    if not attribute.is_set and operator not in {"one_of", "none_of"}:
        return value
    words = [value, {"type": "array", "items": value}]
    return {"anyOf": [*words, _REFERENCE] if operator in _BETWEEN_ATTRIBUTES else words}


def _value(attribute: Attribute) -> dict[str, Any]:
    if attribute.kind is Kind.BOOL:
        return _TRUTH
    return {"enum": list(attribute.domain)} if attribute.domain else _SCALAR


def _test() -> dict[str, Any]:
    given: dict[str, Any] = {"at": _DAY}
    given |= {name: {"type": "array", "items": {"type": "object"}} for name in COLLECTIONS}
    given |= {
        name: {"description": _described(attribute)}
        for name, attribute in ATTRIBUTES.items()
        if root_of(name) not in ELEMENT_ROOTS
    }
    expected = [outcome.value for outcome in Outcome if outcome is not Outcome.WAIVED]
    return {
        "type": "object",
        "additionalProperties": False,
        "required": ["name", "given", "expect"],
        "properties": {
            "name": {"type": "string"},
            "given": {"type": "object", "additionalProperties": False, "properties": given},
            "expect": {"enum": expected},
        },
    }
