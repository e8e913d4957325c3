"""Messages as an author sees them, with the line and the caret."""

import pytest

from sovereign.errors import PolicyFormatError
from sovereign.jurisdiction.snapshot import load_snapshot
from sovereign.policy.load import parse_policy
from sovereign.report.diagnostic import from_error
from sovereign.report.terminal import Painter
from sovereign.report.text import render

POLICY = """sovereign: 1
policy: Ours
version: 2026.11.24
owner: data protection officer
status: in_force
rules:
  - id: OUR-01
    title: {en: data stay, de: Daten bleiben}
    severity: high
    for_each: {over: placements}
    when: {data.categorys: {includes: health}}
    must: {placement.countries: {all_within: [DE, Austria]}}
    waivable: true
"""

EXPECTED = """\
error[SOV-C107]: `Ours` is no policy id
  --> ours.yaml:2:9
  2 | policy: Ours
    |         ^^^^
  = help: the form is small letters, digits, hyphens and dots
error[SOV-C110]: the data protection officer owns no policy
  --> ours.yaml:4:8
  4 | owner: data protection officer
    |        ^^^^^^^^^^^^^^^^^^^^^^^
  = help: the controller decides; name the officer under `consulted` (Art. 38(6), 39 GDPR)
error[SOV-C102]: a rule lacks `law`
  --> ours.yaml:7:5
  7 |   - id: OUR-01
    |     ^^^^^^^^^^
  = help: add `law: …`
error[SOV-C103]: unknown attribute `data.categorys`
  --> ours.yaml:11:12
  11 |     when: {data.categorys: {includes: health}}
     |            ^^^^^^^^^^^^^^
  = help: did you mean `data.categories`?
error[SOV-C106]: unknown country, group or list `Austria`
  --> ours.yaml:12:51
  12 |     must: {placement.countries: {all_within: [DE, Austria]}}
     |                                                   ^^^^^^^
  = help: write ISO 3166-1 codes, groups such as eu or eea, or a list of this policy
error[SOV-C108]: a rule of status in_force cannot be waived: nobody signs away a statute
  --> ours.yaml:13:15
  13 |     waivable: true
     |               ^^^^
  = help: set `waivable: false`; a statutory exception is an evidence record that `must` reads
"""


def test_all_mistakes_at_once() -> None:
    """The first mistake is raised and carries the others, in the order of the file."""
    with pytest.raises(PolicyFormatError) as caught:
        parse_policy(POLICY.encode(), source="ours.yaml", groups=load_snapshot().groups)
    errors = (caught.value, *caught.value.others)
    assert "".join(render(from_error(error), Painter(colours=False)) for error in errors) == EXPECTED
