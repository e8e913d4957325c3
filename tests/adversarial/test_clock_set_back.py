"""Attack: the clock is set back, so that old law applies or an entry is dated before its predecessor."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sovereign._internal.clock import format_utc
from sovereign.audit.known_logs import KnownLogs
from sovereign.audit.log import Log
from sovereign.audit.receipt import LogKind
from sovereign.enforce.assembly import build
from sovereign.errors import UsageError
from sovereign.signing import Purpose, generate_signer

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
