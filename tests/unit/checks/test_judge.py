"""The verdict on a daemon: every check, a second look, and whose fault it is."""

import pytest

from ocf_lib.codes import DEGRADED, ERR_GENERIC, SUCCESS

from ..conftest import load
from ..double import OK
from ..worlds import CONFIG, CREDENTIALS, NEUTRON, run_keystone, run_well, run_worker


def test_one_bad_answer_is_no_bad_daemon(machine, recurring):
    """
    A worker may die under a request. The second answer counts.
    """
    run_keystone(machine)
    answers = iter([b"", OK])
    machine.answers("/v3", lambda request: next(answers))

    assert recurring().code == SUCCESS


def test_a_silent_api_with_a_frozen_database_is_degraded(machine, recurring):
    """
    A frozen database holds every worker sooner or later. A restart would only add to the trouble.
    """
    run_keystone(machine)
    machine.files[CONFIG] = "[database]\nconnection = postgresql://ks:dbpw@127.0.0.1/keystone\n"
    machine.network.web[5432, ""] = TimeoutError()
    machine.answers("/v3", TimeoutError())

    assert recurring().code == DEGRADED


def test_level_20_without_credentials_is_degraded(machine, recurring):
    """
    A restart cannot provide credentials.
    """
    run_keystone(machine)

    assert recurring(level=20).code == DEGRADED


def test_level_10_does_not_sign_in(machine, recurring, keystone):
    """
    Level 10 asks the API, without credentials.
    """
    run_keystone(machine)

    assert recurring(level=10, **CREDENTIALS).code == SUCCESS
    assert keystone.logins == []


def test_a_database_that_the_daemon_never_asks_excuses_nothing(machine, recurring):
    """
    All of Neutron reads one file. An agent asks no database, so one that its node cannot reach is not the cause.
    """
    run_worker(machine, "neutron-l3-agent", NEUTRON)
    machine.files[NEUTRON] += "[database]\nconnection = mysql+pymysql://n:dbpw@db.example/neutron\n"
    seen = recurring(agent="neutron-l3-agent")
    assert "no connection to broker" in seen.reason
    machine.sleep(61)

    assert recurring(agent="neutron-l3-agent").code == ERR_GENERIC


@pytest.mark.parametrize(
    ("agent", "asks"),
    [("nova-compute", False), ("neutron-dhcp-agent", False), ("neutron-l3-agent", False),
     ("neutron-metadata-agent", False), ("neutron-openvswitch-agent", False), ("quantum-agent-dhcp", False),
     ("quantum-agent-l3", False), ("quantum-metadata-agent", False), ("nova-conductor", True), ("cinder-backup", True),
     ("neutron-rpc-server", True), ("heat-engine", True)],
)  # fmt: skip
def test_only_daemons_that_hold_connections_to_a_database_are_excused_by_it(agent, asks):
    """
    What was measured: a compute node and the network's agents open none.
    """
    assert bool(load(agent).databases) is asks


@pytest.mark.parametrize("timeout", [6, 10, 20])
@pytest.mark.parametrize(
    ("agent", "silent"),
    [("glance-api", (9292, "/")), ("nova-compute", (1, "/v2.1/os-services?binary=nova-compute&host=controller"))],
)
def test_a_silent_keystone_holds_up_no_monitor(machine, recurring, keystone, agent, silent, timeout):
    """
    It is asked in the time that is left. Pacemaker must not have to end the monitor.
    """
    run_well(machine, agent)
    machine.network.web.update({silent: TimeoutError(), (5000, "/v3"): TimeoutError()})

    seen = recurring(agent=agent, timeout=timeout, **CREDENTIALS)

    assert seen.code == DEGRADED
    assert machine.itself.slept < 0.9 * timeout


@pytest.mark.parametrize(("keystone_answers", "code"), [(ConnectionRefusedError(), DEGRADED), (OK, ERR_GENERIC)])
def test_an_api_whose_worker_waits_for_keystone_is_degraded(machine, recurring, keystone_answers, code):
    """
    One worker, and a request that waits for a Keystone that is away: the API answers nobody. A restart cures nothing.
    """
    run_well(machine, "glance-api")
    machine.answers("/", TimeoutError(), port=9292)
    machine.answers("/v3", keystone_answers)

    seen = recurring(agent="glance-api", **CREDENTIALS)
    assert seen.code == code
    assert ("http://vip:5000/v3 refuses connections (" in seen.reason) == (code == DEGRADED)


@pytest.mark.parametrize("guilty", ["keystone", "database"])
def test_an_api_that_is_still_silent_when_the_guilty_is_back_gets_two_minutes(machine, recurring, guilty):
    """
    Its only worker may still wait for an answer that never comes. Nobody restarts it for that.
    """
    run_well(machine, "glance-api")
    machine.files["/etc/glance/glance-api.conf"] = "[database]\nconnection = mysql+pymysql://g:dbpw@db.example/glance\n"
    machine.answers("/", TimeoutError(), port=9292)
    away = {"keystone": (5000, "/v3"), "database": (3306, "")}[guilty]
    well = {"keystone": OK, "database": b"5.5.5-10.11"}[guilty]
    machine.network.web[3306, ""] = b"5.5.5-10.11"
    machine.answers("/v3", OK)
    machine.network.web[away] = ConnectionRefusedError()
    first = recurring(agent="glance-api", **CREDENTIALS)
    assert first.code == DEGRADED
    trouble = first.reason.removeprefix("glance-api: ").partition(" (")[0]

    machine.network.web[away] = well
    again = recurring(agent="glance-api", **CREDENTIALS)
    assert again.code == DEGRADED
    assert again.reason.startswith(
        f"glance-api: less than 120 s ago: {trouble} (http://127.0.0.1:9292/ does not answer"
    )
    machine.sleep(121)
    assert recurring(agent="glance-api", **CREDENTIALS).code == ERR_GENERIC


def test_an_api_that_answers_an_error_when_the_guilty_is_back_gets_no_time(machine, recurring):
    """
    Only a silence may come from an answer that is still owed.
    """
    run_well(machine, "glance-api")
    machine.answers("/", TimeoutError(), port=9292)
    machine.answers("/v3", ConnectionRefusedError())
    assert recurring(agent="glance-api", **CREDENTIALS).code == DEGRADED
    machine.answers("/v3", OK)
    machine.answers("/", b"HTTP/1.1 500 x\r\n\r\n", port=9292)

    assert recurring(agent="glance-api", **CREDENTIALS).code == ERR_GENERIC
