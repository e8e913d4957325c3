"""Attack: a log is made up, or put together from two, and submitted as that of a run."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from simulators.run_logs import Parent, entry, write_branches, write_run

from sovereign.audit.errors import ForkError
from sovereign.audit.log import Log
from sovereign.audit.receipt import LogKind
from sovereign.audit.slog import zip_chunks
from sovereign.audit.zip_files import ZipFiles
from sovereign.errors import SovereignError, VerificationError
from sovereign.signing import Purpose, generate_signer

ORIGIN = "local/run/4f6f3a1e-8f0f-4c2e-9a55-0f6f6a0d9b11"


@pytest.fixture
def parent(tmp_path: Path) -> Parent:
    """An empty parent."""
    return Parent.make(tmp_path / "parent")


def _files(packed: Path) -> dict[str, bytes]:
    files = ZipFiles(packed)
    return {name: files.read(name) for name in files.names()}


def _pack(path: Path, files: Mapping[str, bytes]) -> Path:
    path.write_bytes(b"".join(zip_chunks(sorted(files), files.__getitem__)))
    return path


def _refused(parent: Parent, path: Path) -> str:
    with pytest.raises(SovereignError) as caught:
        parent.take(path)
    assert parent.size == 0
    return caught.value.code


def test_key_of_another_run_is_not_its_key(parent: Parent, tmp_path: Path) -> None:
    """A description that names the key of another run, or two keys, is refused, whatever signed the checkpoint."""
    mine, other = (_files(write_run(tmp_path / name)) for name in ("mine", "other"))
    own, foreign = (json.loads(files["log.json"]) for files in (mine, other))
    for vkeys in (foreign["vkeys"], own["vkeys"] + foreign["vkeys"], ["no vkey"]):
        changed = json.dumps(own | {"vkeys": vkeys}).encode()
        assert _refused(parent, _pack(tmp_path / "made.slog", mine | {"log.json": changed})) == "SOV-V040"


@pytest.mark.parametrize("said", [b"", b"[]", b'{"kind":"run","kind":"host"}', b'{"schema":"sovereign.log/1"}'])
def test_description_of_no_form_is_refused(parent: Parent, tmp_path: Path, said: bytes) -> None:
    """A log that does not say which key is its own has none."""
    files = _files(write_run(tmp_path / "mine")) | {"log.json": said}
    assert _refused(parent, _pack(tmp_path / "made.slog", files)) == "SOV-V040"


def test_description_of_another_run_does_not_fit(parent: Parent, tmp_path: Path) -> None:
    """Checkpoint and description are of one run, or nothing is."""
    mine, other = (_files(write_run(tmp_path / name)) for name in ("mine", "other"))
    made = _pack(tmp_path / "made.slog", mine | {"log.json": other["log.json"]})
    assert _refused(parent, made) == "SOV-V004"


def test_entries_of_another_run_do_not_hash_to_its_root(parent: Parent, tmp_path: Path) -> None:
    """The denials of one run are not exchanged for the permits of another."""
    mine, other = (_files(write_run(tmp_path / name, [entry(0, said=name)])) for name in ("deny", "permit"))
    bundle = "tile/entries/000.p/1"
    assert _refused(parent, _pack(tmp_path / "made.slog", mine | {bundle: other[bundle]})) == "SOV-V001"


def test_made_up_log_under_a_known_name_is_refused(parent: Parent, tmp_path: Path) -> None:
    """Whoever knows a run's name can make a key of that name; the parent knows the run with its first key."""
    (packed,) = write_branches(tmp_path / "true", ORIGIN, [entry(0)])
    (made_up,) = write_branches(tmp_path / "made", ORIGIN, [entry(0), entry(1)])
    parent.take(packed)
    with pytest.raises(VerificationError, match="another key") as caught:
        parent.take(made_up)
    assert (caught.value.code, parent.size) == ("SOV-V040", 2)


@pytest.mark.parametrize("other", [[entry(0, said="deny")], [entry(0, said="deny"), entry(1)], [entry(1)] * 3])
def test_second_tree_of_one_key_is_a_fork(parent: Parent, tmp_path: Path, other: list[bytes]) -> None:
    """Shorter, as long, or longer: it does not begin as the known one does, and both heads are in the error."""
    packed, forked = write_branches(tmp_path, ORIGIN, [entry(0), entry(1)], other)
    parent.take(packed)
    with pytest.raises(ForkError) as caught:
        parent.take(forked)
    assert caught.value.seen.encode() == ZipFiles(packed).read("checkpoint")
    assert caught.value.found.encode() == ZipFiles(forked).read("checkpoint")
    assert parent.size == 2


@pytest.mark.parametrize("kind", [LogKind.HOST, LogKind.PARENT])
def test_log_of_another_kind_is_no_run(parent: Parent, tmp_path: Path, kind: LogKind) -> None:
    """A host log goes on; a file of it is some state of it. Nor does one that calls itself a run become one."""
    origin = "audit.example/host"
    signer = generate_signer(origin, Purpose.LOG)
    with Log.create(tmp_path / "log", origin=origin, signer=signer, kind=kind, unsafe_filesystem=True) as log:
        log.append(entry(0))
    names = ("checkpoint", "log.json", "tile/0/000.p/1", "tile/entries/000.p/1")
    files = {name: (tmp_path / "log" / name).read_bytes() for name in names}
    assert _refused(parent, _pack(tmp_path / "host.slog", files)) == "SOV-V040"
    said = json.dumps(json.loads(files["log.json"]) | {"kind": "run"}).encode()
    assert _refused(parent, _pack(tmp_path / "host.slog", files | {"log.json": said})) == "SOV-V040"
