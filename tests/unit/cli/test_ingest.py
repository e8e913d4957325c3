"""`sovereign audit ingest`, from the gate that leaves a run log to the reader who has the parent's key only."""

import json
import shutil
from pathlib import Path

import pytest
from simulators.command import Ran, run
from simulators.run_logs import entry, write_branches

ORIGIN = "audit.example.org/parent"
IDENTITY = ("--ci-identity", "run_id=7", "--ci-identity", "attempt=1", "--ci-identity", "job=gate")


@pytest.fixture
def vkey(project: Path) -> str:
    """Make a parent in the working directory; its key."""
    done = run("audit", "new", "--kind", "parent", "--origin", ORIGIN, "--log", "parent")
    assert (done.code, (project / "parent").is_dir()) == (0, True)
    return done.out.splitlines()[0]


@pytest.fixture
def slog(project: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Decide once as CI does; the run log that is left."""
    with monkeypatch.context() as patch:
        patch.setenv("CI", "true")
        assert run("check", "permit.yaml", "--policy", "eu-only").code == 0
    (found,) = (project / ".sovereign" / "runs").glob("*.slog")
    return found


def _ingest(*arguments: str | Path) -> Ran:
    return run("audit", "ingest", *arguments, "--log", "parent")


def test_run_becomes_evidence(vkey: str, slog: Path) -> None:
    """The receipt is sealed, the parent verifies, and so does the run with its parent's key alone."""
    done = _ingest(slog, *IDENTITY, "--format", "json")
    assert done.code == 0
    assert done.document["schema"] == "sovereign.ingest/1"
    (taken,) = done.document["taken"]
    assert (taken["receipt"]["state"], taken["receipt"]["origin"], taken["is_new"]) == ("sealed", ORIGIN, True)
    assert run("audit", "verify", "--log", "parent", "--key", vkey).code == 0
    verified = run("audit", "verify", "--log", slog, "--parent", "parent", "--parent-key", vkey, "--format", "json")
    assert (verified.code, verified.document["origin"]) == (0, taken["origin"])
    assert verified.document["extends_size"] == taken["size"]
    trusted, stated = verified.document["notices"][:2]
    assert "trusted because the parent" in trusted
    assert ORIGIN in trusted
    assert "nobody verified it" in stated
    assert "run_id" in stated


def test_second_ingest_gives_the_same_receipt(vkey: str, slog: Path) -> None:
    """Nothing is appended, whatever is submitted again."""
    first, again = (_ingest(slog, *IDENTITY, "--format", "json").document for _ in range(2))
    assert first["taken"][0]["receipt"] == again["taken"][0]["receipt"]
    assert first["parent"] == again["parent"]
    assert vkey


def test_text_names_each_receipt(vkey: str, slog: Path) -> None:
    """One line a run, one for the parent."""
    assert vkey
    lines = _ingest(slog).out.splitlines()
    assert [line.split()[0] for line in lines] == ["ingested", "parent"]
    assert f"entry 1 of {ORIGIN}, sealed" in lines[0]
    shown = run("audit", "show", "--log", "parent").out.splitlines()
    assert [line.rpartition("  ")[2] for line in shown] == [f"{lines[0].split()[2]}: 3 entries"] * 2


@pytest.mark.usefixtures("vkey")
def test_identity_from_a_file(project: Path, slog: Path) -> None:
    """What a pipeline writes as JSON is stated as it stands there."""
    (project / "identity.json").write_text('{"run_id": 7, "attempt": 1, "job": "gate"}')
    assert _ingest(slog, "--ci-identity", "identity.json", "--ci-identity", "repository=example/app").code == 0
    shown = run("audit", "show", "--log", "parent", "--format", "json").document["entries"][1]["entry"]
    assert shown["identity"] == {"repository": "example/app", "run_id": "7", "attempt": "1", "job": "gate"}


@pytest.mark.usefixtures("vkey")
def test_missing_run_is_reported(project: Path, slog: Path) -> None:
    """With the files or alone, `--announced` compares with everything that the parent has."""
    lines = [json.dumps({"run_id": number, "attempt": 1, "job": "gate"}) for number in (7, 8)]
    (project / "announced").write_text("\n".join(lines))
    done = _ingest(slog, *IDENTITY, "--announced", "announced")
    assert (done.code, done.codes) == (5, ["SOV-V043"])
    report = _ingest("--announced", "announced", "--format", "json")
    assert (report.code, report.document["announced"], report.document["taken"]) == (5, 2, [])
    expected = {"run_id": "8", "attempt": "1", "job": "gate"}
    assert report.document["missing"] == [{"run": expected, "runs": 1, "arrived": 0}]
    (project / "announced").write_text(lines[0])
    assert _ingest("--announced", "announced").code == 0


@pytest.mark.usefixtures("vkey")
def test_bad_file_does_not_hold_up_the_others(project: Path, slog: Path) -> None:
    """Each refusal is told, the rest is taken in, and the exit code is the worst one."""
    whole = slog.read_bytes()
    (project / "cut.slog").write_bytes(whole[:-1])
    done = _ingest("cut.slog", slog, "absent.slog", "--format", "json")
    assert done.code == 3
    assert [one["path"] for one in done.document["taken"]] == [str(slog)]
    assert [(one["path"], one["code"]) for one in done.document["refused"]] == [
        ("cut.slog", "SOV-V020"),
        ("absent.slog", "SOV-I001"),
    ]
    assert _ingest("cut.slog").code == 5


@pytest.mark.usefixtures("vkey")
def test_fork_shows_both_heads(project: Path) -> None:
    """What proves it to anybody stands on stderr, and in the document."""
    origin = "local/run/4f6f3a1e-8f0f-4c2e-9a55-0f6f6a0d9b11"
    first, second = write_branches(project / "made", origin, [entry(0)], [entry(1)])
    assert _ingest(first).code == 0
    done = _ingest(second, "--format", "json")
    assert (done.code, done.codes) == (5, ["SOV-V003"])
    refused = done.document["refused"][0]
    assert refused["seen"] != refused["found"]
    assert all(line in done.err for head in ("seen", "found") for line in refused[head].splitlines())


@pytest.mark.usefixtures("vkey")
def test_trust_file_is_pinned(slog: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that was decided without it is refused."""
    trust = tmp_path / "platform" / "trust.yaml"
    trust.parent.mkdir()
    trust.write_text("trust: 1\nowner: platform team\n")
    done = _ingest(slog, "--trust", trust)
    assert (done.code, done.codes) == (5, ["SOV-V041"])
    monkeypatch.setenv("SOVEREIGN_TRUST", str(trust))
    assert _ingest(slog).codes == ["SOV-V041"]
    assert run("audit", "show", "--log", "parent").out == ""


@pytest.mark.usefixtures("vkey")
def test_host_log_is_entered_by_its_checkpoint(project: Path) -> None:
    """First by its signature, then, as it grew, with the log at hand; the user's memory knows its key."""
    assert run("check", "permit.yaml", "--policy", "eu-only").code == 0
    host = project / ".sovereign" / "log"
    shutil.copy(host / "checkpoint", project / "first")
    assert _ingest("--checkpoint", "first").code == 0
    assert run("check", "permit.yaml", "--policy", "eu-only").code == 0
    grown = _ingest("--checkpoint", host / "checkpoint")
    assert (grown.code, grown.codes) == (5, ["SOV-V044"])
    assert _ingest("--checkpoint", host / "checkpoint", "--log-of-child", host).code == 0
    shown = run("audit", "show", "--log", "parent", "--format", "json").document["entries"]
    assert [one["entry"]["verified"] for one in shown] == ["signature", "log"]
    assert len(shown[0]["entry"]["vkeys"]) == 2  # both of its keys signed


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        IDENTITY,
        ("--key", "audit.example.org/x+00000000+AA==", "--announced", "permit.yaml"),
        ("--log-of-child", ".", "--announced", "permit.yaml"),
    ],
)
@pytest.mark.usefixtures("vkey")
def test_options_that_mean_nothing_are_refused(arguments: tuple[str, ...]) -> None:
    """A command that would do less than it seems to says so."""
    assert _ingest(*arguments).code == 2


@pytest.mark.usefixtures("project")
def test_host_log_takes_in_no_run(slog: Path) -> None:
    """Kinds are never mixed."""
    made = run("audit", "new", "--origin", "audit.example.org/host", "--log", "host")
    assert made.code == 0
    done = run("audit", "ingest", slog, "--log", "host")
    assert (done.code, done.codes) == (2, ["SOV-C340"])


def test_run_that_the_parent_does_not_have_cannot_be_checked(vkey: str, slog: Path) -> None:
    """A log that nobody took in is no evidence, whatever key it brings."""
    done = run("audit", "verify", "--log", slog, "--parent", "parent", "--parent-key", vkey)
    assert (done.code, done.codes) == (5, ["SOV-V004"])


@pytest.mark.parametrize("other", [("--key", "x"), ("--seen", "permit.yaml"), ("--proof", "a", "--entry", "b")])
def test_parent_goes_with_no_other_source_of_trust(vkey: str, slog: Path, other: tuple[str, ...]) -> None:
    """Two answers to the question whose key counts would be one too many."""
    done = run("audit", "verify", "--log", slog, "--parent", "parent", "--parent-key", vkey, *other)
    assert done.code == 2
    assert run("audit", "verify", "--log", slog, "--parent-key", vkey).code == 2
