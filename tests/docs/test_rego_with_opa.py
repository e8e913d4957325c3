"""The page on Rego works when typed: its commands run against the server that it starts, and print what it shows."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from simulators.opa import ROOT, RunningOpa, opa_binary, running_opa

from sovereign.decision.engines.opa_answer import read_answer
from sovereign.decision.engines.opa_server import OpaServer

PAGE = (ROOT / "docs/how-to/rego-with-opa.md").read_text(encoding="utf-8")
README = (ROOT / "examples/rego/README.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
URL = "http://127.0.0.1:8181"
BLOCKS = BLOCK.findall(PAGE)
TYPED = [text for kind, text in BLOCKS if kind == "sh"]
SHOWN = [text for kind, text in BLOCKS if kind == "text"]
REGO = [text for kind, text in BLOCKS if kind == "rego"]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningOpa]:
    """Run the page's first command, on a port that is free."""
    command = TYPED[0].splitlines()[-1].split()
    assert command[:5] == [".tools/bin/opa", "run", "--server", "--addr", URL.removeprefix("http://")]
    files = [ROOT / word for word in command[6:]]
    with running_opa(files, tmp_path_factory.mktemp("opa") / "log.txt", command[5]) as running:
        yield running


def _type(command: str, server: RunningOpa) -> str:
    """Run a command of the page from the root, with the programs of this environment."""
    command = command.replace(URL, server.url).replace(".venv/bin/sovereign", f"{sys.executable} -m sovereign")
    command = command.replace(".tools/bin/opa", str(opa_binary()))
    done = subprocess.run(["sh", "-c", command], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    return (done.stdout + done.stderr).replace(server.url, URL)


@pytest.mark.parametrize("number", [0, 1])
def test_commands_print_what_the_page_shows(server: RunningOpa, number: int) -> None:
    """Each line that the page shows is in the output."""
    output = _type(TYPED[number + 1], server)
    for line in SHOWN[number].splitlines():
        assert line in output


def test_commands_of_the_example_succeed(server: RunningOpa) -> None:
    """The example's own page works when typed."""
    (commands,) = [text for kind, text in BLOCK.findall(README) if kind == "sh"]
    for command in commands.splitlines():
        assert "FAIL" not in _type(f"{command.partition(' #')[0]} || echo FAIL", server)


def test_shape_of_the_page_is_the_shape_that_is_read() -> None:
    """What the page shows as a rule's value is read as one."""
    (shown,) = [text for kind, text in BLOCKS if kind == "json"]
    answer = read_answer({"result": json.loads(shown)}, placements=2)
    assert [finding.rule for finding in answer.findings] == ["EU-01"]


def test_traps_of_the_page_are_as_told(tmp_path: Path) -> None:
    """The first form denies nothing when the value is missing, the second does."""
    head = (
        'decision := {"permit": count(findings) == 0, "findings": findings}\nfinding := {"rule": "A", "message": "m"}\n'
    )
    for name, body in zip(("naive", "safe"), REGO, strict=True):
        (tmp_path / f"{name}.rego").write_text(f"package {name}\n{head}{body}")
    (tmp_path / "data.json").write_text('{"places": {"eu": ["DE"]}}')
    with running_opa(sorted(tmp_path.glob("*.[rj]*")), tmp_path / "log.txt") as running:
        permits = {
            name: OpaServer(running.url, entrypoint=f"data.{name}.decision", deadline=timedelta(seconds=10)).evaluate(
                {}
            )
            for name in ("naive", "safe")
        }
    assert (permits["naive"].permit, permits["safe"].permit) == (True, False)
