"""Where the files that come with the package lie: in the wheel beside the modules, in a checkout beside the package."""

from pathlib import Path
from typing import Final

__all__ = ["shipped_directory"]

_PACKAGE: Final = Path(__file__).resolve().parents[1]
_IN_CHECKOUT: Final = {"_policies": "policies", "_munich": "examples/munich", "_errors": "docs/reference/errors"}


def shipped_directory(name: str) -> Path:
    """Return the directory `_policies`, `_munich` or `_errors` of this installation.

    Raises:
        FileNotFoundError: the installation lacks it.
    """
    for place in (_PACKAGE / name, _PACKAGE.parent / _IN_CHECKOUT[name]):
        if place.is_dir():
            return place
    raise FileNotFoundError(f"the installation lacks {name}")
