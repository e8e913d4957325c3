"""Attack: a key that may sign one kind of thing is entered under a second purpose, or its signature is passed on."""

from pathlib import Path

import pytest

from sovereign.audit.log import Log
from sovereign.audit.receipt import LogKind
from sovereign.errors import SovereignError, UsageError
from sovereign.settings.trust_yaml import parse_trust
from sovereign.signing import Ed25519Signer, Purpose, check_one_purpose, generate_signer, sign_envelope, verify_envelope

POLICY_TYPE = "application/vnd.sovereign.policy+yaml"


def _under(signer: Ed25519Signer, purpose: Purpose) -> Ed25519Signer:
    """Return the same key as a thief holds it: under another purpose."""
    return Ed25519Signer.from_private_key(signer.private_key, name=signer.verifier.name, purpose=purpose)


def test_trust_file_with_one_key_twice_does_not_load() -> None:
    """Neither another id nor another name hides that it is the same key."""
    vkey = generate_signer("policy-2026", Purpose.POLICY).verifier.vkey
    other = generate_signer("evidence-2026", Purpose.EVIDENCE)
    document = f"""trust: 1
owner: platform team
keys:
  - {{id: policy-2026, for: policy, vkey: "{vkey}", holder: management, not_after: 2027-06-30}}
  - {{id: evidence-2026, for: evidence, vkey: "{{}}", holder: management, not_after: 2027-06-30}}
"""
    parse_trust(document.replace("{}", other.verifier.vkey).encode(), path=Path("trust.yaml"))
    with pytest.raises(UsageError) as caught:
        parse_trust(document.replace("{}", vkey).encode(), path=Path("trust.yaml"))
    assert caught.value.code == "SOV-C253"


def test_renamed_key_is_still_the_same_key() -> None:
    """Keys are compared by their bytes, not by what they are called."""
    signer = generate_signer("one", Purpose.POLICY)
    renamed = Ed25519Signer.from_private_key(signer.private_key, name="two", purpose=Purpose.WAIVER)
    with pytest.raises(UsageError, match="two purposes"):
        check_one_purpose([(Purpose.POLICY, signer.verifier), (Purpose.WAIVER, renamed.verifier)])


def test_policy_key_signs_no_log(tmp_path: Path) -> None:
    """A stolen policy key cannot make evidence."""
    signer = generate_signer("audit.example/log", Purpose.POLICY)
    with pytest.raises(UsageError) as caught:
        Log.create(tmp_path / "log", origin="audit.example/log", signer=signer, kind=LogKind.RUN)
    assert caught.value.code == "SOV-C252"


def test_purpose_stands_in_the_signed_bytes() -> None:
    """A signature made for a policy does not count as one for a waiver, whoever presents it."""
    signer = generate_signer("policy-2026", Purpose.POLICY)
    envelope = sign_envelope(b"policy text", POLICY_TYPE, signer)
    assert verify_envelope(envelope, [signer.verifier], purpose=Purpose.POLICY).payload == b"policy text"
    with pytest.raises(SovereignError):
        verify_envelope(envelope, [signer.verifier], purpose=Purpose.WAIVER)
    with pytest.raises(UsageError):
        sign_envelope(b"policy text", POLICY_TYPE, _under(signer, Purpose.WAIVER))
