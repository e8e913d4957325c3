"""A folder of a log can lie on another file system than the log."""

from pathlib import Path

import pytest

from sovereign.audit import filesystem
from sovereign.audit.filesystem import check_filesystem
from sovereign.errors import UsageError


@pytest.mark.parametrize("part", ["wal", "objects", "tile"])
@pytest.mark.parametrize("kind", ["tmpfs", "nfs4", "fuse.sshfs", "9p"])
def test_folder_on_another_file_system_is_refused(
    part: str, kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The log lies on a disk, and one of its folders is mounted from where syncs may do nothing."""
    (tmp_path / "log" / part).mkdir(parents=True)
    table = tmp_path / "mountinfo"
    table.write_text(f"1 0 8:1 / / rw - ext4 /dev/a rw\n2 1 0:9 / {tmp_path}/log/{part} rw - {kind} x rw\n")
    monkeypatch.setattr(filesystem, "_MOUNTINFO", table)
    with pytest.raises(UsageError, match=part) as refusal:
        check_filesystem(tmp_path / "log", is_short_lived=False)
    assert refusal.value.code == "SOV-C308"


def test_folder_that_is_a_link_is_judged_where_it_leads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A link out of the disk is no way around."""
    (tmp_path / "log").mkdir()
    (tmp_path / "memory").mkdir()
    (tmp_path / "log" / "wal").symlink_to(tmp_path / "memory")
    table = tmp_path / "mountinfo"
    table.write_text(f"1 0 8:1 / / rw - ext4 /dev/a rw\n2 1 0:9 / {tmp_path}/memory rw - tmpfs x rw\n")
    monkeypatch.setattr(filesystem, "_MOUNTINFO", table)
    with pytest.raises(UsageError):
        check_filesystem(tmp_path / "log", is_short_lived=False)
    check_filesystem(tmp_path / "log", is_short_lived=True)
