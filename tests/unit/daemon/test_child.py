"""A daemon that the agent has just launched."""

import pytest

from ocf_lib.codes import ERR_GENERIC


def test_dies_at_once(cluster, machine):
    """
    Its end is noticed at once, and its last words are told.
    """
    machine.files.tails["/var/log/keystone/keystone.log"] = "something\nbind(): Address already in use\n\n"
    machine.processes.dies_at[501] = 1000.05

    seen = cluster("start")

    assert seen.code == ERR_GENERIC
    assert seen.reason == (
        "keystone: ended at once, exit status 1: bind(): Address already in use (/var/log/keystone/keystone.log)"
    )
    assert machine.itself.slept < 1


@pytest.mark.parametrize("password", ["refused", "4711", "s3cr3t"])
def test_a_secret_in_the_last_words(cluster, machine, password):
    """
    A daemon may print any secret, and the cut may not leave a part of it.
    """
    machine.files.tails["/var/log/keystone/keystone.log"] = f"{password} {'x' * 66}\n"
    machine.processes.dies_at[501] = 1000.05

    seen = cluster("start", os_password=password)

    assert f"ended at once, exit status 1: *** {'x' * 66} (/var/log" in seen.reason
