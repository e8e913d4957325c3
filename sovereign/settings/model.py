"""The settings in force, as one value."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sovereign.settings.key_source import KeySource, key_source
from sovereign.settings.names import NAMES
from sovereign.settings.origin import Origin

if TYPE_CHECKING:
    from sovereign.settings.controller import Controller
    from sovereign.settings.sovereign_yaml import PathRule

__all__ = ["Settings"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a project chose, and where each value came from.

    Attributes:
        path: the settings file; None if there is none.
        root: what `tags` patterns and `gate` globs are relative to: the directory of the file, else the working one.
        values: by dotted name, each of `NAMES`; a single value that nobody set is None, a list is empty.
        origins: by dotted name, as `values`.
    """

    path: Path | None
    root: Path
    values: Mapping[str, Any] = field(repr=False)
    origins: Mapping[str, Origin] = field(repr=False)

    @property
    def project(self) -> str | None:
        """The name of the project in reports."""
        return self._text("project")

    @property
    def policies(self) -> tuple[str, ...]:
        """Ids of shipped policies, and absolute paths of others."""
        return tuple(self.values["policies"])

    @property
    def tags(self) -> tuple[str, ...]:
        """Tag files or globs, relative to `root`."""
        return tuple(self.values["tags"])

    @property
    def log_kind(self) -> str | None:
        """`host` or `run`; None leaves it to where no log is configured (a run log under CI, else a host log)."""
        return self._text("log.kind")

    @property
    def log_dir(self) -> Path | None:
        """The directory of the log."""
        return self._path("log.dir")

    @property
    def log_origin(self) -> str | None:
        """The name of the log, or the prefix of a run log's."""
        return self._text("log.origin")

    @property
    def log_seen(self) -> Path | None:
        """A signed checkpoint of the log that was kept elsewhere; the log must extend it."""
        return self._path("log.seen")

    @property
    def log_key(self) -> KeySource | None:
        """Where the log's Ed25519 key is; None leaves it to the state directory."""
        return key_source(self.values, "keys.log")

    @property
    def log_mldsa_key(self) -> KeySource | None:
        """Where the log's ML-DSA-44 key is; None leaves it to the place beside the Ed25519 key."""
        return key_source(self.values, "keys.log.mldsa")

    @property
    def log_previous_key(self) -> KeySource | None:
        """Where the Ed25519 key is that the log had before; it goes on signing beside the new one."""
        return key_source(self.values, "keys.log.previous")

    @property
    def gate_ignore(self) -> tuple[str, ...]:
        """Globs of files that are no input; without effect under a trust file, which has its own."""
        return tuple(self.values["gate.ignore"])

    @property
    def gate_default_tag(self) -> Path | None:
        """The tag file for resources without a tag; under a trust file only one listed there."""
        return self._path("gate.default_tag")

    @property
    def gate_paths(self) -> "tuple[PathRule, ...]":
        """Rules by file, relative to `root`; the last that matches wins. Their policies are ids or absolute paths."""
        return tuple(self.values["gate.paths"])

    @property
    def opa_url(self) -> str | None:
        """The OPA server that can add denials; None for none."""
        return self._text("opa.url")

    @property
    def opa_ca(self) -> Path | None:
        """Certificates that may sign the server's."""
        return self._path("opa.ca")

    @property
    def opa_entrypoint(self) -> str:
        """The rule that the server is asked for."""
        return str(self.values["opa.entrypoint"])

    @property
    def lang(self) -> str:
        """`en` or `de`."""
        return str(self.values["lang"])

    @property
    def controller(self) -> "Controller | None":
        """Who decides about the data."""
        found: Controller | None = self.values["controller"]
        return found

    def rows(self) -> tuple[tuple[str, str, str], ...]:
        """Return name, value and origin of every setting, in the order of `NAMES`; no value is a secret."""
        return tuple((name, _shown(self.values[name]), str(self.origins[name])) for name in NAMES)

    def _text(self, name: str) -> str | None:
        value: str | None = self.values[name]
        return value

    def _path(self, name: str) -> Path | None:
        value: Path | None = self.values[name]
        return value


def _shown(value: object) -> str:
    if value is None or value == ():
        return "-"
    if isinstance(value, tuple):
        return ", ".join(_shown(item) for item in value)
    if hasattr(value, "model_dump_json"):
        return str(value.model_dump_json(exclude_unset=True))
    return str(value)
