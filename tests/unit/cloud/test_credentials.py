"""Whom the agent signs in as."""

import pytest

from ocf_lib.codes import DEGRADED, SUCCESS

from ..worlds import CREDENTIALS, run_keystone, run_worker


def test_a_token_is_not_used_for_other_credentials(machine, recurring, keystone):
    """
    The agent keeps a token for the parameters that it signed in with, and for no others.
    """
    run_keystone(machine)
    recurring(**CREDENTIALS)
    recurring(**{**CREDENTIALS, "os_password": "other"})

    assert [login.password for login in keystone.logins] == ["s3cr3t", "other"]


def test_incomplete_credentials_degrade(machine, recurring):
    """
    The agent does not ignore them in silence, and nothing is restarted for them.
    """
    run_keystone(machine)

    assert recurring(os_username="admin", os_password="x").code == DEGRADED


@pytest.mark.parametrize(
    ("given", "at"),
    [
        ("http://vip:5000", "http://vip:5000/v3"),
        ("http://vip:5000/v2.0/tokens", "http://vip:5000/v3"),
        ("http://vip/identity", "http://vip:80/identity/v3"),
        ("http://vip/identity/v3/", "http://vip:80/identity/v3"),
        ("http://vip/v1/identity/v3/auth/tokens", "http://vip:80/v1/identity/v3"),
    ],
)
def test_a_path_before_the_version_is_kept(machine, recurring, keystone, given, at):
    """
    Keystone may share a port with other services, and then its path begins with a word of its own.
    """
    run_worker(machine, "nova-scheduler")
    machine.connects(42, "192.0.2.5", 5672)
    recurring(agent="nova-scheduler", **{**CREDENTIALS, "os_auth_url": given})

    assert keystone.logins[0].at == at


def test_keystone_is_asked_below_its_own_prefix(machine, recurring, keystone):
    """
    The url of this instance says where its API begins.
    """
    run_keystone(machine)
    machine.answers("/identity/v3")
    machine.answers("/identity/v3/auth/system")

    seen = recurring(url="http://127.0.0.1:5000/identity/v3", **CREDENTIALS)

    assert seen.code == SUCCESS
    assert keystone.logins[0].at == "http://127.0.0.1:5000/identity/v3"


@pytest.mark.parametrize(
    ("given", "at"),
    [
        ({}, "http://127.0.0.1:5000/v3"),
        ({"keystone_get_token_url": "http://second:5000/v2.0/tokens"}, "http://second:5000/v3"),
        ({"keystone_url": "http://first:5000/v2.0/"}, "http://first:5000/v3"),
        ({"keystone_url": "http://first:5000/v2.0/", "os_auth_url": "http://vip:5000/v3"}, "http://vip:5000/v3"),
    ],
)
def test_old_names_of_keystones_url_count(machine, recurring, keystone, given, at):
    """
    One of them has a default, which counts last.
    """
    run_worker(machine, "nova-api")
    machine.answers("/", port=8774)
    recurring(agent="nova-api", **{**CREDENTIALS, "os_auth_url": "", **given})

    assert keystone.logins[0].at == at
