"""What `sovereign audit verify --replay` says: how many verdicts follow, and one line for each thing that does not."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any, Final

import click

from sovereign.cli.audit.replay_words import OUTCOMES, REASONS, WORDS
from sovereign.errors import UsageError
from sovereign.report.terminal import clean

if TYPE_CHECKING:
    from sovereign.evidence.outcome import Difference, Replayed, ReplayReport

__all__ = ["Asked", "replay_document", "replay_exit", "replay_options", "replay_text"]

_REPLAY: Final = click.option(
    "--replay", "replays", is_flag=True, help="Decide again from the recorded objects, and name what does not follow."
)
_FROM: Final = click.option("--from", "start", type=click.IntRange(min=0), help="With --replay: first entry.")
_TO: Final = click.option("--to", "stop", type=click.IntRange(min=0), help="With --replay: entry after the last.")
_LANG: Final = click.option("--lang", type=click.Choice(["en", "de"]), default="en", help="Language of the replay.")

_NOT_SHOWN: Final = 5
_LONGEST: Final = 160
_WIDTH: Final = 10
_LINES: Final = 8  # of one entry
_INDICES: Final = 8
_DIGITS: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A replay as it was asked for: entries `[start, stop)`, told in `lang`."""

    start: int
    stop: int | None
    lang: str


def replay_options(function: Callable[..., int]) -> Callable[..., int]:
    """Add `--replay`, `--from`, `--to` and `--lang`; the verb gets `replay`, an `Asked` or None."""

    @wraps(function)
    def with_replay(*args: Any, replays: bool, start: int | None, stop: int | None, lang: str, **more: Any) -> int:  # noqa: ANN401  the verb's own
        if not replays and (start is not None or stop is not None):
            raise UsageError("--from and --to say what to replay", hint="add --replay; a log is verified as a whole")
        asked = Asked(start=start or 0, stop=stop, lang=lang) if replays else None
        return function(*args, replay=asked, **more)

    return _REPLAY(_FROM(_TO(_LANG(with_replay))))


def replay_exit(report: "ReplayReport") -> int:
    """Return 0 where something was replayed and nothing contradicts, else 5."""
    return 0 if report.holds else _NOT_SHOWN


def replay_document(report: "ReplayReport") -> dict[str, Any]:
    """Return the member `replay` of `sovereign.verify/1`."""
    return {
        "holds": report.holds,
        "from": report.start,
        "to": report.stop,
        "verdicts": report.verdicts,
        "counts": {outcome.value: count for outcome, count in report.counts.items()},
        "other_entries": report.others,
        "other_versions": dict(sorted(report.other_versions.items())),
        "without_trust": report.without_trust,
        "unsealed": report.unsealed,
        "relied_on": [
            {
                "kind": item.kind,
                "name": item.name,
                "version": item.version,
                "sha256": item.sha256,
                "shipped": item.is_shipped,
            }
            for item in report.relied
        ],
        "not_same": [_entry_document(replayed) for replayed in report.not_same],
    }


def replay_text(report: "ReplayReport", lang: str) -> Iterator[str]:
    """Yield the lines for people, safe for a terminal, without their ends."""
    for line in _lines(report, lang):
        yield clean(line)


def _lines(report: "ReplayReport", lang: str) -> Iterator[str]:
    words = WORDS[lang]
    if report.start >= report.stop:
        yield words["empty"]
        return
    same = sum(count for outcome, count in report.counts.items() if outcome.value == "same")
    head = words["head"] if same else words["nothing"]
    yield head.format(same=same, verdicts=report.verdicts, start=report.start, last=report.stop - 1)
    for replayed in report.not_same:
        if replayed.outcome.contradicts:
            yield from _told(replayed, lang)
    yield from _not_replayed(report, lang)
    for version, count in sorted(report.other_versions.items()):
        yield words["version"].format(count=count, version=version)
    if report.unsealed:
        yield words["unsealed"].format(count=report.unsealed)
    for item in report.relied:
        told = words[item.kind].format(name=_short(item.name), version=item.version, digest=item.sha256[:_DIGITS])
        yield f"{told}, {words['shipped' if item.is_shipped else 'own']}"
    if report.without_trust:
        yield words["no_trust"].format(count=report.without_trust)
    yield words["basis"]


def _told(replayed: "Replayed", lang: str) -> Iterator[str]:
    """Yield a line for each thing in an entry that does not follow: where, when, both sides, and the rule."""
    words = WORDS[lang]
    head = f"{OUTCOMES[lang][replayed.outcome.value]:<{_WIDTH}} {words['entry']} {replayed.index}"
    head = "  ".join(part for part in (head, replayed.recorded_at, replayed.type) if part)
    if replayed.reason is not None:
        detail = f" ({_short(replayed.detail)})" if replayed.detail else ""
        yield f"{head}: {REASONS[lang][replayed.reason.value]}{detail}"
    for difference in replayed.differences[:_LINES]:
        yield f"{head}: {_difference(difference, lang)}"
    if len(replayed.differences) > _LINES:
        yield f"{head}: {words['more'].format(count=len(replayed.differences) - _LINES)}"


def _difference(difference: "Difference", lang: str) -> str:
    words = WORDS[lang]
    sides = (
        f"{words['recorded']} {_said(difference.recorded, lang)}, {words['follows']} {_said(difference.follows, lang)}"
    )
    about = [difference.resource, difference.member]
    if difference.placement is not None:
        about.append(f"{words['placement']} {difference.placement}")
    rule = f" {words['rule']} {difference.rule}" if difference.rule else ""
    return f"{', '.join(part for part in about if part)}: {sides}{rule}"


def _not_replayed(report: "ReplayReport", lang: str) -> Iterator[str]:
    """Yield one line for each reason why verdicts were not replayed, with the first entries it is about."""
    groups: dict[tuple[str, str], list[int]] = {}
    for replayed in report.not_same:
        if not replayed.outcome.contradicts and replayed.reason is not None:
            groups.setdefault((replayed.outcome.value, replayed.reason.value), []).append(replayed.index)
    for (outcome, reason), indices in groups.items():
        first = ", ".join(map(str, indices[:_INDICES])) + (", …" if len(indices) > _INDICES else "")
        label = OUTCOMES[lang][outcome]
        yield f"{label:<{_WIDTH}} {len(indices)}: {REASONS[lang][reason]} ({WORDS[lang]['entries']} {first})"


def _said(value: Any, lang: str) -> str:  # noqa: ANN401  JSON of any type
    if value is None:
        return WORDS[lang]["silent"]
    return _short(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True))


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _entry_document(replayed: "Replayed") -> dict[str, Any]:
    return {
        "index": replayed.index,
        "type": replayed.type,
        "recorded_at": replayed.recorded_at,
        "engine": replayed.engine,
        "outcome": replayed.outcome.value,
        "reason": None if replayed.reason is None else replayed.reason.value,
        "detail": replayed.detail,
        "differences": [
            {
                "member": difference.member,
                "resource": difference.resource,
                "placement": difference.placement,
                "rule": difference.rule,
                "recorded": difference.recorded,
                "follows": difference.follows,
            }
            for difference in replayed.differences
        ],
    }
