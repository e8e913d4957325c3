import io
import json
import os
import pty
import select
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest
from simulators.command import AMERICAN, SCRIPT, bucket_plan, jobs, run, run_script, start

PREVIEW = ("--policy", "eu-only", "--no-log")


def _open(path: str, flags: int) -> Any:
    return os.fdopen(os.open(path, flags), "wb" if flags & os.O_WRONLY else "rb")


@pytest.mark.parametrize(("file", "code"), [("permit", 0), ("deny", 1), ("undecided", 4), ("missing", 3)])
def test_script_ends_with_the_code(project: Path, file: str, code: int) -> None:
    """What the process returns is the verdict, and stdout holds exactly one document or nothing."""
    ran = run_script("check", f"{file}.yaml", *PREVIEW, "--format", "json")
    assert ran.code == code
    if code == 3:
        assert ran.out == ""
    else:
        assert ran.document["exit"] == code
        assert ran.err == ""


def test_first_decision_keeps_stdout_for_the_document(project: Path) -> None:
    """The notices about the log and the key that were made stand on stderr."""
    ran = run_script("check", "permit.yaml", "--policy", "eu-only", "--format", "json")
    assert ran.document["results"][0]["receipt"]["state"] == "durable"
    assert [line.split()[0] for line in ran.err.splitlines()] == ["made", "made", "made"]


def test_second_name_of_the_command_is_the_same(project: Path) -> None:
    """`sovereign-policy` is there for whoever has another `sovereign`."""
    ran = subprocess.run([SCRIPT.with_name("sovereign-policy"), "--version"], capture_output=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, b"")


def test_standard_input_is_judged(project: Path) -> None:
    """`gate -` reads a plan from a pipe."""
    with start("gate", "-", *PREVIEW, "--format", "json", stdin=subprocess.PIPE) as process:
        out, _ = process.communicate(bucket_plan("us-east-1").encode(), timeout=60)
    assert (process.returncode, json.loads(out)["inputs"][0]["path"]) == (1, "<stdin>")


def test_reader_that_leaves_gets_no_traceback_and_no_pass(project: Path) -> None:
    """A permit that nobody could read is none: 70, and Python says nothing of a broken pipe."""
    reader, writer = os.pipe()
    os.close(reader)
    ran = run_script("check", "permit.yaml", *PREVIEW, stdout=writer)
    os.close(writer)
    assert (ran.code, ran.err) == (70, "")


def test_long_answer_to_a_reader_that_leaves(project: Path) -> None:
    """The same when the pipe breaks in the middle of a long answer."""
    (project / "many.yaml").write_text(jobs(*[AMERICAN] * 100))
    with start("check", "many.yaml", *PREVIEW) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.read(10)
        process.stdout.close()
        err = process.stderr.read()
        process.wait(60)
    assert (process.returncode, err) == (70, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
def test_output_that_cannot_be_written_is_70(project: Path) -> None:
    """A full disk behind stdout: no traceback, no pass, whatever the verdict was."""
    for file in ("permit", "deny"):
        with _open("/dev/full", os.O_WRONLY) as full:
            ran = run_script("check", f"{file}.yaml", *PREVIEW, stdout=full)
        assert ran.code == 70
        assert "Traceback" not in ran.err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
def test_messages_that_cannot_be_written_change_no_code(project: Path) -> None:
    """A full disk behind stderr: the code still says what happened."""
    for arguments, code in ((("check", "missing.yaml", *PREVIEW), 3), (("no-such-verb",), 2)):
        with _open("/dev/full", os.O_WRONLY) as full:
            assert run_script(*arguments, stderr=full).code == code


@pytest.mark.parametrize(("closed", "code"), [("<&-", 0), ("2>&-", 0), (">&-", 70), ("<&- >&- 2>&-", 70)])
def test_closed_streams_are_no_place_for_a_log(project: Path, closed: str, code: int) -> None:
    """No file of the log becomes stream 0, 1 or 2, so no line ends up in it; an answer to nobody is no pass."""
    command = f'"{SCRIPT}" check permit.yaml --policy eu-only {closed}'
    ran = subprocess.run(["sh", "-c", command], capture_output=True, check=False, timeout=60)
    assert (ran.returncode, b"Traceback" in ran.stderr) == (code, False)
    assert run_script("audit", "verify").code == 0


def test_interruption_ends_with_130(project: Path) -> None:
    """SIGINT while an input is awaited: 130, no traceback, nothing on stdout."""
    os.mkfifo(project / "slow.yaml")
    with start("check", "slow.yaml", *PREVIEW) as process:
        with (project / "slow.yaml").open("wb"):  # opens when the command has opened its end, and waits
            process.send_signal(signal.SIGINT)
            process.wait(60)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, b"")
    assert b"Traceback" not in err


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("check", "permit.yaml"), 5),
        (("check", "deny.yaml"), 5),
        (("gate", "plan.json"), 5),
        (("gate", "plan.json", "broken.json"), 3),
    ],
)
def test_evidence_that_cannot_be_written_is_5(project: Path, arguments: tuple[str, ...], code: int) -> None:
    """A limit on the size of files stands in for a full disk: no receipt, no verdict; worse than 1, better than 3."""
    (project / "plan.json").write_text(bucket_plan("us-east-1"))
    (project / "broken.json").write_text("{")
    assert run("audit", "new", "--origin", "a.example/log").code == 0
    command = f'ulimit -f 12; exec "{SCRIPT}" {" ".join(arguments)} --policy eu-only'
    ran = subprocess.run(["sh", "-c", command], capture_output=True, check=False, timeout=60)
    assert (ran.returncode, ran.stdout) == (code, b"")
    assert b"error[SOV-V01" in ran.stderr
    assert (b"error[SOV-I002]" in ran.stderr) == (code == 3)
    assert b"Traceback" not in ran.stderr


@pytest.mark.parametrize(
    ("environ", "coloured"),
    [
        ({}, False),
        ({"CLICOLOR_FORCE": "1"}, True),
        ({"CLICOLOR_FORCE": "0"}, False),
        ({"CLICOLOR_FORCE": "1", "NO_COLOR": "1"}, False),
    ],
)
def test_colours_in_a_pipe_are_only_on_demand(
    project: Path, monkeypatch: pytest.MonkeyPatch, environ: dict[str, str], *, coloured: bool
) -> None:
    """A pipe gets none unless CLICOLOR_FORCE asks, and NO_COLOR is stronger."""
    for name in ("NO_COLOR", "CLICOLOR_FORCE"):
        monkeypatch.setenv(name, environ.get(name, ""))
    assert ("\x1b[" in run("check", "deny.yaml", *PREVIEW).out) is coloured


@pytest.mark.parametrize(("no_color", "coloured"), [("", True), ("1", False)])
def test_colours_on_a_terminal_follow_no_color(project: Path, no_color: str, *, coloured: bool) -> None:
    """A terminal gets colours unless NO_COLOR is set."""
    environ = {"NO_COLOR": no_color, "CLICOLOR_FORCE": ""}
    ours, theirs = pty.openpty()
    with start("check", "deny.yaml", *PREVIEW, environ=environ, stdout=theirs) as p:
        os.close(theirs)
        shown = _drain(ours)
        p.wait(60)
    os.close(ours)
    assert (b"\x1b[" in shown) is coloured
    assert p.returncode == 1


def _drain(terminal: int) -> bytes:
    found = io.BytesIO()
    while select.select([terminal], [], [], 60)[0]:
        try:
            data = os.read(terminal, 65536)
        except OSError:  # the other side is closed
            break
        if not data:
            break
        found.write(data)
    return found.getvalue()


@pytest.mark.parametrize("form", ["text", "json"])
def test_terminal_without_umlauts_is_no_crash(project: Path, form: str) -> None:
    """A stream that holds ASCII only gets escapes as text, and JSON stays UTF-8."""
    ran = run_script(
        "check", "deny.yaml", *PREVIEW, "--lang", "de", "--format", form, environ={"PYTHONIOENCODING": "ascii"}
    )
    assert ran.code == 1
    if form == "json":
        assert "Union" in json.dumps(ran.document)
    else:
        assert ran.out.isascii()
