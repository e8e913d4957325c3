"""What lies beside the verified tree: older partial tiles, files that belong to no tree, and objects.

1. An older partial tile or bundle must be what the larger one begins with: a reader with an older checkpoint asks for
it. 2. What lies beyond the checkpoint, or belongs to no log, is named and counts as nothing. 3. An object must have the
digest that is its name. 4. An object that an entry names may be gone, since it may have been erased: that is counted.
"""

import hashlib
import re
from collections import OrderedDict
from typing import Final

from sovereign.audit.errors import KEEP
from sovereign.audit.log_files import LogFiles
from sovereign.audit.verify_tree import HASH, WIDTH, bundle_end, read_part
from sovereign.errors import ProofError, quoted

__all__ = ["NamedObjects", "check_leftovers", "check_objects"]

_TILE: Final = re.compile(r"tile/(entries|[0-9]|[1-5][0-9]|6[0-3])/((?:x[0-9]{3}/)*[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?")
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_SHOWN: Final = 8  # files named one by one
_REMEMBERED: Final = 4096  # digests: policies and snapshots return in every entry
# The members of an entry that name an object (docs/reference/log-entries.md). Canonical JSON has one spelling, and a
# string that holds these letters has its quotation marks escaped.
_NAMED: Final = re.compile(
    rb'"(?:request|snapshot|trust|bytes":[0-9]{1,15},(?:"media_type":"[^"\\]{1,200}",)?"sha256)":"([0-9a-f]{64})"'
    rb'|"sha256":"([0-9a-f]{64})","(?:type|version)":'
)


def check_leftovers(files: LogFiles, size: int, notices: list[str]) -> None:
    """Compare older partial files with what replaced them; name what belongs to no tree of this checkpoint.

    Raises:
        ProofError: an older one differs (SOV-V001).
    """
    strangers = _Strangers(notices)
    for path in files.names("tile") or ():
        match = _TILE.fullmatch(path)
        if match is None:
            reason = "belongs to no log"
        else:
            level = 0 if match[1] == "entries" else int(match[1])
            number, width = int(re.sub(r"[/x]", "", match[2])), int(match[3] or WIDTH)
            held = min(WIDTH, (size >> (8 * level)) - number * WIDTH)
            if width <= held:
                if width < held:
                    _check_older(files, path, match[1], number, width, held)
                continue
            reason = "lies beyond the checkpoint"
        strangers.tell(path, reason)
    strangers.close()


class _Strangers:
    """Files that count as nothing: the first are named, the others counted."""

    def __init__(self, notices: list[str]) -> None:
        self._notices = notices
        self._count = 0

    def tell(self, path: str, reason: str) -> None:
        self._count += 1
        if self._count <= _SHOWN:
            self._notices.append(f"{quoted(path)} {reason}; it counts as nothing")

    def close(self) -> None:
        if self._count > _SHOWN:
            self._notices.append(f"{self._count - _SHOWN} more such files; they count as nothing")


def _check_older(files: LogFiles, path: str, level: str, number: int, width: int, held: int) -> None:
    try:
        older = files.read(path)
    except FileNotFoundError:
        return  # removed since it was listed: the full one has replaced it
    first = number * WIDTH ** (1 if level == "entries" else int(level) + 1)
    _, whole = read_part(files, level, number, held, first)
    end = bundle_end(whole, width) if level == "entries" else width * HASH
    if older != whole[:end]:
        raise ProofError(f"{path} is not what the larger tree begins with", hint=KEEP)


class NamedObjects:
    """The objects that the entries name, looked for while the entries pass by.

    Attributes:
        lacking: how often an entry names an object that is not kept.
    """

    def __init__(self, files: LogFiles) -> None:
        self._files = files
        self._known: OrderedDict[bytes, bool] = OrderedDict()
        self._is_asked = next(iter(files.names("objects") or ()), None) is not None
        self.lacking = 0

    def look(self, entries: bytes) -> None:
        """Look for each object that these bytes of entries name; nothing where the log keeps no objects at all."""
        if not self._is_asked:
            return
        for match in _NAMED.finditer(entries):
            self.lacking += not self._is_kept(match[1] or match[2])

    def _is_kept(self, digest: bytes) -> bool:
        found = self._known.get(digest)
        if found is None:
            found = self._known[digest] = self._files.exists(f"objects/{digest.decode()}")
            if len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
        else:
            self._known.move_to_end(digest)
        return found


def check_objects(files: LogFiles, named: NamedObjects, notices: list[str]) -> None:
    """Return when every object that is kept has the digest that it is named by; say how many are not kept.

    Raises:
        ProofError: one is not what its name says (SOV-V001).
    """
    strangers = _Strangers(notices)
    for path in files.names("objects") or ():
        digest = path.removeprefix("objects/")
        if _DIGEST.fullmatch(digest) is None:
            strangers.tell(path, "belongs to no log")
            continue
        try:
            content = files.read(path)
        except FileNotFoundError:
            continue  # erased since it was listed
        if hashlib.sha256(content).hexdigest() != digest:
            raise ProofError(f"the object {digest} is not what its name says", hint=KEEP)
    strangers.close()
    if named.lacking:
        notices.append(
            f"in {named.lacking} places entries name an object that is not kept here: erased, or in another copy"
        )
