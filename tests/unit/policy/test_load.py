"""What loads, and what does not for reasons of the law or of the file."""

import pytest

from sovereign.errors import PolicyFormatError
from sovereign.jurisdiction.snapshot import load_snapshot
from sovereign.policy.ir import Policy, Status
from sovereign.policy.load import parse_policy

GROUPS = load_snapshot().groups
POLICY = """sovereign: 1
policy: ours
version: 2026.11.24+r2
owner: management
consulted: [{role: data_protection_officer, opinion: DSB-2026-014, date: 2026-11-20}]
status: house_rule
effective: {from: 2025-07-01}
rules:
  - id: OUR-01
    title: {en: data stay, de: Daten bleiben}
    law:
      - {act: SGB V, ref: {en: § 393(2), de: § 393 Abs. 2}, text_date: 2026-02-03, verification: secondary}
      - {act: house rule, note: {en: stricter, de: strenger}}
    severity: high
    reason: location.outside
    effective: {to: 2027-01-01}
    for_each: {over: placements}
    must: {placement.countries: {all_within: [DE]}}
    obligations: [delete-after-use]
"""


def load(text: str) -> Policy:
    """Return the policy of a text."""
    return parse_policy(text.encode(), source="ours.yaml", groups=GROUPS)


def code_of(text: str) -> str:
    """Return the code of the one mistake in a text."""
    with pytest.raises(PolicyFormatError) as caught:
        load(text)
    assert caught.value.others == ()
    return caught.value.code


def test_what_is_read() -> None:
    """Ids, windows, citations in both languages, obligations, and the digest of the bytes."""
    policy = load(POLICY)
    (rule,) = policy.rules
    assert (policy.id, policy.version, policy.owner, policy.legal_time) == (
        "ours",
        "2026.11.24+r2",
        "management",
        "Europe/Berlin",
    )
    assert [law.text("de") for law in rule.law] == [
        "SGB V § 393 Abs. 2 (Fassung vom 2026-02-03, nur anhand von Sekundärquellen geprüft)",
        "hausinterne Vorgabe (strenger)",
    ]
    assert [law.text("en") for law in rule.law] == [
        "SGB V § 393(2) (text of 2026-02-03, secondary)",
        "house rule (stricter)",
    ]
    assert (rule.title_in("de"), rule.title_in("fr"), rule.fix_in("de")) == ("Daten bleiben", "data stay", "")
    assert (rule.line, rule.obligations, rule.waivable) == (9, ("delete-after-use",), False)
    assert policy.source_bytes == POLICY.encode()
    assert policy.sha256 != load(POLICY + "\n").sha256


@pytest.mark.parametrize(
    "owner",
    [
        "DPO",
        "Data Protection Officer",
        "data_protection_officer",
        "Datenschutzbeauftragte",
        "betrieblicher Datenschutzbeauftragter",
        "D.S.B.",
    ],
)
def test_the_officer_decides_nothing(owner: str) -> None:
    """The data protection officer is heard and owns no policy, however the office is spelt."""
    assert code_of(POLICY.replace("owner: management", f"owner: {owner}")) == "SOV-C110"


@pytest.mark.parametrize("status", list(Status))
def test_only_texts_of_ones_own_can_be_waived(status: Status) -> None:
    """Nobody signs away a statute: a waivable rule loads under exactly the statuses that bind by choice."""
    text = POLICY.replace("status: house_rule", f"status: {status}") + "    waivable: true\n"
    if status in {"in_force", "adopted_deferred", "not_yet_applicable", "proposal"}:
        assert code_of(text) == "SOV-C108"
    else:
        assert load(text).rules[0].waivable


def test_the_norwegian_problem() -> None:
    """`NO` is Norway, quoted or not."""
    plain, quoted = (load(POLICY.replace("[DE]", word)).rules[0].must for word in ("[NO]", '["NO"]'))
    assert plain == quoted


@pytest.mark.parametrize("data", [b"", b"\xff\xfe", b"\x00", b"[]", b"null", b"a: 1\n\x07: 2", b"- " * 3000])
def test_no_bytes_raise_anything_else(data: bytes) -> None:
    """Whatever is no policy is a mistake of the format, with a code and a hint."""
    with pytest.raises(PolicyFormatError) as caught:
        parse_policy(data, source="ours.yaml", groups=GROUPS)
    assert caught.value.hint
    assert caught.value.exit_code == 2


def test_cut_anywhere() -> None:
    """A file that was cut off is refused or, cut after a complete rule, is that policy; nothing else happens."""
    for end in range(len(POLICY)):
        try:
            policy = load(POLICY[:end])
        except PolicyFormatError:
            continue
        assert policy.rules[0].must == load(POLICY).rules[0].must
