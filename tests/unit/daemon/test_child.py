"""A daemon that the agent has just launched."""

import pytest

from ocf_lib.codes import ERR_GENERIC


def test_the_last_words_of_a_daemon_that_ends_at_once_are_the_reason(cluster, machine):
    """
    Start notices the end at once, and quotes the last line of the daemon's log.
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
def test_a_secret_in_the_last_words_is_masked_before_the_cut(cluster, machine, password):
    """
    A daemon may print any secret. The cut leaves no part of it.
    """
    machine.files.tails["/var/log/keystone/keystone.log"] = f"{password} {'x' * 66}\n"
    machine.processes.dies_at[501] = 1000.05

    seen = cluster("start", os_password=password)

    assert f"ended at once, exit status 1: *** {'x' * 66} (/var/log" in seen.reason
