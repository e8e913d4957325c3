"""`trust.yaml`: what it fixes, and that it answers no where nothing is listed."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sovereign._internal.canonical import sha256_hex
from sovereign.errors import PolicyTrustError, UsageError
from sovereign.settings.trust_schema import UNBUILT
from sovereign.settings.trust_yaml import Trust, parse_trust
from sovereign.signing import Ed25519Signer, Purpose, generate_mldsa_signer, generate_signer, sign_envelope

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
POLICY = b"policy: own\n"
YAML = "application/vnd.sovereign.policy+yaml"
SIGNER = generate_signer("policy-2026", Purpose.POLICY)
OTHER = generate_signer("policy-other", Purpose.POLICY)
LOG = generate_signer("audit.example.org/munich", Purpose.LOG)
WAIVER = generate_signer("waiver-head", Purpose.WAIVER)


def trust_of(text: str = "") -> Trust:
    """Parse a trust file that holds `text` beside its required keys."""
    return parse_trust(f"trust: 1\nowner: platform team\n{text}\n".encode(), path=Path("trust.yaml"))


def key(name: str, purpose: str, signer: Ed25519Signer, more: str = "") -> str:
    """One line of `keys`."""
    return f"  - {{id: {name}, for: {purpose}, vkey: {signer.verifier.vkey}{more}}}\n"


SIGNERS = "policies: {signers: [p]}\nkeys:\n" + key("p", "policy", SIGNER, ", not_after: 2026-11-25")


def test_everything_that_is_listed_is_read() -> None:
    """Each supported key arrives; the digest is that of the bytes."""
    digest = "0" * 64
    text = (
        f"policies: {{always: [{{id: de-only, sha256: '{digest}'}}]}}\nassume: {{aws.region: [eu-central-1]}}\n"
        f"tags: {{defaults_sha256: ['{digest}']}}\ngate: {{ignore: [docs/**]}}\n"
        "evidence: required\nkeys:\n" + key("l", "log", LOG, ", origin: audit.example.org/munich")
    )
    trust = trust_of(text)
    assert trust.sha256 == sha256_hex(trust.document)
    assert trust.always == {"de-only": digest}
    assert trust.gate_ignore == ("docs/**",)
    assert trust.evidence_required
    assert trust.log_keys("audit.example.org/munich", NOW) == (LOG.verifier,)
    assert trust.log_keys("audit.example.org", NOW) == ()


def test_an_empty_trust_file_trusts_nothing() -> None:
    """Without a list nothing is listed."""
    trust = trust_of()
    assert (trust.keys, dict(trust.always), trust.gate_ignore) == ((), {}, ())
    assert not trust.evidence_required
    with pytest.raises(PolicyTrustError):
        trust.require_policy("own", POLICY, is_shipped=False, at=NOW)
    with pytest.raises(UsageError):
        trust.require_assumption("aws.region", "eu-central-1")
    with pytest.raises(UsageError):
        trust.require_default_tag(b"", source="t.yaml")


def test_a_shipped_policy_is_trusted() -> None:
    """What came with the distribution needs no list."""
    assert trust_of().require_policy("de-only", POLICY, is_shipped=True, at=NOW) == "shipped"


def test_a_listed_policy_is_trusted_by_its_digest_only() -> None:
    """Another file under a listed id is refused, even a shipped one, even a signed one."""
    trust = trust_of(f"policies: {{always: [{{id: own, sha256: {sha256_hex(POLICY)}}}]}}")
    assert trust.require_policy("own", POLICY, is_shipped=False, at=NOW) == "listed"
    for shipped in (True, False):
        with pytest.raises(PolicyTrustError, match="not the one that is listed"):
            trust.require_policy("own", POLICY + b"#", is_shipped=shipped, at=NOW)


def test_a_signed_policy_is_trusted_while_its_key_counts() -> None:
    """The day `not_after` is the first on which the key no longer counts, in the law's time zone."""
    trust = trust_of(SIGNERS)
    envelope = sign_envelope(POLICY, YAML, SIGNER)
    assert trust.require_policy("own", POLICY, is_shipped=False, at=NOW, envelope=envelope) == "signed by p"
    last = datetime(2026, 11, 24, 22, 59, 59, tzinfo=UTC)
    assert trust.require_policy("own", POLICY, is_shipped=False, at=last, envelope=envelope) == "signed by p"
    with pytest.raises(PolicyTrustError, match="not signed by a listed signer") as caught:
        trust.require_policy("own", POLICY, is_shipped=False, at=last + timedelta(seconds=1), envelope=envelope)
    assert (caught.value.code, caught.value.exit_code) == ("SOV-C004", 2)


@pytest.mark.parametrize(
    ("envelope", "part"),
    [
        pytest.param(sign_envelope(POLICY, YAML, OTHER), "listed signer", id="another key"),
        pytest.param(sign_envelope(POLICY + b"#", YAML, SIGNER), "not the document", id="another document"),
        pytest.param(
            sign_envelope(POLICY, "application/vnd.sovereign.waiver+yaml", WAIVER),
            "listed signer",
            id="purpose",
        ),
        pytest.param(b"{}", "listed signer", id="no envelope"),
        pytest.param(b"\xff", "listed signer", id="no text"),
        pytest.param(b"", "listed signer", id="nothing"),
    ],
)
def test_another_signature_does_not_count(envelope: bytes, part: str) -> None:
    """Key, document and purpose must be the listed ones."""
    with pytest.raises(PolicyTrustError, match=part):
        trust_of(SIGNERS).require_policy("own", POLICY, is_shipped=False, at=NOW, envelope=envelope)


def test_a_policy_key_that_is_no_signer_does_not_count() -> None:
    """A key that is only listed signs nothing that is trusted."""
    trust = trust_of("keys:\n" + key("p", "policy", SIGNER))
    envelope = sign_envelope(POLICY, YAML, SIGNER)
    with pytest.raises(PolicyTrustError):
        trust.require_policy("own", POLICY, is_shipped=False, at=NOW, envelope=envelope)


def test_only_listed_assumptions_and_defaults_count() -> None:
    """Key and value must be listed together; a default tag counts by its bytes."""
    trust = trust_of(f"assume: {{aws.region: [eu-central-1]}}\ntags: {{defaults_sha256: [{sha256_hex(b'x')}]}}")
    trust.require_assumption("aws.region", "eu-central-1")
    trust.require_default_tag(b"x", source="t.yaml")
    for name, value in (("aws.region", "us-east-1"), ("google.region", "eu-central-1")):
        with pytest.raises(UsageError) as caught:
            trust.require_assumption(name, value)
        assert caught.value.code == "SOV-C213"
    with pytest.raises(UsageError) as caught:
        trust.require_default_tag(b"y", source="t.yaml")
    assert caught.value.code == "SOV-C214"


@pytest.mark.parametrize(
    ("text", "code", "part"),
    [
        ("owners: x", "SOV-C003", "unknown key `owners`"),
        ("assume: {tag.status: [x]}", "SOV-C201", "nothing can be assumed"),
        ("assume: {aws.region: []}", "SOV-C201", "`aws.region`"),
        ("evidence: optional", "SOV-C201", "`evidence`"),
        ("policies: {always: [de-only]}", "SOV-C201", "an item of `always`"),
        ("policies: {always: [{id: a}]}", "SOV-C201", "`sha256` is missing"),
        ("policies: {always: [{id: a, sha256: ABC}]}", "SOV-C201", "`sha256`"),
        ("policies: {signers: [p]}", "SOV-C212", "is no key for policies"),
        ("policies: {signers: [l]}\nkeys:\n" + key("l", "log", LOG), "SOV-C212", "is no key for policies"),
        ("keys:\n" + key("p", "policy", SIGNER) + key("p", "policy", OTHER), "SOV-C212", "stands twice"),
        ("keys:\n" + key("p", "policy", SIGNER, ", rules: [a/B]"), "SOV-C212", "is no waiver key"),
        ("keys:\n" + key("p", "policy", SIGNER, ", origin: a"), "SOV-C212", "is no log key"),
        ("keys:\n" + key("l", "log", LOG, ", origin: other.example"), "SOV-C212", "not of `other.example`"),
        ("keys:\n" + key("w", "waiver", WAIVER), "SOV-C212", "has no holder"),
        (
            "keys:\n" + key("p", "policy", SIGNER) + key("q", "waiver", SIGNER, ", holder: x"),
            "SOV-C253",
            "two purposes",
        ),
        ("keys: [{id: p, for: policy, vkey: a+b+c}]", "SOV-C255", ""),
        ("keys:\n" + key("p", "reading", SIGNER), "SOV-C201", "`for`"),
        ("keys:\n" + key("p", "policy", SIGNER, ", not_after: 2026-02-30"), "SOV-C201", "`not_after`"),
        ("keys:\n" + key("p", "policy", SIGNER, ", not_after: 20260301"), "SOV-C201", "`not_after`"),
        ("keys:\n" + key("w", "waiver", WAIVER, ", holder: x, rules: []"), "SOV-C201", "`rules`"),
    ],
    ids=range(20),
)
def test_another_form_or_a_contradiction_is_refused(text: str, code: str, part: str) -> None:
    """The whole file is refused, with exit 2; half a trust file is none."""
    with pytest.raises(UsageError) as caught:
        trust_of(text)
    assert caught.value.code == code
    assert part in caught.value.message
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    "holder",
    [
        "data protection officer",
        "Datenschutzbeauftragte",
        "behördlicher Datenschutzbeauftragter",
        "DPO",
        "dsb (extern)",
        "Data-Protection-Officer",
        "head of data and data  protection_officer",
    ],
)
def test_the_data_protection_officer_holds_no_waiver_key(holder: str) -> None:
    """Who is heard does not decide (Art. 38(6), 39 GDPR)."""
    with pytest.raises(UsageError, match="is held by") as caught:
        trust_of("keys:\n" + key("w", "waiver", WAIVER, f", holder: {holder}"))
    assert caught.value.code == "SOV-C212"


def test_somebody_else_holds_a_waiver_key() -> None:
    """A holder whose name only resembles the officer's is another person; the officer may own the file."""
    trust = parse_trust(
        b"trust: 1\nowner: platform team with the data protection officer\nkeys:\n"
        + key("w", "waiver", WAIVER, ", holder: head of data, rules: [health/HLT-01]").encode(),
        path=Path("trust.yaml"),
    )
    (found,) = trust.keys_for(Purpose.WAIVER, NOW)
    assert found.rules == {"health/HLT-01"}


@pytest.mark.parametrize("path", UNBUILT)
def test_no_floor_is_believed_in_force_that_is_not(path: str) -> None:
    """A key whose enforcement is not built is refused by name."""
    first, _, second = path.partition(".")
    with pytest.raises(UsageError, match="not supported by this version") as caught:
        trust_of(f"{first}: {{{second or 'stale_after'}: 30d}}")
    assert caught.value.code == "SOV-C202"


def test_mldsa_key_is_a_log_key_only() -> None:
    """It signs checkpoints; an envelope that it signed would be read by nobody."""
    log = generate_mldsa_signer("audit.example/l", Purpose.LOG).verifier
    assert trust_of(f"keys: [{{id: l, for: log, vkey: '{log.vkey}'}}]").log_keys("audit.example/l", NOW) == (log,)
    with pytest.raises(UsageError, match="is of type MLDSA44") as caught:
        trust_of(f"keys: [{{id: l, for: policy, vkey: '{log.vkey}'}}]")
    assert caught.value.code == "SOV-C212"
