"""Keys of one purpose each, C2SP key ids and vkeys, and DSSE envelopes.

A key serves one purpose, and the purpose stands in what it signs: a log key signs checkpoints (note types 0x01 and
0x06), every other key signs DSSE envelopes whose payload type belongs to its purpose. So a signature never means two
things.
`cryptography` is imported at the first signature, generated key or verification, not before.
"""

from sovereign.signing.dsse import (
    PAYLOAD_TYPES,
    VerifiedEnvelope,
    envelope_payload_type,
    pae,
    sign_envelope,
    verify_envelope,
)
from sovereign.signing.ed25519 import Ed25519Signer, Ed25519Verifier, generate_signer
from sovereign.signing.key_file import load_any_signer, load_mldsa_signer, load_signer, load_verifier, write_key_file
from sovereign.signing.keys import Purpose, SignatureType, Signer, Verifier, check_one_purpose, is_key_name
from sovereign.signing.mldsa import MlDsa44Signer, MlDsa44Verifier, generate_mldsa_signer
from sovereign.signing.passphrase import Passphrase, load_passphrase, passphrase_from
from sovereign.signing.vkeys import parse_vkey

__all__ = [
    "PAYLOAD_TYPES",
    "Ed25519Signer",
    "Ed25519Verifier",
    "MlDsa44Signer",
    "MlDsa44Verifier",
    "Passphrase",
    "Purpose",
    "SignatureType",
    "Signer",
    "VerifiedEnvelope",
    "Verifier",
    "check_one_purpose",
    "envelope_payload_type",
    "generate_mldsa_signer",
    "generate_signer",
    "is_key_name",
    "load_any_signer",
    "load_mldsa_signer",
    "load_passphrase",
    "load_signer",
    "load_verifier",
    "pae",
    "parse_vkey",
    "passphrase_from",
    "sign_envelope",
    "verify_envelope",
    "write_key_file",
]
