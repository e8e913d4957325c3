"""Changes the keys of a log that lies here.

The order, and what a crash after each step leaves behind:

1. All entries are sealed by the old key. Nothing has changed.
2. The statement, signed by all three keys, becomes the public file `rotations/<size>`. The log still opens with the old
   key; a second run finds the statement and goes on with it.
3. `log.json` names the new keys first. The old key no longer opens the log; the new one does, and so does a second run.
   The old key stays named, since it still signs.
4. An entry `key.rotated` and the statement as its object are durable.
5. A checkpoint with the signatures of new and old keys covers that entry, and the user's memory holds the new keys.
   Until here the last checkpoint is that of the old key, which is true of its tree.

The same command, given again, completes what is missing and repeats nothing. Other writers of the log are stopped
before: one that still holds the old key can append, but seals nothing after step 3; what it sealed between 1 and 3 is
refused by readers who follow the rotation, until the new key has signed.
"""

import contextlib
import dataclasses
import os
import secrets
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from sovereign._internal.canonical import sha256_hex
from sovereign._internal.clock import Clock
from sovereign._internal.files import OS_DISK, Disk, file_lock, make_directories, replace_file
from sovereign.audit.description import format_description, load_description
from sovereign.audit.known_logs import KnownLogs
from sovereign.audit.log import Log
from sovereign.audit.log_files import LogFiles
from sovereign.audit.reading import read_entries
from sovereign.audit.record import Recorder, record_event
from sovereign.audit.rotation import RotationStatement, parse_rotation, sign_rotation
from sovereign.errors import AuditError, VerificationError
from sovereign.signing import Signer

__all__ = ["STATEMENTS", "read_rotations", "rotate_keys"]

STATEMENTS: Final = "rotations"
"""The public folder of a log that holds its statements, each named by the size of the tree before it."""


def rotate_keys(  # noqa: D417  the others are those of `Log.open`
    directory: Path,
    *,
    old: Sequence[Signer],
    new: Sequence[Signer],
    staying: Sequence[Signer],
    recovery: Signer,
    known: KnownLogs | None,
    clock: Clock,
    disk: Disk = OS_DISK,
) -> RotationStatement:
    """Replace keys of the log in `directory`, and return the statement; doing it again changes nothing.

    Args:
        directory: the log; nobody else writes it meanwhile.
        old: the keys that go, the Ed25519 key first.
        new: the keys in their place, in the same order.
        staying: a key that stays, such as the ML-DSA-44 key.
        recovery: the recovery key.

    Raises:
        UsageError: the keys do not go together, or are not those of the log (SOV-C305, C252), or as `Log.open`.
        AuditError: as `Log.open`, or the log cannot be written.
    """
    data = _kept_statement(directory, old, new)
    if data is None:
        with Log.open(directory, old[0], cosigners=(*staying, *old[1:]), known=known, clock=clock, disk=disk) as log:
            head = log.publish()
        data = sign_rotation(head, old, new, recovery)
        try:
            make_directories(disk, directory / STATEMENTS)
            replace_file(disk, directory / STATEMENTS / str(head.size), data)
        except OSError as error:
            raise _unwritten(error) from None
    statement = parse_rotation(data)
    _name_new_keys(directory, statement, disk)
    cosigners = (*new[1:], *staying, *old)
    with Log.open(directory, new[0], cosigners=cosigners, known=known, clock=clock, disk=disk) as log:
        _record(log, statement, data, clock)
        log.publish()
    return statement


def read_rotations(files: LogFiles) -> tuple[bytes, ...]:
    """Return the statements of a log of others, unverified; none where its files cannot be listed."""
    names = files.names()
    return tuple(files.read(name) for name in sorted(names or ()) if name.startswith(f"{STATEMENTS}/"))


def _kept_statement(directory: Path, old: Sequence[Signer], new: Sequence[Signer]) -> bytes | None:
    """Return the statement of an earlier run for the same keys."""
    wanted = tuple(signer.verifier for signer in old), tuple(signer.verifier for signer in new)
    folder = directory / STATEMENTS
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if not path.name.isdigit():
            continue  # half a file of a crash
        data = path.read_bytes()
        try:
            statement = parse_rotation(data)
        except VerificationError:
            continue  # a reader will say what is wrong with it
        if (statement.old, statement.new) == wanted:
            return data
    return None


def _name_new_keys(directory: Path, statement: RotationStatement, disk: Disk) -> None:
    description = load_description(directory)
    new = [verifier.vkey for verifier in statement.new]
    rest = [vkey for vkey in description.vkeys if vkey not in new]
    if list(description.vkeys) == [*new, *rest]:
        return
    document = format_description(dataclasses.replace(description, vkeys=(*new, *rest)))
    try:
        with _publishing_stopped(directory):
            replace_file(disk, directory / "log.json", document)
    except OSError as error:
        raise _unwritten(error) from None


@contextlib.contextmanager
def _publishing_stopped(directory: Path) -> Iterator[None]:
    """Hold the publishers' lock: whoever seals afterwards looks at `log.json` first, and refuses with the old key."""
    descriptor = os.open(directory / "publish.lock", os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
    try:
        with file_lock(descriptor):
            yield
    finally:
        os.close(descriptor)


def _record(log: Log, statement: RotationStatement, data: bytes, clock: Clock) -> None:
    """Append the entry about the statement, unless an earlier run did."""
    digest = sha256_hex(data)
    needle = f'"sha256":"{digest}"'.encode()
    if any(needle in entry.data for entry in read_entries(log.directory, statement.head.size)):
        return
    fields = {
        "reason": "rotation",
        "origin": statement.head.origin,
        "size": statement.head.size,
        "root": statement.head.root.hex(),
        "old": [verifier.vkey for verifier in statement.old],
        "new": [verifier.vkey for verifier in statement.new],
        "recovery": statement.recovery.vkey,
        "document": {"sha256": digest, "bytes": len(data), "media_type": "text/plain"},
    }
    recorded = record_event(
        "key.rotated",
        fields,
        {digest: data},
        recorder=Recorder(),
        recorded_at=clock(),
        identifier=secrets.token_hex(16),
    )
    log.append(recorded.entry, recorded.objects)


def _unwritten(error: OSError) -> AuditError:
    return AuditError(
        f"the rotation is not complete: {(error.strerror or str(error)).lower()}",
        code="SOV-V034",
        hint="repair the disk and give the same command again; it goes on where it stopped",
    )
