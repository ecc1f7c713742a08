"""monitor: what is there, and does it do its work?"""

import pytest

from ocf_lib.cloud import login
from ocf_lib.codes import DEGRADED, ERR_GENERIC, NOT_RUNNING, SUCCESS

from ..worlds import CREDENTIALS, run_keystone, run_worker

TOKEN_FILE = "/run/resource-agents/p_keystone.token"


def test_nothing_there(cluster, recurring):
    """
    A probe finds nothing and says so in silence; a recurring monitor gives a reason.
    """
    probe = cluster("monitor")
    assert (probe.code, probe.err) == (NOT_RUNNING, "")
    assert recurring().code == NOT_RUNNING
    assert recurring().reason == "keystone: the daemon has ended, and nothing is left of it"


def test_at_work(machine, recurring):
    """
    A daemon that answers is content, at every level, without credentials.
    """
    run_keystone(machine)

    assert recurring().code == SUCCESS
    assert recurring(level=10).code == SUCCESS
    assert recurring().err == ""


@pytest.mark.parametrize("interval", [None, 0])
def test_a_probe_asks_nobody(cluster, machine, interval):
    """
    A probe is quick and needs no API: a mute daemon is an active one.
    """
    run_keystone(machine)
    machine.answers("/v3", TimeoutError())

    assert cluster("monitor", interval=interval, os_username="x").code == SUCCESS
    assert machine.now() == 1000.0


def test_a_probe_needs_nothing(cluster, machine):
    """
    No program, configuration, account or sense in the parameters: a probe is no place to complain.
    """
    machine.programs.clear()
    machine.files.clear()
    machine.processes.accounts.clear()

    assert cluster("monitor", watch_time="soon", url="nonsense").code == NOT_RUNNING


def test_an_administrator_may_ask_a_probe_for_more(cluster, machine):
    """
    With a check level (crm_resource --force-check=10) a one-off monitor asks the API.
    """
    run_keystone(machine)
    machine.answers("/v3", b"HTTP/1.1 500 No\r\n\r\n")

    assert cluster("monitor", level=10).code == ERR_GENERIC


def test_unconnected_for_longer_than_it_takes(machine, recurring):
    """
    Degraded within its grace, an error after it, and forgotten once it is connected.
    """
    run_worker(machine, "nova-conductor")
    assert recurring(agent="nova-conductor").code == DEGRADED
    machine.sleep(61)
    assert recurring(agent="nova-conductor").code == ERR_GENERIC
    machine.connects(42, "192.0.2.5", 5672)
    assert recurring(agent="nova-conductor").code == SUCCESS
    machine.network.connections.clear()
    assert recurring(agent="nova-conductor").code == DEGRADED


def test_a_pause_begins_the_grace_anew(machine, recurring):
    """
    Nobody looked for an hour, as in a maintenance: what was before it says nothing.
    """
    run_worker(machine, "nova-conductor")
    assert recurring(agent="nova-conductor").code == DEGRADED
    machine.sleep(3600)
    assert recurring(agent="nova-conductor").code == DEGRADED
    machine.sleep(61)
    assert recurring(agent="nova-conductor").code == ERR_GENERIC


def test_watching(machine, cluster):
    """
    The second recurring monitor in a row watches for watch_time; the death of the daemon ends that at once.
    """
    run_keystone(machine)
    assert cluster("monitor", interval=1).code == SUCCESS
    assert machine.itself.slept == 0
    assert cluster("monitor", interval=1).code == SUCCESS
    assert machine.itself.slept == pytest.approx(20)

    machine.processes.dies_at[42] = machine.now() + 3
    seen = cluster("monitor", interval=1)
    assert seen.code == NOT_RUNNING
    assert machine.itself.slept == pytest.approx(23, abs=0.5)


@pytest.mark.parametrize(("timeout", "longest"), [(60, 20), (30, 20), (20, 15), (10, 8)])
def test_watching_ends_well_before_the_timeout(machine, cluster, timeout, longest):
    """
    With a short timeout it watches for the part that fits.
    """
    run_keystone(machine)
    cluster("monitor", interval=1, timeout=timeout)
    cluster("monitor", interval=1, timeout=timeout)

    assert machine.itself.slept <= longest


@pytest.mark.parametrize("between", ["start", "reload-agent", "monitor"])
def test_the_first_monitor_of_a_transition_does_not_watch(machine, cluster, between):
    """
    After a start, a reload or a probe the cluster waits for the first recurring monitor.
    """
    run_keystone(machine)
    for _ in range(2):
        cluster("monitor", interval=1)
    before = machine.itself.slept
    cluster(between)
    cluster("monitor", interval=1)

    assert machine.itself.slept == before


def test_a_new_interval_or_a_pause_does_not_watch(machine, cluster):
    """
    So it does after a change of the interval, and after maintenance.
    """
    run_keystone(machine)
    for _ in range(2):
        cluster("monitor", interval=1)
    before = machine.itself.slept
    cluster("monitor", interval=5)
    assert machine.itself.slept == before
    machine.sleep(60)
    cluster("monitor", interval=1)
    assert machine.itself.slept == before + 60


def test_degraded_is_reported_first_and_watched_briefly(machine, cluster, keystone):
    """
    The change to degraded, and back, is told at once; while it lasts, each monitor watches for 5 s at most.
    """
    run_keystone(machine)
    for _ in range(2):
        cluster("monitor", interval=1, **CREDENTIALS)
    keystone.problem = login.Refused("401")
    machine.files.pop(TOKEN_FILE)
    before = machine.itself.slept
    assert cluster("monitor", interval=1, **CREDENTIALS).code == DEGRADED
    assert machine.itself.slept == before
    assert cluster("monitor", interval=1, **CREDENTIALS).code == DEGRADED
    assert machine.itself.slept == pytest.approx(before + 5)
    keystone.problem = None
    assert cluster("monitor", interval=1, **CREDENTIALS).code == SUCCESS
    assert machine.itself.slept == pytest.approx(before + 5)
