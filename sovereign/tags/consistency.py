"""Claims of one tag that cannot both be true.

`non_personal` says that the data relate to nobody (Art. 4(1) GDPR). A category within `personal` says whom they relate
to. Anonymised and synthetic data may name the category of the data they were made from.
"""

from typing import Final

from sovereign.tags.model import ResidencyTag

__all__ = ["PERSONAL_CATEGORIES", "contradicting_categories"]

PERSONAL_CATEGORIES: Final = frozenset({"personal", "special", "health", "genetic", "biometric", "social", "hr"})
"""Categories that say that data relate to persons."""


def contradicting_categories(tag: ResidencyTag) -> tuple[str, ...]:
    """Return the categories that contradict the status of `tag`, sorted; none if the tag can be true."""
    if tag.status != "non_personal" or tag.categories is None:
        return ()
    return tuple(sorted(tag.categories & PERSONAL_CATEGORIES))
