"""Makes Terraform plans of one resource, in format 1.2, the way Terraform 1.9 writes them."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sovereign.cli.main import main

AWS = "registry.terraform.io/hashicorp/aws"


def a_plan(
    kind: str,
    after: Mapping[str, Any],
    *,
    unknown: Mapping[str, Any] | None = None,
    expressions: Mapping[str, Any] | None = None,
    provider: str = AWS,
    region: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return a plan that creates `kind.main`.

    Args:
        kind: resource type.
        after: known values.
        unknown: true at each value that is known after apply only.
        expressions: of the resource's configuration.
        provider: source address.
        region: expression of the provider's region; Frankfurt if left out.
    """
    place = {"address": f"{kind}.main", "mode": "managed", "type": kind, "name": "main"}
    change = {
        "actions": ["create"],
        "before": None,
        "after": dict(after),
        "after_unknown": dict(unknown or {}),
        "before_sensitive": False,
        "after_sensitive": {},
    }
    configured = {
        "name": "aws",
        "full_name": provider,
        "expressions": {"region": {"constant_value": "eu-central-1"} if region is None else dict(region)},
    }
    return {
        "format_version": "1.2",
        "terraform_version": "1.9.8",
        "resource_changes": [{**place, "provider_name": provider, "change": change}],
        "configuration": {
            "provider_config": {"aws": configured},
            "root_module": {
                "resources": [
                    {**place, "provider_config_key": "aws", "expressions": dict(expressions or {}), "schema_version": 0}
                ]
            },
        },
        "complete": True,
        "applyable": True,
        "errored": False,
    }


def gate_exit(plan: Mapping[str, Any], directory: Path, *options: str) -> int:
    """Return the exit code of a preview of the gate under `de-only`."""
    path = directory / "plan.json"
    path.write_text(json.dumps(plan), encoding="utf-8")
    return main(["gate", str(path), "--policy", "de-only", "--no-log", *options])
