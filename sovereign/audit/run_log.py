"""Reads the log of one run that somebody submitted, and verifies all of it, before a parent log takes it in.

The run's key is found inside, so what is verified here says that the log is whole, not who wrote it: its key lived in
the memory of one process, and only the parent that took it in makes it known to others. What is checked:

1. Nothing but `checkpoint`, `log.json`, the tiles of the signed tree and objects is there. 2. `log.json` says kind run,
an origin `<prefix>/run/<uuid>`, and one Ed25519 key of this name. 3. That key signed the checkpoint, and the checkpoint
commits to every entry; nothing lies after it. 4. There is an entry: the checkpoint of the empty tree is signed at the
beginning, so an empty log may be one that was cut. 5. Every entry is an entry of ours: canonical JSON with a type, an
instant and a trust digest, and all have the same one. 6. Every object is what its name says.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from sovereign._internal.canonical import canonical, sha256_hex
from sovereign._internal.clock import parse_utc
from sovereign._internal.strict_json import parse_json
from sovereign.audit.checkpoint import Checkpoint
from sovereign.audit.description import parse_description
from sovereign.audit.log_files import LogFiles
from sovereign.audit.receipt import LogKind
from sovereign.audit.slog import log_paths, zip_chunks
from sovereign.audit.tiles import WIDTH, bundle_path, split_bundle, width_at
from sovereign.audit.verify import LogReport, verify_log
from sovereign.errors import InputError, UsageError, VerificationError, quoted
from sovereign.signing import SignatureType, Verifier, parse_vkey

__all__ = ["LARGEST_RUN", "RunLog", "is_run_origin", "not_taken", "read_run"]

LARGEST_RUN: Final = 1 << 28
"""Bytes of a run log, packed and unpacked: 256 MiB. A log that long belongs to a host."""

_ORIGIN: Final = re.compile(r".+/run/[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
_OBJECT: Final = re.compile(r"objects/([0-9a-f]{64})")
_DIGEST: Final = re.compile(rb'"([0-9a-f]{64})"')
_SHA256: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class RunLog:
    """The log of one run, verified with the key found inside.

    Attributes:
        checkpoint: what its key signed; at least one entry.
        note: that checkpoint as signed.
        verifier: its key.
        first_recorded_at: of its first entry, as the run's clock said.
        last_recorded_at: of its last entry.
        trust: SHA-256 of the trust file that all its entries name; None if they name none.
        evidence: the log without its objects, packed; always the same bytes for the same log.
        objects: those that its entries name, by digest; what no entry names is left behind.
    """

    checkpoint: Checkpoint
    note: bytes
    verifier: Verifier
    first_recorded_at: str
    last_recorded_at: str
    trust: str | None
    evidence: bytes
    objects: Mapping[str, bytes]

    @property
    def origin(self) -> str:
        """The run's name."""
        return self.checkpoint.origin


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """What the entries of a run say together."""

    first: str
    last: str
    trust: str | None
    digests: frozenset[str]


def is_run_origin(origin: str) -> bool:
    """Whether `origin` is the name of a run: `<prefix>/run/<uuid>`."""
    return _ORIGIN.fullmatch(origin) is not None


def read_run(files: LogFiles, *, limit: int = LARGEST_RUN) -> RunLog:
    """Return the run log in `files`, all of it verified.

    Args:
        files: must not change while they are read.
        limit: bytes that the log may have without its objects, and the objects together.

    Raises:
        VerificationError: it is no whole run log with a key of its own (SOV-V040), or does not verify, as
            `verify_log` (SOV-V001 to V005, V014, V020).
    """
    verifier = _own_key(files)
    report = verify_log(files, [verifier])
    paths = _paths(files, report, limit)
    told = _told(files, report.size)
    evidence = _evidence(files, report.size, limit)
    found = (match[1] for path in paths if (match := _OBJECT.fullmatch(path)))
    named = {digest: files.read(f"objects/{digest}") for digest in found if digest in told.digests}
    return RunLog(
        checkpoint=Checkpoint(origin=report.origin, size=report.size, root=report.root),
        note=files.read("checkpoint"),
        verifier=verifier,
        first_recorded_at=told.first,
        last_recorded_at=told.last,
        trust=told.trust,
        evidence=evidence,
        objects=MappingProxyType(named),
    )


def not_taken(place: str, reason: str, hint: str) -> VerificationError:
    """Return the error for a file that is no whole log of one run."""
    return VerificationError(f"the run log {quoted(place)} is not taken in: {reason}", code="SOV-V040", hint=hint)


def _own_key(files: LogFiles) -> Verifier:
    """Return the one key that the log names as its own."""
    try:
        description = parse_description(files.read("log.json"), place=files.place)
    except FileNotFoundError:
        raise not_taken(files.place, "it has no log.json", "submit the .slog file that the run left") from None
    except UsageError as error:
        raise not_taken(files.place, error.message, "submit the .slog file that the run left") from None
    if description.kind is not LogKind.RUN:
        hint = "a host log is entered by its checkpoint: `sovereign audit ingest --checkpoint FILE --key VKEY`"
        raise not_taken(files.place, f"it is a {description.kind} log", hint)
    if not is_run_origin(description.origin):
        hint = "a run log is named `<prefix>/run/<uuid>` when it is made"
        raise not_taken(files.place, f"its origin {quoted(description.origin)} is not that of a run", hint)
    keys = [_key(files.place, vkey) for vkey in description.vkeys]
    if len(keys) != 1 or keys[0].name != description.origin or keys[0].type is not SignatureType.ED25519:
        hint = "a run has one Ed25519 key, made for it and named as the run"
        raise not_taken(files.place, "it does not name one key of its own", hint)
    return keys[0]


def _key(place: str, vkey: str) -> Verifier:
    try:
        return parse_vkey(vkey)
    except UsageError as error:
        raise not_taken(place, error.message, "submit the .slog file that the run left") from None


def _paths(files: LogFiles, report: LogReport, limit: int) -> list[str]:
    """Return the paths of all files, when each belongs to a packed run log and each object is what its name says."""
    if report.unsealed or not report.size:
        reason = f"{report.unsealed} entries lie after its checkpoint" if report.unsealed else "it has no sealed entry"
        raise not_taken(files.place, reason, "a run seals its log when it ends; one that was cut short is no evidence")
    expected = {"checkpoint", "log.json", *log_paths(report.size)}
    paths = list(files.names() or ())
    total = 0
    for path in paths:
        if path in expected:
            continue
        if _OBJECT.fullmatch(path) is None:
            hint = "pack the run anew; a .slog holds checkpoint, log.json, tiles and objects"
            raise not_taken(files.place, f"it holds {quoted(path)}, which belongs to no run log", hint)
        total += _check_object(files, path)
        if total > limit:
            raise _too_large(files.place, limit)
    return paths


def _check_object(files: LogFiles, path: str) -> int:
    """Return the length of an object, when it is what its name says."""
    content, digest = files.read(path), path.rpartition("/")[2]
    if sha256_hex(content) != digest:
        raise VerificationError(
            f"the object {quoted(digest)} of the run log {quoted(files.place)} is not what its name says",
            code="SOV-V014",
            hint="fetch the file again from the run; somebody changed it on its way",
        )
    return len(content)


def _evidence(files: LogFiles, size: int, limit: int) -> bytes:
    """Return the log without its objects, packed."""
    total, chunks = 0, []
    for chunk in zip_chunks(sorted(["checkpoint", "log.json", *log_paths(size)]), files.read):
        total += len(chunk)
        if total > limit:  # a small zip can hold much
            raise _too_large(files.place, limit)
        chunks.append(chunk)
    return b"".join(chunks)


def _too_large(place: str, limit: int) -> VerificationError:
    reason = f"unpacked it has more than {limit} bytes"
    return not_taken(place, reason, "a log that long belongs to a host: enter its checkpoint")


def _told(files: LogFiles, size: int) -> _Told:
    """Return what the entries say, when all are entries of ours under one trust file."""
    first = last = ""
    trusts: set[str | None] = set()
    digests: set[str] = set()
    for index, data in enumerate(_entries(files, size)):
        entry = _entry(files.place, index, data)
        last = entry["recorded_at"]
        first = first or last
        trusts.add(entry["trust"])
        digests.update(found.decode() for found in _DIGEST.findall(data))
    if len(trusts) > 1:
        shown = ", ".join(sorted(str(trust) for trust in trusts))
        raise not_taken(files.place, f"its entries name more than one trust file: {shown}", "one run, one trust file")
    return _Told(first=first, last=last, trust=trusts.pop(), digests=frozenset(digests))


def _entries(files: LogFiles, size: int) -> Iterator[bytes]:
    for number in range(-(-size // WIDTH)):
        yield from split_bundle(files.read(bundle_path(number, width_at(size, 0, number))))


def _entry(place: str, index: int, data: bytes) -> dict[str, Any]:
    """Return an entry that has the members of every entry of ours."""
    try:
        entry = parse_json(data, source=f"entry {index}")
        if canonical(entry) != data:
            entry = None
    except (InputError, ValueError):
        entry = None
    match entry:
        case {"type": str(), "recorded_at": str(instant), "trust": trust} if _is_instant(instant) and _is_trust(trust):
            return dict(entry)
        case _:
            hint = "an entry is a canonical JSON object with type, recorded_at and trust"
            raise not_taken(place, f"entry {index} is not of the form of one", hint)


def _is_instant(text: str) -> bool:
    try:
        parse_utc(text)
    except ValueError:
        return False
    return True


def _is_trust(trust: object) -> bool:
    return trust is None or (isinstance(trust, str) and _SHA256.fullmatch(trust) is not None)
