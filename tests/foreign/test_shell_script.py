"""The shell script on openssl: it accepts what is true, refuses what was changed, and knows when it cannot check.

A missing openssl, dash, bash or busybox fails these tests: a check that did not run is no success.
"""

import os
import random
import shutil
import stat
import subprocess
from pathlib import Path

import pytest
from foreign import tally
from foreign.artefacts import Proofs, Written
from foreign.mutants import Mutant, of_proof
from foreign.ours import read_proof
from foreign.programs import HERE, need

SCRIPT = HERE / "verify_log.sh"
TOOLS = ("od", "awk", "sed", "tail", "tr", "wc", "cat", "mktemp", "mv", "rm")


@pytest.fixture(scope="module", params=["dash", "bash", "busybox"])
def shell(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[list[str], str]:
    """A shell, and the PATH of its tools; busybox comes with its own of them all."""
    need("openssl", "install openssl")
    found = need(request.param, f"install {request.param}")
    if request.param != "busybox":
        return [found], os.environ["PATH"]
    folder = tmp_path_factory.mktemp("busybox")
    for tool in TOOLS:
        (folder / tool).symlink_to(found)
    (folder / "openssl").symlink_to(need("openssl", "install openssl"))
    return [found, "sh"], str(folder)


def run(
    shell: tuple[list[str], str], file: Path, key: str, entry: Path | None = None
) -> "subprocess.CompletedProcess[str]":
    """Verify a checkpoint, or a proof file for an entry."""
    command, path = shell
    return subprocess.run(
        [*command, str(SCRIPT), str(file), key, *([] if entry is None else [str(entry)])],
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )


def usual() -> tuple[list[str], str]:
    """Return the system's own shell."""
    return [need("sh", "install a shell")], os.environ["PATH"]


def test_accepts_checkpoints(shell: tuple[list[str], str], logs: dict[str, Written]) -> None:
    """It verifies the Ed25519 signature and says in words that it did not check the one of ML-DSA-44."""
    for name in ("hybrid 0", "hybrid 256", "Ed25519 700", "rotating 700"):
        log = logs[name]
        for key in log.ed25519:
            done = run(shell, log.directory / "checkpoint", key.vkey)
            origin, size, root = log.statement.split()
            first, *others = done.stdout.splitlines()
            assert (done.returncode, done.stderr, first) == (0, "", f"verified: {origin}, {size} entries, root {root}")
            assert others == (["not checked: 1 signature of ML-DSA-44"] if log.mldsa else [])
            tally.count("shell and openssl", accepted=1)


@pytest.mark.parametrize("name", ["hybrid 1", "hybrid 257", "hybrid 65537"])
def test_accepts_proofs(name: str, shell: tuple[list[str], str], logs: dict[str, Written], tmp_path: Path) -> None:
    """It verifies the place of an entry from a proof file."""
    log, proof, entry = logs[name], tmp_path / "proof", tmp_path / "entry"
    for index in sorted({0, 255, 256, log.size - 1} & set(range(log.size))):
        proof.write_bytes(Proofs(log).file(index))
        entry.write_bytes(log.entries[index])
        done = run(shell, proof, log.keys[0].vkey, entry)
        said = f"verified: entry {index} of {log.size} in {log.keys[0].name}"
        assert (done.returncode, done.stdout.splitlines()[0]) == (0, said), done.stdout
        tally.count("shell and openssl", accepted=1)


def test_refuses_mutants(logs: dict[str, Written], tmp_path: Path, more: int) -> None:
    """A changed proof or entry is FAILED, or cannot check where the key is no longer named; lax ones are true."""
    log, file, entry = logs["Ed25519 257"], tmp_path / "proof", tmp_path / "entry"
    true = Proofs(log).file(200)
    mutants = of_proof(true, log.entries[200], seed=20_261_124, count=40 * more)
    chosen = random.Random(20_261_124).sample(mutants, min(len(mutants), 36 * more))  # noqa: S311  the same ones each run
    for mutant in chosen:
        file.write_bytes(mutant.proof)
        entry.write_bytes(mutant.entry)
        done = run(usual(), file, log.keys[0].vkey, entry)
        assert done.returncode in {0, 1, 5}, (mutant.how, done.stderr)
        if done.returncode:
            assert done.stdout.startswith(("FAILED: ", "cannot check: ")), mutant.how
            tally.count("shell and openssl", refused=1)
        else:
            assert done.stdout == f"verified: entry 200 of 257 in {log.keys[0].name}\n", mutant.how
            tally.count("shell and openssl", **judged(mutant, log))


def judged(mutant: Mutant, log: Written) -> dict[str, int]:
    """Return how to count a mutant that was accepted: whether our reader accepts it too."""
    return {"lax": 1} if read_proof(mutant, log.keys) is None else {"same": 1}


def test_needs_the_right_key(logs: dict[str, Written]) -> None:
    """Another key, a key of another type, a key that is none, a missing file: cannot check, which is not FAILED."""
    log = logs["hybrid 257"]
    checkpoint, other = (
        log.directory / "checkpoint",
        "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
    )
    assert log.mldsa is not None
    for path, key in ((checkpoint, other), (checkpoint, "nonsense"), (checkpoint, ""), (Path("/missing"), other),
                      (checkpoint, log.mldsa.vkey), (log.directory, other)):  # fmt: skip
        done = run(usual(), path, key)
        assert done.returncode == 5, done.stdout
        assert done.stdout.startswith("cannot check:")


@pytest.mark.parametrize("answer", ["exit 0", "exit 1", "echo Signature Verified Successfully"])
@pytest.mark.parametrize("tool", ["openssl", "od"])
def test_broken_tool_is_no_verdict(tool: str, answer: str, logs: dict[str, Written], tmp_path: Path) -> None:
    """A tool that says yes, no or nothing to everything makes the script say that it cannot check."""
    log, fake = logs["hybrid 257"], tmp_path / tool
    fake.write_text(f"#!/bin/sh\n{answer}\n")
    fake.chmod(fake.stat().st_mode | stat.S_IXUSR)
    done = run((["sh"], f"{tmp_path}:{os.environ['PATH']}"), log.directory / "checkpoint", log.keys[0].vkey)
    assert done.returncode == 5
    assert done.stdout.startswith("cannot check:")


def test_missing_tool_is_no_verdict(logs: dict[str, Written], tmp_path: Path) -> None:
    """Without openssl nothing is said about the checkpoint."""
    for tool in TOOLS:
        found = shutil.which(tool)
        assert found is not None
        (tmp_path / tool).symlink_to(found)
    log = logs["hybrid 257"]
    done = run(([shutil.which("sh") or "/bin/sh"], str(tmp_path)), log.directory / "checkpoint", log.keys[0].vkey)
    assert (done.returncode, done.stdout) == (5, "cannot check: openssl is missing\n")
