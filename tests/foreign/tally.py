"""What each program accepted and refused, counted over a run of the tests and shown at its end."""

from collections import Counter
from typing import Final

__all__ = ["COLUMNS", "count", "lines"]

COLUMNS: Final = ("accepted", "refused", "lax", "same")
_TALLY: Final[dict[str, Counter[str]]] = {}


def count(program: str, **numbers: int) -> None:
    """Add to what a program did.

    Args:
        program: its name.
        numbers: `accepted` artefacts; of the mutants, `refused` ones, `lax` (accepted with the true meaning, which our
            reader refuses), and `same` (accepted by both: what was changed is no part of the statement).
    """
    _TALLY.setdefault(program, Counter()).update(numbers)


def lines() -> list[str]:
    """Return the table; nothing if no program was asked."""
    if not _TALLY:
        return []
    rows = [f"{'program':<34}" + "".join(f"{column:>10}" for column in COLUMNS)]
    total: Counter[str] = Counter()
    for program, numbers in sorted(_TALLY.items()):
        rows.append(f"{program:<34}" + "".join(f"{numbers[column]:>10,}" for column in COLUMNS))
        if program != "sovereign":
            total.update(numbers)
    return [*rows, f"{'all but sovereign':<34}" + "".join(f"{total[column]:>10,}" for column in COLUMNS)]
