"""The form of `trust.yaml`: what whoever answers for the gate fixes."""

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from sovereign.settings.assumptions import ASSUMPTION_KEYS, check_assumptions
from sovereign.signing import Purpose

__all__ = ["UNBUILT", "AlwaysPolicy", "KeyEntry", "TrustYaml"]

_DAY: Final = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"

Word = Annotated[str, StringConstraints(min_length=1, max_length=1024)]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


def _is_day(text: str) -> str:
    date.fromisoformat(text)
    return text


Day = Annotated[str, Field(pattern=_DAY), AfterValidator(_is_day)]
Assumed = Annotated[
    Mapping[str, Annotated[tuple[Word, ...], Field(min_length=1)]],
    AfterValidator(check_assumptions),
    Field(json_schema_extra={"propertyNames": {"enum": [*ASSUMPTION_KEYS]}}),
]


class _Keys(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class AlwaysPolicy(_Keys):
    """A policy that applies to every request.

    Attributes:
        id: its id.
        sha256: of its file; another one under this id is refused.
    """

    id: Word
    sha256: Sha256


class PolicyKeys(_Keys):
    """Which policies may speak.

    Attributes:
        always: in force for every request, and trusted.
        signers: ids of keys of purpose `policy`; what they signed is trusted.
    """

    always: tuple[AlwaysPolicy, ...] = ()
    signers: tuple[Word, ...] = ()


class KeyEntry(_Keys):
    """A public key that counts.

    Attributes:
        id: names the key in this file.
        purpose: the one thing it may sign (`for`).
        vkey: the key in one line, `name+key id+base64`.
        holder: who holds it; of a waiver key never the data protection officer.
        not_after: the first day, in Europe/Berlin, on which it no longer counts.
        rules: of a waiver key, the rules that it may waive.
        origin: of a log key, the log; equal to the name in the vkey.
    """

    id: Word
    purpose: Annotated[Purpose, Field(alias="for")]
    vkey: Annotated[str, StringConstraints(min_length=1, max_length=4096)]  # of ML-DSA-44 about 1,800 and its name
    holder: Word | None = None
    not_after: Day | None = None
    rules: Annotated[tuple[Word, ...], Field(min_length=1)] | None = None
    origin: Word | None = None


class TagKeys(_Keys):
    """Which defaults may stand in for a tag.

    Attributes:
        defaults_sha256: of the tag files that `gate.default_tag` may name.
    """

    defaults_sha256: tuple[Sha256, ...] = ()


class TrustGateKeys(_Keys):
    """How the gate reads a tree.

    Attributes:
        ignore: globs of files that are no input; the only ones that count.
    """

    ignore: tuple[Word, ...] = ()


class TrustYaml(_Keys):
    """What the judge fixes (`trust.yaml`).

    Attributes:
        trust: version of the form.
        owner: who answers for the gate.
        policies: which policies may speak.
        keys: the public keys that count.
        assume: values that may be assumed, by key.
        tags: which defaults may stand in for a tag.
        gate: how the gate reads a tree.
        evidence: `required` refuses a preview without an entry.
    """

    trust: Literal[1]
    owner: Word
    policies: PolicyKeys = PolicyKeys()
    keys: tuple[KeyEntry, ...] = ()
    assume: Assumed = Field(default_factory=dict)
    tags: TagKeys = TagKeys()
    gate: TrustGateKeys = TrustGateKeys()
    evidence: Literal["required"] | None = None


UNBUILT: Final[Mapping[str, str]] = MappingProxyType(
    {
        "data": "an overlay or an age limit of the data about places",
        "tags.registry": "a floor under the tags",
        "tags.rules_sha256": "a rule about tags",
        "gate.exempt_namespaces": "an exemption at admission",
    }
)
"""Keys of the published format that this version refuses, and what would not be in force."""
