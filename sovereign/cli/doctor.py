"""`sovereign doctor`: what is installed, reachable, stale, or kept where others can reach it."""

import os
import platform
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import click

import sovereign
from sovereign._internal.clock import local_day, system_clock
from sovereign.cli.options import out_format
from sovereign.cli.output import write_json, write_text
from sovereign.decision.point import LEGAL_TIME
from sovereign.enforce.assembly import build, find_settings
from sovereign.errors import SovereignError
from sovereign.report.terminal import clean
from sovereign.settings.precedence import load_settings

__all__ = ["doctor"]

_STALE_DAYS = 90


@dataclass(frozen=True, slots=True, kw_only=True)
class _Check:
    """One thing looked at; `well` None is information."""

    name: str
    well: bool | None
    text: str


@click.command(short_help="Say what is installed, in force, stale or missing.")
@click.option("--settings", "show_settings", is_flag=True, help="Print each setting and where its value came from.")
@click.option("--trust", type=click.Path(path_type=Path), help="The trust file in force.")
@out_format
def doctor(show_settings: bool, trust: Path | None, form: str) -> int:
    """Look at the installation, the settings, the data, the policies, the log and the OPA server."""
    if show_settings:
        return _settings(form, has_trust=trust is not None or bool(os.environ.get("SOVEREIGN_TRUST")))
    checks = list(_checks(trust))
    if form == "json":
        write_json(
            {
                "schema": "sovereign.doctor/1",
                "checks": [{"name": c.name, "well": c.well, "text": c.text} for c in checks],
            }
        )
    else:
        for check in checks:
            mark = {True: "well", False: "LOOK", None: "    "}[check.well]
            write_text(clean(f"{mark}  {check.name:<10} {check.text}") + "\n")
    return 1 if any(check.well is False for check in checks) else 0


def _settings(form: str, *, has_trust: bool) -> int:
    settings = load_settings(find_settings(Path.cwd()), environ=os.environ, has_trust=has_trust)
    if form == "json":
        write_json({"settings": [{"name": n, "value": v, "origin": o} for n, v, o in settings.rows()]})
        return 0
    for name, value, origin in settings.rows():
        write_text(clean(f"{name:<20} {value:<40} {origin}") + "\n")
    return 0


def _checks(trust: Path | None) -> Iterator[_Check]:
    yield _Check(name="version", well=None, text=f"{sovereign.__version__}, Python {platform.python_version()}")
    try:
        assembly = build(find_settings(Path.cwd()), trust=trust, judged_paths=[Path.cwd()], environ=os.environ)
    except SovereignError as error:
        yield _Check(name="settings", well=False, text=f"{error}; {error.hint or ''}".rstrip("; "))
        return
    yield _Check(name="settings", well=True, text=str(assembly.settings.path or "none; options and defaults only"))
    yield _Check(name="trust", well=None, text=assembly.trust_digest or "none: development; no token, no attestation")
    age = (local_day(system_clock(), LEGAL_TIME) - assembly.snapshot.as_of).days
    days = "1 day" if age == 1 else f"{age} days"
    text = f"state of {assembly.snapshot.as_of}, {days} old, {assembly.snapshot.digest[:16]}…"
    yield _Check(name="data", well=age < _STALE_DAYS, text=text)
    names = ", ".join(f"{policy.id} {policy.version}" for policy in assembly.policies.values())
    yield _Check(name="policies", well=bool(names), text=names or "none is named; --policy is needed with every call")
    yield from _probe("tags", lambda: f"{len(assembly.tags().datasets)} datasets")
    log = assembly.settings.log_dir or assembly.settings.root / ".sovereign" / "log"
    yield from _probe("log", lambda: _log(log))
    if assembly.settings.opa_url is not None:
        yield from _probe("opa", lambda: _opa(assembly.settings.opa_url or "", assembly.settings.opa_ca))


def _probe(name: str, look: Callable[[], str]) -> Iterator[_Check]:
    try:
        yield _Check(name=name, well=True, text=look())
    except SovereignError as error:
        yield _Check(name=name, well=False, text=f"{error.message}; {error.hint or ''}".rstrip("; "))


def _log(directory: Path) -> str:
    from sovereign.audit.reading import unverified_checkpoint  # noqa: PLC0415  only here

    if not (directory / "checkpoint").exists():
        return f"none yet at {directory}; the first decision makes it"
    origin, size = unverified_checkpoint(directory)
    return f"{origin}, {size} entries sealed; `sovereign audit verify` checks them"


def _opa(url: str, ca: Path | None) -> str:
    from sovereign.decision.engines import opa_health  # noqa: PLC0415  only with a server

    opa_health(url, ca=ca)
    return f"{url} is healthy"
