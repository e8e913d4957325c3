"""Flags over environment over file over defaults, and where each value came from."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from sovereign.errors import UsageError
from sovereign.settings.key_source import KeySource, Pkcs11Source
from sovereign.settings.model import Settings
from sovereign.settings.names import NAMES
from sovereign.settings.precedence import load_settings


def settings_of(folder: Path, text: str, environ: Mapping[str, str] | None = None, **options: object) -> Settings:
    """Load `text` as the settings of `folder/project`, from the working directory `folder`."""
    (folder / "project").mkdir(exist_ok=True)
    (folder / "project" / "sovereign.yaml").write_text(f"sovereign: 1\n{text}")
    flags = options.get("flags")
    assert flags is None or isinstance(flags, dict)
    return load_settings(
        Path("project/sovereign.yaml"),
        environ=environ or {},
        flags=flags,
        has_trust=bool(options.get("has_trust")),
        working_directory=folder,
    )


def test_without_anything_there_are_defaults(tmp_path: Path) -> None:
    """No file and no variable: nothing chosen, and every value says that it is a default."""
    settings = load_settings(None, environ={}, working_directory=tmp_path)
    assert (settings.path, settings.root, settings.lang) == (None, tmp_path, "en")
    assert settings.policies == settings.tags == settings.gate_ignore == settings.gate_paths == ()
    assert settings.log_dir is settings.log_kind is settings.log_key is settings.opa_url is None
    assert settings.controller is None
    assert {origin for _, _, origin in settings.rows()} == {"default"}
    assert tuple(name for name, _, _ in settings.rows()) == NAMES


def test_the_stronger_layer_wins_and_says_so(tmp_path: Path) -> None:
    """A flag beats a variable, a variable the file, and each value names its place."""
    text = "lang: de\nlog: {dir: a, origin: one.example}\nproject: p\n"
    environ = {"SOVEREIGN_LOG_DIR": "b", "SOVEREIGN_LOG_ORIGIN": "two.example"}
    settings = settings_of(tmp_path, text, environ, flags={"log.dir": "c", "lang": None})
    assert (settings.lang, settings.project) == ("de", "p")
    assert settings.log_origin == "two.example"
    assert settings.log_dir == tmp_path / "c"
    origins = {name: origin for name, _, origin in settings.rows()}
    assert origins["log.dir"] == "flag --log"
    assert origins["log.origin"] == "environment SOVEREIGN_LOG_ORIGIN"
    assert origins["lang"] == f"{tmp_path / 'project' / 'sovereign.yaml'}:2:7"


def test_paths_belong_to_where_they_were_written(tmp_path: Path) -> None:
    """A path of the file is relative to the file, another to the working directory; an id is no path."""
    text = (
        "policies: [de-only, own.yaml, sub/x]\nkeys: {log: {file: log.key}}\nopa: {url: 'https://o', ca: /ca.pem}\n"
        "gate: {default_tag: t.yaml, paths: [{match: a/**, policies: [eu-only, ./b.yaml]}]}\ntags: ['tags/*.yaml']\n"
    )
    project = tmp_path / "project"
    settings = settings_of(tmp_path, text)
    assert settings.root == project
    assert settings.policies == ("de-only", str(project / "own.yaml"), str(project / "sub/x"))
    assert settings.log_key == KeySource(file=project / "log.key")
    assert settings.opa_ca == Path("/ca.pem")
    assert settings.gate_default_tag == project / "t.yaml"
    assert settings.gate_paths[0].policies == ("eu-only", str(project / "b.yaml"))
    assert settings.tags == ("tags/*.yaml",)
    flagged = settings_of(tmp_path, text, flags={"policies": ("own.yaml",)})
    assert flagged.policies == (str(tmp_path / "own.yaml"),)


@pytest.mark.parametrize(
    ("variable", "value", "part"),
    [
        ("SOVEREIGN_LOGDIR", "x", "did you mean SOVEREIGN_LOG_DIR?"),
        ("SOVEREIGN_POLICIES", "de-only", ""),
        ("SOVEREIGN_CONTROLLER", "x", ""),
        ("SOVEREIGN_TRUST", "", "unset it"),
        ("SOVEREIGN_LOG_DIR", "", "unset it"),
        ("SOVEREIGN_LOG_KIND", "parent", "host|run"),
        ("SOVEREIGN_LANG", "de\n", "de|en"),
        ("SOVEREIGN_OPA_URL", "ftp://x", "https?"),
    ],
)
def test_a_variable_that_means_nothing_is_refused(tmp_path: Path, variable: str, value: str, part: str) -> None:
    """An unknown, empty or impossible variable was meant to change something."""
    with pytest.raises(UsageError) as caught:
        load_settings(None, environ={variable: value}, working_directory=tmp_path)
    assert caught.value.code == "SOV-C203"
    assert part in (caught.value.hint or "")


def test_variables_of_the_process_and_of_others_are_left_alone(tmp_path: Path) -> None:
    """State and trust are no settings, other names are not ours, and a variable that holds the key is read later."""
    environ = {
        "SOVEREIGN_HOME": "/h",
        "SOVEREIGN_TRUST": "/t",
        "SOVEREIGN_DEBUG": "1",
        "SOVEREIGNTY": "x",
        "SOVEREIGN_LOG_KEY": "secret",
        "SOVEREIGN_KEYS_LOG_ENV": "SOVEREIGN_LOG_KEY",
    }
    settings = load_settings(None, environ=environ, working_directory=tmp_path)
    assert settings.log_key == KeySource(env="SOVEREIGN_LOG_KEY")
    assert not any("secret" in value for _, value, _ in settings.rows())
    from_file = settings_of(tmp_path, "keys: {log: {env: SOVEREIGN_K}}\n", {"SOVEREIGN_K": "secret"})
    assert from_file.log_key == KeySource(env="SOVEREIGN_K")


def test_a_key_has_one_place(tmp_path: Path) -> None:
    """A stronger layer replaces the place of the key as a whole; two places in one layer are refused."""
    settings = settings_of(tmp_path, "keys: {log: {file: a.key}}\n", {"SOVEREIGN_KEYS_LOG_ENV": "K"})
    assert settings.log_key == KeySource(env="K")
    environ = {"SOVEREIGN_KEYS_LOG_ENV": "K", "SOVEREIGN_KEYS_LOG_FILE": "f"}
    with pytest.raises(UsageError, match="two places"):
        load_settings(None, environ=environ, working_directory=tmp_path)


def test_a_stronger_place_of_one_key_leaves_the_others(tmp_path: Path) -> None:
    """The keys of a log are settings of their own: replacing one place does not drop the ML-DSA or the previous key."""
    text = "keys: {log: {file: a.key, mldsa: {file: m.key}, previous: {file: p.key}}}\n"
    settings = settings_of(tmp_path, text, {"SOVEREIGN_KEYS_LOG_ENV": "K"})
    project = tmp_path / "project"
    assert settings.log_key == KeySource(env="K")
    assert settings.log_mldsa_key == KeySource(file=project / "m.key")
    assert settings.log_previous_key == KeySource(file=project / "p.key")


def test_every_backend_is_set_by_variables_too(tmp_path: Path) -> None:
    """A program is a JSON list in a variable; a token is told by its parts, and the PIN is a variable of its own."""
    program = {"SOVEREIGN_KEYS_LOG_COMMAND": '["/usr/bin/sign", "--key", "x"]', "SOVEREIGN_KEYS_LOG_VKEY": "v"}
    settings = load_settings(None, environ=program, working_directory=tmp_path)
    assert settings.log_key == KeySource(command=("/usr/bin/sign", "--key", "x"), vkey="v")
    token = {
        "SOVEREIGN_KEYS_LOG_PKCS11_MODULE": "/usr/lib/m.so",
        "SOVEREIGN_KEYS_LOG_PKCS11_TOKEN": "t",
        "SOVEREIGN_KEYS_LOG_PKCS11_KEY": "k",
        "SOVEREIGN_KEYS_LOG_PKCS11_PIN_ENV": "SOVEREIGN_PIN",
        "SOVEREIGN_PIN": "1234",
    }
    settings = load_settings(None, environ=token, working_directory=tmp_path)
    source = Pkcs11Source(module=Path("/usr/lib/m.so"), token="t", key="k", pin_file=None, pin_env="SOVEREIGN_PIN")
    assert settings.log_key == KeySource(pkcs11=source)


@pytest.mark.parametrize(
    "environ",
    [
        {"COMMAND": '["/bin/sign"]'},
        {"VKEY": "v"},
        {"PKCS11_MODULE": "/m.so", "PKCS11_TOKEN": "t", "PKCS11_KEY": "k"},
        {"PKCS11_MODULE": "/m.so", "PKCS11_TOKEN": "t", "PKCS11_PIN_ENV": "P"},
        {
            "PKCS11_MODULE": "/m.so",
            "PKCS11_TOKEN": "t",
            "PKCS11_KEY": "k",
            "PKCS11_PIN_ENV": "P",
            "PKCS11_PIN_FILE": "p",
        },
        {"FILE": "f", "PKCS11_KEY": "k"},
        {"FILE": "f", "VKEY": "v"},
        {"PREVIOUS_FILE": "f", "PREVIOUS_ENV": "v"},
        {"MLDSA_FILE": "f", "MLDSA_ENV": "v"},
    ],
)
def test_half_a_place_of_a_key_is_refused(environ: Mapping[str, str], tmp_path: Path) -> None:
    """What is missing is never guessed, and what is too much is never passed over."""
    named = {f"SOVEREIGN_KEYS_LOG_{name}": value for name, value in environ.items()}
    with pytest.raises(UsageError) as caught:
        load_settings(None, environ=named, working_directory=tmp_path)
    assert caught.value.code == "SOV-C206"


@pytest.mark.parametrize("value", ["/bin/sign --key x", "[]", "{}", '[""]', '["/bin/sign", 1]', "null", "["])
def test_a_program_in_a_variable_is_a_list(value: str, tmp_path: Path) -> None:
    """Nothing divides a line into words: that is where a shell's surprises begin."""
    with pytest.raises(UsageError) as caught:
        load_settings(None, environ={"SOVEREIGN_KEYS_LOG_COMMAND": value}, working_directory=tmp_path)
    assert caught.value.code == "SOV-C203"


def test_a_flag_that_is_no_value_is_refused(tmp_path: Path) -> None:
    """Options are held to the same forms as the file."""
    with pytest.raises(UsageError, match="--lang is `fr`"):
        load_settings(None, environ={}, flags={"lang": "fr"}, working_directory=tmp_path)
