"""Dated facts about places: where a region lies, which group a country belongs to, who can compel disclosure there.

Place is three facts, never one: where data are (`Location.countries`), who operates there (`Location.operators`), and
who can compel those who operate (`Location.jurisdictions`). Each is a set, or None when it is not known.

Everything here takes values and returns values. The one door is `sovereign.jurisdiction.snapshot.load_snapshot`, which
reads the package data; importing this package reads none of them.
"""

from sovereign.jurisdiction.adequacy import Adequacy, AdequacyAnswer
from sovereign.jurisdiction.groups import Groups
from sovereign.jurisdiction.places import Membership, Places, UnknownPlaceError
from sovereign.jurisdiction.regions import Catalogue, Location

__all__ = ["Adequacy", "AdequacyAnswer", "Catalogue", "Groups", "Location", "Membership", "Places", "UnknownPlaceError"]
