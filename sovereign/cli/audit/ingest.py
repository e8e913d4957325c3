"""`sovereign audit ingest`: takes run logs, and heads of host logs, into a parent log."""

import os
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from sovereign._internal.clock import system_clock
from sovereign.cli.audit.ingest_text import document, tell_heads, tell_text
from sovereign.cli.audit.trusted_keys import trusted_keys
from sovereign.cli.options import out_format
from sovereign.cli.output import complain, write_json
from sovereign.errors import AuditError, InputError, SovereignError, UsageError, VerificationError, quoted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sovereign.audit.ci_identity import Announcement, CiIdentity, Missing
    from sovereign.audit.ingest import Ingest, Taken
    from sovereign.audit.log import Log
    from sovereign.settings.trust_yaml import Trust

__all__ = ["ingest"]

_WORST_FIRST: Final = (2, 3, 5)  # exit codes of what can be refused
_NOT_PACKED: Final = "SOV-V045"


@click.command(short_help="Take run logs into a parent log; report announced ones that never came.")
@click.argument("runs", nargs=-1, type=click.Path(path_type=Path), metavar="RUN.slog…")
@click.option("--log", "directory", type=click.Path(path_type=Path), required=True, help="The parent log.")
@click.option(
    "--key-file",
    type=click.Path(path_type=Path),
    help="The parent's key; that of SOVEREIGN_KEYS_LOG_FILE, else the one in the state directory, if left out.",
)
@click.option(
    "--ci-identity",
    "stated",
    multiple=True,
    metavar="FILE|KEY=VALUE",
    help="The pipeline run, as you state it: run_id, attempt, job, …; repeatable, or a JSON file.",
)
@click.option(
    "--announced",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Runs that the CI system says have been, one JSON object a line; one that is missing is exit 5.",
)
@click.option(
    "--trust",
    type=click.Path(path_type=Path),
    help="The trust file that every run must name; SOVEREIGN_TRUST if left out.",
)
@click.option(
    "--checkpoint", type=click.Path(path_type=Path), metavar="FILE", help="The signed checkpoint of a host log."
)
@click.option(
    "--key",
    "keys",
    multiple=True,
    metavar="VKEY|FILE",
    help="A key of that host log; repeatable. From the trust file or the logs this user saw if left out.",
)
@click.option(
    "--log-of-child",
    "place",
    metavar="PLACE",
    help="Where that host log lies: a directory, a zip or an address; all of it is verified.",
)
@out_format
def ingest(
    runs: tuple[Path, ...],
    directory: Path,
    key_file: Path | None,
    stated: tuple[str, ...],
    announced: Path | None,
    trust: Path | None,
    checkpoint: Path | None,
    keys: tuple[str, ...],
    place: str | None,
    form: str,
) -> int:
    """Verify run logs (.slog files) and take them into a parent log, which gives each its receipt.

    A log that is there already is answered with the same receipt. What is refused appends nothing.
    """
    _check_options(runs, stated, announced, checkpoint, keys, place)
    identity, expected = _identity(stated), _announced(announced)
    fixed = _trust(trust, runs)
    taken: list[tuple[str, Taken]] = []
    refused: list[tuple[str, SovereignError]] = []
    with _parent(directory, key_file) as parent:
        from sovereign.audit.ingest import Ingest  # noqa: PLC0415  options are read without it

        with Ingest(parent, announced=expected, trust=None if fixed is None else fixed.document) as into:
            if checkpoint is not None:
                _take_checkpoint(into, checkpoint, keys, trust, place, taken, refused)
            for path in runs:
                _take_run(into, path, identity, taken, refused)
            missing = into.missing()
        sealed = parent.publish()
    told = [(name, replace(one, receipt=_sealed(one))) for name, one in taken]
    errors = [error for _, error in refused] + [_never_came(one) for one in missing]
    code = next((code for code in _WORST_FIRST if any(error.exit_code == code for error in errors)), 0)
    complain(errors)
    tell_heads(error for _, error in refused)
    if form == "json":
        write_json(document(sealed, told, refused, expected, missing, code))
    else:
        tell_text(sealed, told)
    return code


@contextmanager
def _parent(directory: Path, key_file: Path | None) -> "Iterator[Log]":
    """Yield the parent log, open with its keys, and seal it at the end."""
    from sovereign.audit.known_logs import KnownLogs  # noqa: PLC0415  only here
    from sovereign.audit.log import Log  # noqa: PLC0415  only here
    from sovereign.audit.placement import state_directory  # noqa: PLC0415  only here
    from sovereign.enforce.log_keys import load_log_signers  # noqa: PLC0415  only here
    from sovereign.settings.precedence import load_settings  # noqa: PLC0415  only here

    state = state_directory(os.environ)
    # no sovereign.yaml: it names the log and the keys of a project, not those of whoever collects its runs
    settings = load_settings(None, environ=os.environ, flags={"log.dir": directory, "keys.log.file": key_file})
    signer, cosigners = load_log_signers(settings, directory, state, os.environ)
    with Log.open(directory, signer, cosigners=cosigners, known=KnownLogs(state), clock=system_clock) as log:
        yield log


def _take_run(
    into: "Ingest",
    path: Path,
    identity: "CiIdentity | None",
    taken: "list[tuple[str, Taken]]",
    refused: list[tuple[str, SovereignError]],
) -> None:
    """Take one file in; a refusal is kept for the end, so that one bad file does not hold up the others."""
    from sovereign.audit.submitted import received  # noqa: PLC0415  only here

    try:
        with received(path) as submitted:
            taken.append((str(path), into.take_run(submitted, identity)))
    except (VerificationError, InputError, UsageError) as error:
        refused.append((str(path), error))
    except AuditError as error:
        if error.code != _NOT_PACKED:
            raise  # the parent itself takes no more
        refused.append((str(path), error))


def _take_checkpoint(
    into: "Ingest",
    path: Path,
    keys: tuple[str, ...],
    trust: Path | None,
    place: str | None,
    taken: "list[tuple[str, Taken]]",
    refused: list[tuple[str, SovereignError]],
) -> None:
    note = _read(path, "--checkpoint")
    verifiers, _ = trusted_keys(note, keys, trust, judged=[path])
    try:
        taken.append((str(path), into.take_checkpoint(note, verifiers, place)))
    except VerificationError as error:
        refused.append((str(path), error))


def _check_options(
    runs: tuple[Path, ...],
    stated: tuple[str, ...],
    announced: Path | None,
    checkpoint: Path | None,
    keys: tuple[str, ...],
    place: str | None,
) -> None:
    if not runs and checkpoint is None and announced is None:
        raise UsageError("nothing was submitted", hint="name .slog files, --checkpoint FILE, or --announced FILE")
    if stated and not runs:
        raise UsageError("--ci-identity belongs to a run log, and none was submitted", hint="name its .slog file")
    if checkpoint is None and (keys or place is not None):
        raise UsageError(
            "--key and --log-of-child belong to --checkpoint",
            hint="a run log brings its key, and is taken in whole; a host log is entered by its checkpoint",
        )


def _identity(stated: tuple[str, ...]) -> "CiIdentity | None":
    from sovereign.audit.ci_identity import parse_identity  # noqa: PLC0415  only here

    members: list[tuple[str, Any]] = []
    for text in stated:
        name, divider, value = text.partition("=")
        members += [(name, value)] if divider else _members_in(Path(text))
    return parse_identity(members)


def _members_in(path: Path) -> list[tuple[str, Any]]:
    from sovereign._internal.strict_json import parse_json  # noqa: PLC0415  only here

    found = parse_json(_read(path, "--ci-identity"), source=str(path))
    if not isinstance(found, dict):
        raise UsageError(
            f"{quoted(str(path))} is no JSON object", code="SOV-C341", hint="name and value of each member"
        )
    return list(found.items())


def _announced(path: Path | None) -> "tuple[Announcement, ...]":
    from sovereign.audit.ci_identity import parse_announcements  # noqa: PLC0415  only here

    return () if path is None else parse_announcements(_read(path, "--announced"), source=str(path))


def _trust(path: Path | None, runs: tuple[Path, ...]) -> "Trust | None":
    named = path or (Path(os.environ["SOVEREIGN_TRUST"]) if os.environ.get("SOVEREIGN_TRUST") else None)
    if named is None:
        return None
    from sovereign.settings.trust_yaml import load_trust  # noqa: PLC0415  heavy, and development has none

    return load_trust(named, judged_paths=list(runs))


def _sealed(taken: "Taken") -> Any:  # noqa: ANN401  a Receipt, whose module is loaded by now
    from sovereign.audit.receipt import ReceiptState  # noqa: PLC0415  loaded by now

    return replace(taken.receipt, state=ReceiptState.SEALED)


def _never_came(missing: "Missing") -> VerificationError:
    came = f"{missing.arrived} of {missing.announcement.runs} logs" if missing.arrived else "no log"
    return VerificationError(
        f"{came} of the announced run {quoted(str(missing.announcement))} came",
        code="SOV-V043",
        hint="find its .slog file and ingest it; a run without evidence has to be repeated",
    )


def _read(path: Path, option: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(
            f"cannot read {quoted(str(path))}: {(error.strerror or 'unreadable').lower()}",
            hint=f"{option} names a file",
        ) from None
