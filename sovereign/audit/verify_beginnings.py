"""Heads that a reader knows of already: the tree of a log must begin with each of them.

One walk answers for all of them, since whoever hands out files could show a second walk another log.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sovereign.audit.errors import ForkError
from sovereign.audit.verify_note import SignedHead
from sovereign.audit.verify_tree import WalkedTree

__all__ = ["Beginning", "WalkedBeginnings"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Beginning:
    """A head that is known.

    Attributes:
        size: number of entries.
        root: over them, 32 bytes.
        document: what says so, such as a signed checkpoint; the evidence where the log contradicts it.
    """

    size: int
    root: bytes
    document: bytes


class WalkedBeginnings:
    """The known heads of a log, compared with its tree while that is walked.

    Args:
        known: the heads.
        head: of the log.
        note: the signed checkpoint that says so.

    Raises:
        ForkError: the log has fewer entries than a head that is known (SOV-V003).
    """

    def __init__(self, known: Sequence[Beginning], head: SignedHead, note: bytes) -> None:
        self._known = known
        self._note = note
        self._contradicted: list[Beginning] = []
        for one in known:
            if one.size > head.size:
                raise self._fork(one, f"the log shrank from {one.size} to {head.size} entries")

    def look(self, tree: WalkedTree, first: int, leaves: Sequence[bytes]) -> None:
        """Compare the heads that end within these leaves, which follow the `first` ones that `tree` holds."""
        for one in self._known:
            is_here = first < one.size <= first + len(leaves) or one.size == first == 0
            if is_here and tree.root(leaves[: one.size - first]) != one.root:
                self._contradicted.append(one)

    def check(self) -> None:
        """Return when the tree begins with each head; call it when the tree is known to be the signed one.

        Raises:
            ForkError: it does not (SOV-V003).
        """
        for one in self._contradicted:
            raise self._fork(one, f"the first {one.size} entries are not those that were seen before")

    def _fork(self, one: Beginning, message: str) -> ForkError:
        return ForkError(
            message, seen=one.document.decode(), found=self._note.decode(), hint="keep both: together they prove it"
        )
