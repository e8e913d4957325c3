"""Where a private key is: one of a file, a variable, a hardware module and a program."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sovereign.errors import UsageError, quoted
from sovereign.settings.names import NAMES
from sovereign.settings.origin import Origin

__all__ = ["KeySource", "Pkcs11Source", "check_key_sources", "key_of", "key_source"]

_KEYS: Final = ("keys.log.previous", "keys.log.mldsa", "keys.log")  # the longest first: one name begins with another
_BACKENDS: Final = ("file", "env", "command", "pkcs11")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pkcs11Source:
    """A key in a hardware module; exactly one of `pin_file` and `pin_env` is set.

    Attributes:
        module: the PKCS#11 library of its maker.
        token: label of the token.
        key: label of the key pair on it.
        pin_file: a file of mode 0600 with the PIN.
        pin_env: the variable that holds the PIN.
    """

    module: Path
    token: str
    key: str
    pin_file: Path | None
    pin_env: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeySource:
    """Where one key is; exactly one of `file`, `env`, `command` and `pkcs11` is set.

    Attributes:
        file: a key file.
        env: the variable that holds the text of a key file.
        command: a program that signs, with its arguments.
        vkey: the public half of the key that the program signs with.
        pkcs11: a key in a hardware module.
    """

    file: Path | None = None
    env: str | None = None
    command: tuple[str, ...] | None = None
    vkey: str | None = None
    pkcs11: Pkcs11Source | None = None


def key_of(name: str) -> str | None:
    """Return which key the setting `name` helps to find, such as `keys.log`; None when it is none of them."""
    return next((key for key in _KEYS if name.startswith(f"{key}.")), None)


def key_source(values: Mapping[str, Any], key: str) -> KeySource | None:
    """Return where a key is, or None when no setting says so; `values` were checked by `check_key_sources`."""
    found = {name.removeprefix(f"{key}."): values[name] for name in NAMES if key_of(name) == key}
    if all(value is None for value in found.values()):
        return None
    pkcs11 = None
    if found.get("pkcs11.module") is not None:
        parts = {part: found[f"pkcs11.{part}"] for part in ("module", "token", "key", "pin_file", "pin_env")}
        pkcs11 = Pkcs11Source(**parts)
    return KeySource(
        file=found["file"], env=found["env"], command=found.get("command"), vkey=found.get("vkey"), pkcs11=pkcs11
    )


def check_key_sources(merged: Mapping[str, tuple[Any, Origin]]) -> None:
    """Return when each key has one place at most, and that place is told whole.

    Raises:
        UsageError: two places, or a part of one is missing (SOV-C206).
    """
    for key in _KEYS:
        found = {
            name.removeprefix(f"{key}."): origin
            for name, (value, origin) in merged.items()
            if key_of(name) == key and value is not None
        }
        _check_one(key, found)


def _check_one(key: str, found: Mapping[str, Origin]) -> None:
    places = [backend for backend in _BACKENDS if any(part.partition(".")[0] == backend for part in found)]
    if len(places) > 1:
        first, second = (next(o for part, o in found.items() if part.partition(".")[0] == b) for b in places[:2])
        raise _refused(
            f"the key {quoted(key)} has two places: {places[0]} and {places[1]}",
            f"give one; they come from {first} and {second}",
        )
    if ("command" in found) != ("vkey" in found):
        raise _refused(f"{quoted(key)} needs both `command` and `vkey`", "vkey is what the program signs with")
    if places == ["pkcs11"]:
        missing = [part for part in ("module", "token", "key") if f"pkcs11.{part}" not in found]
        if missing or ("pkcs11.pin_file" in found) == ("pkcs11.pin_env" in found):
            raise _refused(
                f"{quoted(key)} does not say which key of which module",
                "give module, token, key, and one of pin_file and pin_env; the PIN itself is never written there",
            )


def _refused(message: str, hint: str) -> UsageError:
    return UsageError(message, code="SOV-C206", hint=hint)
