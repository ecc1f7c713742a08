"""monitor: what is there, and does it do its work?"""

import pytest

from ocf_lib.cloud import login
from ocf_lib.codes import DEGRADED, ERR_GENERIC, NOT_RUNNING, SUCCESS

from ..worlds import CREDENTIALS, GLANCE, INI, NEUTRON, NOVA, rows, run_keystone, run_well, run_worker

TOKEN_FILE = "/run/resource-agents/p_keystone.token"


def test_a_stopped_service_is_not_running(cluster, recurring):
    """
    A probe finds nothing and says nothing. A recurring monitor gives a reason.
    """
    probe = cluster("monitor")
    assert (probe.code, probe.err) == (NOT_RUNNING, "")
    assert recurring().code == NOT_RUNNING
    assert recurring().reason == "keystone: the daemon has ended, and nothing is left of it"


def test_a_daemon_that_answers_is_well_at_every_level(machine, recurring):
    """
    A monitor without credentials returns 0 at every check level.
    """
    run_keystone(machine)

    assert recurring().code == SUCCESS
    assert recurring(level=10).code == SUCCESS
    assert recurring().err == ""


@pytest.mark.parametrize("interval", [None, 0])
def test_a_probe_asks_no_api(cluster, machine, interval):
    """
    A probe is quick: a daemon that does not answer is still an active one.
    """
    run_keystone(machine)
    machine.answers("/v3", TimeoutError())

    assert cluster("monitor", interval=interval, os_username="x").code == SUCCESS
    assert machine.now() == 1000.0


def test_a_probe_needs_no_program_configuration_or_sane_parameter(cluster, machine):
    """
    A probe complains about nothing: it only says that the service does not run.
    """
    machine.programs.clear()
    machine.files.clear()
    machine.processes.accounts.clear()

    assert cluster("monitor", watch_time="soon", url="nonsense").code == NOT_RUNNING


def test_a_probe_with_a_check_level_asks_the_api(cluster, machine):
    """
    With a check level (crm_resource --force-check=10) a one-off monitor asks the API.
    """
    run_keystone(machine)
    machine.answers("/v3", b"HTTP/1.1 500 No\r\n\r\n")

    assert cluster("monitor", level=10).code == ERR_GENERIC


def test_a_lost_broker_is_degraded_for_a_minute_and_then_an_error(machine, recurring):
    """
    A monitor reports degraded within the grace, and an error after it. A new connection ends the grace.
    """
    run_worker(machine, "nova-conductor")
    assert recurring(agent="nova-conductor").code == DEGRADED
    machine.sleep(61)
    assert recurring(agent="nova-conductor").code == ERR_GENERIC
    machine.connects(42, "192.0.2.5", 5672)
    assert recurring(agent="nova-conductor").code == SUCCESS
    machine.network.connections.clear()
    assert recurring(agent="nova-conductor").code == DEGRADED


def test_the_grace_begins_anew_after_a_pause(machine, recurring):
    """
    If no monitor ran for an hour, as in a maintenance, the time before it does not count.
    """
    run_worker(machine, "nova-conductor")
    assert recurring(agent="nova-conductor").code == DEGRADED
    machine.sleep(3600)
    assert recurring(agent="nova-conductor").code == DEGRADED
    machine.sleep(61)
    assert recurring(agent="nova-conductor").code == ERR_GENERIC


def test_the_grace_begins_anew_after_a_fault_of_another(machine, recurring):
    """
    A broker goes and comes twice. Each time the daemon has a minute to connect again; its own fault still has an end.
    """
    run_worker(machine, "nova-conductor")
    well, away = machine.network.web[5672, ""], ConnectionRefusedError(111, "x")
    machine.network.web[5673, ""] = away
    codes = []
    for answer in (away, well, well, away, well, well, well):
        machine.network.web[5672, ""] = answer
        codes.append(recurring(agent="nova-conductor").code)
        machine.sleep(31)

    assert codes == [DEGRADED] * 6 + [ERR_GENERIC]


def test_each_interval_has_a_grace_of_its_own(machine, cluster, keystone):
    """
    A monitor that signs in every 30 s finds the worker down. One that does not, every 10 s, does not end its grace.
    """
    run_worker(machine, "nova-conductor")
    machine.connects(42, "192.0.2.5", 5672)
    rows(machine, "nova-conductor", ("controller", "down"))
    seen = []
    for second in range(0, 100, 10):
        assert cluster("monitor", agent="nova-conductor", interval=10, level=10, watch_time="0").code == SUCCESS
        if second % 30 == 0:
            seen.append(cluster("monitor", agent="nova-conductor", interval=30, watch_time="0", **CREDENTIALS).code)
        machine.sleep(10)

    assert seen == [DEGRADED, DEGRADED, DEGRADED, ERR_GENERIC]


@pytest.mark.parametrize("step", [-3600, 3600])
def test_a_clock_that_is_set_changes_no_grace(machine, recurring, step):
    """
    Somebody sets the clock back or forward by an hour. The grace is a minute all the same.
    """
    run_worker(machine, "nova-conductor")
    assert recurring(agent="nova-conductor").code == DEGRADED
    machine.itself.clock_set += step
    machine.sleep(30)
    seen = recurring(agent="nova-conductor")
    assert (seen.code, seen.reason) == (
        DEGRADED,
        "nova-conductor: no connection to broker mq1:5672, for less than 60 s so far",
    )
    machine.sleep(31)
    assert recurring(agent="nova-conductor").code == ERR_GENERIC


def test_a_monitor_watches_and_returns_when_the_daemon_dies(machine, cluster):
    """
    The second recurring monitor in a row watches for watch_time. It returns at once if the daemon dies.
    """
    run_keystone(machine)
    assert cluster("monitor", interval=1).code == SUCCESS
    assert machine.itself.slept == 0
    assert cluster("monitor", interval=1).code == SUCCESS
    assert machine.itself.slept == pytest.approx(30)

    machine.processes.dies_at[42] = machine.now() + 3
    seen = cluster("monitor", interval=1)
    assert seen.code == NOT_RUNNING
    assert machine.itself.slept == pytest.approx(33, abs=0.5)


@pytest.mark.parametrize(("timeout", "longest"), [(60, 31), (30, 22), (20, 15), (10, 8)])
def test_watching_ends_well_before_the_timeout(machine, cluster, timeout, longest):
    """
    With a short timeout the monitor watches for the part that fits.
    """
    run_keystone(machine)
    cluster("monitor", interval=1, timeout=timeout)
    cluster("monitor", interval=1, timeout=timeout)

    assert machine.itself.slept <= longest


@pytest.mark.parametrize("between", ["start", "reload-agent", "monitor"])
def test_the_first_monitor_of_a_transition_does_not_watch(machine, cluster, between):
    """
    After a start, a reload or a probe Pacemaker waits for the first recurring monitor.
    """
    run_keystone(machine)
    for _ in range(2):
        cluster("monitor", interval=1)
    before = machine.itself.slept
    cluster(between)
    cluster("monitor", interval=1)

    assert machine.itself.slept == before


def test_the_first_monitor_after_a_new_interval_or_a_pause_does_not_watch(machine, cluster):
    """
    After a change of the interval, or a maintenance, the first monitor returns at once.
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


def test_a_clock_that_is_set_back_lets_no_first_monitor_watch(machine, cluster):
    """
    The monitor after a pause is part of a transition of the cluster, whatever the date says.
    """
    run_keystone(machine)
    cluster("monitor", interval=1)
    machine.itself.clock_set -= 3600
    machine.sleep(600)
    before = machine.itself.slept
    cluster("monitor", interval=1)

    assert machine.itself.slept == before


def test_degraded_is_reported_first_and_watched_briefly(machine, cluster, keystone):
    """
    A monitor reports the change to degraded, and back, at once. While it lasts, each monitor watches for 5 s at most.
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
    machine.files.pop(TOKEN_FILE.replace(".token", ".login"))
    assert cluster("monitor", interval=1, **CREDENTIALS).code == SUCCESS
    assert machine.itself.slept == pytest.approx(before + 5)


@pytest.mark.parametrize(
    ("agent", "configuration"),
    [
        ("glance-api", {GLANCE}),
        ("keystone", {INI}),
        ("nova-compute", {NOVA, "/etc/nova/nova-compute.conf"}),
        ("neutron-metadata-agent", {NEUTRON, "/etc/neutron/agent.conf.d/a.conf", "/etc/neutron/metadata_agent.ini"}),
    ],
)
def test_a_monitor_reads_each_configuration_file_once(machine, recurring, keystone, agent, configuration):
    """
    Every check asks the same settings, and the agent has read these already.
    """
    machine.files.update({path: "" for path in configuration if path not in (INI, NOVA, NEUTRON)})
    run_well(machine, agent)

    assert recurring(agent=agent, **CREDENTIALS).code == SUCCESS
    reads = [path for path in machine.files.reads if path.startswith("/etc/")]
    assert configuration <= set(reads)
    assert [path for path in reads if reads.count(path) > 1] == []
