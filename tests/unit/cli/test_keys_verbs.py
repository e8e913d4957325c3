"""Keys as an operator uses them: encrypted, behind a program, rotated, and succeeded by a new log."""

import json
import os
import sys
from pathlib import Path

import pytest
from simulators.command import Ran, run

from sovereign.signing import Purpose, load_any_signer, load_passphrase

ORIGIN = "audit.example/keys"
CHECK = ("check", "permit.yaml", "--policy", "eu-only")


def refused(ran: Ran, code: str) -> None:
    """The command ended with this error and printed nothing."""
    assert ran.out == ""
    assert f"error[{code}]" in ran.err


def made(ran: Ran) -> str:
    """The one line that a command printed."""
    assert ran.code == 0, ran.err
    (line,) = ran.out.splitlines()
    return line


@pytest.fixture
def secret(project: Path) -> Path:
    """A file with a passphrase."""
    path = project / "secret"
    path.touch(mode=0o600)
    path.write_text("eleven blue sheep\n")
    return path


def test_encrypted_log_keys_are_opened_by_the_variable(
    project: Path, secret: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A log made with encrypted keys takes entries when the passphrase is there, and is refused without it."""
    made(run("audit", "new", "--origin", ORIGIN, "--log", "log", "--encrypt", "--passphrase-file", str(secret)))
    monkeypatch.setenv("SOVEREIGN_LOG_DIR", "log")
    refused(run(*CHECK), "SOV-C257")
    monkeypatch.setenv("SOVEREIGN_KEY_PASSPHRASE_FILE", str(secret))
    assert run(*CHECK).code == 0
    secret.write_text("another one\n")
    refused(run(*CHECK), "SOV-C258")
    assert run("audit", "verify", "--log", "log").code == 0
    assert project.is_dir()


@pytest.mark.parametrize("kind", ["ed25519", "mldsa44"])
def test_keys_are_made_shown_and_encrypted(kind: str, project: Path, secret: Path) -> None:
    """Each type is made; a copy under a passphrase is the same key, and the original stays."""
    vkey = made(run("keys", "new", "--for", "log", "--name", ORIGIN, "--type", kind, "--file", "a.key"))
    assert run("keys", "show", "a.key", "--format", "json").document["vkey"] == vkey
    made(run("keys", "encrypt", "a.key", "--file", "b.key", "--passphrase-file", str(secret)))
    assert run("keys", "show", "b.key", "--format", "json").document["vkey"] == vkey
    copy = load_any_signer(project / "b.key", purpose=Purpose.LOG, passphrase=lambda _: load_passphrase(secret))
    assert copy.verifier.vkey == vkey
    refused(run("keys", "encrypt", "a.key", "--file", "b.key", "--passphrase-file", str(secret)), "SOV-C256")
    refused(run("keys", "encrypt", "b.key", "--file", "c.key", "--passphrase-file", str(secret)), "SOV-C257")


def test_mldsa_keys_are_log_keys(project: Path) -> None:
    """Nothing else is signed with them; nothing is made."""
    assert run("keys", "new", "--for", "policy", "--name", "x", "--type", "mldsa44", "--file", "p.key").code == 2
    assert not (project / "p.key").exists()


def test_rotated_log_is_written_with_the_new_key(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The variables that the command prints are what a writer needs; readers follow with the recovery key."""
    old = made(run("audit", "new", "--origin", ORIGIN, "--log", "log"))
    new = made(run("keys", "new", "--for", "log", "--name", ORIGIN, "--file", "new.key"))
    recovery = made(run("keys", "new", "--for", "recovery", "--name", "example/recovery", "--file", "recovery.key"))
    monkeypatch.setenv("SOVEREIGN_LOG_DIR", str(project / "log"))
    assert run(*CHECK).code == 0
    ran = run("keys", "rotate", "--log", "log", "--new", "new.key", "--recovery", "recovery.key")
    assert made(ran) == new
    refused(run(*CHECK), "SOV-C305")
    for line in ran.err.splitlines():
        name, _, value = line.partition("=")
        if name.startswith("SOVEREIGN_"):
            monkeypatch.setenv(name, value)
    assert run(*CHECK).code == 0
    followed = ("audit", "verify", "--log", "log", "--key", old, "--recovery", recovery)
    assert run(*followed).code == 0
    monkeypatch.delenv("SOVEREIGN_KEYS_LOG_PREVIOUS_FILE")
    assert run(*CHECK).code == 0
    assert run(*followed).code == 0
    refused(run("audit", "verify", "--log", "log", "--key", old), "SOV-V004")
    refused(run("audit", "verify", "--log", "log", "--key", old, "--recovery", old), "SOV-C253")


def test_rotation_needs_a_recovery_key(project: Path) -> None:
    """A second log key is none."""
    made(run("audit", "new", "--origin", ORIGIN, "--log", "log"))
    for name in ("new.key", "second.key"):
        made(run("keys", "new", "--for", "log", "--name", ORIGIN, "--file", name))
    refused(run("keys", "rotate", "--log", "log", "--new", "new.key", "--recovery", "second.key"), "SOV-C252")
    assert not (project / "log" / "rotations").exists()


def test_new_log_names_the_end_of_another(project: Path) -> None:
    """What is not signed by the key that was named makes no log and leaves no key."""
    old = made(run("audit", "new", "--origin", ORIGIN, "--log", "log"))
    stranger = made(run("keys", "new", "--for", "log", "--name", ORIGIN, "--file", "x.key"))
    second = ("audit", "new", "--origin", "audit.example/second", "--log", "second", "--succeeds", "log/checkpoint")
    refused(run(*second, "--succeeds-key", stranger), "SOV-V004")
    refused(run(*second), "SOV-V004")
    assert not (project / "second").exists()
    made(run(*second, "--succeeds-key", old, "--reason", "compromise"))
    (entry,) = run("audit", "show", "--log", "second", "--format", "json").document["entries"]
    assert (entry["entry"]["type"], entry["entry"]["reason"]) == ("key.rotated", "compromise")
    assert (entry["entry"]["origin"], entry["entry"]["size"], entry["entry"]["old"]) == (ORIGIN, 0, [old])
    again = (
        "audit",
        "new",
        "--origin",
        ORIGIN,
        "--log",
        "third",
        "--succeeds",
        "log/checkpoint",
        "--succeeds-key",
        old,
    )
    refused(run(*again), "SOV-C305")


def test_key_behind_a_program(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A log is made and written with it; without the variables there is no such key."""
    refused(run("audit", "new", "--origin", ORIGIN, "--log", "log", "--existing-key"), "SOV-C250")
    vkey = made(run("keys", "new", "--for", "log", "--name", ORIGIN, "--file", "service.key"))
    program = project / "sign"
    program.write_text(
        f"#!{sys.executable}\nimport sys\nfrom pathlib import Path\n"
        "from sovereign.signing import Purpose, load_signer\n"
        f"signer = load_signer(Path({str(project / 'service.key')!r}), purpose=Purpose.LOG)\n"
        "sys.stdout.buffer.write(signer.sign(sys.stdin.buffer.read()))\n"
    )
    program.chmod(0o700)
    monkeypatch.setenv("SOVEREIGN_KEYS_LOG_COMMAND", json.dumps([str(program)]))
    monkeypatch.setenv("SOVEREIGN_KEYS_LOG_VKEY", vkey)
    assert made(run("audit", "new", "--origin", ORIGIN, "--log", "log", "--existing-key")) == vkey
    monkeypatch.setenv("SOVEREIGN_LOG_DIR", "log")
    assert run(*CHECK).code == 0
    assert run("audit", "verify", "--log", "log", "--key", vkey).code == 0
    assert os.listdir(Path(os.environ["SOVEREIGN_HOME"]) / "keys") == ["audit.example%2Fkeys.mldsa.key"]  # noqa: PTH208  names


def test_key_in_a_file_has_the_other_key_beside_it(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A log made with a key file that was there is written with that file named, and nothing else."""
    vkey = made(run("keys", "new", "--for", "log", "--name", ORIGIN, "--file", "host.key"))
    monkeypatch.setenv("SOVEREIGN_KEYS_LOG_FILE", str(project / "host.key"))
    assert made(run("audit", "new", "--origin", ORIGIN, "--log", "log", "--existing-key")) == vkey
    assert (project / "host.mldsa.key").is_file()
    monkeypatch.setenv("SOVEREIGN_LOG_DIR", "log")
    assert run(*CHECK).code == 0


def test_recovery_and_predecessor_keys_are_read_from_files(project: Path) -> None:
    """Every option that takes a vkey takes a file of them; a file that is not there is named as such."""
    old = made(run("audit", "new", "--origin", ORIGIN, "--log", "log"))
    (project / "old.vkey").write_text(old + "\n")
    recovery = made(run("keys", "new", "--for", "recovery", "--name", "example.org/r", "--file", "r.key"))
    (project / "r.vkey").write_text(recovery + "\n")
    assert run("audit", "verify", "--log", "log", "--key", "old.vkey", "--recovery", "r.vkey").code == 0
    succeeds = ("--succeeds", "log/checkpoint", "--succeeds-key")
    made(run("audit", "new", "--origin", "audit.example/2", "--log", "second", *succeeds, "old.vkey"))
    absent = run("audit", "verify", "--log", "log", "--key", "absent.vkey")
    refused(absent, "SOV-C255")
    assert "none is at this path" in absent.err
