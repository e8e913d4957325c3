"""What an enforcement point needs of a log, and no more."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Protocol

from sovereign.audit.receipt import LogKind, Receipt

__all__ = ["NO_OBJECTS", "Trail"]

NO_OBJECTS: Final[Mapping[str, bytes]] = MappingProxyType({})


class Trail(Protocol):
    """Somewhere entries become durable in order."""

    @property
    def kind(self) -> LogKind:
        """Which kind of log it is."""

    @property
    def origin(self) -> str:
        """The log's name."""

    def append(self, entry: bytes, objects: Mapping[str, bytes] = NO_OBJECTS) -> Receipt:
        """Make `objects` (by SHA-256 in hexadecimal digits) durable, then `entry`, and return its receipt.

        Raises:
            AuditWriteError: the entry is not durable; the action must not start.
        """

    async def aappend(self, entry: bytes, objects: Mapping[str, bytes] = NO_OBJECTS) -> Receipt:
        """As `append`, without holding up the event loop."""

    def holds(self, digest: str) -> bool:
        """Whether the object of this SHA-256 is kept, intact and durable."""

    def close(self) -> None:
        """Seal what was appended and let go of the files."""
