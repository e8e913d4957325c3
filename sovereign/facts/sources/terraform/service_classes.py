"""What global services do, and whether anything about them is judged.

Identity and control-plane configuration holds no customer data: not applicable. A content cache copies data to edges
that its operator chooses, in any country: it is placed in every country, so that only a policy that permits every
country, or the class by name, permits it.

Source: provider guide "enhanced region support" for the global types, and the settled rules for the classes.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from sovereign.facts.sources.terraform.model import ServiceClass

__all__ = ["NOTHING_RUNS", "service_class"]

NOTHING_RUNS: Final = frozenset({"null", "random", "time", "terraform"})
"""Providers whose resources exist only in the state; a file of `local` lies on the runner instead."""

_CLASSES: Final[Sequence[tuple[ServiceClass, re.Pattern[str]]]] = (
    (
        ServiceClass.IDENTITY,
        re.compile(
            r"aws_iam_\w+|aws_organizations_\w+|aws_cloudfront_origin_access_\w+|google_service_account(_iam_\w+)?"
        ),
    ),
    (
        ServiceClass.CONTROL_PLANE,
        re.compile(
            r"aws_route53_(?!resolver|query_log)\w+|aws_networkmanager_\w+|aws_dx_gateway|aws_account_region"
            r"|aws_backup_global_settings|aws_s3_account_public_access_block|aws_waf_\w+"
            r"|azurerm_(private_)?dns_\w+|azurerm_traffic_manager_\w+"
            r"|google_dns_\w+|google_compute_global_address|google_compute_security_policy"
            r"|google_compute_target_(https?|ssl|tcp)_proxy"
        ),
    ),
    (
        ServiceClass.CONTENT_CACHE,
        re.compile(
            r"aws_cloudfront_\w+|aws_globalaccelerator_\w+|azurerm_(cdn_)?frontdoor\w*|azurerm_cdn_\w+"
            r"|google_compute_global_forwarding_rule|google_compute_backend_bucket|stackit_cdn_\w+"
        ),
    ),
    (ServiceClass.BILLING, re.compile(r"aws_(cur|ce|budgets|billing|pricing|bcmdataexports|costoptimizationhub)_\w+")),
)


@lru_cache(maxsize=4096)
def service_class(resource_type: str) -> ServiceClass | None:
    """Return what a global service does, None for a type of no such class."""
    return next((found for found, pattern in _CLASSES if pattern.fullmatch(resource_type)), None)
