"""Settings from `SOVEREIGN_*` variables.

A variable of this form that nobody reads was meant to change something: it is refused, with the nearest name. So is an
empty one: whether it unsets a value or is a mistake of a template, only its author knows.
"""

import difflib
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from sovereign._internal.strict_json import parse_json
from sovereign.errors import InputError, UsageError, quoted
from sovereign.settings.names import COMMANDS, LISTS, NAMES, PATTERNS, VARIABLE_NAMES, fits
from sovereign.settings.origin import Layer, Origin

__all__ = ["PROCESS_VARIABLES", "VARIABLES", "read_environment"]

PROCESS_VARIABLES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "SOVEREIGN_HOME": "directory of keys and state",
        "SOVEREIGN_TRUST": "the trust file",
        "SOVEREIGN_KEY_PASSPHRASE_FILE": "file with the passphrase of encrypted keys",
        "SOVEREIGN_DEBUG": "show where an internal error comes from",
    }
)
"""Variables that are read elsewhere and are no setting."""

VARIABLES: Final[Mapping[str, str]] = MappingProxyType(
    {
        f"SOVEREIGN_{name.upper().replace('.', '_')}": name
        for name in NAMES
        if name not in LISTS and name != "controller"
    }
)
"""The setting that each variable sets: every setting that is a single value."""


def read_environment(
    environ: Mapping[str, str], file: Mapping[str, tuple[Any, Origin]]
) -> dict[str, tuple[Any, Origin]]:
    """Return the settings in the environment.

    Args:
        environ: the variables.
        file: settings of the file; a variable that `keys.log.env` or the like names holds a secret and is no setting.

    Raises:
        UsageError: a variable means nothing, is empty, or has a value that its setting cannot have (SOV-C203).
    """
    named = {variable: name for variable, name in VARIABLES.items() if name in VARIABLE_NAMES}
    held = {environ.get(variable) for variable in named} | {file.get(name, (None,))[0] for name in named.values()}
    found: dict[str, tuple[Any, Origin]] = {}
    for variable in sorted(name for name in environ if name.startswith("SOVEREIGN_")):
        if variable in held:
            continue
        if not environ[variable]:
            raise _refused(f"the variable {variable} is empty", "unset it, or give it a value")
        if variable in PROCESS_VARIABLES:
            continue
        name = VARIABLES.get(variable)
        if name is None:
            raise _refused(f"the variable {quoted(variable)} means nothing", _nearest(variable))
        found[name] = (_checked(name, variable, environ[variable]), Origin(layer=Layer.ENVIRONMENT, where=variable))
    return found


def _checked(name: str, variable: str, value: str) -> str | tuple[str, ...]:
    if name in COMMANDS:
        return _command(variable, value)
    if not fits(name, value):
        raise _refused(f"{variable} is {quoted(value)}", f"a value of {name} has the form {PATTERNS[name]}")
    return value


def _command(variable: str, value: str) -> tuple[str, ...]:
    try:
        words = parse_json(value.encode(errors="surrogateescape"), source=variable)
    except InputError:
        words = None
    if not isinstance(words, list) or not words or not all(isinstance(word, str) and word for word in words):
        raise _refused(
            f"{variable} is no program with its arguments", 'write a JSON list: ["/usr/bin/sign", "--key", "x"]'
        )
    return tuple(words)


def _nearest(variable: str) -> str:
    known = sorted({*VARIABLES, *PROCESS_VARIABLES})
    close = difflib.get_close_matches(variable, known, n=1)
    return f"did you mean {close[0]}?" if close else f"unset it; known are {', '.join(known)}"


def _refused(message: str, hint: str) -> UsageError:
    return UsageError(message, code="SOV-C203", hint=hint)
