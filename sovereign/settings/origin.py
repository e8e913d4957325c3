"""Where a value of the settings came from; `doctor --settings` prints it."""

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["DEFAULT", "Layer", "Origin"]


class Layer(StrEnum):
    """Who said it, strongest first."""

    FLAG = "flag"
    ENVIRONMENT = "environment"
    FILE = "sovereign.yaml"
    DEFAULT = "default"


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """The place of one value.

    Attributes:
        layer: flag, environment, file or default.
        where: name of the flag or variable, `file:line:column`, or empty for a default.
    """

    layer: Layer
    where: str = ""

    def __str__(self) -> str:
        return f"{self.layer} {self.where}".rstrip() if self.layer is not Layer.FILE else self.where


DEFAULT = Origin(layer=Layer.DEFAULT)
