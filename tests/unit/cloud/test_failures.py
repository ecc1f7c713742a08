"""A login that failed is remembered: no more than one a minute, for a resource on a node."""

import pytest

from ocf_lib.cloud import login
from ocf_lib.codes import DEGRADED, ERR_GENERIC, SUCCESS

from ..double import OK
from ..worlds import CREDENTIALS, rows, run_keystone, run_worker

QUESTION = "/v3/auth/system"
LISTED = "/v2.1/os-services?binary=nova-scheduler&host=controller"


@pytest.fixture
def monitors(machine, recurring):
    """Monitors for some minutes, one after 6 s each; returns the distinct (code, reason) in their order."""

    def run(minutes, agent="keystone", **params):
        seen = []
        until = machine.now() + minutes * 60
        while machine.now() < until:
            done = recurring(agent=agent, **{**CREDENTIALS, **params})
            if (done.code, done.reason) not in seen:
                seen.append((done.code, done.reason))
            machine.sleep(6)
        return seen

    return run


def scheduler(machine):
    run_worker(machine, "nova-scheduler")
    machine.connects(42, "192.0.2.5", 5672)
    rows(machine, "nova-scheduler", ("controller", "up"))


def test_refused_credentials_cost_one_login_a_minute(machine, keystone, monitors):
    """
    The reason stays the same meanwhile.
    """
    run_keystone(machine)
    keystone.problem = login.Refused("http://127.0.0.1:5000/v3 refuses user admin: 401")

    assert monitors(5) == [(DEGRADED, "keystone: http://127.0.0.1:5000/v3 refuses user admin: 401")]
    assert len(keystone.logins) == 5


def test_a_changed_password_is_tried_at_once(machine, keystone, recurring):
    """
    The refusal is remembered for the credentials that were refused.
    """
    run_keystone(machine)
    keystone.problem = login.Refused("401 Unauthorized")
    recurring(**CREDENTIALS)
    keystone.problem = None

    assert recurring(**CREDENTIALS).code == DEGRADED
    assert recurring(**{**CREDENTIALS, "os_password": "right"}).code == SUCCESS
    assert [one.password for one in keystone.logins] == ["s3cr3t", "right"]


def test_a_password_that_was_changed_in_keystone_is_the_reason_of_every_monitor(machine, keystone, monitors):
    """
    Not that the API refuses the old token, which is only what follows from it.
    """
    run_keystone(machine)
    assert monitors(1) == [(SUCCESS, "")]
    machine.answers(QUESTION, b"HTTP/1.1 401 x\r\n\r\n")
    keystone.problem = login.Refused("http://127.0.0.1:5000/v3 refuses user admin: 401 Unauthorized")

    assert monitors(5) == [(DEGRADED, "keystone: http://127.0.0.1:5000/v3 refuses user admin: 401 Unauthorized")]


def test_a_reload_tries_at_once(machine, keystone, recurring, cluster):
    """
    So an operator who has mended the user need not wait.
    """
    run_keystone(machine)
    keystone.problem = login.Refused("401 Unauthorized")
    recurring(**CREDENTIALS)
    keystone.problem = None
    cluster("reload-agent", **CREDENTIALS)

    assert recurring(**CREDENTIALS).code == SUCCESS


@pytest.mark.parametrize(("status", "logins"), [(401, 5), (403, 1), (404, 5)])
def test_an_answer_that_refuses_costs_no_login_at_each_monitor(machine, keystone, monitors, status, logins):
    """
    A missing role is found with the same token. A token that is refused is replaced, once a minute.
    """
    run_keystone(machine)
    machine.answers(QUESTION, b"HTTP/1.1 %d x\r\n\r\n" % status)

    assert [code for code, _ in monitors(5)] == [DEGRADED]
    assert len(keystone.logins) == logins


@pytest.mark.parametrize(("status", "logins"), [(401, 5), (403, 1), (404, 5)])
def test_a_list_that_is_refused_costs_no_login_at_each_monitor(machine, keystone, monitors, status, logins):
    """
    The same holds for the APIs that list workers.
    """
    scheduler(machine)
    machine.answers(LISTED, b"HTTP/1.1 %d x\r\n\r\n" % status, port=1)

    assert [code for code, _ in monitors(5, agent="nova-scheduler")] == [DEGRADED]
    assert len(keystone.logins) == logins


@pytest.mark.parametrize("problem", [login.Away("Connection refused"), login.Failed("answers 503"), TimeoutError()])
def test_a_keystone_that_is_away_costs_one_login_a_minute(machine, keystone, monitors, problem):
    """
    To import keystoneauth1 costs half a second of processor time.
    """
    scheduler(machine)
    keystone.problem = problem

    assert [code for code, _ in monitors(5, agent="nova-scheduler")] == [DEGRADED]
    assert len(keystone.logins) == 5


@pytest.mark.parametrize("timeout", [3, 60])
def test_a_keystone_that_is_silent_by_now_holds_up_no_monitor(machine, keystone, recurring, timeout):
    """
    The request that asks whether it is back gets a part of the time that is left.
    """
    scheduler(machine)
    keystone.problem = login.Away("Connection refused")
    recurring(agent="nova-scheduler", **CREDENTIALS)
    machine.answers("/v3", TimeoutError())
    machine.itself.slept = 0

    assert recurring(agent="nova-scheduler", timeout=timeout, **CREDENTIALS).code == DEGRADED
    assert 0 < machine.itself.slept < 0.9 * timeout


@pytest.mark.parametrize("problem", [login.Away("Connection refused"), TimeoutError()], ids=["away", "silent"])
def test_a_keystone_that_is_back_is_noticed_by_the_next_monitor(machine, keystone, recurring, problem):
    """
    One request without credentials tells it.
    """
    scheduler(machine)
    keystone.problem = problem
    recurring(agent="nova-scheduler", **CREDENTIALS)
    keystone.problem = None
    assert recurring(agent="nova-scheduler", **CREDENTIALS).code == DEGRADED
    machine.answers("/v3", b"HTTP/1.1 503 x\r\n\r\n")
    assert recurring(agent="nova-scheduler", **CREDENTIALS).code == DEGRADED
    machine.answers("/v3", OK)

    assert recurring(agent="nova-scheduler", **CREDENTIALS).code == SUCCESS
    assert len(keystone.logins) == 2


def test_keystones_own_failure_is_seen_by_every_monitor(machine, keystone, recurring):
    """
    It is a verdict on the daemon, and needs a second look.
    """
    run_keystone(machine)
    keystone.problem = login.Failed("answers 500")

    assert [recurring(**CREDENTIALS).code for _ in range(2)] == [ERR_GENERIC] * 2
    assert len(keystone.logins) == 4


def test_a_day_with_everything_well_takes_27_logins(machine, keystone, recurring):
    """
    Keystone's tokens live for an hour, and the agent uses nine tenths of that.
    """
    run_keystone(machine)
    for _ in range(24 * 60):
        assert recurring(**CREDENTIALS).code == SUCCESS
        machine.sleep(60)

    assert len(keystone.logins) <= 27
