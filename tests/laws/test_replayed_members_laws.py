"""No member of an entry that follows from its request can be changed so that a replay says the same."""

import json
import tempfile
from copy import deepcopy
from pathlib import Path
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from simulators.asking import a_point, a_random_body, pack
from simulators.policies import HOSTILE
from simulators.recording import Book

from sovereign._internal.canonical import canonical
from sovereign.audit.reading import read_entries
from sovereign.evidence.outcome import ReplayOutcome

SEEDS = st.integers(min_value=0, max_value=2**48)
EXAMPLES = settings().max_examples // 6  # each is a log of its own
CHANGES = 25
FREE = frozenset({"id", "recorded_at", "trust", "context", "_sd", "engine", "type", "v"})
"""What does not follow from the request: names, the clock, and whose engine and trust file it was."""


@given(SEEDS)
@settings(deadline=None, max_examples=EXAMPLES)
def test_changed_member_is_never_the_same(seed: int) -> None:
    """A value replaced, dropped or doubled anywhere in what follows: it differs, or is not replayed."""
    random = Random(seed)  # noqa: S311  makes cases, no secrets
    with tempfile.TemporaryDirectory() as folder:
        book = Book(Path(folder) / "log", a_point(pack(random.choice(("de-only", "eu-only")))))
        book.record(a_random_body(random, least=1))
        *_, last = read_entries(book.directory)
        entry: dict[str, Any] = json.loads(last.data)
        forged = 0
        for _ in range(CHANGES):
            changed = deepcopy(entry)
            _change(random, changed, random.choice(sorted(entry.keys() - FREE)))
            if _as_set(changed) != _as_set(entry) and not _lists_fewer_policies(changed, entry):
                book.log.append(canonical(changed))
                forged += 1
        report = book.replay()
    assert report.counts[ReplayOutcome.SAME] == 1
    assert sum(report.counts.values()) == forged + 1


def _change(random: Random, value: Any, key: Any) -> None:
    """Change something at or below `value[key]`."""
    inner = value[key]
    if isinstance(inner, dict) and inner and random.random() < 0.7:
        _change(random, inner, random.choice(sorted(inner)))
    elif isinstance(inner, list) and inner and random.random() < 0.8:
        if random.random() < 0.3:
            inner.append(deepcopy(random.choice(inner)))
        elif random.random() < 0.3:
            inner.pop(random.randrange(len(inner)))
        else:
            _change(random, inner, random.randrange(len(inner)))
    elif isinstance(value, dict) and random.random() < 0.2:
        del value[key]
    else:
        value[key] = random.choice(
            [item for item in (*HOSTILE, "permit", "deny", "rule", 2**53 - 1) if _is_plain(item)]
        )


def _lists_fewer_policies(changed: dict[str, Any], entry: dict[str, Any]) -> bool:
    """Whether only policies were left out: which ones were in force, no entry can say (a trust file does)."""
    listed = changed.get("policies")
    return (
        isinstance(listed, list)
        and len(listed) < len(entry["policies"])
        and all(p in entry["policies"] for p in listed)
    )


def _is_plain(value: object) -> bool:
    try:
        canonical(value)
    except ValueError:
        return False
    return not isinstance(value, tuple)


def _as_set(entry: dict[str, Any]) -> dict[str, Any]:
    """Return an entry in which the order of findings and policies says nothing."""
    ordered = {
        name: sorted(map(canonical, entry[name]))
        for name in ("findings", "policies")
        if isinstance(entry.get(name), list)
    }
    return {name: canonical(value) for name, value in entry.items()} | ordered
