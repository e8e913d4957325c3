"""`sovereign audit verify`: recomputes a log, or one entry's proof, with code that shares nothing with the writer."""

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from sovereign.cli.audit.evidence import read_checkpoint, read_given, telling_evidence
from sovereign.cli.audit.options import log_place, reader_keys
from sovereign.cli.audit.parent import NamedParent, keys_by_parent, parent_options
from sovereign.cli.audit.replay import Asked, replay_document, replay_exit, replay_options, replay_text
from sovereign.cli.audit.rotations import follow
from sovereign.cli.audit.trusted_keys import trusted_keys
from sovereign.cli.options import out_format
from sovereign.cli.output import write_json, write_text
from sovereign.errors import UsageError
from sovereign.report.terminal import clean

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sovereign.audit.proof_file import ProvenEntry
    from sovereign.audit.verify import LogReport
    from sovereign.audit.verify_beginnings import Beginning
    from sovereign.evidence.outcome import ReplayReport
    from sovereign.signing import Verifier

__all__ = ["verify"]

_LONGEST_SHOWN: Final = 100  # letters of the key itself: Ed25519 has 44


@click.command(short_help="Recompute the whole log below its signed checkpoint.")
@log_place
@reader_keys
@click.option("--seen", type=click.Path(path_type=Path), help="A checkpoint you kept; the log must extend it.")
@click.option(
    "--recovery",
    multiple=True,
    metavar="VKEY|FILE",
    help="A recovery key that you hold from elsewhere; rotations that it signed are followed. Repeatable.",
)
@click.option("--proof", type=click.Path(path_type=Path), help="A .tlog-proof file, instead of a log.")
@click.option("--entry", type=click.Path(path_type=Path), help="The entry that the proof is for.")
@parent_options
@replay_options
@out_format
def verify(
    place: str,
    keys: tuple[str, ...],
    trust: Path | None,
    seen: Path | None,
    recovery: tuple[str, ...],
    proof: Path | None,
    entry: Path | None,
    form: str,
    parent: NamedParent | None,
    replay: Asked | None,
) -> int:
    """Recompute the whole log below its checkpoint with code that shares nothing with the writer."""
    if (proof is None) != (entry is None):
        raise UsageError("--proof and --entry go together", hint="--proof FILE.tlog-proof --entry FILE")
    if proof is not None:
        _refuse_beside_a_proof(replay=replay, recovery=recovery, parent=parent)
    with telling_evidence(form):
        if proof is not None and entry is not None:
            _tell_proven(_verify_proof(proof, entry, keys, trust, seen), form)
            return 0
        report, replayed = _verify_log(place, keys, trust, seen, recovery, parent, replay)
        whose = "you kept" if parent is None else "the parent holds"
        _tell_log(report, replayed, form, replay.lang if replay is not None else "en", whose)
    return 0 if replayed is None else replay_exit(replayed)


def _refuse_beside_a_proof(*, replay: Asked | None, recovery: tuple[str, ...], parent: NamedParent | None) -> None:
    """Return unless something was asked that a proof cannot answer: what is not looked at must not seem verified."""
    named = click.get_current_context().get_parameter_source("place") is not click.core.ParameterSource.DEFAULT
    hints = {
        "--log": (named, "verify the log without --proof, and the proof without --log"),
        "--replay": (replay is not None, "name the log that keeps the objects: --log PLACE"),
        "--recovery": (bool(recovery), "give the log's new key: --key VKEY"),
        "--parent": (parent is not None, "give the run's key: --key VKEY"),
    }
    for option, (is_given, hint) in hints.items():
        if is_given:
            raise UsageError(f"{option} is about a log, and --proof needs none", hint=hint)


def _verify_log(
    place: str,
    keys: tuple[str, ...],
    trust: Path | None,
    seen: Path | None,
    recovery: tuple[str, ...],
    parent: NamedParent | None,
    replay: Asked | None,
) -> "tuple[LogReport, ReplayReport | None]":
    from sovereign.audit.log_files import open_log_files  # noqa: PLC0415  the auditor's path starts nothing else
    from sovereign.audit.verify import verify_log  # noqa: PLC0415  as above

    files = open_log_files(place)
    judged = [Path(place)] if Path(place).exists() else []
    told: tuple[str, ...] = ()
    if parent is not None:
        verifiers, kept, told = keys_by_parent(files, parent, trust)
    else:
        verifiers, kept = trusted_keys(read_checkpoint(files), keys, trust, judged=judged)
    followed, earlier = follow(files, verifiers, recovery, trust, judged), _seen(seen, kept)
    beginnings = (*followed.beginnings, *_remembered(seen, kept, followed.verifiers))
    if replay is None:
        report, replayed = verify_log(files, followed.verifiers, seen=earlier, beginnings=beginnings), None
    else:
        from sovereign.evidence.replay import verify_and_replay  # noqa: PLC0415  engines, which verifying never needs

        report, replayed = verify_and_replay(
            files,
            followed.verifiers,
            seen=earlier,
            beginnings=beginnings,
            start=replay.start,
            stop=replay.stop,
        )
    followed.check_signers(report.size, report.vkeys)
    return dataclasses.replace(report, notices=(*told, *report.notices, *followed.refused)), replayed


def _verify_proof(
    proof: Path, entry: Path, keys: tuple[str, ...], trust: Path | None, seen: Path | None
) -> "ProvenEntry":
    from sovereign.audit.proof_file import parse_proof, verify_proof  # noqa: PLC0415  only for a proof

    data = read_given(proof, "--proof FILE is what `sovereign audit prove` writes")
    verifiers, kept = trusted_keys(parse_proof(data).note, keys, trust, judged=[proof, entry])
    content = read_given(entry, "--entry FILE holds the entry, byte for byte")
    if seen is not None:
        verify_proof(content, data, verifiers, seen=kept)  # what this user saw last counts beside it
    return verify_proof(content, data, verifiers, seen=_seen(seen, kept))


def _seen(path: Path | None, kept: bytes | None) -> bytes | None:
    return kept if path is None else read_given(path, "--seen FILE is a checkpoint that you kept")


def _remembered(seen: Path | None, kept: bytes | None, verifiers: "Sequence[Verifier]") -> "tuple[Beginning, ...]":
    """Return what this user saw last, where another checkpoint is named: that takes nothing of the memory away."""
    if seen is None or kept is None:
        return ()
    from sovereign.audit.verify_beginnings import Beginning  # noqa: PLC0415  loaded with the verifier
    from sovereign.audit.verify_note import open_head  # noqa: PLC0415  as above

    head = open_head(kept, verifiers)
    return (Beginning(size=head.size, root=head.root, document=kept),)


def _tell_log(report: "LogReport", replayed: "ReplayReport | None", form: str, lang: str, whose: str) -> None:
    if form == "json":
        document = {
            "schema": "sovereign.verify/1",
            "verified": True,
            "origin": report.origin,
            "size": report.size,
            "root": report.root.hex(),
            "keys": list(report.vkeys),
            "extends_size": report.seen_size,
            "unsealed": report.unsealed,
            "notices": list(report.notices),
        }
        write_json(document if replayed is None else {**document, "replay": replay_document(replayed)})
        return
    lines = [f"verified   {report.origin}"]
    lines.append(f"entries    {report.size} sealed, each one is what the signed checkpoint commits to")
    lines.append(f"root       {report.root.hex()}")
    lines += [f"key        {_short(vkey)}" for vkey in report.vkeys]
    if report.seen_size is not None:
        lines.append(f"extends    the checkpoint of {report.seen_size} entries that {whose}")
    if report.unsealed:
        lines.append(f"unsealed   {report.unsealed} entries after the checkpoint; nobody has committed to them yet")
    lines += [f"notice     {notice}" for notice in report.notices]
    lines += replay_text(replayed, lang) if replayed is not None else ()
    write_text("".join(clean(line) + "\n" for line in lines))


def _tell_proven(proven: "ProvenEntry", form: str) -> None:
    if form == "json":
        write_json(
            {
                "schema": "sovereign.verify/1",
                "verified": True,
                "origin": proven.origin,
                "size": proven.size,
                "root": proven.root.hex(),
                "keys": list(proven.vkeys),
                "index": proven.index,
                "leaf_hash": proven.leaf_hash.hex(),
            }
        )
        return
    lines = [f"verified   {proven.origin}"]
    lines.append(f"entry      {proven.index} of {proven.size}, byte for byte what the signed checkpoint commits to")
    lines.append(f"leaf       {proven.leaf_hash.hex()}")
    lines.append(f"root       {proven.root.hex()}")
    lines += [f"key        {_short(vkey)}" for vkey in proven.vkeys]
    write_text("".join(clean(line) + "\n" for line in lines))


def _short(vkey: str) -> str:
    """Return a vkey that fits a terminal: an ML-DSA-44 key has 1,750 letters, and its id names it."""
    name, key_id, key = vkey.split("+", 2)
    return vkey if len(key) <= _LONGEST_SHOWN else f"{name}+{key_id}+{key[:16]}…"
