"""An Ed25519 key in a hardware module, reached by PKCS#11; the private half never leaves it.

1. The public half is read from the token. Every signature is verified with it before anybody sees it.
2. A forked child may not use its parent's sessions (PKCS#11 v3.1, 5.6.1: each process initialises the library for
   itself): it opens one of its own at its first signature.
3. Login belongs to a whole process: a second key on the same token finds itself logged in.

The extra `pkcs11` brings python-pkcs11. ML-DSA is in PKCS#11 v3.2 only; that key stays a file.
"""

import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sovereign._internal.forks import reopen_after_fork
from sovereign.errors import AuditError, SignatureError, UsageError, quoted
from sovereign.signing.ed25519 import Ed25519Verifier
from sovereign.signing.keys import Purpose

if TYPE_CHECKING:
    import pkcs11

__all__ = ["Pkcs11Signer"]

_POINT_PREFIX: Final = b"\x04\x20"  # an OCTET STRING of 32 bytes; some tokens wrap the point in it, some do not
_POINT: Final = 32
_initialised: Final[dict[Path, int]] = {}
"""In which process each library was initialised."""
_REASONS: Final = (
    (("NoSuchToken",), "there is no such token"),
    (("NoSuchKey",), "there is no such Ed25519 key pair on the token"),
    (("MultipleTokensReturned", "MultipleObjectsReturned"), "the label is not unique"),
    (("PinIncorrect", "PinInvalid", "PinLenRange"), "the PIN is wrong"),
    (("PinLocked",), "the PIN is locked after too many attempts"),
    (("PinExpired", "UserPinNotInitialized"), "the PIN must first be set"),
    (("TokenNotPresent", "DeviceRemoved", "SlotIDInvalid"), "the token was removed"),
    (("MechanismInvalid", "FunctionNotSupported"), "the module cannot sign with Ed25519"),
)


class Pkcs11Signer:
    """A signer whose private key is in a token; safe among threads, processes and forks."""

    def __init__(self, *, module: Path, token: str, key: str, pin: str, name: str, purpose: Purpose) -> None:
        """Open the token and read the public key.

        Args:
            module: the PKCS#11 library of the token's maker, an absolute path.
            token: label of the token.
            key: label of the key pair.
            pin: of the user.
            name: of the key; for a log its origin.
            purpose: what it may sign.

        Raises:
            UsageError: no such module, token or key, a wrong PIN, a key that may not sign (SOV-C260).
        """
        self._module, self._token, self._label, self._pin = module, token, key, pin
        self._purpose = purpose
        self._is_pin_wrong = False
        self._session: pkcs11.Session | None = None
        self._private: pkcs11.SignMixin | None = None
        self._mutex = threading.Lock()
        self._verifier = Ed25519Verifier(name=name, public_key=self._opened())
        reopen_after_fork(self)

    def __repr__(self) -> str:
        return f"Pkcs11Signer(purpose={self._purpose!r}, token={self._token!r}, key={self._label!r})"

    @property
    def purpose(self) -> Purpose:
        """What the key may sign."""
        return self._purpose

    @property
    def verifier(self) -> Ed25519Verifier:
        """The public half, as the token tells it."""
        return self._verifier

    def sign(self, message: bytes) -> bytes:
        """Return the 64-byte signature of the token over `message`, verified.

        Raises:
            AuditError: the token was removed or failed (SOV-V032).
            SignatureError: what it returned is no signature of its key (SOV-V031).
        """
        with self._mutex:
            signature = self._sign(message)
        try:
            self._verifier.verify(signature, message)
        except SignatureError:
            raise SignatureError(
                f"the token {quoted(self._token)} returned a signature that is not that of its key",
                code="SOV-V031",
                hint="the token is defective or was exchanged; nothing was written",
            ) from None
        return signature

    def reopen(self) -> None:
        """Forget the session, which is the parent's; the next signature opens another."""
        self._mutex = threading.Lock()
        self._session = self._private = None

    def _sign(self, message: bytes) -> bytes:
        import pkcs11  # noqa: PLC0415  an extra

        try:
            if self._private is None and self._open() != self._verifier.public_key:
                raise _failed(self._token, "it now holds another key")
            assert self._private is not None
            return bytes(self._private.sign(message, mechanism=pkcs11.Mechanism.EDDSA))
        except pkcs11.PKCS11Error as error:
            self._session = self._private = None
            raise _failed(self._token, _reason(error)) from None

    def _opened(self) -> bytes:
        """Return the public key; the session is open."""
        try:
            import pkcs11  # noqa: PLC0415  an extra
        except ImportError:
            raise UsageError(
                "a key in a hardware module needs python-pkcs11, which is not installed",
                code="SOV-C260",
                hint="pip install 'sovereign-policy[pkcs11]'",
            ) from None
        try:
            return self._open()
        except pkcs11.PKCS11Error as error:
            raise self._refused(_reason(error)) from None

    def _open(self) -> bytes:
        """Open a session, keep the private key's handle, and return the public key."""
        from pkcs11 import Attribute, KeyType, ObjectClass, SignMixin  # noqa: PLC0415  an extra

        session = self._login()
        kind = KeyType.EC_EDWARDS
        private = session.get_key(object_class=ObjectClass.PRIVATE_KEY, label=self._label, key_type=kind)
        public = session.get_key(object_class=ObjectClass.PUBLIC_KEY, label=self._label, key_type=kind)
        if not isinstance(private, SignMixin) or not private[Attribute.SIGN]:
            raise self._refused("the key may not sign")
        point = bytes(public[Attribute.EC_POINT])
        if len(point) != _POINT:
            point = point.removeprefix(_POINT_PREFIX)
        if len(point) != _POINT:
            raise self._refused("it is no Ed25519 key")
        self._session, self._private = session, private
        return point

    def _login(self) -> "pkcs11.Session":
        import pkcs11  # noqa: PLC0415  an extra

        library = pkcs11.lib(str(self._module))
        if _initialised.setdefault(self._module, os.getpid()) != os.getpid():
            library.reinitialize()
            _initialised[self._module] = os.getpid()
        token = library.get_token(token_label=self._token)
        if self._is_pin_wrong:
            raise pkcs11.PinIncorrect  # a token counts: the third or tenth wrong PIN locks it
        try:
            return token.open(user_pin=self._pin)
        except pkcs11.UserAlreadyLoggedIn:
            return token.open()
        except pkcs11.PinIncorrect:
            self._is_pin_wrong = True
            raise

    def _refused(self, reason: str) -> UsageError:
        return UsageError(
            f"the key {quoted(self._label)} on the token {quoted(self._token)} cannot be used: {reason}",
            code="SOV-C260",
            hint=f"look at it with: pkcs11-tool --module {self._module} --list-objects --login",
        )


def _failed(token: str, reason: str) -> AuditError:
    return AuditError(
        f"the token {quoted(token)} did not sign: {reason}",
        code="SOV-V032",
        hint="connect the token again; the entries are durable and are sealed by the next command that opens the log",
    )


def _reason(error: "pkcs11.PKCS11Error") -> str:
    """Return what an error of the token means; its own text is none for most."""
    name = type(error).__name__
    found = next((reason for names, reason in _REASONS if name in names), None)
    if found is None and name == "PKCS11Error":
        return "the module cannot be loaded"
    return found or f"the module says {name}"
