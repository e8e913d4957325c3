"""`sovereign.yaml`: what is read, and what is refused with its place."""

from pathlib import Path

import pytest

from sovereign.errors import UsageError
from sovereign.settings.sovereign_yaml import UNBUILT, load_settings_file, parse_settings

FULL = b"""sovereign: 1
project: munich-ai
policies: [de-only, ./policies/health.yaml]
tags: [tags/*.yaml]
log: {kind: host, dir: /var/lib/sovereign/log, origin: audit.example.org/munich/host7}
keys: {log: {file: /etc/sovereign/log.key}}
gate:
  ignore: [docs/**]
  default_tag: residency/untagged.yaml
  paths:
    - {match: stacks/eu/**, assume: {aws.region: eu-central-1}, policies: [eu-only]}
opa: {url: "https://opa.internal:8181", ca: /etc/ssl/opa.pem}
lang: de
controller: {kind: care_provider, public_powers: false, establishments: [DE, NO]}
"""


def test_every_supported_key_is_read() -> None:
    """The example of the documentation loads, each scalar by the type its place demands."""
    settings, _ = parse_settings(FULL, source="sovereign.yaml")
    assert settings.policies == ("de-only", "./policies/health.yaml")
    assert settings.gate.paths[0].assume == {"aws.region": "eu-central-1"}
    assert settings.opa is not None
    assert settings.opa.entrypoint == "data.residency.decision"
    assert settings.controller is not None
    assert settings.controller.public_powers is False
    assert settings.controller.establishments == {"DE", "NO"}


@pytest.mark.parametrize(
    ("text", "code", "place", "part"),
    [
        ("policies: []", "SOV-C201", "s:1:1", "`sovereign` is missing"),
        ("sovereign: 2", "SOV-C201", "s:1:12", "`sovereign`"),
        ("sovereign: 'one'", "SOV-C201", "s:1:12", "`sovereign`"),
        ("- a", "SOV-C201", "s:1:1", "a mapping"),
        ("", "SOV-C201", "s", "empty"),
        ("sovereign: 1\nsovereign: 1", "SOV-C201", "s:2:1", "duplicate key"),
        ("sovereign: &a 1", "SOV-C201", "s:1:12", "anchor"),
        ("sovereign: 1\npolicy: [a]", "SOV-C003", "s:2:1", "unknown key `policy`"),
        ("sovereign: 1\nlog: {directory: x}", "SOV-C003", "s:2:7", "unknown key `directory`"),
        ("sovereign: 1\ngate:\n  paths: [{match: a, asume: {}}]", "SOV-C003", "s:3:22", "unknown key `asume`"),
        ("sovereign: 1\ncontroller: {kindd: x}", "SOV-C003", "s:2:14", "unknown key `kindd`"),
        ("sovereign: 1\npolicies: de-only", "SOV-C201", "s:2:11", "`policies` must be a list"),
        ("sovereign: 1\npolicies: ['']", "SOV-C201", "s:2:12", "an item of `policies` is empty"),
        ("sovereign: 1\nlog: {kind: cloud}", "SOV-C201", "s:2:13", "`kind`"),
        ("sovereign: 1\nlog: {origin: 'Audit Example'}", "SOV-C201", "s:2:15", "`origin`"),
        ("sovereign: 1\nkeys: {log: {}}", "SOV-C201", "s:2:13", "exactly one of"),
        ("sovereign: 1\nkeys: {log: {file: a, env: B}}", "SOV-C201", "s:2:13", "exactly one of"),
        ("sovereign: 1\nkeys: {log: {env: 1B}}", "SOV-C201", "s:2:19", "`env`"),
        ("sovereign: 1\nopa: {}", "SOV-C201", "s:2:6", "`url` is missing"),
        ("sovereign: 1\nopa: {url: 'file:///etc/passwd'}", "SOV-C201", "s:2:12", "`url`"),
        ("sovereign: 1\nopa: {url: 'https://user:secret@opa'}", "SOV-C201", "s:2:12", "`url`"),
        ("sovereign: 1\nlang: fr", "SOV-C201", "s:2:7", "`lang`"),
        ("sovereign: 1\ngate: {paths: [{assume: {}}]}", "SOV-C201", "s:2:16", "`match` is missing"),
        ("sovereign: 1\ngate: {paths: [{match: a, assume: {tag.status: x}}]}", "SOV-C201", "s:2:35", "assumed about"),
        ("sovereign: 1\ncontroller: {lei: short}", "SOV-C201", "s:2:19", "`lei`"),
        ("sovereign: 1\ncontroller: {public_powers: yes}", "SOV-C201", "s:2:29", "`true` or `false`"),
    ],
)
def test_another_form_is_refused_with_its_place(text: str, code: str, place: str, part: str) -> None:
    """A wrong value, a missing and an unknown key each name file, line and column; the exit code is 2."""
    with pytest.raises(UsageError) as caught:
        parse_settings(text.encode(), source="s")
    assert (caught.value.code, str(caught.value.span)) == (code, place)
    assert part in caught.value.message
    assert caught.value.exit_code == 2


def test_an_unknown_key_comes_with_the_nearest() -> None:
    """The hint names what was probably meant."""
    with pytest.raises(UsageError) as caught:
        parse_settings(b"sovereign: 1\npolicys: [a]", source="s")
    assert caught.value.hint == "did you mean `policies`?"


@pytest.mark.parametrize("path", UNBUILT)
def test_nothing_is_believed_in_force_that_is_not(path: str) -> None:
    """A key of the published format whose feature is not built is refused by name, not ignored."""
    keys, _, word = path.partition("=")
    value = word or "{}"
    for step in reversed(keys.split(".")):
        value = f"{{{step}: {value}}}"
    text = f"sovereign: 1\n{value[1:-1]}\n"
    with pytest.raises(UsageError, match="not supported by this version") as caught:
        parse_settings(text.encode(), source="s")
    assert caught.value.code == "SOV-C202"
    assert caught.value.span is not None
    assert caught.value.span.line == 2


def test_a_file_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    """Missing settings that were asked for are exit 2, as are ones that are too long."""
    with pytest.raises(UsageError) as caught:
        load_settings_file(tmp_path / "sovereign.yaml")
    assert caught.value.code == "SOV-C200"
    (tmp_path / "long.yaml").write_bytes(b"#" * 1_000_001)
    with pytest.raises(UsageError, match="longer than"):
        load_settings_file(tmp_path / "long.yaml")
