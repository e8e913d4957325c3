"""The settings by their dotted names, and what a single value may look like wherever it comes from."""

import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

__all__ = ["COMMANDS", "DEFAULTS", "LISTS", "NAMES", "PATHS", "PATTERNS", "VARIABLE_NAMES", "fits", "located"]

_KEY_PLACE: Final = (
    "file",
    "env",
    "command",
    "vkey",
    "pkcs11.module",
    "pkcs11.token",
    "pkcs11.key",
    "pkcs11.pin_file",
    "pkcs11.pin_env",
)
_VARIABLE: Final = r"^[A-Za-z_][A-Za-z0-9_]*$"

NAMES: Final = (
    "project",
    "policies",
    "tags",
    "log.kind",
    "log.dir",
    "log.origin",
    "log.seen",
    *(f"keys.log.{key}" for key in _KEY_PLACE),
    "keys.log.mldsa.file",
    "keys.log.mldsa.env",
    *(f"keys.log.previous.{key}" for key in _KEY_PLACE),
    "gate.ignore",
    "gate.default_tag",
    "gate.paths",
    "opa.url",
    "opa.ca",
    "opa.entrypoint",
    "lang",
    "controller",
)
"""Every setting, in the order of the documentation."""

LISTS: Final = frozenset({"policies", "tags", "gate.ignore", "gate.paths"})
"""Settings whose value is a tuple; empty if nobody set it."""

COMMANDS: Final = frozenset({"keys.log.command", "keys.log.previous.command"})
"""Settings whose value is a program with its arguments, a tuple; in a variable a JSON list."""

PATHS: Final = frozenset(
    {"log.dir", "log.seen", "gate.default_tag", "opa.ca"}
    | {name for name in NAMES if name.startswith("keys.") and name.endswith((".file", ".pin_file", ".module"))}
)
"""Settings whose value is a path."""

VARIABLE_NAMES: Final = tuple(
    name for name in NAMES if name.startswith("keys.") and name.endswith((".env", ".pin_env"))
)
"""Settings whose value names a variable that holds a secret."""

DEFAULTS: Final[Mapping[str, str]] = MappingProxyType({"opa.entrypoint": "data.residency.decision", "lang": "en"})
"""Values of settings that nobody set; every other one is then None or empty."""

PATTERNS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "log.kind": r"^(host|run)$",
        "log.origin": r"^[a-z0-9.-]{1,100}(/[A-Za-z0-9._~-]{1,60}){0,4}$",
        **dict.fromkeys(VARIABLE_NAMES, _VARIABLE),
        "opa.url": r"^https?://[^\s/?#@]+(/[^\s?#@]*)?$",
        "opa.entrypoint": r"^data(\.[A-Za-z_][A-Za-z0-9_]*)+$",
        "lang": r"^(de|en)$",
    }
)
"""What a single value looks like; anything, where none is given."""


def fits(name: str, value: str) -> bool:
    """Whether `value` looks like one of the setting `name`."""
    pattern = PATTERNS.get(name)
    return pattern is None or (re.fullmatch(pattern, value) is not None and not value.endswith("\n"))


def located(name: str, value: Any, base: Path) -> Any:  # noqa: ANN401  the setting's own type
    """Return the value with its paths made absolute; a policy with a slash or a suffix is a path, else an id."""
    if name in PATHS:
        return base / value
    if name == "policies":
        return tuple(str(base / policy) if "/" in policy or Path(policy).suffix else policy for policy in value)
    return value
