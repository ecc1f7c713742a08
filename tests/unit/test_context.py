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
def test_the_number_of_an_anonymous_clone_is_no_part_of_its_name(environ, instance):
    """
    A globally unique clone keeps its number. Without an instance the agent's name counts.
    """
    assert Context(SERVICE, ["keystone", "monitor"], environ, Machine()).instance == instance


@pytest.mark.parametrize(
    ("level", "depth"),
    [("", 0), ("0", 0), ("5", 0), ("10", 10), ("15", 10), ("20", 20), ("99", 20), ("x", 0), ("-1", 0), ("1e9", 0)],
)
def test_a_check_level_is_the_highest_supported_one_below_it(level, depth):
    """
    A level that is no number is 0.
    """
    assert Context(SERVICE, ["keystone", "monitor"], {"OCF_CHECK_LEVEL": level}, Machine()).depth == depth


@given(timeout=st.text(), interval=st.text())
def test_any_timeout_and_interval_give_a_deadline(timeout, interval):
    """
    Whatever Pacemaker passes, the agent knows its deadline and whether it is a probe.
    """
    environ = {"OCF_RESKEY_CRM_meta_timeout": timeout, "OCF_RESKEY_CRM_meta_interval": interval}
    context = Context(SERVICE, ["keystone", "monitor"], environ, Machine())

    assert context.deadline > 0
    assert context.is_probe in (True, False)


def test_the_action_is_the_first_argument_alone():
    """
    The agent ignores further arguments and __OCF_ACTION.
    """
    context = Context(SERVICE, ["keystone", "stop", "start"], {"__OCF_ACTION": "start"}, Machine())
    assert context.action == "stop"


@pytest.mark.parametrize("ask", ["get", "number", "flag"])
def test_a_parameter_that_nobody_declares_is_a_bug(ask):
    """
    A misspelt name raises. It is not an empty text, a zero or a no.
    """
    context = Context(SERVICE, ["keystone", "monitor"], {"OCF_RESKEY_os_pasword": "x"}, Machine())

    assert not context.has("os_pasword")
    with pytest.raises(KeyError):
        getattr(context, ask)("os_pasword")


@pytest.mark.parametrize("digits", [400, 4400, 100_000])
def test_a_number_with_hundreds_of_digits_is_none(cluster, digits):
    """
    Python refuses to read one with 4301 digits, and no action must end without a reason.
    """
    environ = {
        "OCF_CHECK_LEVEL": "9" * digits,
        "OCF_RESKEY_CRM_meta_timeout": "9" * digits,
        "OCF_RESKEY_CRM_meta_interval": "9" * digits,
    }
    for action, code in (("stop", 0), ("monitor", 7), ("meta-data", 0)):
        assert cluster(action, environ=environ).code == code


def test_a_stop_is_done_for_any_version_of_the_cluster(cluster):
    """
    Nothing but a living process may make a stop fail.
    """
    assert cluster("monitor", environ={"OCF_RA_VERSION_MAJOR": "2"}).code == 1
    assert cluster("stop", environ={"OCF_RA_VERSION_MAJOR": "2"}).code == 0
