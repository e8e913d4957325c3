"""The settings in force: flags, over the environment, over `sovereign.yaml`, over defaults.

1. Lists and rules come from flags and the file; single values also from the environment, `log.dir` as
   `SOVEREIGN_LOG_DIR`. A variable of that form that means nothing is refused: it was meant to change something.
2. A value from the file is relative to the file, any other to the working directory.
3. With a trust file or under `CI`, the tree under judgement names nothing that is run, unlocked or contacted: what it
   says of `keys`, `log` and `opa` must be what flags, environment or defaults say without it. Nor does it read files
   outside of itself (tree.py).
4. Nothing here loosens trust.yaml; what it fixes is asked of `Trust` (trust_yaml.py).
"""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from sovereign.errors import UsageError, quoted
from sovereign.settings.environment import read_environment
from sovereign.settings.key_source import check_key_sources, key_of
from sovereign.settings.model import Settings
from sovereign.settings.names import DEFAULTS, LISTS, NAMES, fits, located
from sovereign.settings.origin import DEFAULT, Layer, Origin
from sovereign.settings.tree import check_within_tree

__all__ = ["load_settings"]

_CONTACTED: Final = ("log.", "keys.", "opa.")  # prefixes of what is run, unlocked or contacted
_FLAGS: Final[Mapping[str, str]] = MappingProxyType(
    {"policies": "--policy", "log.dir": "--log", "keys.log.file": "--key-file", "lang": "--lang"}
)

_Layered = dict[str, tuple[Any, Origin]]


def load_settings(
    path: Path | None,
    *,
    environ: Mapping[str, str],
    flags: Mapping[str, object] | None = None,
    has_trust: bool = False,
    working_directory: Path | None = None,
) -> Settings:
    """Return the settings in force.

    Args:
        path: the settings file; None reads none.
        environ: the environment, `os.environ` outside of tests.
        flags: values of options by dotted name; a None or an empty list was not given.
        has_trust: a trust file is in force.
        working_directory: what paths of flags and variables are relative to; the process's own if None.

    Raises:
        UsageError: the file is unreadable (SOV-C200) or not of the form (SOV-C201), holds an unknown key (SOV-C003) or
            one that is not built (SOV-C202); a variable means nothing (SOV-C203); the tree names what is run, unlocked
            or contacted although a trust file or CI forbids it (SOV-C204).
    """
    here = working_directory or Path.cwd()
    file: _Layered = {}
    if path is not None:
        from sovereign.settings.file_layer import file_layer  # noqa: PLC0415  heavy: pydantic and yaml

        file = file_layer(here / path)
    outside = {**read_environment(environ, file), **_flag_layer(flags or {})}
    outside = {name: (located(name, value, here), origin) for name, (value, origin) in outside.items()}
    if has_trust or environ.get("CI"):
        _check_names_nothing(file, outside, environ, has_trust=has_trust)
        if path is not None:
            check_within_tree(here / path, file)
    merged = _merge(file, outside)
    return Settings(
        path=None if path is None else here / path,
        root=here if path is None else (here / path).parent,
        values=MappingProxyType({name: value for name, (value, _) in merged.items()}),
        origins=MappingProxyType({name: origin for name, (_, origin) in merged.items()}),
    )


def _merge(file: _Layered, outside: _Layered) -> _Layered:
    """Return every setting from its strongest layer; all that says where one key is, is one setting."""
    replaced = {key_of(name) for name in outside} - {None}
    file = {name: value for name, value in file.items() if key_of(name) not in replaced}
    merged = {name: (DEFAULTS.get(name, () if name in LISTS else None), DEFAULT) for name in NAMES}
    merged |= file | outside
    check_key_sources(merged)
    return merged


def _flag_layer(flags: Mapping[str, object]) -> _Layered:
    layer: _Layered = {}
    for name, value in flags.items():
        if name not in NAMES:
            raise ValueError(f"no setting is called {name}")
        if value is None or value == ():
            continue
        if isinstance(value, str) and not (value and fits(name, value)):
            raise UsageError(f"{_FLAGS.get(name, name)} is {quoted(value)}, which is no value of {quoted(name)}")
        layer[name] = (value, Origin(layer=Layer.FLAG, where=_FLAGS.get(name, name)))
    return layer


def _check_names_nothing(file: _Layered, outside: _Layered, environ: Mapping[str, str], *, has_trust: bool) -> None:
    without = dict(DEFAULTS) | ({"log.kind": "run"} if environ.get("CI") else {})
    for name, (value, origin) in file.items():
        if not name.startswith(_CONTACTED):
            continue
        given = outside.get(name, (without.get(name), DEFAULT))[0]
        if value != given:
            reason = "a trust file" if has_trust else "CI"
            raise UsageError(
                f"under {reason} the tree does not choose {quoted(name)}: {origin} says {quoted(str(value))}",
                code="SOV-C204",
                hint=f"set SOVEREIGN_{name.upper().replace('.', '_')} or its option, or take the key out of the file",
            )
