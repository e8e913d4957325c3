"""Why a fact is unknown, in words: what was written that nobody knows, and what looks like it.

A hint for people only. Nothing is decided by likeness: a word that is not exact stays unknown.
"""

from collections.abc import Mapping
from typing import Final

from sovereign.errors import quoted
from sovereign.facts.model import Placement
from sovereign.jurisdiction import Catalogue
from sovereign.jurisdiction.places import nearest
from sovereign.policy.attributes import ATTRIBUTES

__all__ = ["kind_doubt", "placement_doubt", "untagged_text"]

_WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "en": {
        "kind": "{} is no kind of job and counts as unknown",
        "role": "{} is no role",
        "provider": "the catalogue has no provider {}",
        "region": "the catalogue has no region {} of {}",
        "open": "name the `region` of the provider, or the `countries`",
        "tag": "no tag file names the dataset {}",
        "like": "did you mean {}?",
        "or": " or ",
    },
    "de": {
        "kind": "{} ist keine Art von Auftrag und gilt als unbekannt",
        "role": "{} ist keine Rolle",
        "provider": "der Katalog kennt keinen Anbieter {}",
        "region": "der Katalog kennt keine Region {} von {}",
        "open": "anzugeben ist die `region` des Anbieters, oder `countries`",
        "tag": "keine Etikettendatei nennt den Datenbestand {}",
        "like": "gemeint vielleicht: {}",
        "or": " oder ",
    },
}


def placement_doubt(placement: Placement, catalogue: Catalogue, lang: str) -> str | None:
    """Return which word of the placement is not known, with up to three that look like it; None if all are."""
    words = _WORDS[lang]
    roles = ATTRIBUTES["placement.role"].domain
    provider, region = placement.provider, placement.region
    if placement.role is not None and placement.role not in roles:
        return _text(words["role"].format(quoted(placement.role)), nearest(placement.role, roles), lang)
    if provider is not None and provider not in catalogue.providers:
        return _text(words["provider"].format(quoted(provider)), catalogue.nearest_providers(provider), lang)
    if provider is None or region is None:
        return None if placement.countries else words["open"]
    near = catalogue.nearest_codes(provider, region)
    if region in near or catalogue.locate(provider, region) is not None:  # known, though not in which country
        return None
    return _text(words["region"].format(quoted(region), quoted(provider)), near, lang)


def kind_doubt(kind: str | None, lang: str) -> str | None:
    """Return that `kind` is no kind of job, with up to three that look like it; None if it is one or left out."""
    kinds = ATTRIBUTES["job.kind"].domain
    if kind is None or kind in kinds:
        return None
    return _text(_WORDS[lang]["kind"].format(quoted(kind)), nearest(kind, kinds), lang)


def untagged_text(untagged: Mapping[str, tuple[str, ...]], lang: str) -> str | None:
    """Return which datasets no tag file names, each with the named ones that look like it; None if all are named."""
    words = _WORDS[lang]["tag"]
    return "; ".join(_text(words.format(quoted(name)), near, lang) for name, near in untagged.items()) or None


def _text(what: str, near: tuple[str, ...], lang: str) -> str:
    words = _WORDS[lang]
    like = words["or"].join(quoted(word) for word in near)
    return f"{what}; {words['like'].format(like)}" if near else what
