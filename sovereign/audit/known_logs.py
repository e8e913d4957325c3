r"""The logs that this user has seen, like `known_hosts`: origin, keys, and the last checkpoint.

One file per origin in `<state>/known_logs/`, replaced atomically:

```
sovereign known log, version 1
vkey: local/5a1e…+0a1b2c3d+AQ...
vkey: local/5a1e…+4e5f6a7b+Bg...
seen: 2026-11-24T09:00:00Z

(the checkpoint, verbatim)
```

The signed checkpoint is kept whole: beside a later one that contradicts it, it proves the fork to anybody.
"""

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from sovereign._internal.clock import format_utc, parse_utc
from sovereign._internal.files import OS_DISK, Disk, file_lock, make_directories, replace_file
from sovereign.audit.checkpoint import Checkpoint, format_checkpoint
from sovereign.audit.errors import ForkError
from sovereign.audit.tree_head import open_checkpoint
from sovereign.errors import AuditError, SignatureError, UsageError, VerificationError, quoted
from sovereign.signing import Verifier, parse_vkey

__all__ = ["KnownLog", "KnownLogs", "safe_name"]

_FORM: Final = re.compile(
    rb"sovereign known log, version 1\n((?:vkey: [^\n]+\n)+)seen: ([0-9TZ:-]{20})\n\n(.+\n)", re.DOTALL
)
_LONGEST_NAME: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownLog:
    """What is remembered of one log.

    Attributes:
        verifiers: its keys; all of their types have signed the checkpoint.
        checkpoint: the last one seen, verified when it is read.
        note: that checkpoint as signed.
        seen: when.
    """

    verifiers: tuple[Verifier, ...]
    checkpoint: Checkpoint
    note: bytes
    seen: datetime


class KnownLogs:
    """The memory of one user."""

    def __init__(self, state: Path, disk: Disk = OS_DISK) -> None:
        self._folder = state / "known_logs"
        self._disk = disk

    def find(self, origin: str) -> KnownLog | None:
        """Return what is known of a log, or None.

        Raises:
            AuditError: the file about it was changed or cannot be read (SOV-C312).
        """
        path = self._path(origin)
        try:
            match = _FORM.fullmatch(path.read_bytes())
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _unreadable(path, error.strerror or "unreadable") from None
        if match is None:
            raise _unreadable(path, "it is not of the form")
        try:
            lines = match[1].decode().splitlines()
            verifiers = tuple(parse_vkey(line.removeprefix("vkey: ")) for line in lines)
            checkpoint = open_checkpoint(match[3], verifiers, origin=origin)
            seen = parse_utc(match[2].decode())
            return KnownLog(verifiers=verifiers, checkpoint=checkpoint, note=match[3], seen=seen)
        except (VerificationError, UsageError, ValueError) as error:
            raise _unreadable(path, str(error)) from None

    def remember(
        self, verifiers: Sequence[Verifier], note: bytes, *, now: datetime, leaving: Sequence[Verifier] = ()
    ) -> None:
        """Keep a checkpoint, unless a larger one is kept; no key that is known is dropped but those that leave.

        Args:
            verifiers: the keys of the log.
            note: a checkpoint that one of them, or one that leaves, signed.
            now: the instant.
            leaving: keys that a rotation replaced; they are forgotten with the first checkpoint that the others signed.

        Raises:
            AuditError: the memory cannot be read or written (SOV-C312).
            UsageError: it knows a key that is not given (SOV-C305).
            ForkError: the kept checkpoint has the same size and another root (SOV-V003).
        """
        given = (*verifiers, *leaving)
        checkpoint = open_checkpoint(note, given)
        with self._locked():
            known = self.find(checkpoint.origin)
            if known is not None:
                check_keys(known, given)
                if known.checkpoint.size > checkpoint.size:
                    return
                check_same_root(known, checkpoint)
            kept = verifiers if _are_signers(note, verifiers) else given
            vkeys = "".join(f"vkey: {verifier.vkey}\n" for verifier in kept)
            head = f"sovereign known log, version 1\n{vkeys}seen: {format_utc(now)}\n\n"
            try:
                replace_file(self._disk, self._path(checkpoint.origin), head.encode() + note, mode=0o600)
            except OSError as error:
                raise _unreadable(self._folder, error.strerror or "not writable") from None

    @contextmanager
    def _locked(self) -> Iterator[None]:
        try:
            make_directories(self._disk, self._folder, mode=0o700)
            descriptor = self._disk.open(self._folder / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise _unreadable(self._folder, error.strerror or "not writable") from None
        try:
            with file_lock(descriptor):
                yield
        finally:
            os.close(descriptor)

    def _path(self, origin: str) -> Path:
        return self._folder / safe_name(origin)


def safe_name(origin: str) -> str:
    """Return a file name for an origin: different for different origins, without a separator, at most 200 bytes."""
    from urllib.parse import quote  # noqa: PLC0415  the module is not needed to append

    name = quote(origin, safe="")
    if len(name) <= _LONGEST_NAME:
        return name.replace(".", "%2E", 1) if name.startswith(".") else name
    from sovereign._internal.canonical import sha256_hex  # noqa: PLC0415  as above

    return f"{name[:100]}={sha256_hex(origin.encode())}"  # `quote` leaves no `=`, so no short name looks like this


def _are_signers(note: bytes, verifiers: Sequence[Verifier]) -> bool:
    try:
        open_checkpoint(note, verifiers)
    except SignatureError:
        return False
    return True


def check_keys(known: KnownLog, verifiers: Sequence[Verifier]) -> None:
    """Return when every key that is known is among `verifiers`; further ones may have joined it.

    Raises:
        UsageError: one is not (SOV-C305).
    """
    given = {verifier.vkey for verifier in verifiers}
    for verifier in known.verifiers:
        if verifier.vkey not in given:
            raise UsageError(
                f"the log {quoted(verifier.name)} is known with another key",
                code="SOV-C305",
                hint=f"a key changes by rotation; the known one is {verifier.vkey[:200]}",
            )


def check_same_root(known: KnownLog, found: Checkpoint) -> None:
    """Return unless both are of one size with two roots.

    Raises:
        ForkError: they are (SOV-V003).
    """
    if known.checkpoint.size == found.size and known.checkpoint.root != found.root:
        raise ForkError(
            f"the log {quoted(found.origin)} was forked: two trees of {found.size} entries",
            seen=format_checkpoint(known.checkpoint),
            found=format_checkpoint(found),
            hint="keep both checkpoints: together they prove the fork",
        )


def _unreadable(path: Path, reason: str) -> AuditError:
    return AuditError(
        f"the memory of known logs {quoted(str(path))} cannot be used: {reason.lower()}",
        code="SOV-C312",
        hint="restore the file; removing it forgets which checkpoint was seen last",
    )
