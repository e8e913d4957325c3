"""Whether what a verified log says follows from what it recorded: a signed lie verifies, and is found here.

Replayed are the sealed entries of a log whose verification passed, `decision`, `simulation` and `gate_run`. Everything
is read from the log: request, policies, data about places, trust file, instants. What is not there is never replaced.

It does not promise that the recorded facts are true: whoever writes a false place into a request, or into a result
document, is contradicted by the plan or by the provider, not by a replay.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from sovereign._internal.clock import parse_utc
from sovereign._internal.version import VERSION
from sovereign.audit.log_files import LogFiles, open_log_files
from sovereign.audit.verified_files import VerifiedFiles
from sovereign.audit.verify import LogReport, verify_log
from sovereign.audit.verify_beginnings import Beginning
from sovereign.errors import SovereignError, VerificationError
from sovereign.evidence.chronology import Chronology
from sovereign.evidence.kept import Kept
from sovereign.evidence.outcome import Difference, Reason, Replayed, ReplayOutcome, ReplayReport, StoppedError
from sovereign.evidence.replay_decision import replay_decision
from sovereign.evidence.replay_run import replay_run
from sovereign.evidence.stored import read_object
from sovereign.signing import Verifier

__all__ = ["replay_entry", "replay_log", "verify_and_replay"]

_Replay = Callable[[Mapping[str, Any], Kept], tuple[Difference, ...]]
_REPLAYS: Final[Mapping[str, _Replay]] = {
    "decision": replay_decision,
    "simulation": replay_decision,
    "gate_run": replay_run,
}
_VERSION_READ: Final = 1
_ILL_FORMED: Final = (TypeError, ValueError, KeyError, AttributeError, IndexError, ArithmeticError, RecursionError)


def verify_and_replay(
    place: LogFiles | Path | str,
    verifiers: Sequence[Verifier],
    *,
    seen: bytes | None = None,
    beginnings: Sequence[Beginning] = (),
    start: int = 0,
    stop: int | None = None,
) -> tuple[LogReport, ReplayReport]:
    """Verify a log, then replay a range of it; the entries replayed are the very ones that were verified.

    Args:
        place: a directory, a zip or `.slog` file, an address, or the files of one of these.
        verifiers: the log's keys, from elsewhere than the log.
        seen: a signed checkpoint that was seen before; this one must extend it.
        beginnings: further heads that it must extend.
        start: first entry to replay.
        stop: entry after the last; None is the end of the sealed ones.

    Raises:
        SovereignError: as `verify_log`, whatever is wrong with the log; then nothing is replayed.
    """
    files = VerifiedFiles(place if not isinstance(place, str | Path) else open_log_files(place))
    report = verify_log(files, verifiers, seen=seen, beginnings=beginnings)
    return report, replay_log(files, report, start=start, stop=stop)


def replay_log(files: VerifiedFiles, report: LogReport, *, start: int = 0, stop: int | None = None) -> ReplayReport:
    """Replay the sealed entries `[start, stop)`.

    Args:
        files: those that were verified.
        report: what was verified of them.
        start: first entry.
        stop: entry after the last; None is the end of the sealed ones.

    Raises:
        ProofError: an entry is no longer the one that was verified (SOV-V001).
        VerificationError: a file cannot be read (SOV-V020, SOV-V021).
    """
    stop = report.size if stop is None else min(stop, report.size)
    counts = dict.fromkeys(ReplayOutcome, 0)
    versions: dict[str, int] = {}
    kept, chronology, not_same, others, without_trust = Kept(files), Chronology(), [], 0, 0
    for index, data in files.entries(start, stop, size=report.size):
        replayed = replay_entry(index, data, kept)
        if replayed is None:
            others += 1
            continue
        replayed = _dated(replayed, chronology)
        counts[replayed.outcome] += 1
        without_trust += replayed.trust is None
        if replayed.engine not in {"", VERSION}:
            versions[replayed.engine] = versions.get(replayed.engine, 0) + 1
        if replayed.outcome is not ReplayOutcome.SAME:
            not_same.append(replayed)
    return ReplayReport(
        start=start,
        stop=max(start, stop),
        counts=counts,
        others=others,
        other_versions=versions,
        without_trust=without_trust,
        not_same=tuple(not_same),
        relied=kept.relied(),
        unsealed=report.unsealed,
    )


def replay_entry(index: int, data: bytes, kept: Kept) -> Replayed | None:
    """Return what a replay says of one entry; None for one that records no verdict.

    Args:
        index: its position in the log.
        data: its bytes, verified.
        kept: the objects of its log.

    Raises:
        VerificationError: a file of the log cannot be read (SOV-V020, SOV-V021).
    """
    try:
        entry = read_object(data, Reason.NO_ENTRY, "")
    except StoppedError as stopped:
        return Replayed(index=index, type="", recorded_at="", outcome=stopped.outcome, reason=stopped.reason)
    kind = entry.get("type")
    replay = _REPLAYS.get(kind) if isinstance(kind, str) else None
    if replay is None:
        return None
    outcome, reason, detail, differences = _outcome(entry, kept, replay)
    return Replayed(
        index=index,
        type=str(kind),
        recorded_at=_text(entry.get("recorded_at")),
        outcome=outcome,
        reason=reason,
        detail=detail,
        differences=differences,
        engine=_text(_mapping(entry.get("engine")).get("version")),
        trust=None if entry.get("trust") is None else _text(entry["trust"]),
    )


def _dated(replayed: Replayed, chronology: Chronology) -> Replayed:
    """Return what was replayed, with what its place in the log says against its date."""
    try:
        differences = chronology.look(parse_utc(replayed.recorded_at))
    except ValueError:
        return replayed  # it has no date; what it is was told already
    if not differences:
        return replayed
    return replace(replayed, outcome=ReplayOutcome.DIFFERS, differences=(*replayed.differences, *differences))


def _outcome(
    entry: Mapping[str, Any], kept: Kept, replay: _Replay
) -> tuple[ReplayOutcome, Reason | None, str, tuple[Difference, ...]]:
    if entry.get("v") != _VERSION_READ:
        return ReplayOutcome.CANNOT, Reason.OTHER_VERSION, _text(entry.get("v")), ()
    try:
        differences = replay(entry, kept)
    except StoppedError as stopped:
        return stopped.outcome, stopped.reason, stopped.detail, ()
    except VerificationError:
        raise  # the log itself cannot be read: no entry is to blame
    except (SovereignError, *_ILL_FORMED) as error:
        # what others recorded may have any form: then nothing follows from it, and the next entry is looked at
        return ReplayOutcome.DIFFERS, Reason.ILL_FORMED, type(error).__name__, ()
    return (ReplayOutcome.DIFFERS if differences else ReplayOutcome.SAME), None, "", differences


def _text(value: object) -> str:
    return value if isinstance(value, str) else "" if value is None else repr(value)


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
