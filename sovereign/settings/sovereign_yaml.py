"""`sovereign.yaml`: what a project chooses. It is read from the tree under judgement: it may tighten, never vouch."""

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from sovereign._internal.strict_yaml import YamlNode
from sovereign.errors import UsageError, quoted
from sovereign.settings.assumptions import ASSUMPTION_KEYS, check_assumptions
from sovereign.settings.controller import Controller
from sovereign.settings.door import parse_document
from sovereign.settings.names import DEFAULTS, PATTERNS

__all__ = [
    "GateKeys",
    "KeyPlace",
    "KeysKeys",
    "LogKeyPlace",
    "LogKeys",
    "LogKind",
    "OpaKeys",
    "PathRule",
    "Pkcs11Key",
    "SoftwareKey",
    "SovereignYaml",
    "load_settings_file",
    "parse_settings",
]

_LARGEST: Final = 1_000_000  # bytes

Word = Annotated[str, StringConstraints(min_length=1, max_length=1024)]
Assumptions = Annotated[
    Mapping[str, Word],
    AfterValidator(check_assumptions),
    Field(json_schema_extra={"propertyNames": {"enum": [*ASSUMPTION_KEYS]}}),
]
VariableName = Annotated[str, Field(pattern=PATTERNS["keys.log.env"])]


class LogKind(StrEnum):
    """Kinds of log that settings can ask for."""

    HOST = "host"
    RUN = "run"


class _Keys(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class LogKeys(_Keys):
    """Where evidence goes.

    Attributes:
        kind: `host` keeps its head on one machine; `run` is one command with a key that never leaves memory.
        dir: the directory of the log; relative to the settings file.
        origin: the name of the log, a URL without scheme; of a run log the prefix of its name.
        seen: a signed checkpoint that was kept elsewhere; a log that does not extend it is not continued.
    """

    kind: LogKind | None = None
    dir: Word | None = None
    origin: Annotated[str, Field(pattern=PATTERNS["log.origin"])] | None = None
    seen: Word | None = None


def _one_of(*names: str) -> ConfigDict:
    """Return the configuration whose schema asks for exactly one of `names`; the model asks the same."""
    return ConfigDict(
        json_schema_extra={
            "oneOf": [{"required": [name], "not": {"properties": {name: {"type": "null"}}}} for name in names]
        }
    )


def _check_one_of(model: BaseModel, *names: str) -> None:
    if sum(getattr(model, name) is not None for name in names) != 1:
        raise ValueError(f"exactly one of {', '.join(f'`{name}`' for name in names)} is expected")


class SoftwareKey(_Keys):
    """Where a private key is that only software holds: a key file, or a variable with the text of one."""

    model_config = _one_of("file", "env")

    file: Word | None = None
    env: VariableName | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        _check_one_of(self, "file", "env")
        return self


class Pkcs11Key(_Keys):
    """A key in a hardware module.

    Attributes:
        module: the PKCS#11 library of its maker.
        token: label of the token.
        key: label of the key pair on it.
        pin_file: a file of mode 0600 with the PIN.
        pin_env: the variable that holds the PIN.
    """

    model_config = _one_of("pin_file", "pin_env")

    module: Word
    token: Word
    key: Word
    pin_file: Word | None = None
    pin_env: VariableName | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        _check_one_of(self, "pin_file", "pin_env")
        return self


class KeyPlace(_Keys):
    """Where a private key is: a key file, a variable with the text of one, a hardware module, or a program that signs.

    Attributes:
        file: a key file.
        env: the variable that holds the text of a key file.
        pkcs11: a key in a hardware module.
        command: a program that signs, an absolute path with its arguments.
        vkey: the public half of the key that the program signs with.
    """

    model_config = _one_of("file", "env", "pkcs11", "command")

    file: Word | None = None
    env: VariableName | None = None
    pkcs11: Pkcs11Key | None = None
    command: Annotated[tuple[Word, ...], Field(min_length=1)] | None = None
    vkey: Annotated[str, StringConstraints(min_length=1, max_length=4096)] | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        _check_one_of(self, "file", "env", "pkcs11", "command")
        if (self.command is None) != (self.vkey is None):
            raise ValueError("`command` and `vkey` belong together")
        return self


class LogKeyPlace(KeyPlace):
    """Where the keys of the log are.

    Attributes:
        mldsa: its ML-DSA-44 key, which signs beside the Ed25519 key.
        previous: the Ed25519 key that it had before; it goes on signing until this is taken out.
    """

    mldsa: SoftwareKey | None = None
    previous: KeyPlace | None = None


class KeysKeys(_Keys):
    """Private keys by purpose."""

    log: LogKeyPlace | None = None


class PathRule(_Keys):
    """What holds for some files of a repository with many projects; the last rule that matches wins.

    Attributes:
        match: a glob relative to the settings file.
        assume: places to fill in where a file states none.
        policies: added to those of the settings, never instead of them.
    """

    match: Word
    assume: Assumptions = Field(default_factory=dict)
    policies: tuple[Word, ...] = ()


class GateKeys(_Keys):
    """How the gate reads a tree.

    Attributes:
        ignore: globs of files that are no input; listed in the report.
        default_tag: a tag file with one dataset, taken for resources without a tag.
        paths: rules by file.
    """

    ignore: tuple[Word, ...] = ()
    default_tag: Word | None = None
    paths: tuple[PathRule, ...] = ()


class OpaKeys(_Keys):
    """An OPA server that can add denials.

    Attributes:
        url: https, or http on loopback.
        ca: certificates that may sign its own; relative to the settings file.
        entrypoint: the rule that is asked for.
    """

    url: Annotated[str, Field(pattern=PATTERNS["opa.url"])]
    ca: Word | None = None
    entrypoint: Annotated[str, Field(pattern=PATTERNS["opa.entrypoint"])] = DEFAULTS["opa.entrypoint"]


class SovereignYaml(_Keys):
    """Choices of a project (`sovereign.yaml`).

    Attributes:
        sovereign: version of the form.
        project: the name of the project in reports.
        policies: ids of shipped policies, or paths with a slash or a suffix, relative to this file.
        tags: tag files or globs, relative to this file.
        log: where evidence goes.
        keys: private keys by purpose.
        gate: how the gate reads a tree.
        opa: an OPA server that can add denials.
        lang: language of explanations.
        controller: who decides about the data.
    """

    sovereign: Literal[1]
    project: Word | None = None
    policies: tuple[Word, ...] = ()
    tags: tuple[Word, ...] = ()
    log: LogKeys = LogKeys()
    keys: KeysKeys = KeysKeys()
    gate: GateKeys = GateKeys()
    opa: OpaKeys | None = None
    lang: Literal["de", "en"] | None = None
    controller: Controller | None = None


UNBUILT: Final[Mapping[str, str]] = MappingProxyType(
    {
        "tag_rules": "tags by address and type",
        "waivers": "a waiver",
        "guard": "coverage of guards",
        "log.kind=parent": "a log that holds the checkpoints of others",
    }
)
"""Keys and values of the published format that this version refuses, and what would not be in force."""


def parse_settings(data: bytes, *, source: str) -> tuple[SovereignYaml, YamlNode]:
    """Return the settings in the bytes of a `sovereign.yaml`, and the tree that says where each value stands.

    Raises:
        UsageError: not of the form (SOV-C201), an unknown key (SOV-C003), a key not built (SOV-C202).
    """
    return parse_document(data, SovereignYaml, source=source, unbuilt=UNBUILT)


def load_settings_file(path: Path) -> tuple[SovereignYaml, YamlNode, bytes]:
    """Return the settings of a file, their places and the bytes read.

    Raises:
        UsageError: unreadable (SOV-C200), or as `parse_settings`.
    """
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST + 1)
    except OSError as error:
        raise UsageError(
            f"the settings {quoted(str(path))} cannot be read: {(error.strerror or 'unreadable').lower()}",
            code="SOV-C200",
            hint="`sovereign init` writes a first sovereign.yaml",
        ) from None
    if len(data) > _LARGEST:
        raise UsageError(f"the settings {quoted(str(path))} are longer than {_LARGEST} bytes", code="SOV-C201")
    return (*parse_settings(data, source=str(path)), data)
