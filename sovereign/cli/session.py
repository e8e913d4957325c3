"""What every deciding verb does first: settings, trust, policies, and the log unless it is a preview."""

import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sovereign.cli.output import say
from sovereign.enforce.assembly import Assembly, build, find_settings
from sovereign.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sovereign.enforce.recording import Recording

__all__ = ["assembly_for", "recording_for"]


def assembly_for(
    inputs: tuple[Path, ...], *, trust: Path | None, policies: tuple[str, ...], log: Path | None, lang: str | None
) -> Assembly:
    """Return what decides, from options, the environment and `sovereign.yaml` of the working directory."""
    here = Path.cwd()
    flags: Mapping[str, object] = {"policies": policies, "log.dir": log, "lang": lang}
    judged = [here if str(path) == "-" else path for path in inputs]
    return build(find_settings(here), trust=trust, judged_paths=judged, environ=os.environ, flags=flags)


@contextmanager
def recording_for(assembly: Assembly, *, no_log: bool) -> "Iterator[Recording | None]":
    """Yield what records decisions; None for a preview. The log is sealed at the end.

    Raises:
        UsageError: a preview where evidence is required (SOV-C009), or the log is refused.
    """
    if no_log:
        if assembly.trust is not None and assembly.trust.evidence_required:
            raise UsageError(
                "the trust file requires evidence, --no-log writes none", code="SOV-C009", hint="take --no-log out"
            )
        yield None
        return
    from sovereign.enforce.recording import Recording  # noqa: PLC0415  a preview starts without logs of any kind
    from sovereign.enforce.trails import open_trail  # noqa: PLC0415  as above

    placed = open_trail(assembly.settings, environ=os.environ, clock=assembly.clock)
    for notice in placed.notices:
        say(notice)
    with placed.trail:
        recording = Recording(placed.trail, assembly.point, clock=assembly.clock, trust=assembly.trust_document)
        recording.announce()
        yield recording
