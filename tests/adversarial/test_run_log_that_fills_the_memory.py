"""Attack: a run log of some kilobytes unpacks to gigabytes, in objects or in entries."""

import zipfile
from pathlib import Path

import pytest
from simulators.run_logs import entry, write_run

from sovereign._internal.canonical import sha256_hex
from sovereign.audit.run_log import read_run
from sovereign.audit.zip_files import ZipFiles
from sovereign.errors import VerificationError

LIMIT = 1 << 20


def _refused(path: Path) -> None:
    assert path.stat().st_size < LIMIT // 10
    with pytest.raises(VerificationError, match=f"unpacked it has more than {LIMIT} bytes") as caught:
        read_run(ZipFiles(path), limit=LIMIT)
    assert caught.value.code == "SOV-V040"


def _deflate(path: Path, files: ZipFiles, more: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files.names()):
            archive.writestr(name, files.read(name))
        for name, content in more.items():
            archive.writestr(name, content)
    return path


def test_objects_without_end_are_refused(tmp_path: Path) -> None:
    """All objects together have the limit of a run log, whether or not an entry names them."""
    contents = [bytes([number]) * (LIMIT // 4) for number in range(5)]
    objects = {f"objects/{sha256_hex(content)}": content for content in contents}
    _refused(_deflate(tmp_path / "made.slog", ZipFiles(write_run(tmp_path / "run")), objects))


def test_entries_without_end_are_refused(tmp_path: Path) -> None:
    """So have the entries, which a run's own key signed."""
    packed = write_run(tmp_path / "run", [entry(number, said="x" * 65_000) for number in range(20)])
    _refused(_deflate(tmp_path / "made.slog", ZipFiles(packed), {}))


def test_log_within_the_limit_is_read(tmp_path: Path) -> None:
    """What has the size that is allowed is no attack."""
    packed = write_run(tmp_path / "run", [entry(number, said="x" * 1_000) for number in range(700)])
    assert read_run(ZipFiles(packed), limit=LIMIT).checkpoint.size == 700
