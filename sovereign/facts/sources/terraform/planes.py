"""What a resource does with data where it is: storage, processing, keys, logs or copies.

A database stores and processes. A type that is not told apart counts as storage, the plane that most rules name.
"""

import re
from functools import lru_cache
from typing import Final

from sovereign.facts.model import Role

__all__ = ["SECOND_ROLES", "primary_roles"]

SECOND_ROLES: Final = {
    "replica": Role.REPLICA,
    "backup": Role.BACKUP,
    "key": Role.KEY,
    "log": Role.LOG,
    "image": Role.IMAGE,
    "egress": Role.EGRESS,
}
"""Roles of second places, in the words of the type table."""

_PLANES: Final = (
    (re.compile(r"\w+_(kms|key_vault|key_ring|crypto_key)(_\w+)?"), (Role.KEY,)),
    (
        re.compile(r"aws_cloudwatch_log_\w+|aws_cloudtrail\w*|aws_flow_log|\w+_log_analytics_\w+|google_logging_\w+"),
        (Role.LOG,),
    ),
    (
        re.compile(
            r"\w+_(db_instance|db_cluster|rds_cluster|rds_cluster_instance|sql_database_instance|redshift_cluster|\w*sql_\w*server"
            r"|\w*sql_database|cosmosdb_account|spanner_\w+|bigtable_instance|neptune_\w+|docdb_\w+|opensearch_\w+"
            r"|elasticsearch_domain|alloydb_cluster|dynamodb_table|rds_instance_v[0-9])"
        ),
        (Role.STORAGE, Role.PROCESSING),
    ),
    (
        re.compile(
            r"\w+_(instance|instance_v[0-9]|server|servers?|virtual_machine|lambda_function|function|cloudfunctions\w*"
            r"|autoscaling_group|launch_\w+|ecs_(service|task_definition)|batch_\w+|eks_\w+|container_(cluster|node_pool)"
            r"|kubernetes_cluster\w*|cloud_run_\w+|app_service\w*|api_gateway_\w+|lb|elb|alb|nat_gateway|firewall|vpn_\w+"
            r"|sagemaker_(endpoint\w*|model)|bedrock\w*|cognitive_\w+|spot_instance_request|autoscaler)"
        ),
        (Role.PROCESSING,),
    ),
)


@lru_cache(maxsize=4096)
def primary_roles(resource_type: str, mode: str, table_role: str | None) -> tuple[Role, ...]:
    """Return the roles of the place where a resource is.

    Args:
        resource_type: as in the plan.
        mode: a data source is read, so that what leaves is a description: metadata.
        table_role: the role of a resource that is a copy itself (`self` in the type table).
    """
    if mode == "data":
        return (Role.METADATA,)
    if table_role is not None and table_role != "image":  # an image made of a running machine holds its data
        return (SECOND_ROLES[table_role],)
    return next((roles for pattern, roles in _PLANES if pattern.fullmatch(resource_type)), (Role.STORAGE,))
