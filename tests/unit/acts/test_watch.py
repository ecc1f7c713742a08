"""The watch of a recurring monitor: what heartbeats find, and that a look alone never decides."""

import pytest

from ocf_lib.codes import DEGRADED, ERR_GENERIC, NOT_RUNNING, SUCCESS

from ..double import OK
from ..worlds import CONFIG, run_keystone, run_well


@pytest.fixture
def watched(cluster):
    """Run the recurring monitor of a resource a second time: this one watches.  Returns its result."""

    def run(agent="keystone", **more):
        assert cluster("monitor", agent=agent, interval=1, watch_time="0", **more).code == SUCCESS
        return cluster("monitor", agent=agent, interval=1, **more)

    return run


def later(machine, seconds, then):
    """Let *then* happen at the first heartbeat after *seconds*: a function of the request."""
    until = machine.now() + seconds

    def answer(request):
        return then(request) if machine.now() > until else OK

    machine.answers("/v3", answer)


def silent(_request):
    """An API that accepts, and never answers."""
    return TimeoutError()


def test_heartbeats_come_every_two_seconds(machine, watched):
    """
    A watch of 30 s asks the API fourteen or fifteen times, on a connection of its own each.
    """
    run_keystone(machine)
    asked = []
    machine.answers("/v3", lambda request: asked.append(machine.now()) or OK)

    assert watched().code == SUCCESS
    beats = asked[2:]
    assert 14 <= len(beats) <= 15
    assert beats[1] - beats[0] == pytest.approx(2, abs=0.2)


def test_without_heartbeats_a_watch_asks_nothing(machine, watched):
    """
    heartbeat=0: the monitor notices only the death of the daemon.
    """
    run_keystone(machine)
    asked = []
    machine.answers("/v3", lambda request: asked.append(machine.now()) or OK)

    assert watched(heartbeat="0").code == SUCCESS
    assert len(asked) == 2


@pytest.mark.parametrize("stopped", [(42,), (43, 44), (42, 43, 44)])
def test_a_daemon_stopped_by_a_signal_fails_at_the_next_heartbeat(machine, watched, stopped):
    """
    The main process alone, the workers alone, all of them.
    """
    run_keystone(machine)

    def stop(request):
        for pid in stopped:
            machine.processes[pid].state = "T"
        return OK

    later(machine, 3, stop)
    before = machine.now()
    seen = watched()
    assert seen.code == ERR_GENERIC
    assert "stopped by a signal (state T)" in seen.reason
    assert machine.now() - before < 9


def test_one_stopped_worker_of_two_is_no_hang(machine, watched):
    """
    The other one answers.
    """
    run_keystone(machine)
    machine.processes[44].state = "T"

    assert watched().code == SUCCESS


def test_an_api_that_hangs_is_judged_within_fifteen_seconds(machine, watched):
    """
    One silent heartbeat, one silent check, and a daemon that uses no processor: it hangs.
    """
    run_keystone(machine)
    hangs = machine.now() + 3
    later(machine, 3, silent)

    seen = watched()
    assert (seen.code, seen.reason) == (ERR_GENERIC, "keystone: http://127.0.0.1:5000/v3 does not answer in 6 s")
    assert machine.now() - hangs < 14


def test_a_busy_api_that_is_silent_gets_as_much_time_as_without_heartbeats(machine, watched):
    """
    A daemon that uses the processor does not hang.
    """
    run_keystone(machine)
    machine.processes[42].works = 0.5
    hangs = machine.now() + 3

    def answer(request):
        if machine.now() > hangs + 9:
            return OK
        return silent(request)

    later(machine, 3, answer)
    assert watched().code == SUCCESS


def test_one_failed_heartbeat_of_a_daemon_that_is_well_changes_nothing(machine, watched):
    """
    A look alone never decides: the full check passes, and the monitor returns 0.
    """
    run_keystone(machine)
    bad = iter([b"HTTP/1.1 500 No\r\n\r\n"])
    later(machine, 3, lambda request: next(bad, OK))

    assert watched().code == SUCCESS


def test_a_heartbeat_that_a_frozen_database_holds_up_is_degraded(machine, watched):
    """
    The full check finds whose fault the silence is.
    """
    run_keystone(machine)
    machine.files[CONFIG] = "[database]\nconnection = postgresql://ks:dbpw@127.0.0.1/keystone\n"
    machine.network.web[5432, ""] = TimeoutError()
    later(machine, 3, silent)

    seen = watched()
    assert seen.code == DEGRADED
    assert seen.reason.startswith("keystone: database 127.0.0.1:5432 does not answer (")


def test_a_death_during_a_heartbeat_is_a_death(machine, watched):
    """
    The connection is reset because the daemon dies, and nothing is left of it.
    """
    run_keystone(machine)

    def die(request):
        machine.kill(42)
        raise ConnectionResetError

    later(machine, 3, die)
    assert watched().code == NOT_RUNNING


def test_too_little_time_for_a_full_check_is_left_to_the_next_monitor(machine, cluster, watched):
    """
    A heartbeat that fails near the end of a short timeout: this monitor says what it saw, the next one judges.
    """
    run_keystone(machine)
    later(machine, 8, silent)

    assert watched(timeout=20).code == SUCCESS
    assert cluster("monitor", interval=1, timeout=20).code == ERR_GENERIC


def test_a_worker_that_loses_its_broker_is_degraded_at_the_next_heartbeat(machine, watched):
    """
    The socket to the broker is gone. A daemon gets a minute to connect again.
    """
    run_well(machine, "nova-conductor")
    loses = machine.now() + 5

    class Held(dict):
        def get(self, pid, default):
            return default if machine.now() > loses else dict.get(self, pid, default)

    machine.network.held = Held(machine.network.held)
    seen = watched(agent="nova-conductor")
    assert seen.code == DEGRADED
    assert seen.reason.startswith("nova-conductor: no connection to broker ")
    assert machine.now() - loses < 3


def test_a_worker_that_loses_its_socket_fails_at_the_next_heartbeat(machine, watched):
    """
    A child process that served a socket has ended, and the daemon runs on.
    """
    run_well(machine, "neutron-metadata-agent")
    loses, bound = machine.now() + 5, machine.network.bound
    machine.network.bound = lambda place: set() if machine.now() > loses else bound(place)

    seen = watched(agent="neutron-metadata-agent")

    assert (seen.code, "holds UNIX socket /var/lib/neutron/metadata_proxy" in seen.reason) == (ERR_GENERIC, True)
    # The second look comes a second after the first.
    assert machine.now() - loses < 4


@pytest.mark.parametrize("timeout", [5, 10, 14, 20])
def test_a_heartbeat_does_not_outlive_a_short_timeout(machine, watched, timeout):
    """
    The API becomes silent shortly before the end of the watch.
    """
    run_keystone(machine)
    later(machine, timeout * 0.9 * 0.8 - 2.1, silent)
    before = machine.now()

    watched(timeout=timeout)
    assert machine.now() - before < timeout * 0.9


@pytest.mark.parametrize("more", [{"heartbeat": "0"}, {"heartbeat": "x"}, {"watch_time": "0"}])
def test_without_heartbeats_the_next_monitor_finds_stopped_workers(machine, cluster, more):
    """
    The leader keeps the connection to the broker, so no other check finds this.
    """
    run_well(machine, "nova-conductor")
    machine.processes[43].state = "T"

    seen = cluster("monitor", agent="nova-conductor", interval=1, **more)
    assert seen.code == ERR_GENERIC
    assert "every worker is stopped by a signal (state T): pid 43" in seen.reason


@pytest.mark.parametrize(("waits", "code"), [(0.9, DEGRADED), (0.2, ERR_GENERIC)])
def test_a_daemon_that_gets_no_processor_has_a_minute(machine, recurring, waits, code):
    """
    It is silent, since others have the processors: a restart would add to their load. An idle one waits a little, too.
    """
    run_keystone(machine)
    machine.processes[42].waits = waits
    machine.answers("/v3", silent)

    seen = recurring()
    assert (seen.code, "so far" in seen.reason) == (code, code == DEGRADED)


def test_a_daemon_that_is_busy_to_the_end_has_a_minute(machine, recurring):
    """
    It is silent and uses the processor: a restart would only add to the load. If that lasts, it spins.
    """
    run_keystone(machine)
    machine.processes[42].works = 0.5
    machine.answers("/v3", silent)

    seen = recurring()
    assert (seen.code, "so far" in seen.reason) == (DEGRADED, True)
    machine.sleep(30)

    assert recurring().code == ERR_GENERIC
