"""Makes proof files from a log's tiles, and hands out none that it has not verified."""

from collections.abc import Sequence

from sovereign.audit.entry_document import entry_document
from sovereign.audit.errors import EntryError
from sovereign.audit.log_files import LogFiles
from sovereign.audit.proof import inclusion_proof
from sovereign.audit.proof_file import ProofFile, format_proof, verify_proof
from sovereign.audit.tiles import WIDTH, bundle_path, read_part, split_bundle, stored_subtree, width_at
from sovereign.audit.verify_note import open_head
from sovereign.errors import AuditError, UsageError, quoted
from sovereign.signing import Verifier

__all__ = ["prove_entry"]


def prove_entry(
    files: LogFiles, index: int, verifiers: Sequence[Verifier], *, identifier: str | None = None
) -> tuple[bytes, bytes]:
    """Return the bytes of a sealed entry, and of the proof file that shows its place under the log's checkpoint.

    Args:
        files: the log.
        index: 0-based position of the entry.
        verifiers: the log's keys, as whoever will read the proof knows them.
        identifier: the id by which the entry was found; a server may have shown another entry then.

    Raises:
        UsageError: no such entry is sealed (SOV-C321).
        AuditError: the log lacks a file, or one is cut short (SOV-V010).
        VerificationError: entry, tiles and checkpoint do not fit each other, or the keys did not sign it.
        EntryError: the entry that is proved has another id (SOV-V001).
    """
    try:
        note = files.read("checkpoint")
    except FileNotFoundError:
        raise AuditError(f"{quoted(files.place)} has no checkpoint", hint="name a log: what holds it") from None
    head = open_head(note, verifiers)
    if not 0 <= index < head.size:
        raise UsageError(
            f"entry {index} is not sealed: the checkpoint covers {head.size} entries",
            code="SOV-C321",
            hint="`sovereign audit show` lists the entries; an unsealed one can be proved after the next checkpoint",
        )
    number, width = index // WIDTH, width_at(head.size, 0, index // WIDTH)
    entries = split_bundle(read_part(files.read, bundle_path(number, width), bundle_path(number)))
    if len(entries) < width:
        raise AuditError("an entry bundle is cut short", hint="verify the log: `sovereign audit verify`")
    entry = entries[index % WIDTH]
    hashes = inclusion_proof(stored_subtree(files.read, head.size), index, head.size)
    proof = format_proof(ProofFile(index=index, hashes=hashes, note=note))
    verify_proof(entry, proof, verifiers)
    if identifier is not None and (entry_document(entry) or {}).get("id") != identifier:
        raise EntryError("it has another id than when it was looked for", index=index)
    return entry, proof
