"""The verifier's own tree: hashes of bundles, tiles as they are stored, and the right edge of what was walked.

Of a tree of any size only one unfinished tile of each level is kept, so that memory does not grow with the log.

Source: RFC 6962 section 2.1; C2SP tlog-tiles v0.1.0.
"""

import hashlib
from collections.abc import Sequence
from typing import Final

from sovereign.audit.errors import EntryError
from sovereign.audit.log_files import LogFiles

__all__ = ["HASH", "WIDTH", "WalkedTree", "bundle_end", "check_bundle", "leaf", "read_part", "root_of_nodes"]

WIDTH: Final = 256
HASH: Final = 32


def leaf(entry: bytes) -> bytes:
    """Return the leaf hash of an entry."""
    return hashlib.sha256(b"\x00" + entry).digest()


def root_of_nodes(nodes: Sequence[bytes]) -> bytes:
    """Return the root over `nodes`; a node without a sibling moves up unchanged, which is the split of RFC 6962."""
    if not nodes:
        return hashlib.sha256(b"").digest()
    sha256 = hashlib.sha256
    while len(nodes) > 1:
        pairs = [sha256(b"\x01" + nodes[i] + nodes[i + 1]).digest() for i in range(0, len(nodes) - 1, 2)]
        nodes = [*pairs, nodes[-1]] if len(nodes) & 1 else pairs
    return nodes[0]


class WalkedTree:
    """The tree over the entries walked so far, each of its finished tiles compared with the stored one."""

    def __init__(self, files: LogFiles) -> None:
        self._files = files
        self._levels: list[list[bytes]] = []  # hashes of the unfinished tile of levels 1, 2, …
        self._finished: list[int] = []  # tiles of that level before it

    def add_full(self, leaves: Sequence[bytes]) -> None:
        """Add the leaf hashes of 256 entries, and check every tile that they finish.

        Raises:
            EntryError: a stored tile holds another hash; the index is that of the first entry below it.
        """
        level, root = 0, root_of_nodes(leaves)
        while True:
            if level == len(self._levels):
                self._levels.append([])
                self._finished.append(0)
            nodes = self._levels[level]
            nodes.append(root)
            if len(nodes) < WIDTH:
                return
            self._check_tile(level)
            root = root_of_nodes(nodes)
            nodes.clear()
            self._finished[level] += 1
            level += 1

    def check_partial_tiles(self) -> None:
        """Return when the unfinished tiles are stored as they were recomputed; call it at the end of the walk."""
        for level, nodes in enumerate(self._levels):
            if nodes:
                self._check_tile(level)

    def root(self, leaves: Sequence[bytes] = ()) -> bytes:
        """Return the root over all entries, `leaves` (fewer than 256) being the leaf hashes of the last ones."""
        nodes = list(leaves)
        for level in self._levels:
            nodes = [*level, root_of_nodes(nodes)] if nodes else list(level)
        return root_of_nodes(nodes)

    def _check_tile(self, level: int) -> None:
        """Compare the hashes of the last tile of a level with the stored ones."""
        nodes, number = self._levels[level], self._finished[level]
        span = WIDTH ** (level + 1)
        first, expected = number * WIDTH * span, b"".join(nodes)
        path, data = read_part(self._files, str(level + 1), number, len(nodes), first)
        if data[: len(expected)] == expected:
            return
        wrong = next(i for i, node in enumerate(nodes) if data[i * HASH : (i + 1) * HASH] != node)
        raise EntryError(
            f"one of {span} entries from here on was changed together with its tile",
            index=first + wrong * span,
            path=path,
            offset=wrong * HASH,
        )


def check_bundle(files: LogFiles, number: int, width: int) -> tuple[bytes, list[bytes]]:
    """Return a bundle's bytes and the leaf hashes of its first `width` entries, which the level-0 tile holds too.

    Raises:
        EntryError: an entry has another hash than the tile holds, or a file is missing or of another length.
    """
    first = number * WIDTH
    path, bundle = read_part(files, "entries", number, width, first)
    _, tile = read_part(files, "0", number, width, first)
    leaves = _leaf_hashes(bundle, width)
    if leaves is None or b"".join(leaves) != tile[: width * HASH]:
        raise _first_wrong(bundle, tile, first, width, path)
    return bundle, leaves


def read_part(files: LogFiles, level: str, number: int, width: int, first: int) -> tuple[str, bytes]:
    """Return path and bytes of a tile or bundle of at least `width`; a full one may replace a partial one any time.

    Raises:
        EntryError: it is missing, or has bytes behind its last hash or entry; the index is `first`.
    """
    full = f"tile/{level}/{_digits(number)}"
    choices = [(f"{full}.p/{width}", width), (full, WIDTH)] if width < WIDTH else [(full, WIDTH)]
    for path, held in choices * 2:  # once more: the full one appears before the partial one goes
        try:
            data = files.read(path)
        except FileNotFoundError:
            continue
        if len(data) > (bundle_end(data, held) if level == "entries" else held * HASH):
            raise EntryError("its file has bytes that belong to no entry", index=first, path=path)
        return path, data
    raise EntryError(f"{full} is missing", index=first, path=full)


def bundle_end(bundle: bytes, width: int) -> int:
    """Return where the first `width` entries of a bundle end; beyond its length if it is cut short."""
    position = 0
    for _ in range(width):
        position += 2 + int.from_bytes(bundle[position : position + 2], "big")
    return position


def _leaf_hashes(bundle: bytes, width: int) -> list[bytes] | None:
    """Return the leaf hashes of the first `width` entries of a bundle; None if it is cut short."""
    sha256, leaves, position = hashlib.sha256, [], 0
    try:
        for _ in range(width):
            start = position + 2
            position = start + (bundle[start - 2] << 8) + bundle[start - 1]
            leaves.append(sha256(b"\x00" + bundle[start:position]).digest())
    except IndexError:
        return None
    return leaves if position <= len(bundle) else None


def _first_wrong(bundle: bytes, tile: bytes, first: int, width: int, path: str) -> EntryError:
    """Return the error that names the first entry of a bundle whose hash is not that of the tile."""
    for place in range(width):
        leaves = _leaf_hashes(bundle, place + 1)
        held = tile[place * HASH : (place + 1) * HASH]
        offset = bundle_end(bundle, place)
        if leaves is None:
            return EntryError("its bundle is cut short", index=first + place, path=path, offset=offset)
        if leaves[place] != held:
            reason = f"it hashes to {leaves[place].hex()}, the tree holds {held.hex()}"
            return EntryError(reason, index=first + place, path=path, offset=offset)
    raise AssertionError("called for a bundle that agrees with its tile")


def _digits(number: int) -> str:
    text = f"{number:03d}"
    text = text.zfill(-(-len(text) // 3) * 3)
    groups = [text[i : i + 3] for i in range(0, len(text), 3)]
    return "/".join([f"x{group}" for group in groups[:-1]] + groups[-1:])
