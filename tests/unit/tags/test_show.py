"""What `tag show` and `tag combine` print."""

import json
from datetime import date

from sovereign.tags.build import tag
from sovereign.tags.merge import combine
from sovereign.tags.show import combined_document, combined_text, show_document, show_text
from sovereign.tags.sources.sidecar import parse_tag_file
from sovereign.tags.words import unknown_words

DAY = date(2026, 11, 24)
DATA = b"""sovereign_tag: 1
datasets:
  - {id: payroll, categories: [hrr], purposes: null, packs: [], encrypted_at_rest: true, evidence: [{id: e1}]}
jobs:
  - {id: backup, kind: backup}
"""
FILE = parse_tag_file(DATA, source="t.yaml")
UNKNOWN = unknown_words(FILE, {"data.categories": ("hr",)})


def test_the_text_tells_no_claim_from_none_and_from_unknown() -> None:
    """Left out, empty and null read differently, and an unknown word is named where it stands."""
    assert show_text(FILE, UNKNOWN) == (
        "payroll  (t.yaml:3:6)\n"
        "  categories              hrr\n"
        "  purposes                unknown\n"
        "  packs                   none\n"
        "  encrypted_at_rest       yes\n"
        "  evidence                e1\n"
        "  no claim                allowed_locations, allowed_jurisdictions\n"
        "  t.yaml:3:31: unknown word `hrr` in categories, counts as unknown; did you mean `hr`?\n"
        "backup  (t.yaml:5:6)\n"
        "  kind                    backup\n"
    )


def test_the_document_holds_exactly_what_is_claimed() -> None:
    """JSON leaves out what the tag leaves out, and keeps null."""
    document = json.loads(json.dumps(show_document(FILE, UNKNOWN)))
    assert document["schema"] == "sovereign.tags/1"
    assert document["datasets"] == [
        {
            "id": "payroll",
            "categories": ["hrr"],
            "purposes": None,
            "packs": [],
            "encrypted_at_rest": True,
            "evidence": [{"id": "e1"}],
        }
    ]
    assert document["jobs"] == [{"id": "backup", "kind": "backup"}]
    assert document["unknown_words"][0]["place"] == "t.yaml:3:31"


def test_a_conflict_is_told_with_both_claims() -> None:
    """Text and document name the inputs that leave nothing over."""
    combined = combine(tag("a", allowed_locations=["DE"]), tag("b", allowed_locations=["US"]), at=DAY)
    assert combined_text(combined) == (
        "a+b\n"
        "  allowed_locations       none\n"
        "  no claim                allowed_jurisdictions, purposes, packs\n"
        "  conflict in allowed_locations: nothing is left, so every placement is denied: "
        "`a` allows `DE`; `b` allows `US`\n"
    )
    assert combined_document(combined)["conflicts"] == [
        {"field": "allowed_locations", "inputs": ["a", "b"], "claims": [["DE"], ["US"]]}
    ]


def test_untagged_is_said_plainly() -> None:
    """A whole with an untagged part has no tag."""
    combined = combine(tag("a"), None, at=DAY)
    assert combined_text(combined).startswith("untagged: ")
    assert combined_document(combined) == {"schema": "sovereign.combined/1", "tag": None, "conflicts": []}
