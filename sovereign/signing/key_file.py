r"""A private key as one file that a person can read the label of.

```
sovereign private key, version 1
purpose: log
name: audit.example.org/munich/host7
vkey: audit.example.org/munich/host7+0a1b2c3d+AQ...
-----BEGIN PRIVATE KEY-----
(PKCS#8, Ed25519)
-----END PRIVATE KEY-----
```

Four header lines, then one PEM block, each line ended by LF. Programs that read PEM (`openssl pkey -in`) skip the
header. The file is of mode 0600 and owned by the user who reads it; it is parsed, written back and compared, so
that what the header says about the key is true.
"""

import os
import re
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from sovereign.errors import UsageError, quoted
from sovereign.signing.ed25519 import Ed25519Signer, Ed25519Verifier
from sovereign.signing.keys import Purpose
from sovereign.signing.vkeys import parse_vkey

__all__ = ["format_key_file", "load_signer", "load_verifier", "parse_key_file", "write_key_file"]

_LARGEST: Final = 10_000  # bytes; a key file has about 400
_OTHERS: Final = 0o077
_REFUSED_IN_CI: Final = frozenset({Purpose.POLICY, Purpose.WAIVER})
_HEADER: Final = re.compile(
    r"sovereign private key, version 1\npurpose: (?P<purpose>[a-z]+)\nname: (?P<name>[^\n]+)\nvkey: (?P<vkey>[^\n]+)\n"
    r"(?P<pem>-----BEGIN PRIVATE KEY-----\n[A-Za-z0-9+/=\n]+-----END PRIVATE KEY-----\n)"
)


def load_signer(path: Path, *, purpose: Purpose, environ: Mapping[str, str] | None = None) -> Ed25519Signer:
    """Return the signer in the key file `path`.

    Args:
        path: the file; no symbolic link.
        purpose: what the caller is about to sign.
        environ: the environment, `os.environ` if None; under `CI` no policy or waiver key is read.

    Raises:
        UsageError: unreadable or not of the form (SOV-C250), not owned by this user or open to others (SOV-C251), of
            another purpose (SOV-C252), a policy or waiver key under CI (SOV-C254).
    """
    if purpose in _REFUSED_IN_CI and (os.environ if environ is None else environ).get("CI"):
        raise UsageError(
            f"a {purpose} key is not used under CI: who changes the pipeline could sign with it",
            code="SOV-C254",
            hint="sign on a person's machine and commit the signature",
        )
    signer = parse_key_file(_read(path), source=str(path))
    if signer.purpose is not purpose:
        raise UsageError(
            f"the key {quoted(str(path))} is for {signer.purpose}, not for {purpose}",
            code="SOV-C252",
            hint=f"make one: `sovereign keys new --for {purpose}`",
        )
    return signer


def load_verifier(path: Path) -> tuple[Purpose, Ed25519Verifier]:
    """Return purpose and public half of the key file `path`; for showing it.

    Raises:
        UsageError: as `load_signer`.
    """
    signer = parse_key_file(_read(path), source=str(path))
    return signer.purpose, signer.verifier


def parse_key_file(data: bytes, *, source: str) -> Ed25519Signer:
    """Return the signer that the bytes of a key file hold.

    Raises:
        UsageError: not of the form, or the header is not true of the key (SOV-C250).
    """
    match = _HEADER.fullmatch(data.decode("utf-8", errors="replace"))
    if match is None or match["purpose"] not in set(Purpose):
        raise _not_a_key(source, "it does not have the form of a key file")
    # Heavy, and commands that show a key's age or place never parse one.
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415
    from cryptography.hazmat.primitives.serialization import load_pem_private_key  # noqa: PLC0415

    try:
        private_key = load_pem_private_key(match["pem"].encode(), password=None)
    except ValueError:
        raise _not_a_key(source, "its private key is damaged") from None
    if not isinstance(private_key, Ed25519PrivateKey):
        raise _not_a_key(source, "its private key is not of type Ed25519")
    verifier = parse_vkey(match["vkey"])
    signer = Ed25519Signer.from_private_key(private_key, name=verifier.name, purpose=Purpose(match["purpose"]))
    if format_key_file(signer) != data:
        raise _not_a_key(source, "its header does not belong to its private key")
    return signer


def format_key_file(signer: Ed25519Signer) -> bytes:
    """Return the bytes of a key file; they hold the private key in clear."""
    from cryptography.hazmat.primitives.serialization import (  # noqa: PLC0415  heavy
        Encoding,
        NoEncryption,
        PrivateFormat,
    )

    pem = signer.private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    header = (
        "sovereign private key, version 1\n"
        f"purpose: {signer.purpose}\nname: {signer.verifier.name}\nvkey: {signer.verifier.vkey}\n"
    )
    return header.encode() + pem


def write_key_file(path: Path, signer: Ed25519Signer) -> None:
    """Make `path` (mode 0600, its folder 0700) with the key of `signer`, durable; nothing is ever overwritten.

    Raises:
        UsageError: the file exists (SOV-C256) or cannot be written (SOV-C250).
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        raise UsageError(
            f"the key {quoted(str(path))} exists",
            code="SOV-C256",
            hint="choose another name; a key is replaced by rotation, never by overwriting",
        ) from None
    except OSError as error:
        raise _unwritable(path, error) from None
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(format_key_file(signer))
            file.flush()
            os.fsync(descriptor)
        _sync_folder(path.parent)
    except OSError as error:
        path.unlink(missing_ok=True)  # half a key file would be refused for ever, and could not be written again
        raise _unwritable(path, error) from None


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _read(path: Path) -> bytes:
    """Return the bytes of a key file whose owner and mode are in order; both are read from the open file."""
    try:
        # O_NONBLOCK: opening a named pipe must not wait for a writer.
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as error:
        raise UsageError(
            f"the key {quoted(str(path))} cannot be read: {(error.strerror or 'unreadable').lower()}",
            code="SOV-C250",
            hint="name an existing key file, or make one: `sovereign keys new`",
        ) from None
    try:
        _check_owner(path, os.fstat(descriptor))
        return os.read(descriptor, _LARGEST)
    finally:
        os.close(descriptor)


def _check_owner(path: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise _not_a_key(str(path), "it is no file")
    if status.st_uid != os.geteuid():
        raise UsageError(
            f"the key {quoted(str(path))} belongs to another user",
            code="SOV-C251",
            hint="run the command as its owner, or make a key of your own",
        )
    if status.st_mode & _OTHERS:
        raise UsageError(
            f"the key {quoted(str(path))} is open to others (mode {stat.S_IMODE(status.st_mode):04o})",
            code="SOV-C251",
            hint=f"chmod 600 {path}; if others could read it, make a new key",
        )


def _unwritable(path: Path, error: OSError) -> UsageError:
    return UsageError(
        f"the key {quoted(str(path))} cannot be written: {(error.strerror or 'no reason given').lower()}",
        code="SOV-C250",
        hint="choose a folder that this user may write",
    )


def _not_a_key(source: str, reason: str) -> UsageError:
    return UsageError(
        f"{quoted(source)} is not a usable key file: {reason}",
        code="SOV-C250",
        hint="restore it from a backup, or make a new key: `sovereign keys new`",
    )
