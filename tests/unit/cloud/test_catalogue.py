"""Which endpoint of the catalogue the agent asks."""

import pytest
from keystoneauth1.access.service_catalog import ServiceCatalogV3

from ocf_lib.cloud import catalogue


def catalogue_of(*endpoints):
    """What Keystone lists: (type, interface, region, URL)."""
    services = [
        {"type": kind, "endpoints": [{"interface": interface, "region": region, "url": url}]}
        for kind, interface, region, url in endpoints
    ]
    return ServiceCatalogV3(services)


ONE = ("compute", "public", "one", "http://nova.one/v2.1")
TWO = ("compute", "internal", "two", "http://nova.two/v2.1")


@pytest.mark.parametrize(("region", "url"), [("one", ONE[3]), ("two", TWO[3])])
def test_the_endpoint_is_of_the_region(region, url):
    """
    It is also there if the region has only a public URL, and another region has an internal one.
    """
    assert catalogue.endpoint(catalogue_of(ONE, TWO), ("compute",), region) == (url, "")


def test_nobody_can_tell_which_of_two_regions():
    """
    The list of another region would lack every worker of this one.
    """
    url, lacks = catalogue.endpoint(catalogue_of(TWO, ONE), ("compute",), "")

    assert url == ""
    assert lacks == "set os_region_name: the catalogue has API compute in the regions one, two"


def test_the_only_region_needs_no_name():
    """
    Other APIs may be in other regions. The internal URL comes first.
    """
    own = ("compute", "internal", "one", "http://inside/v2.1")
    other = ("identity", "public", "two", "http://keystone/v3")

    assert catalogue.endpoint(catalogue_of(ONE, other, own), ("compute",), "") == ("http://inside/v2.1", "")


def test_a_url_with_the_end_of_a_line_counts():
    """
    Whoever registers an endpoint with a script easily registers this, too.
    """
    one = ("compute", "public", "one", "http://nova.one/v2.1\n")

    assert catalogue.endpoint(catalogue_of(one), ("compute",), "") == ("http://nova.one/v2.1", "")


@pytest.mark.parametrize(
    ("region", "lacks"),
    [
        ("", "the catalogue has no API of type volumev3 or block-storage"),
        ("three", "the catalogue has no API of type volumev3 or block-storage in region three"),
    ],
)
def test_the_catalogue_may_have_no_such_api(region, lacks):
    """
    The reason names what was looked for.
    """
    assert catalogue.endpoint(catalogue_of(ONE), ("volumev3", "block-storage"), region) == ("", lacks)
