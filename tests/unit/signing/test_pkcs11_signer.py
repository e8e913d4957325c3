"""A key in a hardware module, with SoftHSM2 as the module."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pkcs11
import pytest
from pkcs11 import Attribute, KeyType, Mechanism

from sovereign.audit.log import Log
from sovereign.audit.receipt import LogKind
from sovereign.audit.verify import verify_log
from sovereign.enforce.log_keys import load_source
from sovereign.errors import AuditError, SignatureError, UsageError
from sovereign.settings.key_source import KeySource, Pkcs11Source
from sovereign.signing import Ed25519Verifier, Purpose, generate_signer, passphrase_from
from sovereign.signing.pkcs11 import Pkcs11Signer

ORIGIN = "audit.example/hsm"
PIN = "1234"
CURVE: Final = bytes.fromhex("130c656477617264733235353139")  # PrintableString `edwards25519`, PKCS#11 v3.1, 6.3.6
MODULES: Final = (
    Path("/usr/lib/softhsm/libsofthsm2.so"),
    Path("/usr/lib64/softhsm/libsofthsm2.so"),
    Path("/opt/homebrew/lib/softhsm/libsofthsm2.so"),
)


@pytest.fixture(scope="module")
def module(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """SoftHSM2 with a token of its own, and key pairs on it: one good, one that may not sign, two of one label."""
    found = next((path for path in MODULES if path.exists()), None)
    assert found is not None, "SoftHSM2 is not installed: apt-get install softhsm2"
    folder = tmp_path_factory.mktemp("softhsm")
    (folder / "tokens").mkdir()
    (folder / "conf").write_text(f"directories.tokendir = {folder}/tokens\nobjectstore.backend = file\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOFTHSM2_CONF", str(folder / "conf"))
        for label in ("logs", "logs twice", "logs twice"):
            command = ["softhsm2-util", "--init-token", "--free", "--label", label, "--pin", PIN, "--so-pin", "5678"]
            subprocess.run(command, check=True, capture_output=True)
        token = pkcs11.lib(str(found)).get_token(token_label="logs")
        with token.open(rw=True, user_pin=PIN) as session:
            for label in ("log", "previous", "double", "double"):
                make_pair(session, label)
            make_pair(session, "mute", {Attribute.SIGN: False})
        yield found


def make_pair(session: pkcs11.Session, label: str, private: dict[Attribute, object] | None = None) -> None:
    """Make an Ed25519 key pair in the token."""
    parameters = session.create_domain_parameters(KeyType.EC_EDWARDS, {Attribute.EC_PARAMS: CURVE}, local=True)
    parameters.generate_keypair(
        store=True, label=label, mechanism=Mechanism.EC_EDWARDS_KEY_PAIR_GEN, private_template=private or {}
    )


def signer(module: Path, key: str = "log", token: str = "logs", pin: str = PIN) -> Pkcs11Signer:  # noqa: S107  the label of a token
    """A signer with a key in the token."""
    return Pkcs11Signer(module=module, token=token, key=key, pin=pin, name=ORIGIN, purpose=Purpose.LOG)


def test_log_is_signed_in_the_token(module: Path, tmp_path: Path) -> None:
    """A whole log, with the public key that the token tells, verifies without it."""
    made = signer(module)
    with Log.create(tmp_path / "log", origin=ORIGIN, signer=made, kind=LogKind.RUN) as log:
        log.append(b"an entry")
    assert verify_log(tmp_path / "log", [made.verifier]).size == 1
    assert signer(module).verifier == made.verifier


def test_two_keys_of_one_token_sign_side_by_side(module: Path, tmp_path: Path) -> None:
    """Login belongs to the process: during a rotation old and new key may lie in one token."""
    new, previous = signer(module), signer(module, "previous")
    assert new.verifier != previous.verifier
    with Log.create(tmp_path / "log", origin=ORIGIN, signer=new, cosigners=[previous], kind=LogKind.RUN) as log:
        log.append(b"an entry")
    for made in (new, previous):
        assert verify_log(tmp_path / "log", [made.verifier]).size == 1


def test_threads_share_a_session(module: Path) -> None:
    """Signatures of many threads at once are each one over its message."""
    made, failures = signer(module), list[BaseException]()

    def work(number: int) -> None:
        try:
            for count in range(20):
                message = b"%d %d" % (number, count)
                made.verifier.verify(made.sign(message), message)
        except BaseException as error:  # noqa: BLE001  shown below
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []


def test_forked_child_opens_a_session_of_its_own(module: Path) -> None:
    """Parent and child both go on signing; neither closes the other's session."""
    made = signer(module)
    made.sign(b"before")
    child = os.fork()
    if child == 0:
        try:
            made.verifier.verify(made.sign(b"child"), b"child")
            signer(module, "previous").sign(b"child")
            made.sign(b"child again")
        except BaseException:  # noqa: BLE001  the parent reads the code
            os._exit(1)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    made.verifier.verify(made.sign(b"parent"), b"parent")


def test_refused_pin_is_not_tried_again(module: Path) -> None:
    """A token counts wrong PINs and locks: the first refusal is final, also when the right PIN would come next."""
    made = signer(module)
    right = made._pin
    child = os.fork()
    if child == 0:
        try:
            for pin in ("99887766", right):
                made._pin = pin
                with pytest.raises(AuditError, match="the PIN is wrong"):
                    made.sign(b"child")
        except BaseException:  # noqa: BLE001  the parent reads the code
            os._exit(1)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    made.verifier.verify(made.sign(b"parent"), b"parent")


@pytest.mark.parametrize(
    ("chosen", "said"),
    [
        ({"token": "other"}, "no such token"),
        ({"token": "logs twice"}, "not unique"),
        ({"key": "other"}, "no such Ed25519 key pair"),
        ({"key": "double"}, "not unique"),
        ({"key": "mute"}, "may not sign"),
    ],
)
def test_key_that_cannot_be_used_is_told(chosen: dict[str, str], said: str, module: Path) -> None:
    """The reason is said in words; the token itself tells a number."""
    with pytest.raises(UsageError, match=said) as caught:
        signer(module, **chosen)
    assert caught.value.code == "SOV-C260"


def test_wrong_pin_and_missing_module_are_told(module: Path, tmp_path: Path) -> None:
    """A wrong PIN is tried once; it stands in no message. A library that is none is refused."""
    for library, said in ((module, "the PIN is wrong"), (tmp_path / "no.so", "module cannot be loaded")):
        with pytest.raises(UsageError, match=said):
            _in_new_process(library)


def _in_new_process(library: Path) -> None:
    """Open a signer in a process that is not logged in, and raise what it raised."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            signer(library, pin="99887766")
            text = "nothing was raised"
        except UsageError as error:
            text = error.message
        os.write(writing, text.encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as stream:
        message = stream.read().decode()
    os.waitpid(child, 0)
    assert "99887766" not in message
    raise UsageError(message)


def test_removed_token_is_an_error_and_a_replaced_one_too(module: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is signed without the token, nor with another key under the same label."""
    made = signer(module)
    with monkeypatch.context() as patch:
        patch.setattr(made, "_private", None)
        patch.setattr(made, "_token", "other")
        with pytest.raises(AuditError, match="no such token") as caught:
            made.sign(b"x")
    assert caught.value.code == "SOV-V032"
    made.reopen()
    made._label = "previous"
    with pytest.raises(AuditError, match="another key"):
        made.sign(b"x")


def test_signature_that_is_not_the_keys_is_never_handed_out(module: Path) -> None:
    """Every signature is verified: a defective token can only fail."""
    made = signer(module)
    made._verifier = Ed25519Verifier(name=ORIGIN, public_key=generate_signer("x", Purpose.LOG).verifier.public_key)
    with pytest.raises(SignatureError) as caught:
        made.sign(b"x")
    assert caught.value.code == "SOV-V031"


def test_settings_name_a_token_and_the_place_of_its_pin(module: Path, tmp_path: Path) -> None:
    """The PIN comes from a private file or a variable; a file that others may read is refused."""
    pin = tmp_path / "pin"
    pin.touch(mode=0o600)
    pin.write_text(f"{PIN}\n")
    for pin_file, pin_env in ((pin, None), (None, "HSM_PIN")):
        place = Pkcs11Source(module=module, token="logs", key="log", pin_file=pin_file, pin_env=pin_env)
        made = load_source(KeySource(pkcs11=place), ORIGIN, {"HSM_PIN": PIN}, passphrase_from({}))
        made.verifier.verify(made.sign(b"x"), b"x")
    pin.chmod(0o644)
    place = Pkcs11Source(module=module, token="logs", key="log", pin_file=pin, pin_env=None)
    with pytest.raises(UsageError) as caught:
        load_source(KeySource(pkcs11=place), ORIGIN, {}, passphrase_from({}))
    assert caught.value.code == "SOV-C251"


def test_pin_is_not_shown(module: Path) -> None:
    """The text form of a signer, which may reach a log, holds no PIN."""
    assert PIN not in repr(signer(module))


def test_missing_extra_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever names a module without the extra is told how to install it."""
    monkeypatch.setitem(sys.modules, "pkcs11", None)
    with pytest.raises(UsageError, match="not installed") as caught:
        signer(Path("/usr/lib/any.so"))
    assert caught.value.code == "SOV-C260"
