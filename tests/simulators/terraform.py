"""Writes plans as `terraform show -json` does, and judges what was read of them by place alone."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sovereign.facts.sources.terraform.model import Alternative, PlannedResource, TerraformPlan
from sovereign.facts.sources.terraform_plan import parse_terraform_plan
from sovereign.jurisdiction.snapshot import load_snapshot

REGISTRY = "registry.terraform.io/"
CATALOGUE = load_snapshot().catalogue
GERMANY = frozenset({"DE"})
UNION = CATALOGUE.groups.members("eu", date(2026, 11, 24)).yes


def constant(value: object) -> dict[str, Any]:
    """Return the expression of a literal."""
    return {"constant_value": value}


def refers(*names: str) -> dict[str, Any]:
    """Return the expression that refers to `names`."""
    return {"references": list(names)}


@dataclass
class Plan:
    """A plan in the making; `resolved` writes provider configurations as Terraform 1.2 and later do."""

    resolved: bool = True
    format_version: str = "1.2"
    providers: dict[str, dict[str, Any]] = field(default_factory=dict)
    changes: list[dict[str, Any]] = field(default_factory=list)
    modules: dict[tuple[str, ...], dict[str, Any]] = field(default_factory=dict)
    prior: list[dict[str, Any]] = field(default_factory=list)
    extra: dict[str, Any] = field(default_factory=dict)

    def provider(self, key: str, source: str = "hashicorp/aws", **expressions: object) -> "Plan":
        """Add a provider configuration; plain values become constants."""
        name, _, alias = key.rpartition(":")[2].partition(".")
        entry: dict[str, Any] = {"name": name, "expressions": {k: _expression(v) for k, v in expressions.items()}}
        if self.resolved:
            entry["full_name"] = REGISTRY + source
        if alias:
            entry["alias"] = alias
        self.providers[key] = entry
        return self

    def add(
        self,
        address: str,
        after: Mapping[str, Any] | None = None,
        *,
        unknown: Mapping[str, Any] | None = None,
        expressions: Mapping[str, Any] | None = None,
        key: str = "aws",
        source: str | None = None,
        modules: Sequence[str] = (),
        actions: Sequence[str] = ("create",),
        configured: bool = True,
        **members: Any,
    ) -> "Plan":
        """Add a managed or data resource (`data.` before a local address), its change and its block."""
        local = address.rpartition("module.")[2].split(".", 1)[1] if modules else address
        block = _without_key(local)
        mode, kind, name = _parts(block)
        change: dict[str, Any] = {
            "actions": list(actions),
            "before": members.pop("before", None),
            "after": None if after is None and "delete" in actions and len(actions) == 1 else dict(after or {}),
            "after_unknown": dict(unknown or {}),
        }
        change["after_sensitive"] = members.pop("sensitive", {})
        self.changes.append(
            {
                "address": address,
                "mode": mode,
                "type": kind,
                "name": name,
                "provider_name": source if source is not None else _source(kind),
                "change": change,
                **members,
            }
        )
        if configured:
            self.block(block, tuple(modules), expressions or {n: constant(v) for n, v in (after or {}).items()}, key)
        return self

    def block(self, local: str, modules: tuple[str, ...], expressions: Mapping[str, Any], key: str) -> None:
        """Add a resource block to the configuration, once."""
        mode, kind, name = _parts(local)
        resources = self.module(*modules)["resources"]
        entry = {"address": local, "mode": mode, "type": kind, "name": name, "provider_config_key": key}
        if not any(known["address"] == local for known in resources):
            resources.append({**entry, "expressions": dict(expressions)})

    def module(self, *path: str) -> dict[str, Any]:
        """Return a module of the configuration, made with those above it."""
        return self.modules.setdefault(path, {"resources": [], "expressions": {}, "outputs": {}, "variables": {}})

    def read(
        self,
        address: str,
        values: Mapping[str, Any],
        *,
        key: str = "aws",
        modules: Sequence[str] = (),
        **expressions: object,
    ) -> "Plan":
        """Add a data source that was read before the plan was made."""
        local = address.rpartition("module.")[2].split(".", 1)[1] if modules else address
        mode, kind, name = _parts(local)
        self.block(local, tuple(modules), {n: _expression(v) for n, v in expressions.items()}, key)
        self.prior.append(
            {
                "address": address,
                "mode": mode,
                "type": kind,
                "name": name,
                "provider_name": _source(kind),
                "values": dict(values),
            }
        )
        return self

    def document(self) -> dict[str, Any]:
        """Return the plan as JSON values."""
        document: dict[str, Any] = {
            "format_version": self.format_version,
            "terraform_version": "1.9.8",
            "resource_changes": self.changes,
            "configuration": {"provider_config": self.providers, "root_module": self._tree(())},
        }
        if self.prior:
            document["prior_state"] = {"format_version": "1.0", "values": {"root_module": {"resources": self.prior}}}
        return {**document, **self.extra}

    def _tree(self, path: tuple[str, ...]) -> dict[str, Any]:
        own = dict(self.module(*path))
        own.pop("expressions")
        below = {other[len(path)] for other in self.modules if len(other) > len(path) and other[: len(path)] == path}
        calls = {
            name: {"expressions": self.module(*path, name)["expressions"], "module": self._tree((*path, name))}
            for name in sorted(below)
        }
        return {**own, "module_calls": calls}

    def bytes(self) -> bytes:
        """Return the plan as it is stored."""
        return json.dumps(self.document()).encode()

    def parse(self, *, allow_partial: bool = False, **assume: str) -> TerraformPlan:
        """Return what is read of the plan; `aws_region="DE"` assumes `aws.region`."""
        return parse_terraform_plan(
            self.bytes(),
            source="plan.json",
            catalogue=CATALOGUE,
            assume={key.replace("_", "."): value for key, value in assume.items()},
            allow_partial=allow_partial,
        )

    def only(self, **assume: str) -> PlannedResource:
        """Return the only resource of the plan."""
        (resource,) = self.parse(**assume).resources
        return resource


def _expression(value: object) -> Any:
    return value if isinstance(value, dict | list) else constant(value)


def _parts(local: str) -> tuple[str, str, str]:
    mode = "data" if local.startswith("data.") else "managed"
    kind, name = local.removeprefix("data.").split(".", 1)
    return mode, kind, name


def _without_key(local: str) -> str:
    return local.partition("[")[0]


def _source(kind: str) -> str:
    sources = {
        "opentelekomcloud": "opentelekomcloud/opentelekomcloud",
        "stackit": "stackitcloud/stackit",
        "hcloud": "hetznercloud/hcloud",
    }
    prefix = kind.partition("_")[0]
    if prefix == "terraform":
        return "terraform.io/builtin/terraform"
    return REGISTRY + sources.get(prefix, f"hashicorp/{prefix}")


def places(resource: PlannedResource, role: str | None = None) -> list[str | None]:
    """Return the regions of a resource's placements, of one role or of all."""
    return [p.region for p in resource.placements if role is None or p.role == role]


def verdict(resource: PlannedResource, allowed: frozenset[str]) -> str:
    """Return what follows if every place must lie in `allowed`: yes, no, unknown, or n/a."""
    if resource.not_applicable is not None:
        return "n/a"
    answers = {_of(alternative, allowed) for alternative in resource.alternatives}
    return answers.pop() if len(answers) == 1 else "unknown"


def _of(alternative: Alternative, allowed: frozenset[str]) -> str:
    judged = alternative.judged
    if any(p.conflicts or (p.countries is not None and not p.countries <= allowed) for p in judged):
        return "no"
    return "unknown" if not judged or any(p.countries is None for p in judged) else "yes"
