"""From settings and trust to something that decides and records: where an enforcement point is put together.

Policies in force (trust.md, section 2): those that trust.yaml always demands, those of `--policy` or else of the
settings, and for each request the packs of its own tag. Under trust.yaml each is shipped, listed, or signed.
"""

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sovereign._internal.clock import Clock, system_clock
from sovereign.decision.engines import opa_engine
from sovereign.decision.engines.native import NativeEngine
from sovereign.decision.engines.protocol import RemoteEngine
from sovereign.decision.point import DecisionPoint
from sovereign.enforce.clock import check_clock, first_day
from sovereign.enforce.recording import Recording
from sovereign.enforce.trails import open_trail
from sovereign.errors import PolicyError, quoted
from sovereign.jurisdiction.snapshot import Snapshot, load_snapshot
from sovereign.policy.ir import Policy
from sovereign.policy.store import is_as_shipped, is_path, load_pack, load_policies, same_id, shipped_ids
from sovereign.settings.model import Settings
from sovereign.settings.precedence import load_settings
from sovereign.tags.sources.sidecar import TagSet, load_tags

if TYPE_CHECKING:
    from sovereign.settings.trust_yaml import Trust
    from sovereign.tags.model import Controller, ResidencyTag

__all__ = ["Assembly", "GuardParts", "assemble", "build", "find_settings", "no_policy", "signature_path"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Assembly:
    """Everything an enforcement point needs but the log.

    Attributes:
        settings: what the project chose.
        trust: what its judge fixed; None in development.
        snapshot: the dated facts about places.
        point: decides.
        policies: that apply to every request, by id.
        clock: the only source of the instants that enforce.
    """

    settings: Settings
    trust: "Trust | None"
    snapshot: Snapshot
    point: DecisionPoint
    policies: Mapping[str, Policy]
    clock: Clock
    _more: Callable[[tuple[str, ...]], DecisionPoint]

    def point_with(self, policies: tuple[str, ...]) -> DecisionPoint:
        """Return a point that decides under further policies too; settings can add some for a path, never replace.

        Raises:
            PolicyError: one does not load or is not trusted.
        """
        return self._more(policies) if policies else self.point

    @property
    def trust_digest(self) -> str | None:
        """SHA-256 of the trust file."""
        return None if self.trust is None else self.trust.sha256

    @property
    def trust_document(self) -> bytes | None:
        """The bytes of the trust file."""
        return None if self.trust is None else self.trust.document

    def tags(self) -> TagSet:
        """Return the tags of the files that the settings list."""
        return (
            load_tags(self.settings.tags, root=self.settings.root)
            if self.settings.tags
            else TagSet(datasets={}, jobs={})
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardParts:
    """What a guard is made of."""

    point: DecisionPoint
    recording: Recording
    tags: "Mapping[str, ResidencyTag]"
    controller: "Controller | None"
    clock: Clock


def find_settings(directory: Path) -> Path | None:
    """Return `sovereign.yaml` of a directory, if it is there; a link to nowhere is there, and then refused."""
    path = directory / "sovereign.yaml"
    return path if os.path.lexists(path) else None


def assemble(path: Path, *, trust: Path | None) -> GuardParts:
    """Return the parts of a guard, its log open for writing.

    Raises:
        UsageError: settings, trust, keys or log do not load.
        PolicyError: a policy does not load, is not trusted, or none is named (SOV-C002).
    """
    parts = build(path, trust=trust, judged_paths=[path], environ=os.environ)
    if not parts.policies and not parts.settings.opa_url:
        raise no_policy()
    placed = open_trail(parts.settings, environ=os.environ, clock=parts.clock)
    recording = Recording(placed.trail, parts.point, clock=parts.clock, trust=parts.trust_document)
    return GuardParts(
        point=parts.point,
        recording=recording,
        tags={name: tagged.tag for name, tagged in parts.tags().datasets.items()},
        controller=parts.settings.controller,
        clock=parts.clock,
    )


def build(
    path: Path | None,
    *,
    trust: Path | None,
    judged_paths: Iterable[Path],
    environ: Mapping[str, str],
    flags: Mapping[str, object] | None = None,
    clock: Clock = system_clock,
) -> Assembly:
    """Return what decides, from a settings file, a trust file and options.

    Args:
        path: settings; None reads none.
        trust: from `--trust`; else `SOVEREIGN_TRUST` of the environment.
        judged_paths: inputs; the trust file must not lie in their tree.
        environ: the environment.
        flags: options by setting.
        clock: the current time.

    Raises:
        UsageError: settings or trust do not load.
        PolicyError: a policy does not load or is not trusted.
    """
    trust = trust or (Path(environ["SOVEREIGN_TRUST"]) if environ.get("SOVEREIGN_TRUST") else None)
    fixed = _trust(trust, [*judged_paths, *([path] if path else [])])
    settings = load_settings(path, environ=environ, flags=flags, has_trust=fixed is not None)
    snapshot = load_snapshot()
    now = clock()
    policies = _policies(settings, fixed, snapshot, now)
    check_clock(now, first_day(snapshot, policies.values()))

    remote = _remote(settings)
    if remote is not None and remote.package in policies:
        raise PolicyError(
            f"the entry point of the OPA server and a policy are both called {quoted(remote.package)}",
            code="SOV-C113",
            hint="rename one: a finding must name the rule of one text",
        )

    def pack(identifier: str) -> Policy:
        return _trusted(policies.get(identifier) or load_pack(identifier, snapshot.groups), fixed, now)

    def more(names: tuple[str, ...]) -> DecisionPoint:
        added = load_policies(names, base=settings.root, groups=snapshot.groups)
        check_clock(now, first_day(snapshot, added.values()))
        for name in added.keys() & policies.keys():
            if added[name].sha256 != policies[name].sha256:
                raise same_id(policies[name], added[name])
        merged = {**policies, **{name: _trusted(policy, fixed, now) for name, policy in added.items()}}
        return DecisionPoint(
            merged.values(),
            snapshot=snapshot,
            load_pack=pack,
            engine=NativeEngine(),
            remote=remote,
            demands_proof=fixed is not None,
        )

    return Assembly(
        settings=settings,
        trust=fixed,
        snapshot=snapshot,
        point=more(()),
        policies=policies,
        clock=clock,
        _more=more,
    )


def no_policy() -> PolicyError:
    """Return the error for a request under no policy at all."""
    return PolicyError(
        "no policy is named",
        hint=f"`--policy de-only`, or `policies: [de-only]` in sovereign.yaml; shipped are {', '.join(shipped_ids())}",
    )


def signature_path(document: Path) -> Path:
    """Return where the signature of a document lies: beside it."""
    return document.with_name(document.name + ".dsse.json")


def _trust(path: Path | None, judged: list[Path]) -> "Trust | None":
    if path is None:
        return None
    from sovereign.settings.trust_yaml import load_trust  # noqa: PLC0415  heavy, and development has none

    return load_trust(path, judged_paths=judged)


def _policies(settings: Settings, trust: "Trust | None", snapshot: Snapshot, now: datetime) -> Mapping[str, Policy]:
    found = dict(load_policies(settings.policies, base=settings.root, groups=snapshot.groups))
    for identifier in trust.always if trust is not None else ():
        if identifier not in found:
            found[identifier] = load_pack(identifier, snapshot.groups)
    return {identifier: _trusted(policy, trust, now) for identifier, policy in sorted(found.items())}


def _trusted(policy: Policy, trust: "Trust | None", now: datetime) -> Policy:
    if trust is None:
        return policy
    shipped = policy.id in shipped_ids() and is_as_shipped(policy)
    envelope = None
    if not shipped and is_path(policy.source):
        beside = signature_path(Path(policy.source))
        envelope = beside.read_bytes() if beside.is_file() else None
    trust.require_policy(policy.id, policy.source_bytes, is_shipped=shipped, at=now, envelope=envelope)
    return policy


def _remote(settings: Settings) -> RemoteEngine | None:
    if settings.opa_url is None:
        return None
    return opa_engine(settings.opa_url, entrypoint=settings.opa_entrypoint, ca=settings.opa_ca)
