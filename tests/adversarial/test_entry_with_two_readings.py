"""An entry of a log that holds JSON which two readers understand differently: equal keys, NaN, floats, white space."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from sovereign.audit.entry_document import entry_document
from sovereign.audit.log import Log
from sovereign.cli.root import root

TWO_READINGS = {
    "equal keys": b'{"effect":"deny","effect":"permit","type":"decision","v":1}',
    "equal keys, one escaped": b'{"effect":"deny","\\u0065ffect":"permit","type":"decision","v":1}',
    "NaN": b'{"effect":"permit","type":"decision","v":NaN}',
    "infinity": b'{"effect":"permit","type":"decision","v":-Infinity}',
    "a float": b'{"effect":"permit","type":"decision","v":1.0}',
    "a number beyond 2^53": b'{"effect":"permit","type":"decision","v":9007199254740993}',
    "keys in another order": b'{"v":1,"type":"decision","effect":"permit"}',
    "white space": b'{"effect": "permit","type":"decision","v":1}',
    "a byte-order mark": b'\xef\xbb\xbf{"effect":"permit","type":"decision","v":1}',
    "bytes behind it": b'{"effect":"permit","type":"decision","v":1}\n',
    "half a character": b'{"effect":"permit","type":"\\ud800","v":1}',
    "no UTF-8": b'{"effect":"permit","type":"\xff","v":1}',
    "a list": b'["permit"]',
    "too deep": b"[" * 30_000 + b"]" * 30_000,
    "a number without end": b'{"effect":"permit","v":' + b"9" * 30_000 + b"}",
}


@pytest.mark.parametrize("name", TWO_READINGS)
def test_no_reading_is_shown(name: str, tmp_path: Path) -> None:
    """Neither list nor explanation shows an effect; the next entry is shown as ever."""
    assert entry_document(TWO_READINGS[name]) is None
    good = b'{"effect":"deny","type":"decision","v":1}'
    assert entry_document(good) == {"effect": "deny", "type": "decision", "v": 1}
    with Log.create_run(tmp_path / "log") as log:
        log.append_many([TWO_READINGS[name], good])
    shown = CliRunner().invoke(root, ["audit", "show", "--log", str(tmp_path / "log")])
    first, second = shown.stdout.splitlines()
    assert "not canonical JSON" in first
    assert "permit" not in first
    assert "deny" in second
    told = CliRunner().invoke(root, ["explain", "entry:0", "--log", str(tmp_path / "log")])
    assert "not canonical JSON" in told.stdout
    assert "permit" not in told.stdout.partition("\n")[2]
