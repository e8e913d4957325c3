"""JSON without two readings: UTF-8, no duplicate keys, no NaN, no half characters, bounded depth.

`json.loads` keeps the last of two equal keys and reads NaN; each is a way to show one thing to a person and another to
a program. Half of a surrogate pair is no character: some readers replace it, others fail (RFC 7493, section 2.1).
"""

import json
import re
from typing import Any, Final, NoReturn

from sovereign.errors import InputError, Span, quoted

__all__ = ["parse_json"]

_SURROGATE: Final = re.compile(r"\\u[dD][89a-fA-F]")


def parse_json(data: bytes, *, source: str) -> Any:  # noqa: ANN401  JSON is any of six types; the caller's schema decides
    """Return the value of a JSON document; a byte-order mark and UTF-16 with one are accepted.

    Raises:
        InputError: not JSON (SOV-I002), not text (SOV-I001), a duplicate key (SOV-I004), nested too deeply (SOV-I005).
    """
    text = _decode(data, source)

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        result = dict(items)
        if len(result) != len(items):
            seen: set[str] = set()
            key = next(k for k, _ in items if k in seen or seen.add(k))  # type: ignore[func-returns-value]  # set.add as a visit mark
            raise InputError(
                f"duplicate key {quoted(key)}: two readers could see two different values",
                code="SOV-I004",
                hint="keep one of the two",
                span=Span(path=source),
            )
        return result

    def no_constant(name: str) -> NoReturn:
        raise InputError(f"{quoted(name)} is not JSON", code="SOV-I002", span=Span(path=source))

    try:
        value = json.loads(text, object_pairs_hook=pairs, parse_constant=no_constant)
    except json.JSONDecodeError as error:
        span = Span(path=source, line=error.lineno, column=error.colno, source=_line(text, error.lineno))
        raise InputError(f"not JSON: {error.msg[0].lower()}{error.msg[1:]}", code="SOV-I002", span=span) from None
    except (RecursionError, ValueError) as error:  # ValueError: an integer of more digits than Python reads
        if isinstance(error, RecursionError):
            raise InputError("nested too deeply", code="SOV-I005", span=Span(path=source)) from None
        raise InputError("a number has too many digits", code="SOV-I005", span=Span(path=source)) from None
    if _SURROGATE.search(text):
        _check_whole(value, source)
    return value


def _check_whole(value: Any, source: str) -> None:  # noqa: ANN401  as parse_json
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        code = f"\\u{ord(error.object[error.start]):04x}"
        raise InputError(f"{quoted(code)} is half of a character", code="SOV-I002", span=Span(path=source)) from None


def _decode(data: bytes, source: str) -> str:
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise InputError(
            f"not text: byte {error.start} is not {'UTF-16' if encoding == 'utf-16' else 'UTF-8'}",
            code="SOV-I001",
            span=Span(path=source),
        ) from None


def _line(text: str, number: int) -> str:
    return text.split("\n", number)[number - 1][:400]
