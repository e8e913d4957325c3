"""The files of a log, wherever it lies: a directory, a zip or `.slog`, an address. For readers of logs of others.

What is read here is no evidence yet; `verify.py` makes it that. Reading promises three things: a name below the root
means one file (no link, no `..`, no second file of that name), no file is larger than a log has, and nothing is waited
for without end. Shares no code with the writer.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Protocol

from sovereign.errors import UsageError, quoted

__all__ = ["LogFiles", "open_log_files"]

_ADDRESS: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://.*", re.DOTALL)
_ZIP: Final = b"PK"


class LogFiles(Protocol):
    """The files of one log, by their path below its root: `checkpoint`, `tile/0/000`, `objects/…`."""

    @property
    def place(self) -> str:
        """Where the log lies, as whoever named it would say it."""

    def read(self, path: str) -> bytes:
        """Return the bytes of a file.

        Raises:
            FileNotFoundError: there is none.
            VerificationError: a link, a special file, too large, or out of reach (SOV-V020); at an address also
                whatever keeps it from being had (SOV-V021).
        """

    def exists(self, path: str) -> bool:
        """Whether a file is there; what it holds is not looked at."""

    def names(self, folder: str = "") -> Iterator[str] | None:
        """Return the paths of all files below `folder`, in no order; None where files cannot be listed.

        Raises:
            VerificationError: a link or a special file lies there (SOV-V020), raised while they are yielded.
        """


def open_log_files(place: str | Path) -> LogFiles:
    """Return the files at a directory, a zip or `.slog` file, or an `https` or loopback `http` address.

    Nothing has to be closed: what is open closes with the last reference.

    Raises:
        UsageError: nothing is there that can hold a log (SOV-C310), or an address of another kind (SOV-C320).
        VerificationError: the zip is not of the strict form, or the address cannot be reached (SOV-V020, SOV-V021).
    """
    text = str(place)
    if not isinstance(place, Path) and _ADDRESS.fullmatch(text):
        from sovereign.audit.http_files import HttpFiles  # noqa: PLC0415  most logs are at hand

        return HttpFiles(text)
    path = Path(place)
    if path.is_dir():
        from sovereign.audit.directory_files import DirectoryFiles  # noqa: PLC0415  as above

        return DirectoryFiles(path)
    if _begins_like_zip(path):
        from sovereign.audit.zip_files import ZipFiles  # noqa: PLC0415  as above

        return ZipFiles(path)
    raise UsageError(
        f"no log is at {quoted(text)}",
        code="SOV-C310",
        hint="name a log directory, a zip or .slog file, or an https address",
    )


def _begins_like_zip(path: Path) -> bool:
    try:
        if not path.is_file():  # a named pipe would hold the reader up
            return False
        with path.open("rb") as file:
            return file.read(2) == _ZIP
    except OSError:
        return False
