"""An entry's bytes as the one JSON object that they are.

A reader that took the last of two equal keys, or read NaN as null, would show another entry than the proven one.
So an entry is parsed strictly, written back in canonical form (RFC 8785), and compared: there is one reading, or none.
"""

from typing import Any

from sovereign._internal.canonical import canonical
from sovereign._internal.strict_json import parse_json
from sovereign.errors import InputError

__all__ = ["entry_document"]


def entry_document(data: bytes) -> dict[str, Any] | None:
    """Return the object that an entry is; None if it is no JSON object in canonical form."""
    try:
        document = parse_json(data, source="entry")
        is_canonical = isinstance(document, dict) and canonical(document) == data
    except (InputError, ValueError, RecursionError):
        return None
    return document if is_canonical else None
