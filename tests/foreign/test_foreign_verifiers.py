"""Programs written by others accept a log of our writer, and refuse a changed one.

A missing Go or openssl fails these tests: a check that did not run is no success.
"""

import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from sovereign.audit.log import Log

HERE = Path(__file__).parent
SCRIPT = HERE / "verify_checkpoint.sh"


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A log, its key, and a checkpoint that it had earlier."""

    directory: Path
    vkey: str
    earlier: Path


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Written:
    """A log of 700 entries, sealed at 300 and at its end."""
    folder = tmp_path_factory.mktemp("foreign")
    log = Log.create_run(folder / "log", "audit.example/foreign")
    log.append_many([f"record {i}".encode() for i in range(300)])
    log.publish()
    shutil.copy(folder / "log" / "checkpoint", folder / "earlier")
    log.append_many([f"record {i}".encode() for i in range(300, 700)])
    log.close()
    return Written(directory=folder / "log", vkey=log.verifier.vkey, earlier=folder / "earlier")


@pytest.fixture
def written(original: Written, tmp_path: Path) -> Written:
    """A copy of the log that a test may change."""
    directory = shutil.copytree(original.directory, tmp_path / "log")
    earlier = Path(shutil.copy(original.earlier, tmp_path / "earlier"))
    return Written(directory=directory, vkey=original.vkey, earlier=earlier)


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Go verifier, built from its pinned modules."""
    binary = tmp_path_factory.mktemp("go") / "verifylog"
    environ = {**os.environ, "GOFLAGS": "-mod=readonly", "CGO_ENABLED": "0", "GOWORK": "off"}
    done = subprocess.run(
        [str(HERE.parents[1] / ".ci" / "go"), "build", "-o", str(binary), "."],
        cwd=HERE / "go",
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return binary


def run_go(program: Path, log: Written, index: int) -> "subprocess.CompletedProcess[str]":
    """Verify checkpoint, inclusion of an entry, and consistency with the earlier checkpoint."""
    command = [str(program), str(log.directory), log.vkey, str(index), str(log.earlier)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def run_shell(checkpoint: Path, vkey: str, path: str | None = None) -> "subprocess.CompletedProcess[str]":
    """Verify a checkpoint by shell and openssl."""
    if shutil.which("openssl") is None:
        pytest.fail("openssl is missing: install it; this check is not skipped")
    environ = {**os.environ, "PATH": path or os.environ["PATH"]}
    shell = shutil.which("sh") or "/bin/sh"
    return subprocess.run(
        [shell, str(SCRIPT), str(checkpoint), vkey], env=environ, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("index", [0, 255, 256, 299, 511, 512, 699])
def test_go_accepts(index: int, program: Path, original: Written) -> None:
    """golang.org/x/mod verifies checkpoint, inclusion at every kind of place, and consistency."""
    done = run_go(program, original, index)
    assert (done.returncode, done.stdout) == (0, f"verified: entry {index} of 700\n")


def test_go_refuses_every_changed_checkpoint(program: Path, written: Written) -> None:
    """No byte of the checkpoint may change.

    But for one: Go reads over unused bits in the last character of a base64 field, which our readers refuse.
    """
    checkpoint = written.directory / "checkpoint"
    data = checkpoint.read_bytes()
    assert data.endswith(b"=\n")
    for place in set(range(len(data))) - {len(data) - 3}:
        checkpoint.write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
        assert run_go(program, written, 300).returncode == 1, place


CHANGES: dict[str, Callable[[Written], tuple[Path, bytes]]] = {
    "entry": lambda log: (log.directory / "tile/entries/001", b"record 300"),
    "leaf-tile": lambda log: (log.directory / "tile/0/001", b""),
    "upper-tile": lambda log: (log.directory / "tile/1/000.p/2", b""),
    "earlier-checkpoint": lambda log: (log.earlier, b"\n300\n"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_go_refuses_a_changed_log(name: str, program: Path, written: Written) -> None:
    """A changed entry, tile or earlier checkpoint is refused."""
    path, marker = CHANGES[name](written)
    data = bytearray(path.read_bytes())
    data[data.index(marker) + 1] ^= 1
    path.write_bytes(bytes(data))
    done = run_go(program, written, 300)
    assert done.returncode == 1
    assert done.stdout.startswith("FAILED:")


def test_shell_accepts(original: Written) -> None:
    """Shell and openssl verify both checkpoints."""
    for checkpoint, size in ((original.directory / "checkpoint", 700), (original.earlier, 300)):
        done = run_shell(checkpoint, original.vkey)
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.startswith("verified: audit.example/foreign/run/")
        assert f" {size} entries, root " in done.stdout


def test_shell_refuses_a_changed_checkpoint(written: Written) -> None:
    """A changed byte is FAILED, or, where the key is no longer named, cannot check; never verified."""
    checkpoint = written.directory / "checkpoint"
    data = checkpoint.read_bytes()
    text_end = data.index(b"\n\n")
    for place in [*range(0, text_end, 9), *range(text_end, len(data), 23), len(data) - 1]:
        checkpoint.write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
        done = run_shell(checkpoint, written.vkey)
        assert done.returncode in ({1} if place < text_end else {1, 5}), (place, done.stdout)


def test_shell_needs_the_right_key(original: Written) -> None:
    """Another key, a key that is none, a missing file: cannot check, which is not FAILED."""
    other = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
    checkpoint = original.directory / "checkpoint"
    for path, vkey in ((checkpoint, other), (checkpoint, "nonsense"), (checkpoint, ""), (Path("/missing"), other)):
        done = run_shell(path, vkey)
        assert done.returncode == 5
        assert done.stdout.startswith("cannot check:")


@pytest.mark.parametrize("answer", ["exit 0", "exit 1", "echo Signature Verified Successfully"])
@pytest.mark.parametrize("tool", ["openssl", "od"])
def test_broken_tool_is_no_verdict(tool: str, answer: str, original: Written, tmp_path: Path) -> None:
    """A tool that says yes, no or nothing to everything makes the script say that it cannot check."""
    fake = tmp_path / tool
    fake.write_text(f"#!/bin/sh\n{answer}\n")
    fake.chmod(fake.stat().st_mode | stat.S_IXUSR)
    done = run_shell(original.directory / "checkpoint", original.vkey, f"{tmp_path}:{os.environ['PATH']}")
    assert done.returncode == 5
    assert done.stdout.startswith("cannot check:")


def test_missing_tool_is_no_verdict(original: Written, tmp_path: Path) -> None:
    """Without openssl nothing is said about the checkpoint."""
    for tool in ("od", "awk", "sed", "tail", "tr", "wc", "cat", "mktemp", "rm"):
        found = shutil.which(tool)
        assert found is not None
        (tmp_path / tool).symlink_to(found)
    done = run_shell(original.directory / "checkpoint", original.vkey, str(tmp_path))
    assert (done.returncode, done.stdout) == (5, "cannot check: openssl is missing\n")


@pytest.fixture(scope="module")
def demonstration(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `sovereign demo --keep` leaves."""
    folder = tmp_path_factory.mktemp("demo") / "kept"
    command = [str(Path(sys.executable).with_name("sovereign")), "demo", "--keep", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder


def test_go_accepts_the_log_of_the_demo(program: Path, demonstration: Path) -> None:
    """x/mod verifies checkpoint, every entry, and consistency with the checkpoint kept in the middle of the demo."""
    vkey = (demonstration / "log.vkey").read_text().strip()
    kept = Written(directory=demonstration / "log", vkey=vkey, earlier=demonstration / "checkpoint-kept")
    size = int((kept.directory / "checkpoint").read_text().splitlines()[1])
    for index in range(size):
        done = run_go(program, kept, index)
        assert (done.returncode, done.stdout) == (0, f"verified: entry {index} of {size}\n"), done.stderr


def test_go_refuses_the_forged_copy_of_the_demo(program: Path, demonstration: Path) -> None:
    """The copy in which the demo changed one byte is refused for the changed entry."""
    vkey = (demonstration / "log.vkey").read_text().strip()
    forged = Written(directory=demonstration / "forged", vkey=vkey, earlier=demonstration / "checkpoint-kept")
    size = int((forged.directory / "checkpoint").read_text().splitlines()[1])
    assert 1 in {run_go(program, forged, index).returncode for index in range(size)}


def test_shell_accepts_the_checkpoint_of_the_demo(demonstration: Path) -> None:
    """A shell and openssl verify the checkpoint that the demo signed."""
    vkey = (demonstration / "log.vkey").read_text().strip()
    assert run_shell(demonstration / "log" / "checkpoint", vkey).returncode == 0
