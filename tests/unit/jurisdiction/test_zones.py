"""A zone lies where its provider's region lies, and a local zone where it lies itself."""

import pytest

from sovereign.jurisdiction.snapshot import load_snapshot
from sovereign.jurisdiction.zones import parse_patterns

CATALOGUE = load_snapshot().catalogue


@pytest.mark.parametrize(
    ("provider", "zone", "region", "country"),
    [
        ("aws", "eu-central-1a", "eu-central-1", "DE"),
        ("aws", "eu-central-2b", "eu-central-2", "CH"),
        ("aws", "euc1-az3", "eu-central-1", "DE"),
        ("aws", "use1-az6", "us-east-1", "US"),
        ("alibaba", "eu-west-1a", "eu-west-1", "GB"),
        ("outscale", "eu-west-2a", "eu-west-2", "FR"),
        ("gcp", "europe-west3-b", "europe-west3", "DE"),
        ("azure", "germanywestcentral-1", "germanywestcentral", "DE"),
        ("oci", "abCD:EU-FRANKFURT-1-AD-1", "eu-frankfurt-1", "DE"),
        ("tencent", "eu-frankfurt-1", "eu-frankfurt", "DE"),
        ("otc", "eu-de-01", "eu-de", "DE"),
        ("otc", "eu-ch2a", "eu-ch2", "CH"),
        ("hetzner", "fsn1-dc14", "fsn1", "DE"),
        ("scaleway", "nl-ams-1", "nl-ams", "NL"),
        ("stackit", "eu01-m", "eu01", "DE"),
        ("exoscale", "de-muc-1", "de-muc-1", "DE"),
    ],
)
def test_zone_lies_in_its_region(provider: str, zone: str, region: str, country: str) -> None:
    """The pattern of the provider gives the region, and the region the country."""
    assert CATALOGUE.zone_region(provider, zone) == region
    found = CATALOGUE.lookup_zone(provider, zone)
    assert found is not None
    assert found.countries == {country}


@pytest.mark.parametrize(
    ("zone", "country"),
    [
        ("us-east-1-qro-1a", "MX"),
        ("eu-central-1-ham-1a", "DE"),
        ("eu-central-1-waw-1a", "PL"),
        ("eu-north-1-hel-1a", "FI"),
        ("eu-north-1-cph-1a", "DK"),
    ],
)
def test_local_zone_is_looked_up_whole(zone: str, country: str) -> None:
    """A local zone lies where its own row says, is run by its region's operator, and has no region to strip to."""
    found = CATALOGUE.lookup_zone("aws", zone)
    assert found is not None
    assert found.countries == {country}
    assert found.jurisdictions == {"US"}
    assert CATALOGUE.zone_region("aws", zone) is None


@pytest.mark.parametrize(
    ("provider", "zone"),
    [
        ("aws", "eu-central-1-xyz-1a"),
        ("aws", "eu-central-1-wl1-ber-wlz-1"),
        ("aws", "use1-qro1-az1"),
        ("aws", "euc2-az1"),
        ("aws", "eu-west-1"),
        ("aws", "eu-west-9a"),
        ("aws", "eu-central-1a\n"),
        ("aws", "EU-CENTRAL-1A"),
        ("gcp", "us-central1a"),
        ("gcp", "europe-west3"),
        ("gcp", "eu-central-1a"),
        ("azure", "1"),
        ("oci", "abCD:PHX-AD-1"),
        ("otc", "eu-dea"),
        ("nobody", "eu-central-1a"),
        ("aws", ""),
        ("aws", "string"),
    ],
)
def test_every_other_zone_is_unknown(provider: str, zone: str) -> None:
    """An unlisted local zone, a region in place of a zone, a zone of another provider: unknown, never the region."""
    assert CATALOGUE.lookup_zone(provider, zone) is None
    assert CATALOGUE.zone_region(provider, zone) is None


def test_locate_reads_regions_and_zones() -> None:
    """Where it is not known which of both a text is, both are tried, and nothing else."""
    for code, expected in (("eu-central-1", {"DE"}), ("eu-central-1b", {"DE"}), ("us-east-1-qro-1a", {"MX"})):
        found = CATALOGUE.locate("aws", code)
        assert found is not None
        assert found.countries == expected
    assert CATALOGUE.locate("aws", "eu-central-1-xyz-1a") is None


@pytest.mark.parametrize(("key", "value"), [("match", "prefixed"), ("transform", "upper")])
def test_pattern_that_asks_for_what_is_not_known_does_not_load(key: str, value: str) -> None:
    """An unknown word in a pattern is an error, not a pattern that never matches."""
    row = {"id": "x", "provider": "x", "kind": "zone", "regex": "a", "match": "full", "group": 0}
    with pytest.raises(ValueError, match="x"):
        parse_patterns({"patterns": [row | {key: value}]})
