"""Loads and makes key files: one file, one key, mode 0600, owned by the user who reads it."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from sovereign.errors import UsageError, quoted
from sovereign.signing.ed25519 import Ed25519Signer
from sovereign.signing.key_text import FileSigner, format_key, parse_key_text, unlock
from sovereign.signing.keys import Purpose, SignatureType, Verifier
from sovereign.signing.mldsa import MlDsa44Signer
from sovereign.signing.passphrase import Passphrase, passphrase_from
from sovereign.signing.private_file import make_private_file, read_private_file

__all__ = ["load_any_signer", "load_mldsa_signer", "load_signer", "load_verifier", "parse_key_file", "write_key_file"]

_LARGEST: Final = 10_000  # bytes; a key file has about 400, of ML-DSA-44 about 2,200
_REFUSED_IN_CI: Final = frozenset({Purpose.POLICY, Purpose.WAIVER})
_HINT: Final = "name an existing key file, or make one: `sovereign keys new`"


def load_signer(
    path: Path,
    *,
    purpose: Purpose,
    environ: Mapping[str, str] | None = None,
    passphrase: Passphrase | None = None,
) -> Ed25519Signer:
    """Return the Ed25519 signer in the key file `path`.

    Args:
        path: the file; no symbolic link.
        purpose: what the caller is about to sign.
        environ: the environment, `os.environ` if None; under `CI` no policy or waiver key is read.
        passphrase: asked when the key is encrypted; None asks the file that SOVEREIGN_KEY_PASSPHRASE_FILE names.

    Raises:
        UsageError: unreadable or not of the form (SOV-C250), not owned by this user or open to others (SOV-C251), of
            another purpose or type (SOV-C252), a policy or waiver key under CI (SOV-C254), encrypted and no passphrase
            (SOV-C257) or a wrong one (SOV-C258).
    """
    signer = load_any_signer(path, purpose=purpose, environ=environ, passphrase=passphrase)
    if not isinstance(signer, Ed25519Signer):
        raise _wrong_type(str(path), SignatureType.ED25519)
    return signer


def load_mldsa_signer(
    path: Path, *, purpose: Purpose, environ: Mapping[str, str] | None = None, passphrase: Passphrase | None = None
) -> MlDsa44Signer:
    """Return the ML-DSA-44 signer in the key file `path`; all else is as `load_signer`."""
    signer = load_any_signer(path, purpose=purpose, environ=environ, passphrase=passphrase)
    if not isinstance(signer, MlDsa44Signer):
        raise _wrong_type(str(path), SignatureType.MLDSA44)
    return signer


def load_any_signer(
    path: Path, *, purpose: Purpose, environ: Mapping[str, str] | None = None, passphrase: Passphrase | None = None
) -> FileSigner:
    """Return the signer in the key file `path`, of either type; all else is as `load_signer`."""
    environ = os.environ if environ is None else environ
    if purpose in _REFUSED_IN_CI and environ.get("CI"):
        raise UsageError(
            f"a {purpose} key is not used under CI: who changes the pipeline could sign with it",
            code="SOV-C254",
            hint="sign on a person's machine and commit the signature",
        )
    return parse_key_file(
        _read(path), source=str(path), purpose=purpose, passphrase=passphrase or passphrase_from(environ)
    )


def parse_key_file(data: bytes, *, source: str, purpose: Purpose, passphrase: Passphrase) -> FileSigner:
    """Return the signer that the bytes of a key file hold.

    Args:
        data: the bytes.
        source: where they came from, for messages.
        purpose: what the caller is about to sign.
        passphrase: asked when the key is encrypted, after its purpose was compared.

    Raises:
        UsageError: as `load_signer`.
    """
    text = parse_key_text(data, source=source)
    if text.purpose is not purpose:
        raise UsageError(
            f"the key {quoted(source)} is for {text.purpose}, not for {purpose}",
            code="SOV-C252",
            hint=f"make one: `sovereign keys new --for {purpose}`",
        )
    return unlock(text, passphrase)


def load_verifier(path: Path) -> tuple[Purpose, Verifier]:
    """Return purpose and public half of the key file `path`; for showing it, so an encrypted one stays locked.

    Raises:
        UsageError: as `load_signer`, but for the passphrase; an encrypted key's header is not compared with it.
    """
    text = parse_key_text(_read(path), source=str(path))
    if not text.is_encrypted:
        unlock(text, passphrase_from({}))
    return text.purpose, text.verifier


def write_key_file(path: Path, signer: FileSigner, *, passphrase: bytes | None = None) -> None:
    """Make `path` (mode 0600, its folder 0700) with the key of `signer`, durable; nothing is ever overwritten.

    Raises:
        UsageError: the file exists (SOV-C256) or cannot be written (SOV-C250).
    """
    make_private_file(path, format_key(signer, passphrase), what="key")


def _read(path: Path) -> bytes:
    return read_private_file(path, what="key", limit=_LARGEST, hint=_HINT)


def _wrong_type(source: str, wanted: SignatureType) -> UsageError:
    return UsageError(
        f"the key {quoted(source)} is not of type {wanted.name}",
        code="SOV-C252",
        hint=f"make one: `sovereign keys new --type {wanted.name.lower()}`",
    )
