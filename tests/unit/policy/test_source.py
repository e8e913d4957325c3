"""The generated source: no text of a policy stands in it, and it reaches nothing but its constants."""

import ast

from sovereign.jurisdiction.snapshot import load_snapshot
from sovereign.policy.attributes import ATTRIBUTES, COLLECTIONS
from sovereign.policy.backends.source import source_text
from sovereign.policy.load import parse_policy

GROUPS = load_snapshot().groups
HOSTILE = "x') or __import__('os').system('id') or ('"
POLICY = f"""sovereign: 1
policy: ours
version: 2026.11.24
title: "{HOSTILE}"
owner: "{HOSTILE}"
status: house_rule
lists: {{NEARBY: {{countries: [DE]}}}}
rules:
  - id: OUR-01
    title: "{HOSTILE}"
    law: [{{act: "{HOSTILE}"}}]
    severity: high
    for_each: {{over: placements, roles: [storage]}}
    when: {{data.purposes: {{includes: ["{HOSTILE}"]}}}}
    must:
      placement.provider: {{is: "{HOSTILE}"}}
      placement.countries: {{all_within: [NEARBY]}}
      for_some: {{over: attestations, covering: placement, must: {{attestation.scheme: {{is: "{HOSTILE}"}}}}}}
    fix: "{HOSTILE}"
    tests:
      - name: "{HOSTILE}"
        given: {{data.purposes: ["{HOSTILE}"], placements: [{{role: storage, provider: "{HOSTILE}"}}]}}
        expect: undecided
"""


def test_no_text_of_a_policy_is_in_the_source() -> None:
    """Every string constant is the name of an attribute or a collection; words are passed in as values."""
    policy = parse_policy(POLICY.encode(), source="ours.yaml", groups=GROUPS)
    tree = ast.parse(source_text(policy, [0]))
    strings = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    assert strings <= {*ATTRIBUTES, *COLLECTIONS}


def test_the_source_calls_only_what_it_was_given() -> None:
    """No import, no attribute but methods of sets and lists, no free name but outcomes and enumerate."""
    policy = parse_policy(POLICY.encode(), source="ours.yaml", groups=GROUPS)
    tree = ast.parse(source_text(policy, [0]))
    nodes = list(ast.walk(tree))
    assert not [node for node in nodes if isinstance(node, ast.Import | ast.ImportFrom | ast.Lambda)]
    assert {node.attr for node in nodes if isinstance(node, ast.Attribute)} <= {"append", "sort", "get", "isdisjoint"}
    stored = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    given = {argument.arg for node in nodes if isinstance(node, ast.arguments) for argument in node.args}
    functions = {node.name for node in nodes if isinstance(node, ast.FunctionDef)}
    free = {node.id for node in nodes if isinstance(node, ast.Name)} - stored - given - functions
    assert free <= {"DENY", "UNDECIDED", "NOT_APPLICABLE", "ADVICE", "enumerate"}
