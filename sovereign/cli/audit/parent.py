"""Keys that a reader trusts because a parent log, which they trust, holds them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from sovereign.cli.audit.evidence import read_checkpoint
from sovereign.cli.audit.trusted_keys import origin_of, trusted_keys
from sovereign.errors import UsageError, quoted

if TYPE_CHECKING:
    from sovereign.audit.children import ChildLog
    from sovereign.audit.log_files import LogFiles
    from sovereign.signing import Verifier

__all__ = ["NamedParent", "keys_by_parent", "parent_options"]

_PARENT: Final = click.option(
    "--parent", "place_of_parent", metavar="PLACE", help="The parent log that took this one in; its keys count instead."
)
_KEY: Final = click.option(
    "--parent-key", "parent_keys", multiple=True, metavar="VKEY|FILE", help="A key of the parent; repeatable."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedParent:
    """The parent log that a reader trusts: where it lies, and its keys as they were given."""

    place: str
    keys: tuple[str, ...]


def parent_options(function: Callable[..., int]) -> Callable[..., int]:
    """Add `--parent` and `--parent-key`; the verb gets `parent`, a `NamedParent` or None.

    The verb also has the parameters `keys`, `seen` and `proof`, none of which goes together with a parent.
    """

    @wraps(function)
    def with_parent(*args: Any, place_of_parent: str | None, parent_keys: tuple[str, ...], **more: Any) -> int:  # noqa: ANN401  the verb's own
        if place_of_parent is None and parent_keys:
            raise UsageError("--parent-key needs a parent", hint="say where it lies: --parent PLACE")
        if place_of_parent is not None and (more["keys"] or more["seen"] is not None or more["proof"] is not None):
            raise UsageError(
                "--parent goes with none of --key, --seen and --proof",
                hint="the parent holds the keys of its child and its last head: --parent PLACE --parent-key VKEY",
            )
        parent = None if place_of_parent is None else NamedParent(place=place_of_parent, keys=parent_keys)
        return function(*args, parent=parent, **more)

    return _PARENT(_KEY(with_parent))


def keys_by_parent(
    files: "LogFiles", parent: NamedParent, trust: Path | None
) -> "tuple[list[Verifier], bytes | None, tuple[str, ...]]":
    """Return the keys of a log that its parent holds, the last head that the parent has of it, and what to tell.

    Args:
        files: the log; only its name is taken from it.
        parent: all of it is verified, with the keys given, else those of the trust file or the user's memory.
        trust: a trust file.

    Raises:
        VerificationError: the parent does not verify, or has not taken in this log (SOV-V004).
        UsageError: no parent is there, or a key or the trust file is not of the form.
    """
    from sovereign.audit.children import child_keys  # noqa: PLC0415  only who names a parent needs it
    from sovereign.audit.log_files import open_log_files  # noqa: PLC0415  as above

    above = open_log_files(parent.place)
    judged = [Path(place) for place in (files.place, parent.place) if Path(place).exists()]
    verifiers, seen = trusted_keys(read_checkpoint(above), parent.keys, trust, judged=judged)
    child = child_keys(above, verifiers, origin_of(read_checkpoint(files)), seen=seen)
    return list(child.verifiers), child.note, tuple(_told(child))


def _told(child: "ChildLog") -> "Iterator[str]":
    """Yield why the keys are trusted, and what was only stated."""
    yield f"the key is trusted because the parent {quoted(child.parent)} holds it, in its entry {child.index}"
    if child.identity is not None:
        stated = ", ".join(f"{name} {quoted(value)}" for name, value in sorted(child.identity.members.items()))
        yield f"the submitter stated this CI identity, and nobody verified it: {stated}"
