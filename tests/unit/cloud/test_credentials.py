"""Whom the agent signs in as."""

from ocf_lib.codes import DEGRADED

from ..worlds import CREDENTIALS, run_keystone


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
