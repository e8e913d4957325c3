"""A packed run log is the log that was packed, or it is refused."""

import json
import shutil
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from simulators.run_logs import entry, write_run

from sovereign.audit.reading import read_entries
from sovereign.audit.run_log import read_run
from sovereign.audit.zip_files import ZipFiles
from sovereign.errors import SovereignError


@settings(deadline=None, max_examples=20)
@given(st.lists(st.text(max_size=40), min_size=1, max_size=300))
def test_packed_log_holds_the_entries(said: list[str]) -> None:
    """What was written is read again, in order and byte for byte."""
    entries = [entry(number, said=text.encode(errors="replace").decode()) for number, text in enumerate(said)]
    entries = [json.dumps(json.loads(data), separators=(",", ":"), ensure_ascii=False).encode() for data in entries]
    folder = Path(tempfile.mkdtemp())
    try:
        packed = write_run(folder / "run", entries)
        assert [stored.data for stored in read_entries(packed)] == entries
    finally:
        shutil.rmtree(folder)


@settings(deadline=None)
@given(st.data())
def test_changed_byte_changes_nothing_or_is_refused(data: st.DataObject) -> None:
    """Whichever byte of the file is another one: no other tree, and no other object, is taken for the run's."""
    folder = Path(tempfile.mkdtemp())
    try:
        packed = write_run(folder / "run", [entry(0), entry(1)])
        whole = bytearray(packed.read_bytes())
        before = read_run(ZipFiles(packed))
        whole[data.draw(st.integers(0, len(whole) - 1))] ^= data.draw(st.integers(1, 255))
        packed.write_bytes(whole)
        try:
            after = read_run(ZipFiles(packed))
        except SovereignError:
            return
        assert (after.checkpoint, after.evidence, after.objects) == (before.checkpoint, before.evidence, before.objects)
    finally:
        shutil.rmtree(folder)
