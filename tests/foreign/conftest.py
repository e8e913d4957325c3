"""Programs are built once for a run, and their table is printed at its end."""

import os
from pathlib import Path

import pytest
from foreign import tally
from foreign.artefacts import SIZES, Written, write_logs
from foreign.programs import Program, build_go, node_program, python_program

MORE = 10 if os.environ.get("TEST_PROFILE") == "nightly" else 1


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Show what the programs of others said."""
    if rows := tally.lines():
        terminalreporter.section("verifiers by others")
        for row in rows:
            terminalreporter.write_line(row)


@pytest.fixture(scope="session")
def more() -> int:
    """How many times the usual number of random mutants is tried."""
    return MORE


@pytest.fixture(scope="session")
def verifylog(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Go program on golang.org/x/mod and crypto/mldsa."""
    return build_go("go", ".", tmp_path_factory.mktemp("go") / "verifylog")


@pytest.fixture(scope="session")
def fsck(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The checker of the transparency-dev family, from its pinned module."""
    package = "github.com/transparency-dev/tessera/cmd/fsck"
    return build_go("tessera", package, tmp_path_factory.mktemp("tessera") / "fsck")


@pytest.fixture(scope="session")
def go(verifylog: Path) -> Program:
    """The Go program, asked many questions at once."""
    return Program(name="Go x/mod", command=(str(verifylog), "cases"))


@pytest.fixture(scope="session")
def sigstore() -> Program:
    """The verifier of sigstore in JavaScript."""
    return node_program("sigstore @sigstore/verify", "sigstore.mjs")


@pytest.fixture(scope="session")
def noble() -> Program:
    """ML-DSA of noble in JavaScript."""
    return node_program("noble ml_dsa44", "noble.mjs")


@pytest.fixture(scope="session")
def pymerkle() -> Program:
    """Trees of pymerkle."""
    return python_program("pymerkle", "pymerkle_cases.py")


@pytest.fixture(scope="session")
def logs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Written]:
    """Logs of many sizes, by name: hybrid, Ed25519 alone, and in the middle of a rotation."""
    make = tmp_path_factory.mktemp
    hybrid = {f"hybrid {log.size}": log for log in write_logs(make("hybrid"), SIZES, hybrid=True)}
    plain = {f"Ed25519 {log.size}": log for log in write_logs(make("plain"), SIZES, hybrid=False)}
    rotating = write_logs(make("rotating"), [700], hybrid=True, rotating=True)[0]
    large = write_logs(make("large"), [65_537], hybrid=True)[0]
    return {**hybrid, **plain, "rotating 700": rotating, "hybrid 65537": large}
