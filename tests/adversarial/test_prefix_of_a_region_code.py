"""Attack: a region code whose prefix says Europe, or does not say it, is taken for what it sounds like.

Both ways are wrong: these codes start with eu or europe and lie outside the EU, and those lie inside and do not.
"""

import pytest

from sovereign.jurisdiction.snapshot import load_snapshot

SNAPSHOT = load_snapshot()
EU = SNAPSHOT.groups.members("eu", SNAPSHOT.as_of).yes


@pytest.mark.parametrize(
    ("provider", "code", "country"),
    [
        ("aws", "eu-central-2", "CH"),
        ("aws", "eu-west-2", "GB"),
        ("aws", "eu-isoe-west-1", "GB"),
        ("gcp", "europe-west2", "GB"),
        ("gcp", "europe-west6", "CH"),
        ("oci", "eu-zurich-1", "CH"),
        ("oci", "eu-jovanovac-1", "RS"),
        ("ibm", "eu-gb", "GB"),
        ("otc", "eu-ch2", "CH"),
        ("tencent", "eu-moscow", "RU"),
        ("nebius", "eu-north2", "IS"),
        ("coreweave", "EU-NORTH-02", "NO"),
        ("azure", "norwayeast", "NO"),
        ("azure", "uksouth", "GB"),
        ("azure", "switzerlandnorth", "CH"),
    ],
)
def test_code_that_sounds_european_is_outside_the_eu(provider: str, code: str, country: str) -> None:
    """The catalogue's country counts, whatever the code sounds like."""
    found = SNAPSHOT.catalogue.lookup(provider, code)
    assert found is not None
    assert found.countries == {country}
    assert not found.countries & EU


@pytest.mark.parametrize(
    ("provider", "code"),
    [
        ("azure", "germanywestcentral"),
        ("azure", "francecentral"),
        ("scaleway", "fr-par"),
        ("hetzner", "nbg1"),
        ("ovhcloud", "GRA11"),
    ],
)
def test_code_without_the_prefix_is_inside_the_eu(provider: str, code: str) -> None:
    """A code that does not say Europe is found and lies in the EU."""
    found = SNAPSHOT.catalogue.lookup(provider, code)
    assert found is not None
    assert found.countries is not None
    assert found.countries <= EU


def test_no_prefix_of_any_code_is_found_unless_it_is_a_code() -> None:
    """For every code of every provider, each proper prefix is unknown or has a row of its own."""
    catalogue = SNAPSHOT.catalogue
    for provider in catalogue.providers:
        codes = catalogue.codes(provider)
        listed = {code.lower() for code in codes} | {code for p, _, code in catalogue._multi if p == provider}
        for code in codes:
            for length in range(len(code)):
                found = catalogue.lookup(provider, code[:length])
                assert found is None or code[:length].lower() in listed
