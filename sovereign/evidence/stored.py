"""An entry and its objects as JSON that has one reading; of a form that nobody vouches for."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sovereign._internal.canonical import canonical
from sovereign._internal.clock import parse_utc
from sovereign._internal.strict_json import parse_json
from sovereign.errors import InputError
from sovereign.evidence.kept import Kept
from sovereign.evidence.outcome import Reason, ReplayOutcome, StoppedError

__all__ = ["digests_of", "instant_of", "mapping_of", "read_object", "rows_of", "text_of", "with_objects"]

_NAMED_LIST: Final = "_object"


def read_object(data: bytes, reason: Reason, detail: str) -> dict[str, Any]:
    """Return a JSON object in its canonical form.

    Raises:
        StoppedError: it is none, and so says nothing for sure.
    """
    try:
        value = parse_json(data, source=detail)
        if isinstance(value, dict) and canonical(value) == data:
            return value
    except (InputError, ValueError):
        pass
    raise StoppedError(ReplayOutcome.DIFFERS, reason, detail)


def with_objects(entry: Mapping[str, Any], kept: Kept) -> dict[str, Any]:
    """Return an entry with the lists that were too long for it, from the objects that it names.

    Raises:
        StoppedError: one is not kept, is another, or is no list.
    """
    full = dict(entry)
    for member in [name for name in entry if name.endswith(_NAMED_LIST)]:
        name, named = member.removesuffix(_NAMED_LIST), mapping_of(full.pop(member), member)
        data = kept.content(text_of(named, "sha256"))
        if full.get(name) != [] or named.get("bytes") != len(data):
            raise _ill_formed(member)
        full[name] = read_object(b'{"_":' + data + b"}", Reason.UNREADABLE, member)["_"]
    return full


def text_of(value: Mapping[str, Any], member: str) -> str:
    """Return a member that is a text.

    Raises:
        StoppedError: it is none.
    """
    found = value.get(member)
    if not isinstance(found, str):
        raise _ill_formed(member)
    return found


def instant_of(value: Mapping[str, Any], member: str) -> datetime:
    """Return a member that is an instant.

    Raises:
        StoppedError: it is none.
    """
    try:
        return parse_utc(text_of(value, member))
    except ValueError:
        raise _ill_formed(member) from None


def mapping_of(value: object, member: str) -> Mapping[str, Any]:
    """Return what `member` holds, a JSON object.

    Raises:
        StoppedError: it is none.
    """
    if not isinstance(value, dict):
        raise _ill_formed(member)
    return value


def rows_of(value: Mapping[str, Any], member: str) -> list[Mapping[str, Any]]:
    """Return a member that is a list of JSON objects.

    Raises:
        StoppedError: it is none.
    """
    found = value.get(member)
    if not isinstance(found, list):
        raise _ill_formed(member)
    return [mapping_of(row, member) for row in found]


def digests_of(value: Mapping[str, Any]) -> dict[str, str]:
    """Return the digests of the policies that an entry or a document names, by id.

    Raises:
        StoppedError: two have one id, or it is no such list.
    """
    rows = rows_of(value, "policies")
    found = {text_of(row, "id"): text_of(row, "sha256") for row in rows}
    if len(found) != len(rows):
        raise _ill_formed("policies")
    return found


def _ill_formed(member: str) -> StoppedError:
    return StoppedError(ReplayOutcome.DIFFERS, Reason.ILL_FORMED, member)
