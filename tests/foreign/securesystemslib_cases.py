"""Asks securesystemslib about DSSE envelopes: one JSON case a line on standard input, one verdict a line.

A case has the bytes of an envelope and of an Ed25519 public key, in base64, and the key's id: this library compares
that hint, which the format leaves to the reader, before it tries a signature.
"""

import base64
import hashlib
import json
import sys

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import Error
from securesystemslib.signer import SSlibKey


def verify(envelope: bytes, public: bytes, key_id: str) -> str:
    """Return payload type and digest of the payload that the key signed."""
    read = Envelope.from_dict(json.loads(envelope))
    read.verify([SSlibKey.from_crypto(Ed25519PublicKey.from_public_bytes(public), key_id)], 1)
    return f"{read.payload_type} {hashlib.sha256(read.payload).hexdigest()}"


def main() -> None:
    """Answer each line with `ok` and what was shown, or `no` and why it was refused."""
    for line in sys.stdin:
        case = json.loads(line)
        try:
            envelope, public = base64.b64decode(case["envelope"]), base64.b64decode(case["key"])
            answer = f"ok {verify(envelope, public, case['keyid'])}"
        except (Error, ValueError, KeyError, TypeError, AttributeError) as error:
            # It reads what it is given without looking first: what is no envelope ends in one of these.
            answer = f"no {type(error).__name__}"
        sys.stdout.write(f"{answer}\n")


main()
