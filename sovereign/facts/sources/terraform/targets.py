"""Where an object is that another one names: by ARN, path, URL, id, name, or by a reference in the configuration.

A name that leads nowhere in the same file is unknown: an S3 ARN holds no region, and a bucket's name proves nothing.
"""

import re
from typing import Final

from sovereign.facts.model import Confidence, Evidence
from sovereign.facts.sources.terraform.nodes import Index, Node
from sovereign.facts.sources.terraform.places import Placer
from sovereign.facts.sources.terraform.providers import Stated
from sovereign.facts.sources.terraform.readings import Reading, parse_arn, path_place, read_host, read_place
from sovereign.facts.sources.terraform.values import Leaf
from sovereign.jurisdiction import Catalogue

__all__ = ["NOWHERE", "Nowhere", "Targets"]


class Nowhere:
    """The value names something that has no place of its own, such as an identity."""


NOWHERE: Final = Nowhere()

_AZURE_HOST: Final = re.compile(
    r"https://([a-z0-9-]{3,63})\.(blob|dfs|file|queue|table)\.core\.windows\.net(?:/.*)?|https://([a-z0-9-]{3,24})\.(vault)\.azure\.net(?:/.*)?",
    re.IGNORECASE,
)
_S3_URI: Final = re.compile(r"s3://([^/]+)(?:/.*)?")
_ARN_BUCKET: Final = re.compile(r"([^/:]+)(?:/.*)?")
_WITHOUT_PLACE: Final = frozenset({"iam", "sts", "organizations"})


class Targets:
    """Finds the places of named objects in one plan."""

    def __init__(self, catalogue: Catalogue, index: Index, placer: Placer, sha256: str) -> None:
        self._catalogue = catalogue
        self._index = index
        self._placer = placer
        self._sha256 = sha256

    def find(self, node: Node, path: str, leaf: Leaf) -> Stated | Nowhere | None:
        """Return where the object is that a value names; None if that cannot be told."""
        if leaf.text is None:
            return self._placer.of_targets(self._index.referred(node, path) or (), leaf) if not leaf.known else None
        reading = self._literal(leaf.text)
        if isinstance(reading, Nowhere):
            return reading
        if reading is not None:
            return self._stated(reading, leaf)
        return self._placer.of_targets(self._named(node, path, leaf.text), leaf)

    def in_full(self, text: str) -> Reading | None:
        """Return the place of an object that `text` names in full, by an ARN or a path that holds a region."""
        arn = parse_arn(text)
        if arn is None:
            return path_place(self._catalogue, text)
        return read_place(self._catalogue, "aws", arn.region, name="region", resource_type="") if arn.region else None

    def _literal(self, text: str) -> Reading | Nowhere | None:
        arn = parse_arn(text)
        if arn is not None:
            if arn.region:
                return read_place(self._catalogue, "aws", arn.region, name="region", resource_type="")
            return NOWHERE if arn.service in _WITHOUT_PLACE else None
        return path_place(self._catalogue, text) or read_host(self._catalogue, text)

    def _named(self, node: Node, path: str, text: str) -> tuple[Node, ...]:
        found = self._index.named(node, path, text)
        if found:
            return found
        arn, uri, host = parse_arn(text), _S3_URI.fullmatch(text), _AZURE_HOST.fullmatch(text)
        if host is not None:
            kind, name = ("azurerm_key_vault", host[3]) if host[4] else ("azurerm_storage_account", host[1])
            return self._index.of_type(kind, name)
        bucket = uri or (_ARN_BUCKET.fullmatch(arn.resource) if arn is not None and arn.service == "s3" else None)
        return tuple(n for n in self._index.of_type("aws_s3_bucket", bucket[1]) if n is not node) if bucket else ()

    def _stated(self, reading: Reading, leaf: Leaf) -> Stated:
        evidence = Evidence(input=self._sha256, pointer=leaf.pointer, value=leaf.shown)
        return Stated(reading=reading, confidence=Confidence.LITERAL, evidence=evidence, hidden=leaf.sensitive)
