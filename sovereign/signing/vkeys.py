"""Reads a public key from its one line.

Source: C2SP signed-note v1.0.0, "Verifier keys".
"""

import base64
import binascii
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from sovereign.errors import quoted
from sovereign.signing.ed25519 import Ed25519Verifier
from sovereign.signing.keys import SignatureType, bad_vkey
from sovereign.signing.mldsa import MlDsa44Verifier

__all__ = ["parse_vkey"]

_KEY_ID: Final = re.compile(r"[0-9a-f]{8}", re.ASCII)
_KINDS: Final[Mapping[int, type[Ed25519Verifier] | type[MlDsa44Verifier]]] = MappingProxyType(
    {SignatureType.ED25519: Ed25519Verifier, SignatureType.MLDSA44: MlDsa44Verifier}
)


def parse_vkey(text: str) -> Ed25519Verifier | MlDsa44Verifier:
    """Return the verifier that a vkey line names.

    Raises:
        UsageError: not of the form, of a type that is not supported, or a key id that is not the key's (SOV-C255).
    """
    parts = text.split("+", 2)  # base64 contains `+` itself: only the first two divide
    if len(parts) != 3:  # noqa: PLR2004  name, key id, key
        raise bad_vkey(f"{quoted(text)} is no vkey", "a vkey has the form name+key id+base64")
    name, key_id, encoded = parts
    try:
        raw = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        raise bad_vkey(f"the key in {quoted(text)} is not base64", "copy the vkey whole") from None
    kind = _KINDS.get(raw[0]) if raw else None
    if kind is None:
        reason = f"the key {quoted(name)} is of a type that is not supported"
        raise bad_vkey(reason, "use an Ed25519 key (type 01), or for checkpoints ML-DSA-44 (type 06)")
    verifier = kind(name=name, public_key=raw[1:])
    if not _KEY_ID.fullmatch(key_id) or verifier.vkey != text:
        raise bad_vkey(f"the key id {quoted(key_id)} is not that of the key", "copy the vkey whole")
    return verifier
