"""Canonical JSON bytes (RFC 8785) and digests.

orjson with sorted keys writes RFC 8785 bytes exactly under these rules, which `canonical` checks:

1. no floats; 2. integers within ±(2^53-1); 3. keys are ASCII strings; 4. no lone surrogates; 5. nothing but
str, int, bool, None, list, tuple, dict.
"""

import hashlib
from typing import Final

import orjson

__all__ = ["MAX_INT", "canonical", "canonical_unchecked", "sha256_hex"]

MAX_INT: Final = 2**53 - 1


def canonical(value: object) -> bytes:
    """Return the RFC 8785 bytes of `value`.

    Raises:
        ValueError: the value breaks one of the five rules of the module.
    """
    _check(value)
    return canonical_unchecked(value)


def canonical_unchecked(value: object) -> bytes:
    """Return sorted compact JSON; RFC 8785 bytes only if the caller guarantees the five rules by construction."""
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except TypeError as error:  # orjson raises JSONEncodeError, a TypeError: lone surrogates and odd types
        raise ValueError(str(error)) from error


def sha256_hex(data: bytes) -> str:
    """Return the SHA-256 of `data` as 64 lower-case hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def _check(value: object) -> None:
    if value is None or isinstance(value, str | bool):
        return
    if isinstance(value, int):
        if abs(value) > MAX_INT:
            raise ValueError("an integer beyond 2^53-1 has no canonical form")
    elif isinstance(value, list | tuple):
        for item in value:
            _check(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            if not (isinstance(key, str) and key.isascii()):
                raise ValueError("a key that is not an ASCII string has no canonical form")
            _check(item)
    else:
        raise ValueError(f"a value of type {type(value).__name__} has no canonical form")  # noqa: TRY004  one error kind
