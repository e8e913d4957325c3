"""The tutorials work when typed: their files are written, their commands run, and they print what is shown."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

TUTORIALS = sorted((Path(__file__).resolve().parents[2] / "docs" / "tutorials").glob("*.md"))
STEP = re.compile(
    r"^Save this as `(?P<name>[\w./-]+)`:\n\n```\w+\n(?P<text>.*?)^```$|^```console\n(?P<console>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
EXIT = re.compile(r"exit (\d+)")


def _commands(console: str) -> Iterator[tuple[str, list[str], int]]:
    """Yield each command with the texts that it prints, in order, and its exit code."""
    for block in re.split(r"^\$ ", console, flags=re.MULTILINE)[1:]:
        command, *shown = block.splitlines()
        code = EXIT.fullmatch(shown[-1]) if shown else None
        yield command, shown[:-1] if code else shown, int(code[1]) if code else 0


def _find_in_order(shown: list[str], printed: str) -> None:
    start = 0
    for text in shown:
        start = printed.find(text, start)
        assert start >= 0, f"{text!r} is not printed, or not in this order:\n{printed}"
        start += len(text)


@pytest.mark.parametrize("page", TUTORIALS, ids=lambda page: page.stem)
def test_tutorial_works_when_typed(page: Path, tmp_path: Path) -> None:
    """Every step does what the page says, in one folder that is empty at first."""
    folder = tmp_path / "first"
    folder.mkdir()
    environ = {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(tmp_path / "home"),
        "SOVEREIGN_HOME": str(tmp_path / "home" / "state"),
        "LANG": "C.UTF-8",
    }
    for step in STEP.finditer(page.read_text(encoding="utf-8")):
        if step["name"]:
            (folder / step["name"]).write_text(step["text"], encoding="utf-8")
        for command, shown, code in _commands(step["console"] or ""):
            done = subprocess.run(
                ["bash", "-c", command], cwd=folder, env=environ, capture_output=True, text=True, check=False
            )
            printed = (done.stdout + done.stderr).replace(f"{folder}/", "")
            assert done.returncode == code, f"{command}: exit {done.returncode}\n{printed}"
            _find_in_order(shown, printed)


def test_there_is_a_tutorial() -> None:
    """A folder without a page would test nothing."""
    assert TUTORIALS
