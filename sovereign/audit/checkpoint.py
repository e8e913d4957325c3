"""A checkpoint: what a log commits to, as three lines of text; `tree_head.py` signs it.

The text is origin, size, root and nothing else: what others might add is not covered by every signature type. What is
read is written back and compared.

Source: C2SP tlog-checkpoint v1.0.0.
"""

import base64
from dataclasses import dataclass
from typing import Final

from sovereign.audit.note import decode_field, malformed
from sovereign.signing import is_key_name

__all__ = ["Checkpoint", "format_checkpoint", "parse_checkpoint"]

_ROOT: Final = 32
_LARGEST_SIZE: Final = 2**63 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """What a log committed to.

    Attributes:
        origin: the log's name.
        size: number of entries.
        root: 32 bytes.
    """

    origin: str
    size: int
    root: bytes


def parse_checkpoint(text: str) -> Checkpoint:
    """Return the checkpoint that a note's text is.

    Raises:
        VerificationError: not of the form, or with extension lines (SOV-V005).
    """
    lines = text.split("\n")
    if len(lines) != 4 or lines[3]:  # noqa: PLR2004  origin, size, root, and nothing after the last LF
        raise malformed("a checkpoint has three lines: origin, size, root")
    origin, size, root = lines[:3]
    # Python refuses to read very long numbers; 20 digits are beyond 2^63, and the comparison below sees the rest.
    if not (size.isascii() and size.isdigit() and int(size[:20]) <= _LARGEST_SIZE):
        raise malformed("the size is not a decimal number below 2^63")
    checkpoint = Checkpoint(origin=origin, size=int(size[:20]), root=decode_field(root))
    if not is_key_name(origin) or len(checkpoint.root) != _ROOT or format_checkpoint(checkpoint) != text:
        raise malformed("origin, size or root is not in the one form that is allowed")
    return checkpoint


def format_checkpoint(checkpoint: Checkpoint) -> str:
    """Return the text of a checkpoint: three lines."""
    return f"{checkpoint.origin}\n{checkpoint.size}\n{base64.b64encode(checkpoint.root).decode()}\n"
