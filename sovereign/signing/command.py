"""A key behind a program: the client of a key management service, or any other that signs with Ed25519.

The protocol, once for each signature: the program reads the message on standard input until it ends, writes the raw
signature, exactly 64 bytes, to standard output, and ends with code 0 within 20 seconds.

1. It is named by an absolute path and started without a shell, in `/`, with a clean environment: only the variables of
   `_PASSED` reach it. 2. What it says on standard error is never shown: it may hold secrets. 3. Its signature is
verified against the public key that the settings name before anybody sees it, so a program that signs with another key,
or something else, can only fail.
"""

import contextlib
import os
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from sovereign.errors import AuditError, SignatureError, UsageError, quoted
from sovereign.signing.ed25519 import Ed25519Verifier
from sovereign.signing.keys import Purpose

__all__ = ["CommandSigner"]

_SIGNATURE: Final = 64
_SECONDS: Final = 20.0
_PASSED: Final = ("HOME", "LANG", "PATH", "TMPDIR", "USER")
_PASSED_PREFIXES: Final = ("AWS_", "AZURE_", "GOOGLE_", "CLOUDSDK_", "VAULT_", "KMS_", "PKCS11_", "LC_")


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandSigner:
    """A signer that asks a program for each signature.

    Attributes:
        purpose: what the key may sign.
        verifier: its public half; every signature is verified with it.
        command: the program by absolute path, and its arguments.
        environ: the variables from which the program gets those it may see.
        timeout: seconds until it is stopped.
    """

    purpose: Purpose
    verifier: Ed25519Verifier
    command: Sequence[str]
    environ: Mapping[str, str] = field(repr=False)
    timeout: float = _SECONDS

    def __post_init__(self) -> None:
        if not Path(self.command[0]).is_absolute():
            raise UsageError(
                f"the program that signs is {quoted(self.command[0])}, which is no absolute path",
                code="SOV-C250",
                hint="name it in full: a search path could be changed by others",
            )

    def sign(self, message: bytes) -> bytes:
        """Return the 64-byte signature of the program over `message`, verified.

        Raises:
            AuditError: the program cannot be started, fails, takes too long, or returns no signature (SOV-V030).
            SignatureError: it returned one that is not this key's over this message (SOV-V031).
        """
        signature = self._run(message)
        try:
            self.verifier.verify(signature, message)
        except SignatureError:
            raise SignatureError(
                f"the program {quoted(self.command[0])} returned a signature that is not that of "
                f"{quoted(self.verifier.name)} over what was to be signed",
                code="SOV-V031",
                hint="compare the key that the program uses with `vkey` in the settings; nothing was written",
            ) from None
        return signature

    def _run(self, message: bytes) -> bytes:
        try:
            process = subprocess.Popen(  # noqa: S603  named by the operator, as a list, by absolute path
                list(self.command),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=self._environment(),
                cwd="/",
                start_new_session=True,
            )
        except OSError as error:
            raise self._failed(f"it cannot be started: {(error.strerror or 'no reason given').lower()}") from None
        try:
            signature = _converse(process, message, self.timeout)
        except TimeoutError:
            raise self._failed(f"it gave no signature within {self.timeout:g} seconds") from None
        finally:
            _stop(process)
        if process.returncode != 0 and len(signature) <= _SIGNATURE:  # what writes too much was stopped
            raise self._failed(f"it ended with code {process.returncode}")
        if len(signature) != _SIGNATURE:
            raise self._failed(f"it wrote {_length(signature)} bytes, a signature has {_SIGNATURE}")
        return signature

    def _environment(self) -> dict[str, str]:
        return {
            name: value for name, value in self.environ.items() if name in _PASSED or name.startswith(_PASSED_PREFIXES)
        }

    def _failed(self, reason: str) -> AuditError:
        return AuditError(
            f"the program {quoted(self.command[0])} did not sign: {reason}",
            code="SOV-V030",
            hint="run it by hand: message on standard input, 64 bytes of signature on standard output",
        )


def _converse(process: "subprocess.Popen[bytes]", message: bytes, timeout: float) -> bytes:
    """Return what the program writes, one byte more than a signature at most, when it has ended or wrote too much.

    Raises:
        TimeoutError: neither happened in time.
    """
    import time  # noqa: PLC0415  few logs have such a key

    deadline = time.monotonic() + timeout
    received = b"".join(_exchange(process, message, deadline))
    if len(received) <= _SIGNATURE:
        try:
            process.wait(max(deadline - time.monotonic(), 0))
        except subprocess.TimeoutExpired:
            raise TimeoutError from None
    return received[: _SIGNATURE + 1]


def _exchange(process: "subprocess.Popen[bytes]", message: bytes, deadline: float) -> Iterator[bytes]:
    """Write the message and yield what comes back, until standard output ends or is longer than a signature."""
    import selectors  # noqa: PLC0415  few logs have such a key
    import time  # noqa: PLC0415  as above

    assert process.stdin is not None
    assert process.stdout is not None
    rest, missing = memoryview(message), _SIGNATURE + 1
    os.set_blocking(process.stdin.fileno(), False)
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdin, selectors.EVENT_WRITE)
        selector.register(process.stdout, selectors.EVENT_READ)
        while missing > 0:
            ready = [key.fileobj for key, _ in selector.select(max(deadline - time.monotonic(), 0))]
            if not ready:
                raise TimeoutError
            if process.stdin in ready:
                rest = _write_some(process.stdin.fileno(), rest)
                if not rest:
                    selector.unregister(process.stdin)
                    process.stdin.close()
            if process.stdout in ready:
                chunk = os.read(process.stdout.fileno(), missing)
                if not chunk:
                    return
                missing -= len(chunk)
                yield chunk


def _write_some(descriptor: int, rest: memoryview) -> memoryview:
    """Return what is still to be written; nothing, when the program no longer reads."""
    try:
        return rest[os.write(descriptor, rest) :]
    except BlockingIOError:
        return rest
    except BrokenPipeError:
        return rest[:0]


def _stop(process: "subprocess.Popen[bytes]") -> None:
    """End the program and everything it started, and let go of its pipes."""
    with contextlib.suppress(ProcessLookupError):  # it ended, and nothing of its session is left
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()


def _length(signature: bytes) -> str:
    return str(len(signature)) if len(signature) <= _SIGNATURE else f"more than {_SIGNATURE}"
