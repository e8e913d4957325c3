"""What `sovereign audit ingest` answers: a line for each receipt, or the document `sovereign.ingest/1`."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final

from sovereign.audit.errors import ForkError
from sovereign.cli.output import say, write_text
from sovereign.errors import SovereignError
from sovereign.report.terminal import clean

if TYPE_CHECKING:
    from sovereign.audit.checkpoint import Checkpoint
    from sovereign.audit.ci_identity import Announcement, Missing
    from sovereign.audit.ingest import Taken

__all__ = ["document", "tell_heads", "tell_text"]

_SCHEMA: Final = "sovereign.ingest/1"


def tell_text(sealed: "Checkpoint", taken: "Sequence[tuple[str, Taken]]") -> None:
    """Write a line for each child, and one for the parent."""
    for name, one in taken:
        word = "ingested" if one.is_new else "known   "
        receipt = f"entry {one.receipt.index} of {one.receipt.origin}, {one.receipt.state}"
        write_text(clean(f"{word}  {name}  {one.origin}  {one.size} entries  {receipt}") + "\n")
    write_text(clean(f"parent    {sealed.origin}  {sealed.size} entries  root {sealed.root.hex()}") + "\n")


def tell_heads(errors: Iterable[SovereignError]) -> None:
    """Write both heads of each fork to stderr: together they prove it to anybody."""
    for error in errors:
        if isinstance(error, ForkError):
            for what, head in (("the parent holds", error.seen), ("submitted was", error.found)):
                say(clean(f"{what}:"))
                for line in head.splitlines():
                    say(clean(f"  {line}"))


def document(
    sealed: "Checkpoint",
    taken: "Sequence[tuple[str, Taken]]",
    refused: Sequence[tuple[str, SovereignError]],
    announced: "Sequence[Announcement]",
    missing: "Sequence[Missing]",
    code: int,
) -> dict[str, Any]:
    """Return the document of one ingest."""
    return {
        "schema": _SCHEMA,
        "exit": code,
        "parent": {"origin": sealed.origin, "size": sealed.size, "root": sealed.root.hex()},
        "taken": [_taken(name, one) for name, one in taken],
        "refused": [_refused(name, error) for name, error in refused],
        "announced": len(announced),
        "missing": [
            {"run": dict(one.announcement.members), "runs": one.announcement.runs, "arrived": one.arrived}
            for one in missing
        ],
    }


def _taken(name: str, one: "Taken") -> dict[str, Any]:
    return {
        "path": name,
        "origin": one.origin,
        "size": one.size,
        "is_new": one.is_new,
        "receipt": {
            "log_kind": one.receipt.log_kind.value,
            "origin": one.receipt.origin,
            "index": one.receipt.index,
            "leaf": one.receipt.leaf_hash,
            "state": one.receipt.state.value,
        },
    }


def _refused(name: str, error: SovereignError) -> dict[str, Any]:
    heads = {"seen": error.seen, "found": error.found} if isinstance(error, ForkError) else {}
    return {"path": name, "code": error.code, "message": error.message, **heads}
