"""Where the passphrase of an encrypted key comes from: a private file, or a question; never an argument.

Arguments and variables are shown to other processes; so the variable names a file.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from sovereign.errors import UsageError, quoted
from sovereign.signing.private_file import read_private_file

__all__ = ["PASSPHRASE_VARIABLE", "Passphrase", "load_passphrase", "passphrase_from"]

PASSPHRASE_VARIABLE: Final = "SOVEREIGN_KEY_PASSPHRASE_FILE"  # noqa: S105  the name of a variable
"""The variable that names the file of the passphrase."""

Passphrase = Callable[[str], bytes]
"""Returns the passphrase of the key that the argument names; raises UsageError when there is none (SOV-C257)."""

_LONGEST: Final = 1024


def passphrase_from(environ: Mapping[str, str]) -> Passphrase:
    """Return the source that programs use: the file that `SOVEREIGN_KEY_PASSPHRASE_FILE` names, and no question."""

    def ask(source: str) -> bytes:
        place = environ.get(PASSPHRASE_VARIABLE)
        if not place:
            raise UsageError(
                f"the key {quoted(source)} is encrypted and no passphrase is given",
                code="SOV-C257",
                hint=f"write it to a file of mode 0600 and name that: {PASSPHRASE_VARIABLE}=FILE",
            )
        return load_passphrase(Path(place))

    return ask


def load_passphrase(path: Path) -> bytes:
    """Return the passphrase in a file of mode 0600: its one line, without the line end.

    Raises:
        UsageError: unreadable (SOV-C250), open to others (SOV-C251), empty, too long or of several lines (SOV-C257).
    """
    hint = "name a file of mode 0600 with the passphrase in its one line"
    data = read_private_file(path, what="passphrase file", limit=_LONGEST + 1, hint=hint)
    line = data.removesuffix(b"\n").removesuffix(b"\r")
    if not line or len(line) > _LONGEST or b"\n" in line or b"\x00" in line:
        raise UsageError(f"the passphrase file {quoted(str(path))} does not hold one line", code="SOV-C257", hint=hint)
    return line
