"""A place is found by provider and code, exactly."""

from datetime import date

import pytest

from sovereign.jurisdiction.regions import make_catalogue
from sovereign.jurisdiction.rows import MultiRow, Promise, RegionRow, Verification
from sovereign.jurisdiction.snapshot import load_snapshot

SNAPSHOT = load_snapshot()
CATALOGUE = SNAPSHOT.catalogue
EU = SNAPSHOT.groups.members("eu", SNAPSHOT.as_of).yes


def countries(provider: str, code: str, service: str = "*") -> frozenset[str] | None:
    """Return the countries of a code that must be known."""
    found = CATALOGUE.lookup(provider, code, service)
    assert found is not None
    return found.countries


@pytest.mark.parametrize(
    ("provider", "code", "country", "jurisdictions"),
    [
        ("dt-industrial-ai-cloud", "munich-tucherpark", "DE", {"DE", "US"}),
        ("aws", "eu-central-1", "DE", {"US"}),
        ("aws", "eu-west-1", "IE", {"US"}),
        ("aws", "us-east-1", "US", {"US"}),
        ("aws", "cn-north-1", "CN", {"CN", "US"}),
        ("azure", "germanywestcentral", "DE", {"US"}),
        ("gcp", "europe-west3", "DE", {"US"}),
        ("otc", "eu-de", "DE", {"DE"}),
        ("hetzner", "fsn1", "DE", {"DE"}),
        ("exoscale", "de-muc-1", "DE", {"AT", "MX"}),
        ("s3ns", "u-france-east1", "FR", {"FR", "US"}),
    ],
)
def test_three_facts_of_a_region(provider: str, code: str, country: str, jurisdictions: set[str]) -> None:
    """Where it lies and who can compel its operator are two facts, and both are known."""
    found = CATALOGUE.lookup(provider, code)
    assert found is not None
    assert found.countries == {country}
    assert found.jurisdictions == jurisdictions


def test_munich_site_says_what_is_known_of_it() -> None:
    """The Munich site has its operator, and its pseudo-code is marked as unverified."""
    found = CATALOGUE.lookup("dt-industrial-ai-cloud", "munich-tucherpark")
    assert found is not None
    assert found.operators == {"T-Systems International GmbH"}
    assert found.parents == {"Deutsche Telekom AG"}
    assert (found.kind, found.status, found.sovereign_offering) == ("site", "active", True)
    assert found.verification is Verification.UNVERIFIED
    assert found.operator_verification is Verification.SECONDARY


def test_sovereign_is_a_word_of_the_seller() -> None:
    """The European Sovereign Cloud lies in Germany, is marketed as sovereign, and has a parent in the US."""
    found = CATALOGUE.lookup("aws", "eusc-de-east-1")
    assert found is not None
    assert found.sovereign_offering
    assert (found.countries, found.jurisdictions) == ({"DE"}, {"US"})
    assert found.partition == "aws-eusc"


@pytest.mark.parametrize(
    ("provider", "code", "country"),
    [
        ("aws", "eu-west-1", "IE"),
        ("alibaba", "eu-west-1", "GB"),
        ("aws", "eu-west-2", "GB"),
        ("outscale", "eu-west-2", "FR"),
        ("numspot", "eu-west-2", "FR"),
        ("aws", "eu-central-2", "CH"),
        ("ionos-s3", "eu-central-2", "DE"),
        ("aws", "ap-southeast-1", "SG"),
        ("huawei", "ap-southeast-1", "HK"),
        ("aws", "me-west-1", "SA"),
        ("lambda", "me-west-1", "IL"),
        ("akamai", "eu-central", "DE"),
        ("hetzner", "eu-central", None),
        ("akamai", "fr-par-2", "FR"),
        ("scaleway", "fr-par-2", "FR"),
    ],
)
def test_one_code_is_another_place_at_another_provider(provider: str, code: str, country: str | None) -> None:
    """The key is (provider, code): the code alone names no place."""
    found = CATALOGUE.lookup(provider, code)
    assert (found.countries if found else None) == ({country} if country else None)


@pytest.mark.parametrize(
    ("provider", "code"), [("aws", "EU-Central-1"), ("oci", "EU-FRANKFURT-1"), ("leaseweb", "fra-01")]
)
def test_region_is_compared_without_regard_to_case(provider: str, code: str) -> None:
    """A region is the same in capitals."""
    assert countries(provider, code) == {"DE"}


@pytest.mark.parametrize("code", ["West Europe", "westeurope", "WestEurope", "WEST EUROPE"])
def test_azure_display_names_are_the_region(code: str) -> None:
    """At Azure blanks and case do not matter."""
    assert countries("azure", code) == {"NL"}


@pytest.mark.parametrize(
    ("provider", "code"),
    [
        ("aws", "eu-central"),
        ("aws", "eu-central-10"),
        ("aws", "eu-central-1 "),
        ("aws", "eu-central-1\n"),
        ("aws", "eu central-1"),
        ("aws", "eu-central-1a"),
        ("aws", ""),
        ("aws", "*"),
        ("AWS", "eu-central-1"),
        ("aws ", "eu-central-1"),
        ("", "eu-central-1"),
        ("amazon", "eu-central-1"),
        ("azure", "west-europe"),
        ("azure", "west\u00a0europe"),
        ("gcp", "us-\u212dentral1"),
        ("aws", "us-ea\u017ft-1"),
        ("aws", "eu-\u0441entral-1"),
    ],
)
def test_nothing_else_is_found(provider: str, code: str) -> None:
    """A shorter, longer, decorated or look-alike code is unknown; lower-casing never makes a foreign letter ASCII."""
    assert CATALOGUE.lookup(provider, code) is None


@pytest.mark.parametrize(
    ("service", "code", "expected"),
    [
        ("gcs", "eur4", {"FI", "NL", "BE"}),
        ("gcs", "eur5", {"BE", "GB"}),
        ("gcs", "eur7", {"GB", "DE"}),
        ("gcs", "eur8", {"DE", "CH"}),
        ("firestore", "eur3", {"BE", "NL", "FI"}),
        ("spanner", "eur5", {"GB", "BE", "NL"}),
        ("spanner", "eur6", {"NL", "DE", "CH"}),
        ("gcs", "us", {"US"}),
    ],
)
def test_multi_region_is_the_set_of_its_members(service: str, code: str, expected: set[str]) -> None:
    """Every member of a multi-region counts, under the service whose code it is."""
    assert countries("gcp", code, service) == expected


@pytest.mark.parametrize(("service", "code"), [("gcs", "eu"), ("bigquery", "EU")])
def test_group_promise_is_the_whole_group(service: str, code: str) -> None:
    """Data that stay in the EU, members undisclosed, may lie anywhere in the EU, without London and Zurich."""
    found = CATALOGUE.lookup("gcp", code, service)
    assert found is not None
    assert found.countries == EU
    assert found.group == "eu"
    assert found.jurisdictions == {"US"}


def test_group_promise_follows_the_day() -> None:
    """A group has the members of the day that is asked."""
    before = CATALOGUE.lookup("gcp", "eu", "gcs", day=date(2020, 1, 31))
    assert before is not None
    assert before.countries is not None
    assert "GB" in before.countries
    assert "GB" not in EU


@pytest.mark.parametrize(
    ("provider", "service", "code"),
    [
        ("gcp", "*", "global"),
        ("gcp", "gcs", "global"),
        ("azure", "*", "Global"),
        ("azure", "*", "europe"),
        ("aws", "*", "aws-global"),
        ("aws", "bedrock", "global."),
        ("aws", "bedrock", "eu."),
        ("aws", "s3", "mrap"),
        ("azure", "storage", "GRS"),
        ("cloudflare", "r2", "weur"),
        ("ibm", "cos", "eu-geo"),
    ],
)
def test_code_without_a_promise_has_no_countries(provider: str, service: str, code: str) -> None:
    """A code that promises no place, or whose members must be looked up elsewhere, is known and its place is not."""
    found = CATALOGUE.lookup(provider, code, service)
    assert found is not None
    assert found.countries is None
    assert found.jurisdictions is None


@pytest.mark.parametrize(
    ("provider", "service", "code"),
    [
        ("gcp", "*", "eu"),
        ("gcp", "gcs", "EU"),
        ("gcp", "bigquery", "eu"),
        ("gcp", "gcs", "eur3"),
        ("gcp", "*", "eur6"),
        ("aws", "s3", "eu"),
        ("aws", "*", "EU"),
        ("hetzner", "*", "eu-central"),
    ],
)
def test_code_of_a_service_is_exact_and_of_that_service(provider: str, service: str, code: str) -> None:
    """A multi-region code of one service, or in another case, is no code of another."""
    assert CATALOGUE.lookup(provider, code, service) is None


def test_legacy_alias_of_s3_is_ireland() -> None:
    """The location constraint `EU` is eu-west-1 and nothing more."""
    assert countries("aws", "EU", "s3") == {"IE"}


def test_network_zone_is_larger_than_germany() -> None:
    """Hetzner's network zone eu-central holds Helsinki."""
    assert countries("hetzner", "eu-central", "network-zone") == {"DE", "FI"}


def test_mark_of_a_set_is_the_weakest_of_its_members() -> None:
    """A set is not better known than its members."""
    for service, code in (("gcs", "eur4"), ("firestore", "eur3")):
        found = CATALOGUE.lookup("gcp", code, service)
        assert found is not None
        marks = [CATALOGUE.lookup("gcp", member).verification for member in found.members]
        assert found.verification is Verification.weakest([found.verification, *marks])


@pytest.mark.parametrize(
    ("region", "paired", "mutual"),
    [
        ("germanywestcentral", "germanynorth", True),
        ("westeurope", "northeurope", True),
        ("West Europe", "northeurope", True),
        ("brazilsouth", "southcentralus", False),
        ("eastasia", "southeastasia", True),
    ],
)
def test_azure_pairs(region: str, paired: str, mutual: bool) -> None:
    """Geo-redundant storage goes where the table says, one-way pairs included."""
    pair = CATALOGUE.azure_pair(region)
    assert pair is not None
    assert (pair.paired, pair.mutual) == (paired, mutual)


@pytest.mark.parametrize(
    "region", ["austriaeast", "belgiumcentral", "denmarkeast", "italynorth", "polandcentral", "spaincentral"]
)
def test_new_azure_regions_have_no_pair(region: str) -> None:
    """No pair is a fact of its own, apart from not being in the table."""
    pair = CATALOGUE.azure_pair(region)
    assert pair is not None
    assert pair.paired is None
    assert CATALOGUE.azure_pair("nowhere") is None


def test_netapp_files_have_pairs_of_their_own() -> None:
    """A service can copy elsewhere than the platform."""
    pair = CATALOGUE.azure_pair("westeurope", "netapp-files")
    assert pair is not None
    assert pair.paired == "qatarcentral"


def test_operator_that_is_only_described_is_unknown() -> None:
    """`Oracle (local entity)` names nobody, and its parent's country is known all the same."""
    found = CATALOGUE.lookup("oci", "eu-frankfurt-1")
    assert found is not None
    assert found.operators is None
    assert found.jurisdictions == {"US"}


def test_misspelt_words_have_near_ones() -> None:
    """An error can offer what was meant."""
    assert "gcp" in CATALOGUE.nearest_providers("gcpp")
    assert CATALOGUE.nearest_providers("AWS") == ("aws",)
    assert CATALOGUE.nearest_codes("aws", "eu-centrall-1")[0] == "eu-central-1"
    assert CATALOGUE.nearest_codes("nobody", "eu-central-1") == ()


def test_region_of_another_provider_is_found_for_the_message() -> None:
    """An error can say at which provider the code exists, and where it lies there."""
    others = {found.provider: found.countries for found in CATALOGUE.elsewhere("gcp", "eu-central-2")}
    assert others["aws"] == {"CH"}
    assert others["ionos-s3"] == {"DE"}
    assert "gcp" not in others


def test_codes_of_a_provider_are_listed() -> None:
    """The codes of a provider can be listed; an unknown provider has none."""
    assert CATALOGUE.codes("otc") == ("eu-ch2", "eu-de", "eu-nl")
    assert CATALOGUE.codes("nobody") == ()
    assert {"aws", "cloudflare", "dt-industrial-ai-cloud"} <= CATALOGUE.providers


def region(code: str, country: str = "DE") -> RegionRow:
    """Return a region of provider `p`."""
    return RegionRow(
        provider="p", code=code, kind="region", partition="", label="", city="", country=country, operator="P",
        parents=("P",), parent_jurisdictions=("DE",), other_jurisdictions=(), sovereign_offering=False, status="active",
        note="", source="", verification=Verification.VERIFIED, operator_verification=Verification.VERIFIED,
    )  # fmt: skip


def several(code: str, members: tuple[str, ...], countries: tuple[str, ...], group: str | None = None) -> MultiRow:
    """Return a set of regions of provider `p`."""
    return MultiRow(
        provider="p", service="*", code=code, kind="multi-region", members=members, countries=countries, group=group,
        promise=Promise.MEMBERS, note="", source="", verification=Verification.VERIFIED,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("regions", "multi"),
    [
        ([region("a"), region("A")], []),
        ([region("a", "XX")], []),
        ([region("a")], [several("a", ("a",), ("DE",))]),
        ([region("a")], [several("m", ("b",), ("DE",))]),
        ([region("a")], [several("m", ("a",), ("FR",))]),
        ([region("a")], [several("m", ("a",), ("DE", "FR"))]),
        ([region("a")], [several("m", (), ("XX",))]),
        ([region("a")], [several("m", (), (), "nowhere")]),
        ([region("a")], [several("m", (), ("DE",)), several("m", (), ("FR",))]),
    ],
)
def test_contradictory_rows_do_not_load(regions: list[RegionRow], multi: list[MultiRow]) -> None:
    """Two rows with one key, unknown words, a set whose countries are not its members': no catalogue."""
    with pytest.raises(ValueError, match=r"."):
        make_catalogue(
            regions=regions, multi=multi, patterns=[], pairs=[], groups=SNAPSHOT.groups, as_of=SNAPSHOT.as_of
        )
