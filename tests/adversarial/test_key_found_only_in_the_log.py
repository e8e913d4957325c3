"""Attack: a log is written anew under another key, and brings that key along for whoever wants to check it."""

from pathlib import Path

import pytest

from sovereign.audit.log import Log
from sovereign.audit.receipt import LogKind
from sovereign.audit.verify import verify_log
from sovereign.errors import SignatureError
from sovereign.signing import Purpose, generate_signer

ORIGIN = "audit.example/munich"


def test_forged_log_with_its_own_key_is_not_verified(tmp_path: Path) -> None:
    """A signature under the right name by a key that nobody trusts is "cannot check", never "verified"."""
    real, forger = generate_signer(ORIGIN, Purpose.LOG), generate_signer(ORIGIN, Purpose.LOG)
    with Log.create(tmp_path / "log", origin=ORIGIN, signer=forger, kind=LogKind.RUN) as log:
        log.append(b"nothing was ever denied")
    assert forger.verifier.vkey in (tmp_path / "log" / "log.json").read_text(encoding="utf-8")
    with pytest.raises(SignatureError) as caught:
        verify_log(tmp_path / "log", [real.verifier])
    assert (caught.value.code, caught.value.exit_code) == ("SOV-V004", 5)


def test_without_a_key_nothing_is_verified(tmp_path: Path) -> None:
    """The key in the directory is never used to check the directory."""
    with Log.create_run(tmp_path / "log") as log:
        log.append(b"entry")
    with pytest.raises(SignatureError) as caught:
        verify_log(tmp_path / "log", [])
    assert caught.value.code == "SOV-V004"
