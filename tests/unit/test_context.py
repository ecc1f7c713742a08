"""What the cluster asked for: action, instance, depth, time and parameters."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocf_lib.context import Context

from .conftest import SERVICE
from .double import Machine


@pytest.mark.parametrize(
    ("environ", "instance"),
    [
        ({"OCF_RESOURCE_INSTANCE": "p:1"}, "p"),
        ({"OCF_RESOURCE_INSTANCE": "p:1", "OCF_RESKEY_CRM_meta_globally_unique": "true"}, "p:1"),
        ({}, "keystone"),
    ],
)
def test_the_instance(environ, instance):
    """
    The number of an anonymous clone is no part of its name.
    """
    assert Context(SERVICE, ["keystone", "monitor"], environ, Machine()).instance == instance


@pytest.mark.parametrize(
    ("level", "depth"),
    [("", 0), ("0", 0), ("5", 0), ("10", 10), ("15", 10), ("20", 20), ("99", 20), ("x", 0), ("-1", 0), ("1e9", 0)],
)
def test_check_levels(level, depth):
    """
    The highest supported level that is not above the requested one; garbage is 0.
    """
    assert Context(SERVICE, ["keystone", "monitor"], {"OCF_CHECK_LEVEL": level}, Machine()).depth == depth


@given(timeout=st.text(), interval=st.text())
def test_any_timeout_is_survived(timeout, interval):
    """
    Whatever stands for the timeout and the interval, there is a deadline and a yes or no to "probe".
    """
    environ = {"OCF_RESKEY_CRM_meta_timeout": timeout, "OCF_RESKEY_CRM_meta_interval": interval}
    context = Context(SERVICE, ["keystone", "monitor"], environ, Machine())

    assert context.deadline > 0
    assert context.is_probe in (True, False)


def test_extra_arguments_are_ignored():
    """
    argv[1] is the action, whatever follows and whatever __OCF_ACTION says.
    """
    context = Context(SERVICE, ["keystone", "stop", "start"], {"__OCF_ACTION": "start"}, Machine())
    assert context.action == "stop"


@pytest.mark.parametrize("ask", ["get", "number", "flag"])
def test_a_parameter_that_nobody_declares_is_a_bug(ask):
    """
    A misspelt name raises instead of being an empty text, a zero or a no.
    """
    context = Context(SERVICE, ["keystone", "monitor"], {"OCF_RESKEY_os_pasword": "x"}, Machine())

    assert not context.has("os_pasword")
    with pytest.raises(KeyError):
        getattr(context, ask)("os_pasword")
