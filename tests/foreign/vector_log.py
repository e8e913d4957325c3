"""The log among our vectors: the entries of the published tree T1, written by our writer with keys of counting bytes.

Ed25519 signatures, tiles and bundles come out the same every time; ML-DSA-44 signatures are hedged and never do, so the
stored one is verified only. `python tests/foreign/vector_log.py` writes the files again.
"""

import shutil
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from sovereign.audit.log import Log
from sovereign.audit.placement import LogKind
from sovereign.signing import Ed25519Signer, MlDsa44Signer, Purpose

VECTORS = Path(__file__).resolve().parents[1] / "vectors" / "log"
STORED = VECTORS / "hybrid-300"
ORIGIN = "audit.example/log1"
SIGNED_AT = datetime(2025, 12, 31, tzinfo=UTC)
ENTRIES = tuple(f"record {i}".encode() for i in range(300))
INDEX = 299

SIGNER = Ed25519Signer.from_private_key(
    Ed25519PrivateKey.from_private_bytes(bytes(range(0x20))), name=ORIGIN, purpose=Purpose.LOG
)
COSIGNER = MlDsa44Signer.from_private_key(
    MLDSA44PrivateKey.from_seed_bytes(bytes(range(0x40, 0x60))), name=ORIGIN, purpose=Purpose.LOG
)


def write(folder: Path) -> Path:
    """Write the log into a folder and return its directory."""
    log = Log.create(
        folder / "log",
        origin=ORIGIN,
        signer=SIGNER,
        cosigners=[COSIGNER],
        kind=LogKind.HOST,
        clock=lambda: SIGNED_AT,
        unsafe_filesystem=True,
    )
    log.append_many(list(ENTRIES))
    log.close()
    return folder / "log"


def store() -> None:
    """Replace the stored files: what is public of the log, its keys, a proof file and its entry."""
    from foreign.artefacts import Proofs, Written  # noqa: PLC0415  the tests alone have it on their path

    with tempfile.TemporaryDirectory() as folder:
        log = write(Path(folder))
        shutil.rmtree(STORED, ignore_errors=True)
        STORED.mkdir()
        shutil.copytree(log / "tile", STORED / "tile")
        shutil.copy(log / "checkpoint", STORED)
        written = Written(directory=log, entries=ENTRIES, ed25519=(SIGNER.verifier,), mldsa=COSIGNER.verifier)
        (STORED / f"entry-{INDEX}.tlog-proof").write_bytes(Proofs(written).file(INDEX))
    (STORED / f"entry-{INDEX}").write_bytes(ENTRIES[INDEX])
    (STORED / "ed25519.vkey").write_text(f"{SIGNER.verifier.vkey}\n")
    (STORED / "mldsa.vkey").write_text(f"{COSIGNER.verifier.vkey}\n")


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    store()
