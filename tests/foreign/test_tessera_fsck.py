"""Tessera's fsck reads our logs from a static web server and accepts them, and refuses changed ones.

It reads checkpoint, every tile and every bundle, and rebuilds the tree. Its exit code is 0 also where it failed, so the
line is read in which it says that it succeeded.
"""

import re
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final

import pytest
from foreign import tally
from foreign.artefacts import Written
from foreign.mutants import of_directory
from foreign.ours import read_log

NAME: Final = "tessera fsck"
_SUCCESS: Final = re.compile(r"Successfully fsck'd log with size ([0-9]+) and root \S+ \(([0-9a-f]{64})\)")


class Site:
    """A static web server on loopback; what it serves is a directory, but for the files named in `changed`."""

    def __init__(self) -> None:
        self.directory = Path()
        self.changed: dict[str, bytes | None] = {}
        site = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"  # one connection for many files
            wbufsize = -1  # head and body in one packet

            def do_GET(self) -> None:
                content = site.read(self.path.lstrip("/"))
                self.send_response(404 if content is None else 200)
                self.send_header("Content-Length", str(len(content or b"")))
                self.end_headers()
                self.wfile.write(content or b"")

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    def read(self, path: str) -> bytes | None:
        """Return what is served at a path; None if nothing is."""
        if path in self.changed:
            return self.changed[path]
        file = self.directory / path
        return file.read_bytes() if file.is_file() else None


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """A running server."""
    site = Site()
    thread = threading.Thread(target=site.server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield site
    site.server.shutdown()
    thread.join()
    site.server.server_close()


def check(program: Path, site: Site, log: Written, folder: Path) -> str | None:
    """Return what fsck says it verified: origin, size, root; None if it did not succeed."""
    key = folder / "key"
    key.write_text(log.keys[0].vkey)
    address = f"http://127.0.0.1:{site.server.server_port}/"
    arguments = ["-ui=false", "-N=32", "-v=1", "-logtostderr", f"-storage_url={address}", f"-public_key={key}"]
    try:
        done = subprocess.run([str(program), *arguments], capture_output=True, text=True, check=False, timeout=30)
    except subprocess.TimeoutExpired:
        return None  # a worker that found a fault can leave the others waiting for it; with 32 of them it is rare
    found = _SUCCESS.findall(done.stderr)
    if done.returncode or "fsck failed" in done.stderr or len(found) != 1:
        return None
    return f"{log.keys[0].name} {found[0][0]} {found[0][1]}"


def test_fsck_accepts(fsck: Path, site: Site, logs: dict[str, Written], tmp_path: Path) -> None:
    """Every log verifies, whatever its size and keys."""
    for log in logs.values():
        site.directory, site.changed = log.directory, {}
        assert check(fsck, site, log, tmp_path) == log.statement
        tally.count(NAME, accepted=1)


@pytest.mark.parametrize("name", ["hybrid 700", "Ed25519 257"])
def test_fsck_refuses(name: str, fsck: Path, site: Site, logs: dict[str, Written], tmp_path: Path, more: int) -> None:
    """No changed log is verified; overlooked are lines of a key it does not know, and a tile with bytes to spare."""
    log = logs[name]
    site.directory = log.directory
    for how, changed in of_directory(log.directory, seed=7, count=10 * more):
        site.changed = changed
        verdict = check(fsck, site, log, tmp_path)
        assert verdict in {None, log.statement}, how
        if verdict is None:
            tally.count(NAME, refused=1)
        else:
            tally.count(NAME, **{"lax" if read_log(log, changed) is None else "same": 1})
