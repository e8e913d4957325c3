"""The passphrase of a key on the command line: a private file, or a question on the terminal; never an argument."""

import getpass
import os
import sys
from pathlib import Path

import click

from sovereign.errors import UsageError
from sovereign.signing import Passphrase, load_passphrase, passphrase_from

__all__ = ["encrypt_option", "new_passphrase", "passphrase_file", "passphrase_of"]

passphrase_file = click.option(
    "--passphrase-file", type=click.Path(path_type=Path), help="A file of mode 0600 with the key's passphrase."
)
encrypt_option = click.option("--encrypt", is_flag=True, help="Encrypt the private key with a passphrase.")


def passphrase_of(path: Path | None) -> Passphrase:
    """Return where an existing key's passphrase comes from: a file named by option or variable, else a question."""
    if path is not None:
        return lambda _: load_passphrase(path)
    named = passphrase_from(os.environ)

    def ask(source: str) -> bytes:
        from sovereign.signing.passphrase import PASSPHRASE_VARIABLE  # noqa: PLC0415  only here

        if os.environ.get(PASSPHRASE_VARIABLE) or not sys.stdin.isatty():
            return named(source)
        return getpass.getpass(f"passphrase of {source}: ").encode() or named(source)

    return ask


def new_passphrase(path: Path | None, *, encrypt: bool) -> bytes | None:
    """Return the passphrase for a new key, or None when it is not to be encrypted; a typed one is asked twice.

    Raises:
        UsageError: none is given, or the two differ (SOV-C257).
    """
    if not encrypt and path is None:
        return None
    from sovereign.signing.passphrase import PASSPHRASE_VARIABLE  # noqa: PLC0415  only here

    path = path or (Path(os.environ[PASSPHRASE_VARIABLE]) if os.environ.get(PASSPHRASE_VARIABLE) else None)
    if path is not None:
        return load_passphrase(path)
    if not sys.stdin.isatty():
        raise UsageError(
            "the new key is to be encrypted and no passphrase is given",
            code="SOV-C257",
            hint="write one to a file of mode 0600 and name it: --passphrase-file FILE",
        )
    first = getpass.getpass("passphrase of the new key: ")
    if not first or getpass.getpass("once more: ") != first:
        raise UsageError("the two passphrases are empty or differ", code="SOV-C257", hint="type the same one twice")
    return first.encode()
