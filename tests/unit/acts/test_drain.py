"""A stop that takes an API out of the load balancer's rotation first."""

from __future__ import annotations

import errno

import pytest

from ocf_lib import daemon
from ocf_lib.acts import stop
from ocf_lib.codes import SUCCESS
from ocf_lib.context import Context

from ..conftest import SERVICE
from ..worlds import run_keystone, run_worker

FILE = "/etc/keystone/healthcheck_disable"


@pytest.fixture
def removed(machine, monkeypatch):
    """{path: (its text, when it was removed)} of every file that the agent removes."""
    seen = {}
    remove = machine.files.remove

    def noted(path):
        if path in machine.files:
            seen[path] = (machine.files[path], machine.itself.slept)
        remove(path)

    monkeypatch.setattr(machine.files, "remove", noted)
    return seen


def test_a_stop_leaves_the_rotation_for_the_drain_time_first(cluster, machine, removed):
    """
    The file is there for five seconds before SIGTERM, and gone once the daemon is.
    """
    run_keystone(machine)

    assert cluster("stop", drain_time="5").code == SUCCESS
    text, when = removed[FILE]
    assert "p_keystone is being stopped" in text
    assert 5 <= when < 6
    assert FILE not in machine.files
    assert machine.processes.signals == [(42, "SIGTERM")]


def test_without_a_drain_time_no_file_is_made(cluster, machine, removed):
    """
    As ever: no second is lost, and nothing is written into /etc.
    """
    run_keystone(machine)

    assert cluster("stop").code == SUCCESS
    assert FILE not in removed
    assert machine.itself.slept < 1


@pytest.mark.parametrize("how", ["by a signal", "refuses"])
def test_a_daemon_that_serves_nobody_is_stopped_at_once(cluster, machine, removed, how):
    """
    If it hangs or refuses connections, the recovery does not wait for requests in flight.
    """
    run_keystone(machine)
    if how == "refuses":
        machine.network.web.clear()
    else:
        machine.processes[42].state = "T"

    assert cluster("stop", drain_time="5").code == SUCCESS
    assert FILE not in removed


def test_a_file_of_somebody_else_stays(cluster, machine):
    """
    An administrator took this instance out of rotation; a stop and a start are no reason to put it back.
    """
    run_keystone(machine)
    machine.files[FILE] = "maintenance until Friday\n"

    assert cluster("stop", drain_time="5").code == SUCCESS
    assert machine.files[FILE] == "maintenance until Friday\n"


def test_a_start_gives_back_what_a_killed_stop_left(cluster, machine, removed):
    """
    Pacemaker killed the stop at its timeout: the next start removes the file, or no request would ever come again.
    """
    run_keystone(machine)
    machine.processes.deaf_to_term = machine.processes.deaf_to_kill = {42}
    assert cluster("stop", drain_time="5", timeout=20).code != SUCCESS
    assert FILE in machine.files
    machine.processes.deaf_to_term = machine.processes.deaf_to_kill = set()

    assert cluster("start", drain_time="5").code == SUCCESS
    assert FILE not in machine.files


def test_a_start_that_ends_an_earlier_daemon_does_not_stay_out_of_rotation(machine, removed):
    """
    A start ends what an earlier daemon left in the same way as a stop. The new daemon gets requests again.
    """
    run_keystone(machine)
    given = {"OCF_RESOURCE_INSTANCE": "p_keystone", "OCF_RESKEY_drain_time": "5"}

    stop.end_all(daemon.of(Context(SERVICE, ["keystone", "start"], given, machine)))
    assert FILE in removed
    assert FILE not in machine.files


def test_a_drain_takes_no_more_than_its_share_of_the_stop(cluster, machine, removed):
    """
    With a drain time of a minute and a timeout of 20 s, time is left to end the daemon, to kill it and to prove it.
    """
    run_keystone(machine)

    assert cluster("stop", drain_time="1min", timeout=20).code == SUCCESS
    assert 5 < removed[FILE][1] < 7
    assert machine.processes == {}


def test_a_file_that_cannot_be_made_does_not_hold_up_the_stop(cluster, machine, monkeypatch):
    """
    /etc is read-only, or the directory is missing: the stop warns, waits for nothing, and succeeds.
    """
    run_keystone(machine)

    def refused(path, *_rest):
        raise OSError(errno.EROFS, "Read-only file system", path)

    monkeypatch.setattr(machine.files, "write", refused)
    seen = cluster("stop", drain_time="5")
    assert seen.code == SUCCESS
    assert machine.itself.slept < 1


def test_a_worker_has_no_drain_time(machine, cluster):
    """
    Nobody sends requests to a worker.
    """
    run_worker(machine, "nova-compute")
    assert cluster("stop", drain_time="5").code == SUCCESS
    assert machine.itself.slept < 2
