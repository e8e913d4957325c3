"""`log.json`: what a log directory says about itself. It is convenience, no evidence: keys come from elsewhere."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from sovereign._internal.clock import format_utc, parse_utc
from sovereign._internal.strict_json import parse_json
from sovereign.audit.receipt import LogKind
from sovereign.errors import InputError, UsageError, quoted

__all__ = ["Description", "format_description", "load_description", "parse_description"]

_SCHEMA: Final = "sovereign.log/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """What a log directory says about itself.

    Attributes:
        origin: the log's name.
        kind: host, run or parent.
        vkeys: its keys; the first signs.
        created: when the directory was made.
    """

    origin: str
    kind: LogKind
    vkeys: Sequence[str]
    created: datetime


def format_description(description: Description) -> bytes:
    """Return the bytes of `log.json`."""
    document = {
        "schema": _SCHEMA,
        "origin": description.origin,
        "kind": description.kind.value,
        "vkeys": list(description.vkeys),
        "created": format_utc(description.created),
    }
    return json.dumps(document, indent=1).encode() + b"\n"


def load_description(directory: Path) -> Description:
    """Return the description in `directory`.

    Raises:
        UsageError: the directory holds no log (SOV-C310).
    """
    path = directory / "log.json"
    try:
        data = path.read_bytes() if path.is_file() else b""  # a named pipe would hold the reader up
    except OSError:
        data = b""
    if not data:
        raise _no_log(str(directory), "it has no log.json")
    return parse_description(data, place=str(directory))


def parse_description(data: bytes, *, place: str) -> Description:
    """Return the description that the bytes of `log.json` are.

    Args:
        data: the file.
        place: where the log lies, for the error.

    Raises:
        UsageError: not of the form (SOV-C310).
    """
    try:
        document = parse_json(data, source=f"{place}/log.json")
    except InputError as error:
        raise _no_log(place, error.message) from None
    match document:
        case {
            "schema": str(schema),
            "origin": str(origin),
            "kind": str(kind),
            "vkeys": [str(), *_] as vkeys,
            "created": str(created),
        } if schema == _SCHEMA and kind in set(LogKind) and all(isinstance(vkey, str) for vkey in vkeys):
            try:
                instant = parse_utc(created)
            except ValueError:
                raise _no_log(place, "its log.json has no date of creation") from None
            return Description(origin=origin, kind=LogKind(kind), vkeys=tuple(vkeys), created=instant)
        case _:
            raise _no_log(place, "its log.json does not have the form that is expected")


def _no_log(place: str, reason: str) -> UsageError:
    return UsageError(
        f"{quoted(place)} is no log directory: {reason}",
        code="SOV-C310",
        hint="name the directory that holds `checkpoint` and `tile/`, "
        "or make a log: `sovereign audit new --origin NAME --log DIR`",
    )
