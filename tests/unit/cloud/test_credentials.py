"""Whom the agent signs in as."""

from ocf_lib.codes import DEGRADED

from ..worlds import CREDENTIALS, run_keystone


def test_other_credentials_need_another_token(machine, recurring, keystone):
    """
    A token is kept for the parameters it was had with, and for no others.
    """
    run_keystone(machine)
    recurring(**CREDENTIALS)
    recurring(**{**CREDENTIALS, "os_password": "other"})

    assert [login.password for login in keystone.logins] == ["s3cr3t", "other"]


def test_incomplete_credentials_degrade(machine, recurring):
    """
    They are not silently ignored, and nothing is restarted for them.
    """
    run_keystone(machine)

    assert recurring(os_username="admin", os_password="x").code == DEGRADED
