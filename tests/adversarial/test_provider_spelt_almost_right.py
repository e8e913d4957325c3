"""Attack: an American region of a listed provider, its name in capitals, with a permitted country beside it."""

import pytest
from simulators.asking import a_body, a_point, ask, pack

from sovereign.policy.outcome import Outcome

POINT = a_point(pack("de-only"))


@pytest.mark.parametrize(
    "provider",
    ["AWS", "Aws", "aws ", " aws", "aws\u200b", "a-w-s", "\uff41\uff57\uff53", "AZURE", "DT_Industrial AI Cloud"],
)
def test_almost_the_name_of_a_listed_provider_is_no_private_site(provider: str) -> None:
    """What a person reads as a listed provider is not where somebody says it is."""
    place = {"role": "storage", "provider": provider, "region": "us-east-1", "countries": ["DE"]}
    assert ask(POINT, a_body([place])).outcome is Outcome.UNDECIDED


@pytest.mark.parametrize("provider", ["own-hall", "awsome-hall", "hall of AWS users"])
def test_other_names_are_private_sites(provider: str) -> None:
    """A site of one's own may use any code."""
    place = {"role": "storage", "provider": provider, "region": "us-east-1", "countries": ["DE"]}
    assert ask(POINT, a_body([place])).permits
