"""At the start: the package that runs is the one that this distribution installed, and nobody else claims the name.

`sovereign` on the package index is another project with the same module and command; two of them in one environment
overwrite each other's files, and a gate would run somebody else's code.
"""

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlparse

import sovereign
from sovereign.errors import UsageError

__all__ = ["DISTRIBUTION", "check_ownership"]

DISTRIBUTION: Final = "sovereign-policy"
_OTHER: Final = "sovereign"
_INFO: Final = ".dist-info"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Installed:
    """A distribution in this environment: its metadata directory and version."""

    info: Path
    version: str


def check_ownership() -> None:
    """Check that the imported package belongs to this distribution.

    Raises:
        UsageError: not installed, shadowed by another folder, or another distribution claims `sovereign/` (SOV-C006).
    """
    own = _find(DISTRIBUTION)
    package = Path(sovereign.__file__).resolve().parent
    if own is None:
        raise UsageError(
            f"the package runs from {package} but the distribution {DISTRIBUTION} is not installed",
            code="SOV-C006",
            hint="install it into this environment: pip install sovereign-policy, or pip install -e . in a checkout",
        )
    if package != _home(own):
        raise UsageError(
            f"the package runs from {package}, but {DISTRIBUTION} installed it at {_home(own)}",
            code="SOV-C006",
            hint="remove the folder that shadows it, or start from another directory",
        )
    if (other := _find(_OTHER)) is not None:
        raise UsageError(
            f"the distributions {DISTRIBUTION} and {_OTHER} {other.version} both claim the module `sovereign`",
            code="SOV-C006",
            hint="keep one of the two in this environment, then reinstall it",
        )


def _find(name: str) -> _Installed | None:
    """Return what a distribution recorded, from its directory alone: importlib.metadata costs 20 ms of every start."""
    start = name.replace("-", "_") + "-"
    for folder in sys.path:
        try:
            names = sorted(path.name for path in Path(folder or ".").iterdir() if path.name.endswith(_INFO))
        except OSError:
            continue
        for entry in names:
            if entry.lower().startswith(start):
                return _Installed(info=Path(folder) / entry, version=entry[len(start) : -len(_INFO)])
    return None


def _home(own: _Installed) -> Path:
    """Return the folder in which the distribution's package lies; an editable install points to its checkout."""
    try:
        origin = json.loads((own.info / "direct_url.json").read_text(encoding="utf-8"))
    except OSError:
        origin = {}
    if origin.get("dir_info", {}).get("editable"):
        return Path(unquote(urlparse(origin["url"]).path)).resolve() / "sovereign"
    return (own.info.parent / "sovereign").resolve()
