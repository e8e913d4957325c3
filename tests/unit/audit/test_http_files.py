"""A log is read from an address: only the one that was named, for a bounded time, up to a bounded size."""

import gzip
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from simulators.certificates import make_certificates
from simulators.fault_server import Fault, delay, flood, gzip_bomb, http, raw, redirect, reset, serving, trickle
from simulators.log_server import serving_log

from sovereign.audit.http_files import HttpFiles
from sovereign.audit.log_files import open_log_files
from sovereign.audit.reading import read_entries
from sovereign.audit.verify import verify_log
from sovereign.errors import SignatureError, UsageError, VerificationError
from sovereign.signing import Ed25519Signer, Purpose, generate_signer

MakeLog = Callable[[int], Path]


@pytest.fixture
def public(make_log: MakeLog, tmp_path: Path) -> Path:
    """What a mirror has of a log of 600 entries."""
    directory = make_log(600)
    shutil.copytree(directory / "tile", tmp_path / "www" / "logs" / "tile")
    shutil.copy(directory / "checkpoint", tmp_path / "www" / "logs" / "checkpoint")
    return tmp_path / "www"


def test_log_behind_a_web_server_verifies(public: Path, signer: Ed25519Signer) -> None:
    """The whole log over http on this machine, over few connections; what cannot be listed is not looked for."""
    with serving_log(public) as (address, server):
        report = verify_log(f"{address}/logs/", [signer.verifier])
        assert (report.size, report.unsealed) == (600, 0)
        assert [entry.data for entry in read_entries(f"{address}/logs", 255, 257)] == [b"entry 255", b"entry 256"]
        assert server.connections <= 6  # one for all files that are there; each absent one ends it


def test_certificate_of_the_authority_is_demanded(
    public: Path, signer: Ed25519Signer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Over https the log verifies with the authority that is trusted, and is not read with any other."""
    authority, certificate, key = make_certificates(tmp_path)
    with serving_log(public, (certificate, key)) as (address, _):
        with pytest.raises(VerificationError) as refusal:
            open_log_files(f"{address}/logs").read("checkpoint")
        assert refusal.value.code == "SOV-V021"
        assert "certificate" in refusal.value.message
        monkeypatch.setenv("SSL_CERT_FILE", str(authority))
        assert verify_log(f"{address}/logs", [signer.verifier]).size == 600
        with pytest.raises(VerificationError, match="certificate"):  # the name is checked too
            open_log_files(f"{address.replace('127.0.0.1', 'localhost')}/logs").read("checkpoint")


def test_lying_server_is_found(public: Path, signer: Ed25519Signer) -> None:
    """One changed byte of one bundle, or another log: as in a directory."""
    bundle = public / "logs/tile/entries/001"
    bundle.write_bytes(bundle.read_bytes().replace(b"entry 300", b"entry 3O0"))
    with serving_log(public) as (address, _):
        with pytest.raises(VerificationError, match="entry 300"):
            verify_log(f"{address}/logs", [signer.verifier])
        with pytest.raises(SignatureError):
            verify_log(f"{address}/logs", [generate_signer("other.example", Purpose.LOG).verifier])
        with pytest.raises(UsageError):
            verify_log(f"{address}/nowhere", [signer.verifier])


FAULTS: dict[str, Fault] = {
    "reset": reset,
    "silence": raw(b""),
    "late": delay(1.5, raw(http(200, b"x"))),
    "slow body": trickle(http(200, b"x" * 200), pause=0.02, keep=60),
    "slow head": trickle(http(200, b"x" * 200), pause=0.02),
    "no end": flood(2),
    "no end, in chunks": flood(2, chunked=True),
    "cut short": raw(http(200, b"x", "Content-Length: 100")),
    "redirect": redirect("https://127.0.0.1:9/checkpoint"),
    "redirect to itself": redirect("/checkpoint", 302),
    "chunk of less than nothing": raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\nabcde\r\n0\r\n\r\n"),
    "no http": raw(b"SSH-2.0-OpenSSH_9.6\r\n"),
    "old http": raw(b"x\n"),
    "server error": raw(http(500, b"x")),
    "part": raw(http(206, b"x")),
    "nothing new": raw(http(304, b"")),
    "bomb": gzip_bomb(8),
    "unknown encoding": raw(http(200, b"x", "Content-Encoding: br")),
    "broken gzip": raw(http(200, b"x", "Content-Encoding: gzip")),
    "gzip with more behind": raw(http(200, gzip.compress(b"x") + b"y", "Content-Encoding: gzip")),
    "many headers": raw(b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 1000 + b"\r\nx"),
    "long header": raw(b"HTTP/1.1 200 OK\r\nA: " + b"b" * 100_000 + b"\r\n\r\nx"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_faulty_server_is_no_log(fault: str) -> None:
    """Whatever a server does instead of answering ends soon, with one error, and nothing is taken for a file."""
    with serving(FAULTS[fault]) as server:
        with pytest.raises(VerificationError) as refusal:
            HttpFiles(server.url, deadline=0.6).read("checkpoint")
        assert refusal.value.code in {"SOV-V020", "SOV-V021"}
        assert len(server.requests) <= 2


@pytest.mark.parametrize("status", [403, 404, 410])
def test_absent_file_is_told_from_a_broken_server(status: int) -> None:
    """Readers fall back from a partial tile to the full one only where the server says that there is none."""
    with serving(raw(http(status, b"x"))) as server, pytest.raises(FileNotFoundError):
        HttpFiles(server.url).read("tile/0/000.p/3")


def test_closed_connection_is_opened_once_more() -> None:
    """A server may close a kept connection at any time."""
    with serving(raw(http(200, b"one")), raw(http(200, b"two"))) as server:
        files = HttpFiles(server.url)
        assert (files.read("checkpoint"), files.read("checkpoint")) == (b"one", b"two")


def test_packed_bundle_is_unpacked() -> None:
    """Mirrors may keep bundles as gzip, whatever the reader asks for."""
    packed = http(200, gzip.compress(b"entries"), "Content-Encoding: gzip")
    with serving(raw(packed)) as server:
        assert HttpFiles(server.url).read("tile/entries/000") == b"entries"


@pytest.mark.parametrize(
    "address",
    [
        "http://example.com/log",
        "http://192.0.2.1/log",
        "http://10.0.0.1/log",
        "ftp://127.0.0.1/log",
        "file:///etc",
        "https://user@example.com/log",
        "https://example.com/log?a=b",
        "https://example.com/log#a",
        "https://example.com/../log",
        "https://example.com:port/log",
        "https:///log",
        "https://exa mple.com/log",
        "https://example.com/lo\ng",
        "http://127.0.0.1.example.com/log",
        "https://[::1/log",
    ],
)
def test_address_of_another_kind_is_refused(address: str) -> None:
    """Nothing is contacted: only https, or http on this machine, with a plain path."""
    with pytest.raises(UsageError) as refusal:
        open_log_files(address)
    assert refusal.value.code == "SOV-C320"


def test_path_does_not_leave_the_log() -> None:
    """A name that is not plain is not asked for."""
    with pytest.raises(VerificationError):
        HttpFiles("http://127.0.0.1:9").read("../other/checkpoint")
    assert HttpFiles("http://127.0.0.1:9").names() is None
