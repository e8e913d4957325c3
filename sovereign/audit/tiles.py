"""Tiles and entry bundles: their paths, the bytes of new ones, and subtree roots from stored ones.

1. A full tile holds 256 hashes; hash i of tile n at level l is the root over the leaves [(256n+i) * 256^l, + 256^l).
2. A partial tile exists for every published size and is never hashed upward. 3. A bundle holds, for each entry of a
level-0 tile, its length in two bytes, big-endian, and its bytes. 4. Numbers in paths have three digits per part, all
but the last prefixed by `x`.

Source: C2SP tlog-tiles v0.1.0.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from sovereign.audit.merkle import fold, leaf_hashes, peaks_of, perfect_root, root_of
from sovereign.errors import AuditError

__all__ = [
    "HASH_BYTES",
    "WIDTH",
    "GrowingTree",
    "ReadFile",
    "bundle_path",
    "join_bundle",
    "split_bundle",
    "stored_subtree",
    "tile_path",
    "width_at",
]

HASH_BYTES: Final = 32
WIDTH: Final = 256
_HEIGHT: Final = 8  # levels of the binary tree in one tile
_LENGTH: Final = 2

ReadFile = Callable[[str], bytes]
"""A path relative to the log directory -> the bytes of the file; raises OSError."""


def tile_path(level: int, number: int, width: int = WIDTH) -> str:
    """Return the path of a tile of hashes; a width below 256 names a partial tile."""
    return f"tile/{level}/{_number(number)}{_partial(width)}"


def bundle_path(number: int, width: int = WIDTH) -> str:
    """Return the path of an entry bundle."""
    return f"tile/entries/{_number(number)}{_partial(width)}"


def width_at(size: int, level: int, number: int) -> int:
    """Return how many hashes tile `number` of `level` has in the tree of `size`; 0 to 256."""
    return max(0, min(WIDTH, (size >> (_HEIGHT * level)) - number * WIDTH))


def join_bundle(entries: Sequence[bytes]) -> bytes:
    """Return the bundle of these entries."""
    return b"".join([part for entry in entries for part in (len(entry).to_bytes(_LENGTH, "big"), entry)])


def split_bundle(data: bytes) -> tuple[bytes, ...]:
    """Return the entries of a bundle.

    Raises:
        AuditError: the lengths do not add up (SOV-V010).
    """
    entries: list[bytes] = []
    position = 0
    while position < len(data):
        start = position + _LENGTH
        position = start + int.from_bytes(data[position:start], "big")
        if position > len(data) or start > len(data):
            raise AuditError("an entry bundle is cut short", hint="verify the log: `sovereign audit verify`")
        entries.append(data[start:position])
    return tuple(entries)


def stored_subtree(read: ReadFile, size: int) -> Callable[[int, int], bytes]:
    """Return the function (height, index) -> root of a perfect subtree, over the tiles of the tree of `size`."""
    cache: dict[tuple[int, int], tuple[bytes, ...]] = {}

    def subtree(height: int, index: int) -> bytes:
        level, inner = divmod(height, _HEIGHT)
        number, place = divmod(index << inner, WIDTH)
        if (level, number) not in cache:
            cache[level, number] = load_tile(read, size, level, number)
        return root_of(cache[level, number][place : place + (1 << inner)])

    return subtree


def load_tile(read: ReadFile, size: int, level: int, number: int) -> tuple[bytes, ...]:
    """Return the hashes of one tile of the tree of `size`; falls back from the partial to the full one."""
    width = width_at(size, level, number)
    data = read_part(read, tile_path(level, number, width), tile_path(level, number))
    if len(data) < width * HASH_BYTES:
        raise AuditError(
            f"tile {tile_path(level, number, width)} is cut short", hint="verify the log: `sovereign audit verify`"
        )
    return tuple(data[i * HASH_BYTES : (i + 1) * HASH_BYTES] for i in range(width))


def read_part(read: ReadFile, partial: str, full: str) -> bytes:
    """Return a partial file, or the full one that replaced it.

    Raises:
        AuditError: neither can be read (SOV-V010).
    """
    try:
        return read(partial)
    except OSError:
        pass
    try:
        return read(full)
    except OSError:
        raise AuditError(
            f"the log lacks {partial}", hint="restore the log directory from its mirror; never sign on from a backup"
        ) from None


class GrowingTree:
    """The right edge of the published tree, as tiles: what is needed to add entries and to write what changed.

    `extend` gives the files that became full; `partials` those that the current size needs besides.
    """

    def __init__(self) -> None:
        self._size = 0
        self._levels: list[list[bytes]] = []  # of each level, the hashes of the tile that is not full
        self._bundle: list[bytes] = []

    @property
    def size(self) -> int:
        """The number of entries."""
        return self._size

    @classmethod
    def load(cls, read: ReadFile, size: int) -> "GrowingTree":
        """Return the right edge of a stored tree; the caller compares its root.

        Raises:
            AuditError: a tile or bundle is missing or cut short (SOV-V010).
        """
        tree = cls()
        tree._size = size
        level = 0
        while size >> (_HEIGHT * level):
            number, width = divmod(size >> (_HEIGHT * level), WIDTH)
            tree._levels.append(list(load_tile(read, size, level, number)) if width else [])
            level += 1
        number, width = divmod(size, WIDTH)
        if width:
            data = read_part(read, bundle_path(number, width), bundle_path(number))
            tree._bundle = list(split_bundle(data)[:width])
        return tree

    def extend(self, entries: Sequence[bytes]) -> list[tuple[str, bytes]]:
        """Add entries; return path and bytes of each file that is full now: bundles, and tiles of every level."""
        full: list[tuple[str, bytes]] = []
        start = 0
        while start < len(entries):
            chunk = entries[start : start + WIDTH - len(self._bundle)]
            start += len(chunk)
            self._bundle += chunk
            self._size += len(chunk)
            self._level(0).extend(leaf_hashes(chunk))
            if len(self._bundle) == WIDTH:
                full += self._close()
        return full

    def partials(self) -> Iterator[tuple[str, bytes]]:
        """Yield path and bytes of each partial file that the tree of this size needs."""
        if self._bundle:
            yield bundle_path(self._size // WIDTH, len(self._bundle)), join_bundle(self._bundle)
        for level, hashes in enumerate(self._levels):
            if hashes:
                yield tile_path(level, self._size >> (_HEIGHT * (level + 1)), len(hashes)), b"".join(hashes)

    def root(self) -> bytes:
        """Return the root over all entries."""
        return fold([peak for hashes in reversed(self._levels) for peak in peaks_of(hashes)])

    def _close(self) -> Iterator[tuple[str, bytes]]:
        """Empty the full bundle, and each tile that is full with it; yield their paths and bytes."""
        level, number = 0, self._size // WIDTH - 1
        yield bundle_path(number), join_bundle(self._bundle)
        self._bundle = []
        while len(self._levels[level]) == WIDTH:
            hashes, self._levels[level] = self._levels[level], []
            yield tile_path(level, number), b"".join(hashes)
            level, number = level + 1, number // WIDTH
            self._level(level).append(perfect_root(hashes))

    def _level(self, level: int) -> list[bytes]:
        if level == len(self._levels):
            self._levels.append([])
        return self._levels[level]


def _number(number: int) -> str:
    parts = [f"{number % 1000:03d}"]
    while number := number // 1000:
        parts.insert(0, f"x{number % 1000:03d}")
    return "/".join(parts)


def _partial(width: int) -> str:
    return "" if width == WIDTH else f".p/{width}"
