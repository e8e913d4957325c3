"""Attack: the end of a run log, where the denial stands, is left out of what is submitted."""

import shutil
from pathlib import Path

import pytest
from simulators.run_logs import Parent, entry, write_branches, write_run

from sovereign.audit.log import Log
from sovereign.audit.slog import pack_log, packed_path, zip_chunks
from sovereign.audit.submitted import received
from sovereign.audit.zip_files import ZipFiles
from sovereign.errors import SovereignError, VerificationError

ORIGIN = "local/run/4f6f3a1e-8f0f-4c2e-9a55-0f6f6a0d9b11"


@pytest.fixture
def parent(tmp_path: Path) -> Parent:
    """An empty parent."""
    return Parent.make(tmp_path / "parent")


def test_file_cut_at_any_byte_is_refused(parent: Parent, tmp_path: Path) -> None:
    """No beginning of the file is a run log."""
    whole = write_run(tmp_path / "run", [entry(0)]).read_bytes()
    cut = tmp_path / "cut.slog"
    for size in range(0, len(whole), 41):
        cut.write_bytes(whole[:size])
        with pytest.raises(SovereignError):
            parent.take(cut)
    assert parent.size == 0


def test_log_of_no_entry_is_refused(parent: Parent, tmp_path: Path) -> None:
    """The empty tree is signed when a run begins: that checkpoint alone would stand for any run."""
    Log.create_run(tmp_path / "run").close()
    pack_log(tmp_path / "run", packed_path(tmp_path / "run"))
    with pytest.raises(VerificationError, match="no sealed entry") as caught:
        parent.take(packed_path(tmp_path / "run"))
    assert (caught.value.code, parent.size) == ("SOV-V040", 0)


def test_tiles_of_the_end_are_not_left_out(parent: Parent, tmp_path: Path) -> None:
    """Each file below the root of the tree is there, or the log does not verify."""
    packed = write_run(tmp_path / "run", [entry(number) for number in range(300)])
    files = ZipFiles(packed)
    names = sorted(files.names())
    for left_out in [name for name in names if not name.startswith("objects/")]:
        kept = [name for name in names if name != left_out]
        made = tmp_path / "made.slog"
        made.write_bytes(b"".join(zip_chunks(kept, files.read)))
        with pytest.raises(SovereignError):
            parent.take(made)
    assert parent.size == 0


def test_earlier_state_of_a_run_does_not_follow_the_later_one(parent: Parent, tmp_path: Path) -> None:
    """What is taken in is never taken back: a part of it is refused as an old state."""
    short, long = write_branches(tmp_path, ORIGIN, [entry(0)], [entry(0), entry(1, said="deny")])
    parent.take(long)
    with pytest.raises(VerificationError, match="more were taken in before") as caught:
        parent.take(short)
    assert (caught.value.code, parent.size) == ("SOV-V044", 2)


def test_unsealed_end_is_no_part_of_a_run(parent: Parent, tmp_path: Path) -> None:
    """A run that was killed is not taken in as if it had ended where its last checkpoint is."""
    log = Log.create_run(tmp_path / "run")
    log.append(entry(0))
    log.publish()
    log.append(entry(1, said="deny"))
    shutil.copytree(tmp_path / "run", tmp_path / "killed")
    with pytest.raises(SovereignError, match="1 entries lie after") as caught:
        parent.take(tmp_path / "killed")
    assert (caught.value.code, parent.size) == ("SOV-V045", 0)
    log.close()


def test_refusal_names_the_file_that_was_submitted(tmp_path: Path) -> None:
    """Of many files the one at fault is told, not the copy that was read."""
    for content in (b"PK\5\6 and no more", b"no zip"):
        (tmp_path / "evil.slog").write_bytes(content)
        with pytest.raises(VerificationError) as refusal, received(tmp_path / "evil.slog"):
            pass
        assert str(tmp_path / "evil.slog") in refusal.value.message
