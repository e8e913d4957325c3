"""What a Terraform or OpenTofu plan says about places, by idea: one module each.

The door is `sovereign.facts.sources.terraform_plan`; this package holds what it needs.
"""

from sovereign.facts.sources.terraform.model import (
    Alternative,
    Missing,
    PlannedResource,
    ResourceClass,
    ServiceClass,
    TerraformPlan,
)

__all__ = ["Alternative", "Missing", "PlannedResource", "ResourceClass", "ServiceClass", "TerraformPlan"]
