"""Attack: the clock is set back, so that old law applies or an entry is dated before its predecessor."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sovereign._internal.clock import format_utc
from sovereign.audit.known_logs import KnownLogs
from sovereign.audit.log import Log
from sovereign.audit.receipt import LogKind
from sovereign.enforce.assembly import assemble, build
from sovereign.enforce.guard import Guard
from sovereign.errors import UsageError
from sovereign.facts.model import Placement
from sovereign.signing import Purpose, generate_signer
from sovereign.tags.model import ResidencyTag

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
ORIGIN = "audit.example/clock"


def test_log_is_not_continued_before_its_last_entry(tmp_path: Path) -> None:
    """An entry is never dated before the one it follows."""
    signer = generate_signer(ORIGIN, Purpose.LOG)
    with Log.create(tmp_path / "log", origin=ORIGIN, signer=signer, kind=LogKind.RUN, clock=lambda: NOW) as log:
        log.append(json.dumps({"recorded_at": format_utc(NOW)}).encode())
    with pytest.raises(UsageError) as caught:
        Log.open(tmp_path / "log", signer, clock=lambda: NOW - timedelta(seconds=1))
    assert (caught.value.code, caught.value.exit_code) == ("SOV-C307", 2)


def test_log_is_not_continued_before_it_was_seen(tmp_path: Path) -> None:
    """The last checkpoint that this user saw is a lower bound too, also of an empty log."""
    signer, known = generate_signer(ORIGIN, Purpose.LOG), KnownLogs(tmp_path / "state")
    directory = tmp_path / "log"
    Log.create(directory, origin=ORIGIN, signer=signer, kind=LogKind.RUN, known=known, clock=lambda: NOW).close()
    with pytest.raises(UsageError) as caught:
        Log.open(directory, signer, known=known, clock=lambda: NOW - timedelta(days=1))
    assert caught.value.code == "SOV-C307"


@pytest.mark.parametrize("at", [datetime(2019, 6, 1, tzinfo=UTC), datetime(1970, 1, 1, tzinfo=UTC)])
def test_nothing_is_decided_before_the_data_existed(at: datetime, tmp_path: Path) -> None:
    """In 2019 Privacy Shield was in force; a clock that says so is refused, not believed."""
    settings = tmp_path / "sovereign.yaml"
    settings.write_text("sovereign: 1\npolicies: [de-only]\n", encoding="utf-8")
    build(settings, trust=None, judged_paths=[tmp_path], environ={}, clock=lambda: NOW)
    with pytest.raises(UsageError) as caught:
        build(settings, trust=None, judged_paths=[tmp_path], environ={}, clock=lambda: at)
    assert caught.value.exit_code == 2


def test_running_guard_does_not_decide_before_the_data_existed(tmp_path: Path) -> None:
    """A guard runs for long; a clock that is set back while it does is refused too, inside a lease as well."""
    settings = tmp_path / "sovereign.yaml"
    settings.write_text("sovereign: 1\npolicies: [de-only]\n", encoding="utf-8")
    parts, now = assemble(settings, trust=None), [NOW]
    tag = ResidencyTag(id="sensors", classification="public", categories=frozenset(), status="non_personal")
    germany = (Placement(role="storage", provider="stackit", region="eu01"),)
    with (
        Guard(parts.point, parts.recording, tags={}, clock=lambda: now[0]) as guard,
        guard.job(id="job", kind="training", inputs=[tag], placements=germany) as run,
    ):
        now[0] = datetime(2019, 6, 1, tzinfo=UTC)
        for ask in (run.check, lambda: guard.check(tag, kind="export", placements=germany)):
            with pytest.raises(UsageError) as caught:
                ask()
            assert caught.value.code == "SOV-C007"
