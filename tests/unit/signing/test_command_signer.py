"""A key behind a program: the protocol, and programs that break it."""

import os
import stat
import sys
import textwrap
import threading
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sovereign.audit.log import Log
from sovereign.audit.receipt import LogKind
from sovereign.audit.verify import verify_log
from sovereign.errors import AuditError, UsageError
from sovereign.signing import Ed25519Verifier, Purpose
from sovereign.signing.command import CommandSigner

ORIGIN = "audit.example/kms"
SEED = bytes(range(32))
KEY = Ed25519PrivateKey.from_private_bytes(SEED)
VERIFIER = Ed25519Verifier(name=ORIGIN, public_key=KEY.public_key().public_bytes_raw())

SIGN = f"""
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
out.write(Ed25519PrivateKey.from_private_bytes(bytes.fromhex("{SEED.hex()}")).sign(sys.stdin.buffer.read()))
"""


def program(folder: Path, body: str) -> Path:
    """Write a program that has `sys`, `os`, `time` and `out`, its standard output."""
    path = folder / "sign"
    head = f"#!{sys.executable}\nimport os, sys, time\nout = sys.stdout.buffer\n"
    path.write_text(head + textwrap.dedent(body))
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def signer(folder: Path, body: str, *, timeout: float = 20.0) -> CommandSigner:
    """A signer that asks such a program."""
    return CommandSigner(
        purpose=Purpose.LOG,
        verifier=VERIFIER,
        command=(str(program(folder, body)), "--key", "x"),
        environ=os.environ,
        timeout=timeout,
    )


def test_log_is_signed_by_a_program(tmp_path: Path) -> None:
    """A whole log, made and sealed with signatures of the program, verifies with its public key."""
    with Log.create(tmp_path / "log", origin=ORIGIN, signer=signer(tmp_path, SIGN), kind=LogKind.RUN) as log:
        log.append(b"an entry")
    assert verify_log(tmp_path / "log", [VERIFIER]).size == 1


def test_message_of_any_length_arrives_whole(tmp_path: Path) -> None:
    """What is longer than a pipe holds is written as the program reads it."""
    message = bytes(range(256)) * 4096
    assert signer(tmp_path, SIGN).sign(message) == KEY.sign(message)


def test_program_is_run_without_a_shell_and_sees_few_variables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Arguments arrive as they stand; secrets of others in the environment do not arrive at all."""
    monkeypatch.setenv("GITHUB_TOKEN", "secret")
    monkeypatch.setenv("LD_PRELOAD_OF_OURS", "x")
    monkeypatch.setenv("SOVEREIGN_KEY_PASSPHRASE_FILE", "p")
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    seen = tmp_path / "seen"
    body = f"open({str(seen)!r}, 'w').write(repr((sys.argv[1:], sorted(os.environ), os.getcwd())))\n" + SIGN
    made = CommandSigner(
        purpose=Purpose.LOG,
        verifier=VERIFIER,
        command=(str(program(tmp_path, body)), "$(id); `id` *"),
        environ=os.environ,
    )
    made.sign(b"x")
    arguments, variables, folder = eval(seen.read_text())  # noqa: S307  what the program above wrote
    assert arguments == ["$(id); `id` *"]
    assert "AWS_REGION" in variables
    assert folder == "/"
    assert not {"GITHUB_TOKEN", "LD_PRELOAD_OF_OURS", "SOVEREIGN_KEY_PASSPHRASE_FILE"} & set(variables)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("sys.exit(3)", "ended with code 3"),
        ("os.kill(os.getpid(), 9)", "ended with code -9"),
        ("sys.stdin.buffer.read(); out.write(b'x' * 63)", "wrote 63 bytes"),
        ("sys.stdin.buffer.read(); out.write(b'x' * 65)", "wrote more than 64 bytes"),
        ("sys.stdin.buffer.read()", "wrote 0 bytes"),
        (SIGN + "out.write(b'\\n')", "wrote more than 64 bytes"),
        (SIGN + "out.flush(); sys.exit(1)", "ended with code 1"),
        ("out.write(b'x' * 10)\nout.flush()\ntime.sleep(60)", "within 0.5 seconds"),
        ("time.sleep(60)", "within 0.5 seconds"),
        ("out.close(); os.close(1); time.sleep(60)", "within 0.5 seconds"),
        ("os.fork() or time.sleep(60)", "within 0.5 seconds"),
    ],
)
def test_program_that_breaks_the_protocol_is_told(body: str, said: str, tmp_path: Path) -> None:
    """Each ending but the right one is an error that says which; none waits for ever."""
    is_slow = "within" in said
    with pytest.raises(AuditError, match=said) as caught:
        signer(tmp_path, body, timeout=0.5 if is_slow else 20).sign(b"x")
    assert caught.value.code == "SOV-V030"


def test_endless_output_is_cut_off(tmp_path: Path) -> None:
    """A program that writes for ever fills no memory."""
    body = "sys.stdin.buffer.read()\nwhile True: out.write(b'x' * 65536)"
    with pytest.raises(AuditError, match="more than 64 bytes"):
        signer(tmp_path, body).sign(b"x")


def test_what_the_program_says_on_stderr_is_not_shown(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """It may hold secrets."""
    with pytest.raises(AuditError) as caught:
        signer(tmp_path, "sys.stderr.write('token=secret')\nsys.exit(1)").sign(b"x")
    assert "secret" not in f"{caught.value}{caught.value.hint}{capfd.readouterr()}"


def test_program_that_is_not_there_or_not_named_in_full_is_refused(tmp_path: Path) -> None:
    """A search path could be changed by others."""
    with pytest.raises(UsageError, match="no absolute path"):
        CommandSigner(purpose=Purpose.LOG, verifier=VERIFIER, command=("sign",), environ={})
    made = CommandSigner(purpose=Purpose.LOG, verifier=VERIFIER, command=(str(tmp_path / "no"),), environ={})
    with pytest.raises(AuditError, match="cannot be started"):
        made.sign(b"x")


def test_nothing_that_the_program_started_stays(tmp_path: Path) -> None:
    """A child that it leaves behind is ended with it."""
    pid = tmp_path / "pid"
    body = f"""
    child = os.fork()
    if child == 0:
        os.close(0); os.close(1); os.close(2); time.sleep(60)
    open({str(pid)!r}, "w").write(str(child))
    """
    signer(tmp_path, textwrap.dedent(body) + SIGN).sign(b"x")
    assert _has_ended(int(pid.read_text()))


def _has_ended(pid: int) -> bool:
    """Whether a process ends within ten seconds; one that nobody waited for yet has ended too."""
    for _ in range(200):
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return True
        if state == "Z":
            return True
        threading.Event().wait(0.05)
    return False


def test_environment_is_not_shown(tmp_path: Path) -> None:
    """The text form of a signer, which may reach a log, holds no variable."""
    made = CommandSigner(purpose=Purpose.LOG, verifier=VERIFIER, command=(str(tmp_path),), environ={"A": "secret"})
    assert "secret" not in repr(made)
