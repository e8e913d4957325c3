"""Programs written by others accept every artefact of our writer.

A missing Go, node or npm fails these tests: a check that did not run is no success.
"""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from foreign import tally
from foreign.artefacts import Proofs, Written
from foreign.programs import Case, Program, b64

from sovereign.signing import Verifier, parse_vkey


def checkpoints(logs: dict[str, Written], keys: dict[str, list[list[Verifier]]]) -> list[tuple[Case, str]]:
    """Return for each log, and each choice of keys for it, the question about its checkpoint with the true answer."""
    return [
        (
            {"kind": "checkpoint", "checkpoint": b64(log.checkpoint), "keys": [key.vkey for key in chosen]},
            log.statement,
        )
        for name, log in logs.items()
        for chosen in keys[name]
    ]


def proofs(logs: dict[str, Written], keys: dict[str, list[list[Verifier]]]) -> list[tuple[Case, str]]:
    """Return questions about the entries at every kind of place."""
    cases: list[tuple[Case, str]] = []
    for name, log in logs.items():
        made = Proofs(log)
        for index in sorted({0, 1, 127, 254, 255, 256, 511, 512, log.size // 2, log.size - 1}):
            for chosen in keys[name] if 0 <= index < log.size else []:
                case = {"kind": "proof", "proof": b64(made.file(index)), "entry": b64(log.entries[index])}
                cases.append(({**case, "keys": [key.vkey for key in chosen]}, made.statement(index)))
    return cases


def accepts(program: Program, cases: list[tuple[Case, str]], name: str = "") -> None:
    """Check that a program verifies each case, and says of each what is true."""
    assert program.ask(case for case, _ in cases) == [statement for _, statement in cases]
    tally.count(name or program.name, accepted=len(cases))


def ed25519_keys(logs: dict[str, Written]) -> dict[str, list[list[Verifier]]]:
    """Each Ed25519 key alone."""
    return {name: [[key] for key in log.ed25519] for name, log in logs.items()}


def mldsa_keys(logs: dict[str, Written]) -> dict[str, list[list[Verifier]]]:
    """The ML-DSA key alone, where there is one."""
    return {name: [[log.mldsa]] if log.mldsa else [] for name, log in logs.items()}


def test_go_accepts_checkpoints_and_entries(go: Program, logs: dict[str, Written]) -> None:
    """x/mod verifies the Ed25519 signature, past lines of other keys, and the inclusion of entries."""
    accepts(go, [*checkpoints(logs, ed25519_keys(logs)), *proofs(logs, ed25519_keys(logs))])


def test_go_accepts_ml_dsa(go: Program, logs: dict[str, Written]) -> None:
    """crypto/mldsa verifies the ML-DSA-44 cosignature alone, and beside the Ed25519 one."""
    both = {name: [list(log.keys)] for name, log in logs.items() if log.mldsa}
    hybrid = {name: logs[name] for name in both}
    cases = [*checkpoints(hybrid, mldsa_keys(hybrid)), *proofs(hybrid, mldsa_keys(hybrid))]
    accepts(go, cases, "Go crypto/mldsa")
    accepts(go, [*checkpoints(hybrid, both), *proofs(hybrid, both)], "Go, both keys")


def test_go_accepts_whole_logs(go: Program, logs: dict[str, Written]) -> None:
    """x/mod rebuilds root and tiles of every log from its bundles."""
    cases: list[tuple[Case, str]] = [
        ({"kind": "log", "directory": str(log.directory), "keys": [key.vkey for key in log.ed25519]}, log.statement)
        for log in logs.values()
    ]
    accepts(go, cases)


def test_go_accepts_that_a_log_grew(go: Program, logs: dict[str, Written]) -> None:
    """x/mod verifies our consistency proofs between all sizes that a log had."""
    cases: list[tuple[Case, str]] = []
    for log in logs.values():
        for size, earlier in log.earlier.items():
            if size:
                case = {"kind": "consistency", "old": b64(earlier), "checkpoint": b64(log.checkpoint)}
                hashes = [b64(hash_) for hash_ in Proofs(log).consistency(size)]
                before = f"{log.statement.split()[0]} {size} {root_of_note(earlier)}"
                keys = [log.keys[0].vkey]
                cases.append(({**case, "hashes": hashes, "keys": keys}, f"{before} {log.statement}"))
    assert len(cases) >= 20
    accepts(go, cases)


def root_of_note(note: bytes) -> str:
    """Return the root in a checkpoint, in hexadecimal digits."""
    import base64  # noqa: PLC0415  once

    return base64.b64decode(note.split(b"\n")[2]).hex()


def test_sigstore_accepts(sigstore: Program, logs: dict[str, Written]) -> None:
    """The JavaScript of sigstore verifies checkpoints and inclusion."""
    accepts(sigstore, [*checkpoints(logs, ed25519_keys(logs)), *proofs(logs, ed25519_keys(logs))])


def test_noble_accepts(noble: Program, logs: dict[str, Written]) -> None:
    """The JavaScript of noble verifies the ML-DSA-44 cosignatures."""
    accepts(noble, checkpoints(logs, mldsa_keys(logs)))


def test_pymerkle_accepts(pymerkle: Program, logs: dict[str, Written]) -> None:
    """Pymerkle reaches the same roots from the entries, and verifies inclusion."""
    cases: list[tuple[Case, str]] = []
    for log in logs.values():
        _, root = log.statement.split(" ", 1)
        cases.append(({"kind": "tree", "entries": [b64(entry) for entry in log.entries]}, root))
        made = Proofs(log)
        for index in {0, 255, 256, log.size // 3, log.size - 1} & set(range(log.size)):
            case = {"kind": "inclusion", "entry": b64(log.entries[index]), "index": index, "size": log.size}
            hashes = [b64(hash_) for hash_ in made.inclusion(index)]
            whole = {**case, "hashes": hashes, "root": b64(bytes.fromhex(root.split()[1]))}
            cases.append((whole, made.statement(index).split(" ", 1)[1]))
    accepts(pymerkle, cases)


@pytest.fixture(scope="module")
def demonstration(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `sovereign demo --keep` leaves."""
    folder = tmp_path_factory.mktemp("demo") / "kept"
    command = [str(Path(sys.executable).with_name("sovereign")), "demo", "--keep", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder


def test_go_accepts_the_log_of_the_demo(verifylog: Path, demonstration: Path) -> None:
    """Every entry verifies, and the log grew from the checkpoint kept in the middle of the demo."""
    key = (demonstration / "log.vkey").read_text().strip()
    log, kept = str(demonstration / "log"), str(demonstration / "checkpoint-kept")
    for arguments in (["log", log, key], ["grown", kept, log, key], ["entry", log, "0", key]):
        done = subprocess.run([str(verifylog), *arguments], capture_output=True, text=True, check=False)
        assert (done.returncode, "verified: " in done.stdout + done.stderr) == (0, True), done.stdout


def test_go_refuses_the_forged_copy_of_the_demo(verifylog: Path, demonstration: Path) -> None:
    """The copy in which the demo changed one byte is refused."""
    key = (demonstration / "log.vkey").read_text().strip()
    done = subprocess.run(
        [str(verifylog), "log", str(demonstration / "forged"), key], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout.startswith("FAILED: ")) == (1, True)


def test_go_accepts_a_packed_run_log(verifylog: Path, tmp_path: Path) -> None:
    """A `.slog` file is a zip: unpacked by a stranger's tool, it is a log like any other."""
    from sovereign.audit.log import Log  # noqa: PLC0415  this test alone writes one
    from sovereign.audit.slog import pack_log  # noqa: PLC0415  as above

    log = Log.create_run(tmp_path / "run", "audit.example/ci")
    log.append_many([b"one", b"two", b"three"])
    log.close()
    pack_log(tmp_path / "run", tmp_path / "run.slog")
    zipfile.ZipFile(tmp_path / "run.slog").extractall(tmp_path / "unpacked")
    command = [str(verifylog), "log", str(tmp_path / "unpacked"), log.verifier.vkey]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.endswith("all 3 entries and their tiles\n")) == (0, True), done.stdout


def test_go_of_an_old_kind_of_key_refuses_it(verifylog: Path, logs: dict[str, Written]) -> None:
    """A key of a type that the program does not know is no key: it was called wrongly, nothing is verified."""
    directory = str(logs["hybrid 1"].directory)
    for key in ("example.com/foo+530d903a+BAAA", "no key", parse_vkey(logs["hybrid 1"].keys[0].vkey).vkey[:-4]):
        done = subprocess.run([str(verifylog), "log", directory, key], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout) == (2, "")
