"""A run log as somebody submitted it: copied, so that what is verified is what is kept, and verified as a whole."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sovereign._internal.canonical import sha256_hex
from sovereign.audit.run_log import LARGEST_RUN, RunLog, not_taken, read_run
from sovereign.audit.slog import pack_log
from sovereign.audit.zip_files import ZipFiles
from sovereign.errors import InputError, quoted

__all__ = ["Submitted", "received"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitted:
    """A run log as it came, verified; its copy goes away with the context that gave it.

    Attributes:
        place: its name as given.
        files: the copy.
        sha256: of its bytes.
        size_bytes: their number.
        run: what it holds.
    """

    place: str
    files: ZipFiles
    sha256: str
    size_bytes: int
    run: RunLog


@contextmanager
def received(path: Path) -> Iterator[Submitted]:
    """Yield the run log at `path`, a `.slog` file or the directory of a run log, copied and verified.

    Raises:
        InputError: it cannot be read (SOV-I001).
        VerificationError: it is no whole run log (SOV-V040), or does not verify.
        UsageError, AuditError: a directory holds no log, or is not sealed (SOV-C310, SOV-V045).
    """
    with tempfile.TemporaryDirectory(prefix="sovereign-ingest-") as folder:  # mode 0700
        copy = Path(folder, "run.slog")
        if path.is_dir():
            pack_log(path, copy)
        else:
            _copy(path, copy)
        files = ZipFiles(copy, place=str(path))
        data = copy.read_bytes()
        run = read_run(files)
        yield Submitted(place=str(path), files=files, sha256=sha256_hex(data), size_bytes=len(data), run=run)


def _copy(path: Path, copy: Path) -> None:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)  # a named pipe must not hold it up
        with os.fdopen(descriptor, "rb") as source:
            data = source.read(LARGEST_RUN + 1)
        copy.write_bytes(data)
    except OSError as error:
        raise InputError(
            f"cannot read {quoted(str(path))}: {(error.strerror or 'unreadable').lower()}",
            hint="name the .slog file that a run left, or the directory of its log",
        ) from None
    if len(data) > LARGEST_RUN:
        hint = "a log that long belongs to a host: enter its checkpoint"
        raise not_taken(str(path), f"it has more than {LARGEST_RUN} bytes", hint)
