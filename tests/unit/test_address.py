"""How a URL is read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocf_lib.address import parse_url
from ocf_lib.errors import BadParameter


@given(st.text() | st.text("http[]:/s.@1 ", max_size=30).map(lambda text: f"http://{text}"))
def test_any_text_is_a_usable_address_or_refused(text):
    """
    The port of an address is usable, and its path begins with a slash.
    """
    try:
        address = parse_url("url", text)
    except BadParameter as problem:
        assert str(problem).startswith("url: ")  # noqa: PT017  both ways are right; which one depends on the text
    else:
        assert 0 < address.port < 65536
        assert address.server
        assert address.path.startswith("/")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("http://127.0.0.1:5000/v3", "http://127.0.0.1:5000/v3"),
        ("https://keystone.example", "https://keystone.example:443/"),
        ("http://[2001:db8::1]:5000/identity/v3", "http://[2001:db8::1]:5000/identity/v3"),
        ("http://[::1]", "http://[::1]:80/"),
        ("HTTPS://Keystone.example/V3", "https://Keystone.example:443/V3"),
    ],
)
def test_a_url_gets_its_default_port_and_path(text, shown):
    """
    An IPv6 address keeps its brackets.
    """
    assert str(parse_url("url", text)) == shown
