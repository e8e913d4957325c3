"""`audit prove`, `audit verify`, `audit show` and `explain entry:` as an auditor uses them, wherever the log lies."""

import json
import shutil
import zipfile
from pathlib import Path

import pytest
from simulators.command import run
from simulators.log_server import serving_log


@pytest.fixture
def vkeys(project: Path) -> list[str]:
    """Two decisions in the log of the project; its keys."""
    for _ in range(2):
        assert run("check", "permit.yaml", "--policy", "eu-only").code == 0
    found: list[str] = run("audit", "verify", "--format", "json").document["keys"]
    return found


@pytest.fixture
def log(project: Path) -> Path:
    """The directory of that log."""
    return project / ".sovereign" / "log"


@pytest.fixture
def slog(project: Path, log: Path, vkeys: list[str]) -> Path:
    """The log in one file."""
    with zipfile.ZipFile(project / "log.slog", "w") as archive:
        for path in sorted(
            p
            for p in log.rglob("*")
            if p.is_file() and p.relative_to(log).parts[0] in {"tile", "checkpoint", "objects"}
        ):
            archive.write(path, path.relative_to(log).as_posix())
    return project / "log.slog"


def keys(vkeys: list[str]) -> list[str]:
    """Return the options that name the keys."""
    return [word for vkey in vkeys for word in ("--key", vkey)]


def test_proof_travels_without_the_log(project: Path, vkeys: list[str], tmp_path: Path) -> None:
    """Proved by index and by decision id, verified elsewhere with the keys alone; one changed byte is refused."""
    shown = run("audit", "show", "--format", "json").document["entries"]
    decision = next(entry for entry in shown if entry["entry"]["type"] == "decision")
    for name in (str(decision["index"]), decision["entry"]["id"]):
        done = run("audit", "prove", name, "--out", "e.tlog-proof", "--entry-out", "e.json")
        assert (done.code, done.out) == (0, "")
        assert json.loads(Path("e.json").read_bytes())["id"] == decision["entry"]["id"]
        found = run("audit", "verify", "--proof", "e.tlog-proof", "--entry", "e.json", *keys(vkeys), "--format", "json")
        assert (found.code, found.document["verified"]) == (0, True)
        assert (found.document["index"], found.document["leaf_hash"]) == (decision["index"], decision["leaf_hash"])
    text = run("audit", "verify", "--proof", "e.tlog-proof", "--entry", "e.json")
    assert text.code == 0
    assert "byte for byte" in text.out
    Path("e.json").write_bytes(Path("e.json").read_bytes().replace(b"permit", b"Permit"))
    refused = run("audit", "verify", "--proof", "e.tlog-proof", "--entry", "e.json", "--format", "json")
    assert (refused.code, refused.codes) == (5, ["SOV-V001"])
    assert refused.document["verified"] is False


@pytest.mark.parametrize(
    "options",
    [
        ("--log", ".sovereign/log"),
        ("--replay",),
        ("--recovery", "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"),
        ("--parent", "x", "--parent-key", "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"),
    ],
    ids=lambda options: options[0],
)
def test_what_a_proof_cannot_answer_is_refused(options: tuple[str, ...], vkeys: list[str]) -> None:
    """A log named beside a proof is not looked at, so it must not seem verified."""
    assert run("audit", "prove", "0", "--out", "e.tlog-proof", "--entry-out", "e.json").code == 0
    found = run("audit", "verify", "--proof", "e.tlog-proof", "--entry", "e.json", *keys(vkeys), *options)
    assert found.code == 2
    assert options[0] in found.err


def test_proof_on_stdout_is_the_file(vkeys: list[str]) -> None:
    """Without `--out` stdout holds the proof and nothing else."""
    done = run("audit", "prove", "0")
    assert done.out.startswith("c2sp.org/tlog-proof@v1\nindex 0\n")
    assert "proved entry 0" in done.err


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("audit", "prove", "99"), "SOV-C321"),
        (("audit", "prove", "no-such-id"), "SOV-C321"),
        (("audit", "prove", "9" * 30), "SOV-C321"),
        (("audit", "prove", "0", "--log", "nowhere"), "SOV-C310"),
        (("audit", "prove", "0", "--log", "http://example.com/log"), "SOV-C320"),
        (("audit", "prove", "0", "--out", "tags.yaml/file"), "SOV-C001"),
        (("audit", "verify", "--proof", "tags.yaml"), "SOV-C001"),
        (("audit", "verify", "--proof", "tags.yaml", "--entry", "tags.yaml"), "SOV-V022"),
        (("audit", "verify", "--proof", "nowhere", "--entry", "tags.yaml"), "SOV-I001"),
        (("audit", "verify", "--key", "tags.yaml"), "SOV-C255"),
        (("audit", "verify", "--key", "nowhere"), "SOV-C255"),
        (("audit", "verify", "--log", "http://127.0.0.1:9/log"), "SOV-V021"),
    ],
)
def test_mistakes_are_named(arguments: tuple[str, ...], code: str, vkeys: list[str]) -> None:
    """One error, which says what to do; never `verified`."""
    done = run(*arguments)
    assert done.codes == [code]
    assert done.code == {"C": 2, "V": 5, "I": 3}[code[4]]
    assert "verified  " not in done.out


def test_keys_from_a_file(project: Path, vkeys: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A file holds one key a line; a file that is called like a key is not looked at."""
    monkeypatch.setenv("SOVEREIGN_HOME", str(project / "empty"))
    (project / "keys").write_text("\n".join(vkeys) + "\n\n")
    assert run("audit", "verify", "--key", "keys", "--format", "json").document["keys"] == vkeys
    (project / "keys").write_text("\n")
    assert run("audit", "verify", "--key", "keys").codes == ["SOV-C255"]
    assert run("audit", "verify").codes == ["SOV-V004"]


def test_log_in_one_file_or_behind_an_address(log: Path, slog: Path, vkeys: list[str]) -> None:
    """Verified, shown, explained and proved as in the directory."""
    with serving_log(log) as (address, _):
        for place in (str(slog), address):
            assert run("audit", "verify", "--log", place, *keys(vkeys)).code == 0
            shown = run("audit", "show", "--log", place, "--format", "json").document["entries"]
            assert shown == run("audit", "show", "--format", "json").document["entries"]
            assert run("audit", "prove", "1", "--log", place).out == run("audit", "prove", "1").out
            assert run("explain", "entry:1", "--log", place).out == run("explain", "entry:1").out


def test_evidence_stands_in_the_document(log: Path, vkeys: list[str], project: Path) -> None:
    """What is wrong is in the JSON document: the entry, the file, the offset; of a fork both notes."""
    bundle = next(path for path in (log / "tile/entries").rglob("*") if path.is_file())
    shutil.copytree(log, project / "whole")
    bundle = max((p for p in (log / "tile/entries").rglob("*") if p.is_file()), key=lambda p: p.stat().st_size)
    bundle.write_bytes(bundle.read_bytes().replace(b"decision", b"decisioN", 1))
    done = run("audit", "verify", "--format", "json")
    assert (done.code, done.codes) == (5, ["SOV-V001"])
    error = done.document["error"]
    assert done.document["verified"] is False
    assert error["path"] == bundle.relative_to(log).as_posix()
    assert error["code"] == "SOV-V001"
    assert error["index"] >= 0
    assert error["offset"] >= 0
    shutil.rmtree(log)
    shutil.copytree(project / "whole", log)
    assert run("check", "permit.yaml", "--policy", "eu-only").code == 0
    done = run("audit", "verify", "--log", "whole", "--format", "json")
    assert (done.code, done.codes) == (5, ["SOV-V003"])
    assert done.document["error"]["found"] == (project / "whole/checkpoint").read_text()
    assert done.document["error"]["seen"] == (log / "checkpoint").read_text()
