"""A real OPA: found or installed, started on loopback, ended by its process id."""

import os
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.error import HTTPError

ROOT = Path(__file__).resolve().parents[2]
_START_SECONDS = 20
_NO_PROXY = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(frozen=True, slots=True)
class RunningOpa:
    """A server that has been started; `process` may have been stopped by the test."""

    url: str
    process: subprocess.Popen[bytes]

    def stop(self) -> None:
        """End it: ask, wait, then insist."""
        self.process.terminate()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(5)


@cache
def opa_binary() -> Path:
    """Return the binary of `OPA_BIN`, of .tools/bin, or of PATH; install it where there is none.

    Raises:
        AssertionError: there is none and it cannot be installed; a test that needs it fails, it is never skipped.
    """
    named = os.environ.get("OPA_BIN")
    candidates = (named,) if named else (str(ROOT / ".tools/bin/opa"), "opa")
    for candidate in candidates:
        if found := shutil.which(candidate):
            return Path(found)
    assert not named, f"OPA_BIN names no program: {named}"
    done = subprocess.run([ROOT / ".ci/install-opa"], capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode == 0, f"OPA is missing and cannot be installed:\n{done.stderr}"
    return ROOT / ".tools/bin/opa"


def opa(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a command of OPA; the caller looks at its exit code."""
    return subprocess.run([opa_binary(), *arguments], capture_output=True, text=True, timeout=60, check=False)


@contextmanager
def running_opa(files: Sequence[Path], log: Path, *options: str) -> Iterator[RunningOpa]:
    """Run a server with these policies and data until the block ends, however it ends.

    Args:
        files: what it loads.
        log: where its output goes; shown when it does not start.
        options: further options of `opa run`; certificates make its address https.
    """
    port = _free_port()
    command = [opa_binary(), "run", "--server", "--skip-version-check", "--addr", f"127.0.0.1:{port}", *options, *files]
    scheme = "https" if "--tls-cert-file" in options else "http"
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
        server = RunningOpa(url=f"{scheme}://127.0.0.1:{port}", process=process)
        try:
            _await_start(server, port, log)
            yield server
        finally:
            server.stop()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _await_start(server: RunningOpa, port: int, log: Path) -> None:
    """Wait until the server answers a question about its health, whatever it says; one with TLS until it accepts.

    It listens when it has loaded its files.
    """
    ends = time.monotonic() + _START_SECONDS
    while time.monotonic() < ends and server.process.poll() is None:
        try:
            if server.url.startswith("https"):
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
            else:
                _NO_PROXY.open(f"{server.url}/health", timeout=1).close()
        except HTTPError as answer:
            answer.close()
            return
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError(f"OPA did not start:\n{log.read_text()}")
