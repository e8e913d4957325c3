"""Settings of the tree under judgement that try to choose the key, the log or the server of its judge."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from sovereign.errors import UsageError
from sovereign.settings.model import Settings
from sovereign.settings.precedence import load_settings

CI = {"CI": "true"}


def settings_of(folder: Path, text: str, environ: Mapping[str, str], *, has_trust: bool = False) -> Settings:
    """Load `text` as the settings of a tree under judgement."""
    (folder / "sovereign.yaml").write_text(f"sovereign: 1\n{text}")
    return load_settings(Path("sovereign.yaml"), environ=environ, has_trust=has_trust, working_directory=folder)


@pytest.mark.parametrize(
    "text",
    [
        "keys: {log: {file: a.key}}",
        "keys: {log: {env: HOME}}",
        "keys: {log: {command: [/bin/sh, -c, id], vkey: v}}",
        "keys: {log: {pkcs11: {module: ./evil.so, token: t, key: k, pin_env: PIN}}}",
        "keys: {log: {file: a.key, mldsa: {file: b.key}}}",
        "keys: {log: {file: a.key, previous: {command: [/bin/true], vkey: v}}}",
        "log: {dir: elsewhere}",
        "log: {kind: host}",
        "log: {origin: mine.example}",
        "opa: {url: 'https://mine.example'}",
    ],
)
@pytest.mark.parametrize("reason", ["ci", "trust"])
def test_the_tree_names_nothing_that_is_run_unlocked_or_contacted(tmp_path: Path, text: str, reason: str) -> None:
    """With a trust file or under CI, keys, log and opa of the tree are refused."""
    with pytest.raises(UsageError) as caught:
        settings_of(tmp_path, f"{text}\n", CI if reason == "ci" else {}, has_trust=reason == "trust")
    assert caught.value.code == "SOV-C204"
    assert "sovereign.yaml:2:" in caught.value.message


def test_the_tree_may_repeat_what_is_fixed_outside(tmp_path: Path) -> None:
    """The same value, or the default, is no choice of the tree."""
    text = (
        "log: {kind: run, origin: ci.example}\nopa: {url: 'https://o', entrypoint: data.residency.decision}\nlang: de\n"
    )
    environ = CI | {"SOVEREIGN_LOG_ORIGIN": "ci.example", "SOVEREIGN_OPA_URL": "https://o"}
    settings = settings_of(tmp_path, text, environ)
    assert (settings.log_kind, settings.log_origin, settings.lang) == ("run", "ci.example", "de")
    with pytest.raises(UsageError, match="does not choose"):
        settings_of(tmp_path, text, environ | {"SOVEREIGN_OPA_URL": "https://other"})
    with pytest.raises(UsageError, match="does not choose"):
        settings_of(tmp_path, "keys: {log: {file: a.key}}\n", CI | {"SOVEREIGN_KEYS_LOG_ENV": "K"})


def test_choices_that_name_nothing_outside_stay_with_the_tree(tmp_path: Path) -> None:
    """Policies and tags are the project's own under CI as well."""
    settings = settings_of(tmp_path, "policies: [de-only]\ncontroller: {kind: other}\n", CI, has_trust=True)
    assert settings.policies == ("de-only",)
    assert settings.controller is not None
    assert ("controller", '{"kind":"other"}') in [row[:2] for row in settings.rows()]
