"""The keys of a log, each from the place that the settings name, in the order in which they sign.

First the Ed25519 key; then the ML-DSA-44 key, when the log has one; then the Ed25519 key it had before, as long as the
settings name it, so that readers who know only that one still follow.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from sovereign.audit.description import load_description
from sovereign.audit.placement import kept_mldsa_signer, key_path
from sovereign.errors import UsageError, quoted
from sovereign.settings.key_source import KeySource, Pkcs11Source
from sovereign.settings.model import Settings
from sovereign.settings.precedence import load_settings
from sovereign.signing import (
    Ed25519Verifier,
    Passphrase,
    Purpose,
    SignatureType,
    Signer,
    load_any_signer,
    parse_vkey,
    passphrase_from,
)
from sovereign.signing.key_file import parse_key_file
from sovereign.signing.private_file import read_private_file

__all__ = ["load_log_signers", "load_new_log_signer", "load_source"]

_LONGEST_PIN: Final = 256  # bytes


def load_log_signers(
    settings: Settings, directory: Path, state: Path, environ: Mapping[str, str]
) -> tuple[Signer, tuple[Signer, ...]]:
    """Return the signer of the log in `directory`, and its cosigners.

    Raises:
        UsageError: a key cannot be had (SOV-C250 to C260), is of the wrong type or purpose (SOV-C252), or the log has
            an ML-DSA-44 key that is not there (SOV-C250).
    """
    origin = load_description(directory).origin
    passphrase = passphrase_from(environ)
    source = settings.log_key or KeySource(file=key_path(state, origin))
    signer = _typed(load_source(source, origin, environ, passphrase), SignatureType.ED25519)
    cosigners: list[Signer] = []
    if settings.log_mldsa_key is not None:
        mldsa = load_source(settings.log_mldsa_key, origin, environ, passphrase)
        cosigners.append(_typed(mldsa, SignatureType.MLDSA44))
    else:
        cosigners += kept_mldsa_signer(directory, source.file or key_path(state, origin))
    if settings.log_previous_key is not None:
        previous = load_source(settings.log_previous_key, origin, environ, passphrase)
        cosigners.append(_typed(previous, SignatureType.ED25519))
    return signer, tuple(cosigners)


def load_new_log_signer(environ: Mapping[str, str], origin: str) -> tuple[Signer, Path | None]:
    """Return the Ed25519 key that `SOVEREIGN_KEYS_LOG_*` name, for a log that is to be made, and its file or None.

    Raises:
        UsageError: they name none (SOV-C250), or as `load_log_signers`.
    """
    source = load_settings(None, environ=environ).log_key
    if source is None:
        raise UsageError(
            "no variable names a key for the new log",
            code="SOV-C250",
            hint="set SOVEREIGN_KEYS_LOG_COMMAND and its vkey, or SOVEREIGN_KEYS_LOG_PKCS11_MODULE and its like",
        )
    signer = load_source(source, origin, environ, passphrase_from(environ))
    return _typed(signer, SignatureType.ED25519), source.file


def load_source(source: KeySource, origin: str, environ: Mapping[str, str], passphrase: Passphrase) -> Signer:
    """Return the signer of a log key from the place that the settings name.

    Raises:
        UsageError: it cannot be had (SOV-C250 to C260).
    """
    if source.file is not None:
        return load_any_signer(source.file, purpose=Purpose.LOG, environ=environ, passphrase=passphrase)
    if source.env is not None:
        data = _variable(source.env, environ, "key", "put the text of a key file into it").encode()
        return parse_key_file(data, source=f"${source.env}", purpose=Purpose.LOG, passphrase=passphrase)
    if source.pkcs11 is not None:
        return _in_token(source.pkcs11, origin, environ)
    return _behind_program(source, environ)


def _in_token(source: Pkcs11Source, origin: str, environ: Mapping[str, str]) -> Signer:
    from sovereign.signing.pkcs11 import Pkcs11Signer  # noqa: PLC0415  few logs have such a key

    if source.pin_file is not None:
        hint = "name a file of mode 0600 with the PIN in its one line"
        pin = read_private_file(source.pin_file, what="PIN file", limit=_LONGEST_PIN, hint=hint).decode().rstrip("\r\n")
    else:
        assert source.pin_env is not None
        pin = _variable(source.pin_env, environ, "PIN", "put the user PIN of the token into it")
    return Pkcs11Signer(
        module=source.module, token=source.token, key=source.key, pin=pin, name=origin, purpose=Purpose.LOG
    )


def _behind_program(source: KeySource, environ: Mapping[str, str]) -> Signer:
    from sovereign.signing.command import CommandSigner  # noqa: PLC0415  few logs have such a key

    assert source.command is not None
    assert source.vkey is not None
    verifier = parse_vkey(source.vkey)
    if not isinstance(verifier, Ed25519Verifier):
        raise UsageError("a program signs with an Ed25519 key only", code="SOV-C252", hint="give its Ed25519 vkey")
    return CommandSigner(purpose=Purpose.LOG, verifier=verifier, command=source.command, environ=environ)


def _variable(name: str, environ: Mapping[str, str], what: str, hint: str) -> str:
    text = environ.get(name)
    if not text:
        raise UsageError(f"the variable {quoted(name)} holds no {what}", code="SOV-C250", hint=hint)
    return text


def _typed(signer: Signer, wanted: SignatureType) -> Signer:
    if signer.verifier.type is not wanted:
        raise UsageError(
            f"the key {quoted(signer.verifier.name)} is of type {signer.verifier.type.name}, not {wanted.name}",
            code="SOV-C252",
            hint=f"make one: `sovereign keys new --type {wanted.name.lower()}`",
        )
    return signer
