"""The programs that strangers wrote, each asked many questions in one run."""

import base64
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]

Case = Mapping[str, Any]
"""A question in the form of JSON; bytes are base64."""


def b64(data: bytes) -> str:
    """Return standard base64."""
    return base64.b64encode(data).decode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A verifier that reads one JSON case a line and prints one verdict a line.

    Attributes:
        name: as the table of results shows it.
        command: how it is started.
    """

    name: str
    command: tuple[str, ...]

    def ask(self, cases: Iterable[Case]) -> list[str | None]:
        """Return for each case what the program says it verified; None where it refused.

        A program that stops, or whose answer is neither, fails the test: that is no refusal.
        """
        lines = [json.dumps(case) for case in cases]
        done = subprocess.run(
            self.command,
            input="".join(f"{line}\n" for line in lines),
            capture_output=True,
            text=True,
            check=False,
            timeout=900,
        )
        answers = done.stdout.splitlines()
        assert (done.returncode, len(answers)) == (0, len(lines)), done.stderr[-2000:]
        assert all(answer.startswith(("ok ", "no ")) for answer in answers)
        return [answer[3:] if answer.startswith("ok ") else None for answer in answers]


def need(tool: str, hint: str) -> str:
    """Return where a tool lies; one that is missing fails the test: a check that did not run is no success."""
    found = shutil.which(tool)
    if found is None:
        pytest.fail(f"{tool} is missing, and this check is not skipped: {hint}")
    return found


def build_go(module: str, package: str, target: Path) -> Path:
    """Build a program from a pinned Go module below this folder, with a Go that has crypto/mldsa."""
    environ = {**os.environ, "GOFLAGS": "-mod=readonly", "CGO_ENABLED": "0", "GOWORK": "off", "GO_OLDEST": "1.27"}
    _run([str(ROOT / ".ci" / "go"), "build", "-o", str(target), package], HERE / module, environ)
    return target


NODE = str(ROOT / ".ci" / "node")


def install_node_modules() -> Path:
    """Install the pinned npm packages once, and return their folder."""
    folder = HERE / "js"
    lock, installed = folder / "package-lock.json", folder / "node_modules" / ".package-lock.json"
    if not installed.exists() or installed.stat().st_mtime < lock.stat().st_mtime:
        _run([NODE, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], folder, dict(os.environ))
        installed.touch()
    return folder


def node_program(name: str, script: str) -> Program:
    """Return a program of the folder `js`."""
    return Program(name=name, command=(NODE, "node", str(install_node_modules() / script)))


def python_program(name: str, script: str) -> Program:
    """Return a program that runs under this interpreter."""
    return Program(name=name, command=(sys.executable, str(HERE / script)))


def _run(command: list[str], folder: Path, environ: dict[str, str]) -> None:
    done = subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
