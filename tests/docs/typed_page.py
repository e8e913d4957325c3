"""A page of the documentation as a reader types it.

Conventions of a page: a fence `sh` is run, in order, in one folder, with `sh -eu`. A fence `text` behind it is what was
printed. A fence whose info names a file (`yaml jobs.yaml`) is saved under that name. Every other fence is shown only.

Compared are lines, after digests, ids, keys and instants were made equal; `…` stands for anything, alone on a line for
any lines. The reader's home is `/home/ada`, the project `/home/ada/residency`.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

__all__ = ["Step", "assert_shown", "environment", "steps", "walk"]

_FENCE: Final = re.compile(r"^```([a-z]+)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_EQUAL: Final = (
    (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "<uuid>"),
    (r"\+[0-9a-f]{8}\+[A-Za-z0-9+/]{43,44}=?", "<key>"),
    (r"\+[0-9a-f]{8}\+B[g-v][A-Za-z0-9+/]{8,14}…", "<long key>"),
    (r"\b[0-9a-f]{16,}\b", "<digest>"),
    (r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\dZ?", "<instant>"),
)
PROJECT: Final = "/home/ada/residency"
STATE: Final = "/home/ada/.local/state/sovereign"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Something that the reader does: save a file, or run commands; and what is then shown.

    Attributes:
        kind: language of the fence.
        file: name to save under; None for commands.
        text: content or commands.
        shown: what the page says was printed; None if it does not say.
    """

    kind: str
    file: str | None
    text: str
    shown: str | None = None


def steps(page: Path) -> Iterator[Step]:
    """Yield what a reader of the page does, in order."""
    fences = _FENCE.findall(page.read_text(encoding="utf-8"))
    for (kind, file, text), (after, _, shown) in zip(fences, [*fences[1:], ("", "", "")], strict=True):
        if kind == "sh" or file:
            yield Step(kind=kind, file=file or None, text=text, shown=shown if after == "text" else None)


def environment(state: Path, extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the reader's environment: this interpreter's commands first, a state directory of its own."""
    kept = {key: value for key, value in os.environ.items() if key != "CI" and not key.startswith("SOVEREIGN_")}
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    own = {"PATH": path, "SOVEREIGN_HOME": str(state), "NO_COLOR": "1", "PYTHONUNBUFFERED": "1"}
    return {**kept, **own, **(extra or {})}


def walk(page: Path, folder: Path, state: Path, extra: Mapping[str, str] | None = None) -> int:
    """Do what the page says in `folder`; return how many blocks were run."""
    count = 0
    for step in steps(page):
        if step.file is not None:
            target = folder / step.file
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(step.text, encoding="utf-8")
            continue
        done = subprocess.run(
            ["sh", "-eu", "-c", step.text],
            cwd=folder,
            env=environment(state, extra),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=300,
            check=False,
        )
        output = done.stdout.replace(str(folder), PROJECT).replace(str(state), STATE)
        assert done.returncode == 0, f"{step.text}\nended with {done.returncode}:\n{output}"
        if step.shown is not None:
            assert_shown(step.shown, output)
        count += 1
    return count


def assert_shown(shown: str, output: str) -> None:
    """Check that `output` is what the page shows."""
    expected, actual = _equal(shown), _equal(output)
    pattern = "".join(
        r"(?:[^\n]*\n)*?" if line == "…" else re.escape(line).replace("…", r"[^\n]*") + r"[^\n\S]*\n"
        for line in expected.splitlines()
    )
    assert re.fullmatch(pattern + r"\n*", actual), f"the page shows\n{expected}\nbut this was printed\n{actual}"


def _equal(text: str) -> str:
    for pattern, word in _EQUAL:
        text = re.sub(pattern, word, text)
    return text
